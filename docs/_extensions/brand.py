"""The logo beside the name, drawn in the page: at the top of the sidebar and of a phone's page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from inline_svg import for_page
from markupsafe import Markup
from sphinx.util import logging

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_LOGGER = logging.getLogger(__name__)
_HEADER = '<div class="brand">'
LOGO = Path(__file__).resolve().parents[1] / "_static" / "logo.svg"


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


def _offer(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Offer the functions to templates."""
    context["brand_logo"] = logo
    context["with_logo"] = with_logo


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the functions.

    Args:
        app: The Sphinx application.

    Returns:
        What Sphinx wants to know of an extension.
    """
    app.connect("html-page-context", _offer)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
