"""Sizes of images as attributes, so that the page doesn't jump when they load.

docutils writes an image's size as a style, which fixes both sides and spoils the shape on a
narrow screen. As attributes they give the browser the shape alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_STYLE = re.compile(
    r'(<img\b[^>]*?)\sstyle="(?:width: (\d+)px; height: (\d+)px;|height: (\d+)px; width: (\d+)px;)"'
)


def as_attributes(body: str) -> str:
    """Write the sizes of images as attributes.

    Args:
        body: HTML with sizes as styles.

    Returns:
        The same HTML with ``width`` and ``height`` attributes.
    """
    return _STYLE.sub(
        lambda m: (
            f'{m.group(1)} width="{m.group(2) or m.group(5)}" height="{m.group(3) or m.group(4)}"'
        ),
        body,
    )


def _rewrite(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Rewrite a page's content."""
    if "body" in context:
        context["body"] = as_attributes(context["body"])


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the rewriting.

    Args:
        app: The Sphinx application.

    Returns:
        What Sphinx wants to know of an extension.
    """
    app.connect("html-page-context", _rewrite)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
