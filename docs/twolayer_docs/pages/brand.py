"""The logo beside the name, drawn in the page: at the top of the sidebar and of a phone's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from sphinx.util import logging

from twolayer_docs.figures.inline import for_page
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_LOGGER = logging.getLogger(__name__)
_HEADER = '<div class="brand">'
LOGO = DOCS / "_static" / "logo.svg"


def logo() -> Markup:
    """Draw the logo for a place where the name stands beside it.

    Returns:
        The ``<svg>`` element, hidden from screen readers.
    """
    svg = for_page(LOGO.read_text("utf-8"))
    return Markup(svg.replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S704


def with_logo(body: str) -> Markup:
    """Put the logo before the name in the header that the theme has on a phone.

    Args:
        body: The HTML of a page's body.

    Returns:
        The same with the logo.
    """
    if _HEADER not in body:
        _LOGGER.warning("the theme's page no longer has: %s", _HEADER, type="brand")
    # Markup's own method would escape the logo.
    return Markup(str.replace(body, _HEADER, f"{_HEADER}{logo()}", 1))  # noqa: S704


def offer(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Offer the functions to templates."""
    context["brand_logo"] = logo
    context["with_logo"] = with_logo
