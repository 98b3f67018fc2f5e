"""The HTML of a page's content, and of the theme around it, where Sphinx's and the theme's own don't do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.osutil import relative_uri
from sphinx.writers.html5 import HTML5Translator

from twolayer_docs.figures.inline import for_page
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from types import UnionType

    from docutils.nodes import Element
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder

LONGEST = 20
"""How many lines of output stay unfolded."""
_OUTPUTS = {"sphx-glr-script-out", "stream"}
_VARIABLE = "sphx-glr-backref-instance"
_CODE = '<div class="highlight"><pre>'
_FOCUSABLE_CODE = '<div class="highlight"><pre tabindex="0">'
_NUMBER = re.compile(r"\b\d[\d.]*e[-+]\d+\b")
_BREAK = re.compile(
    # A semicolon may end a character's name, such as &quot;.
    r"(?:(?<=[(,\[])|(?<=;)(?<!&lt;)(?<!&gt;)(?<!&amp;)(?<!&quot;))(?=[^\s)\],<])"
    r"|(?<=[A-Za-z_)]\.)(?=[A-Za-z_])"
)
_LOGGER = logging.getLogger(__name__)
_LOGO = for_page((DOCS / "_static" / "logo.svg").read_text("utf-8"))
LOGO = _LOGO.replace("<svg", '<svg aria-hidden="true"', 1)
"""The logo for places where the name stands beside it: at the top of the sidebar and of a phone's page."""


class Translator(HTML5Translator):
    """Writes content that can be reached with the keyboard, and that doesn't jump while it loads."""

    builder: StandaloneHTMLBuilder

    def __init__(self, document: nodes.document, builder: StandaloneHTMLBuilder) -> None:
        """Leave out the viewport, which the theme names; find the pictures."""
        super().__init__(document, builder)
        self.meta = [tag for tag in self.meta if 'name="viewport"' not in tag]
        # Sphinx has the folder's usual name here, whatever the builder says.
        page = builder.get_target_uri(builder.current_docname)
        builder.imgpath = relative_uri(page, builder.imagedir)

    def starttag(self, node: Any, tagname: str, *arguments: Any, **attributes: Any) -> str:
        """Let the keyboard reach the theme's boxes around tables, and give the sidebar's headings a level."""
        if isinstance(node, nodes.container) and "table-wrapper" in node["classes"]:
            attributes["tabindex"] = "0"
        if isinstance(node, nodes.container) and "cell_output" in node["classes"]:
            # Where the code is hidden, the words are the page's own.
            hidden = "tag_remove-input" in node.parent["classes"]
            attributes |= {"lang": "en"} if self._english() and not hidden else {}
        if attributes.get("ROLE") == "heading":
            attributes["aria-level"] = "2"
        return super().starttag(node, tagname, *arguments, **attributes)

    def depart_document(self, node: nodes.document) -> None:
        """Let the keyboard reach code: neither Pygments nor sphinx-gallery has a node for its ``<pre>``."""
        focusable = _FOCUSABLE_CODE.replace("<div", f"<div{self._english()}", 1)
        self.body = [part.replace(_CODE, focusable) for part in self.body]
        super().depart_document(node)

    def _english(self) -> str:
        """Say that something is in English, on a page that isn't."""
        return "" if self.config.language == "en" else ' lang="en"'

    def visit_literal_block(self, node: nodes.literal_block) -> None:
        """Fold what a cell printed where it is long."""
        try:
            super().visit_literal_block(node)
        except nodes.SkipNode:
            lines = node.astext().strip("\n").count("\n") + 1
            if lines > LONGEST and not _OUTPUTS.isdisjoint(node["classes"]):
                summary = _("Output, {} lines").format(lines)
                self.body[-1] = (
                    f'<details class="long-output"><summary>{summary}</summary>\n{self.body[-1]}</details>\n'
                )
            raise

    def visit_image(self, node: nodes.image) -> None:
        """Write a picture's size as attributes, so that it keeps its shape and its place before it comes."""
        for side in ("width", "height"):
            if side in node:
                node[side] = node[side].removesuffix("px")
        super().visit_image(node)
        self.body[-1] = self.body[-1].replace("<img", f"<img{self._english()}", 1)

    def visit_Text(self, node: nodes.Text) -> None:  # noqa: N802 - docutils' name
        """Keep numbers whole; let code in tables break after a bracket, a comma, a dot, a semicolon."""
        start = len(self.body)
        super().visit_Text(node)
        number = r'<span class="number">\g<0></span>'
        self.body[start:] = [_NUMBER.sub(number, part) for part in self.body[start:]]
        if self.protect_literal_text and within(node, nodes.entry):
            self.body[start:] = [_BREAK.sub("<wbr>", part) for part in self.body[start:]]

    def visit_reference(self, node: Element) -> None:
        """Let variables in code lead nowhere: sphinx-gallery links each ``step`` to Python's ``int``."""
        if _VARIABLE not in node["classes"]:
            super().visit_reference(node)

    def depart_reference(self, node: nodes.reference) -> None:
        """End a link."""
        if _VARIABLE not in node["classes"]:
            super().depart_reference(node)

    def visit_note(self, node: Element) -> None:
        """Leave out the box in which sphinx-gallery says where the downloads are: links at the top do."""
        if "sphx-glr-download-link-note" in node["classes"]:
            raise nodes.SkipNode
        super().visit_note(node)


def leave_out_downloads(_app: Sphinx, document: nodes.document, _page: str) -> None:
    """Leave out sphinx-gallery's links to downloads: those at the page's top, made from them, are enough.

    In a book other words have taken their place by now.
    """
    for box in list(document.findall(nodes.container)):
        if "sphx-glr-footer" in box["classes"]:
            hidden = nodes.substitution_definition()  # which no writer shows
            hidden.extend(box.children)
            box.replace_self(hidden)


def within(node: nodes.Node, kind: type | UnionType) -> bool:
    """Say whether a node stands in one of some kind."""
    parent = node.parent
    while parent is not None and not isinstance(parent, kind):
        parent = parent.parent
    return parent is not None


def offer(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Offer a page's template the logo, and what completes the theme's page; lead on once."""
    context |= {"brand_logo": LOGO, "complete": complete}
    if '<p class="next">' in (context.get("body") or ""):  # as progress.html asks too
        context["next"] = None


def theme_parts() -> dict[str, str]:
    """Pair what the theme's page has, and its templates have no block for, with what it gets in the page's language."""
    labels = {
        "Toggle site navigation sidebar": _("Toggle site navigation sidebar"),
        "Toggle table of contents sidebar": _("Toggle table of contents sidebar"),
        "Toggle Light / Dark / Auto color theme": _("Toggle Light / Dark / Auto color theme"),
    }
    site, here, page = _("Site"), _("On this page"), _("Page")
    return {
        '<aside class="sidebar-drawer"': f'<aside class="sidebar-drawer" aria-label="{site}"',
        '<aside class="toc-drawer': f'<aside aria-label="{here}" class="toc-drawer',
        '<article role="main"': f'<article role="main" aria-label="{page}"',
        '<div class="brand">': f'<div class="brand">{LOGO}',
        **{f'aria-label="{theirs}"': f'aria-label="{ours}"' for theirs, ours in labels.items()},
    }


def complete(page: str) -> str:
    """Complete the theme's page; where it has become another, the build warns, and so fails."""
    for theirs, ours in theme_parts().items():
        if theirs not in page:
            _LOGGER.warning("the theme's page no longer has: %s", theirs, type="theme")
        page = page.replace(theirs, ours)
    return page
