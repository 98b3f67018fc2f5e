"""Names for the theme's landmarks, so that a screen reader can tell them apart.

Furo's page has several ``<aside>`` elements without names, and headings in the sidebar without a
level.
The page template hands its body to :func:`name_landmarks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from sphinx.util import logging

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_LOGGER = logging.getLogger(__name__)
CHANGES = (
    ('<aside class="sidebar-drawer"', '<aside class="sidebar-drawer" aria-label="Site"'),
    ('<aside class="toc-drawer', '<aside aria-label="On this page" class="toc-drawer'),
    (
        '<article role="main" id="furo-main-content">',
        '<article role="main" id="furo-main-content" aria-label="Page">',
    ),
)


def name_landmarks(body: str) -> str:
    """Name the landmarks of a page.

    Args:
        body: The HTML of the page's body.

    Returns:
        The same HTML with names.
    """
    for before, after in CHANGES:
        if before not in body:
            _LOGGER.warning("the theme's page no longer has: %s", before, type="landmarks")
        body = body.replace(before, after)
    body = body.replace(
        'class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"'
    )
    return Markup(body)  # noqa: S704


def offer(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Offer the function to templates; a book's pages have another theme without landmarks."""
    context["name_landmarks"] = Markup if app.builder.name == "epub" else name_landmarks
