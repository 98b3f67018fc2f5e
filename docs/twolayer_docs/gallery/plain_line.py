"""Text of a card or a plank: translated like any other, without links to the glossary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes

if TYPE_CHECKING:
    from sphinx.util.docutils import SphinxDirective


class plain_line(nodes.General, nodes.TextElement):  # noqa: N801
    """A line of text that is no paragraph, so nothing is looked up in its words."""


def line(directive: SphinxDirective, text: str, name: str) -> plain_line:
    """Make a line of text.

    Args:
        directive: The directive that writes it.
        text: What it says, with inline markup.
        name: Its class in the style sheet.

    Returns:
        The node.
    """
    children, messages = directive.parse_inline(text)
    node = plain_line(text, "", *children, *messages, classes=[name])
    directive.set_source_info(node)
    return node


def link(docname: str, name: str) -> nodes.paragraph:
    """Make a paragraph that is a link to a page, named by the page's title.

    Args:
        docname: The page.
        name: The paragraph's class in the style sheet.

    Returns:
        The node.
    """
    target = addnodes.pending_xref(
        "",
        nodes.inline("", docname),
        refdomain="std",
        reftype="doc",
        reftarget=f"/{docname}",
        refexplicit=False,
        refwarn=True,
    )
    return nodes.paragraph("", "", target, classes=[name])


def open_line(self: Any, node: plain_line) -> None:
    """Open the element."""
    self.body.append(self.starttag(node, "p", ""))


def close_line(self: Any, _node: plain_line) -> None:
    """Close the element."""
    self.body.append("</p>\n")
