"""Leave out the style sheets and scripts that no page of this site needs.

The theme and the extensions add theirs to every page. What is left out here: MyST-NB's styles for
outputs that no page has, sphinx-gallery's for data frames and tags, and Sphinx's scripts for its own
search, which the site's own replaces. What serves one kind of page is left out of the others.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

NOT_NEEDED = (
    "*/mystnb.*.css",
    "*/sg_gallery-rendered-html.css",
    "*/sg_gallery-dataframe.css",
    "*/sg_gallery-binder.css",
    "*/sg-tags.js",
    "*/doctools.js",
    "*/sphinx_highlight.js",
    "*/scripts/furo-extensions.js",
)
NEEDED_BY = {"*/curves.css": "data-curves=", "*/scripts/curves.js": "data-curves="}
"""What the pages that need a file have in their content."""
_AFTER_ALL_OTHERS = 900


def needed(filename: str, body: str) -> bool:
    """Say whether a page needs a file.

    Args:
        filename: The address of a style sheet or script within the site.
        body: The HTML of the page's content.

    Returns:
        Whether to keep it.

    Examples:
        >>> needed("_static/doctools.js", ""), needed("_static/styles/furo.css", "")
        (False, True)
        >>> needed("_static/curves.css", ""), needed("_static/curves.css", '<div data-curves="x">')
        (False, True)
    """
    marks = [mark for pattern, mark in NEEDED_BY.items() if fnmatch(filename, pattern)]
    return all(mark in body for mark in marks) and not any(
        fnmatch(filename, pattern) for pattern in NOT_NEEDED
    )


def leave_out(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Shorten a page's lists of files."""
    body = context.get("body", "")
    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context[kind] if needed(str(file.filename), body)]
