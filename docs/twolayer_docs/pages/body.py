"""What the pages' HTML needs beyond what docutils and the theme write.

Sizes of images become attributes, so that the page doesn't jump when they load: docutils writes
them as a style, which fixes both sides and spoils the shape on a narrow screen. Code and tables
that are wider than the screen take the focus, so that the keyboard can scroll them. Code in tables
may break after a bracket, a comma, a dot or a semicolon, and nowhere within a name. A long output is
folded. The box in which sphinx-gallery says where the downloads are goes: the
page's links stand in its place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_STYLE = re.compile(
    r'(<img\b[^>]*?)\sstyle="(?:width: (\d+)px; height: (\d+)px;|height: (\d+)px; width: (\d+)px;)"'
)
_CODE = ('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">')
_TABLE = ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')
_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)
_PIECE = re.compile(r'(?<=<span class="pre">)[^<]+')
_GALLERY_BOX = re.compile(
    r'<div class="sphx-glr-download-link-note admonition note">.*?</div>\n', re.DOTALL
)
_OUTPUT = re.compile(
    r'<div class="(?:sphx-glr-script-out|output stream)[^"]*">\s*<div class="highlight.*?</pre></div>\s*</div>',
    re.DOTALL,
)
LONGEST = 20
"""How many lines of output stay unfolded."""
_BREAK = re.compile(r"(?<=[(,;\[])(?=[^\s)\],])|(?<=[A-Za-z_)]\.)(?=[A-Za-z_])")


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


def make_focusable(body: str) -> str:
    """Let the keyboard reach each block of code and each table.

    Args:
        body: The HTML of a page's content.

    Returns:
        The same HTML with blocks that take the focus.
    """
    return body.replace(*_CODE).replace(*_TABLE)


def breakable(body: str) -> str:
    """Let code in tables break where a reader would break it.

    Args:
        body: The HTML of a page's content.

    Returns:
        The same HTML with places to break in the code of its tables' cells.
    """

    def mark(cell: re.Match[str]) -> str:
        return _PIECE.sub(lambda piece: _BREAK.sub("<wbr>", piece[0]), cell[0])

    return _CELL.sub(mark, body)


def fold(body: str) -> str:
    r"""Fold what a cell printed where it is long.

    Args:
        body: The HTML of a page's content.

    Returns:
        The same HTML, each output of more than :data:`LONGEST` lines within ``<details>``.

    Examples:
        >>> lines = "line\n" * 30
        >>> out = (
        ...     '<div class="sphx-glr-script-out"><div class="highlight"><pre>%s</pre></div></div>'
        ... )
        >>> print(fold(out % lines).partition("</summary>")[0])
        <details class="long-output"><summary>Output, 30 lines
        >>> fold(out % "line\n") == out % "line\n"
        True
    """

    def wrap(output: re.Match[str]) -> str:
        count = output[0].rpartition("</pre>")[0].rstrip().count("\n") + 1
        if count <= LONGEST:
            return output[0]
        summary = f"<summary>Output, {count} lines</summary>"
        return f'<details class="long-output">{summary}\n{output[0]}\n</details>'

    return _OUTPUT.sub(wrap, body)


def rewrite(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Rewrite a page's content."""
    if "body" in context:
        body = _GALLERY_BOX.sub("", context["body"])
        context["body"] = make_focusable(breakable(as_attributes(fold(body))))
