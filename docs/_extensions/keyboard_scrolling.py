"""Code and tables that are wider than the screen can be scrolled with the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_CODE = ('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">')
_TABLE = ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')


def make_focusable(body: str) -> str:
    """Let the keyboard reach each block of code and each table.

    Args:
        body: The HTML of a page's content.

    Returns:
        The same HTML with blocks that take the focus.
    """
    return body.replace(*_CODE).replace(*_TABLE)


def _rewrite(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Rewrite a page's content."""
    if "body" in context:
        context["body"] = make_focusable(context["body"])


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the rewriting.

    Args:
        app: The Sphinx application.

    Returns:
        What Sphinx wants to know of an extension.
    """
    app.connect("html-page-context", _rewrite)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
