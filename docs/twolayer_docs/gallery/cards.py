"""The cards of a section: for each page a drawing, its title, and what you do there.

A section's ``index.rst`` says ``.. gallery-cards::`` where they stand. Each page has a drawing of its idea in
``docs/_drawings/thumbnails/<folder>/<name>.svg``, which stands in the page itself, so that the theme's colours
reach it. On the ladder, a small ladder beside it shows which rung this is. A page of exercises shows the
drawing of its lesson.
"""

from __future__ import annotations

import ast
import re
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from twolayer_docs.course import EXERCISES, HOME, LADDER, page_names, section_pages
from twolayer_docs.figures.inline import for_page
from twolayer_docs.translation import catalogues

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DRAWINGS = Path("_drawings", "thumbnails")
"""Where the drawings are, from the documentation's folder."""
_LOGGER = logging.getLogger(__name__)
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=\S)|(?<=[。？！])")


class plain_line(nodes.General, nodes.TextElement):  # noqa: N801
    """A line of text that is no paragraph, so nothing is looked up in its words."""


def open_line(self: Any, node: plain_line) -> None:
    """Open the element."""
    self.body.append(self.starttag(node, "p", ""))


def close_line(self: Any, _node: plain_line) -> None:
    """Close the element."""
    self.body.append("</p>\n")


def line(directive: SphinxDirective, text: str, name: str) -> plain_line:
    """Make a line of text with inline markup; ``name`` is its class in the style sheet."""
    children, messages = directive.parse_inline(text)
    node = plain_line(text, "", *children, *messages, classes=[name], translatable=False)
    directive.set_source_info(node)
    return node


def link(docname: str, name: str) -> nodes.paragraph:
    """Make a line with a link to a page; ``name`` is its class in the style sheet."""
    return nodes.paragraph("", "", target(docname), classes=[name])


def target(docname: str) -> addnodes.pending_xref:
    """Make a link to a page, named by the page's title."""
    return addnodes.pending_xref(
        "",
        nodes.inline("", docname),
        refdomain="std",
        reftype="doc",
        reftarget=f"/{docname}",
        refexplicit=False,
        refwarn=True,
    )


def first_sentence(script: str, say: Callable[[str], str] = str) -> str:
    r"""Take the sentence that follows the title of a gallery script; ``say`` translates the paragraph.

    Examples:
        >>> first_sentence(r'"Title\n\nYou fit a\nnetwork. It learns."')
        'You fit a network.'
        >>> first_sentence('"Title\\n\\nText"', {"Text": "你拟合一个网络。它在学习。"}.get)
        '你拟合一个网络。'
    """
    opening = (ast.get_docstring(ast.parse(script)) or "").split("\n\n")
    if len(opening) == 1:
        message = f"no text after the title {opening[0]!r} given; want a paragraph"
        raise ValueError(message)
    return _SENTENCE.split(say(" ".join(opening[1].split())))[0]


def mark(place: int, count: int) -> str:
    """Draw a small ladder of ``count`` rungs, with the one at ``place`` lit; 1 is at the top.

    Examples:
        >>> print(mark(1, 2))
        <svg class="mark" viewBox="0 0 40 52" aria-hidden="true">
        <path class="rail" d="M6 4V48M34 4V48"/><path class="rung" d="M6 34H34"/>
        <path class="lit" d="M6 18H34"/></svg>
    """
    height = 20 + 16 * count
    rungs = "".join(f"M6 {2 + 16 * n}H34" for n in range(1, count + 1) if n != place)
    return (
        f'<svg class="mark" viewBox="0 0 40 {height}" aria-hidden="true">\n'
        f'<path class="rail" d="M6 4V{height - 4}M34 4V{height - 4}"/>'
        f'<path class="rung" d="{rungs}"/>\n'
        f'<path class="lit" d="M6 {2 + 16 * place}H34"/></svg>'
    )


def thumbnail(directive: SphinxDirective, docs: Path, folder: str, name: str) -> str:
    """Read the drawing of a page's idea; a page without one is named in a warning."""
    drawing = docs / DRAWINGS / folder / f"{name}.svg"
    if folder == EXERCISES:
        drawing = next(docs.glob(f"{DRAWINGS}/*/{name}.svg"), drawing)
    directive.env.note_dependency(str(drawing))
    if drawing.is_file():
        return for_page(drawing.read_text("utf-8")).replace("<svg", '<svg aria-hidden="true"', 1)
    place = drawing.relative_to(docs).as_posix()
    said = f"gallery/{folder}/{name} has no thumbnail; draw docs/{place}"
    _LOGGER.warning(said, location=directive.get_location(), type="thumbnails")
    return ""


class GalleryCards(SphinxDirective):
    """The ``gallery-cards`` directive: the section's cards, and its table of contents."""

    def run(self) -> list[nodes.Node]:
        """Make a list, numbered since the pages have an order, and a hidden toctree."""
        folder = PurePosixPath(self.env.docname).parent
        names = page_names(folder.name)
        self.env.note_dependency(str(HOME))
        cards = nodes.enumerated_list(classes=["gallery-cards"])
        for name in names:
            ladder = mark(names.index(name) + 1, len(names)) if folder.name == LADDER else ""
            cards += self._card(folder, name, ladder)
        return [cards, *self.parse_text_to_nodes(_toctree(section_pages(folder.name)))]

    def _card(self, folder: PurePosixPath, name: str, ladder: str) -> nodes.list_item:
        script = Path(self.env.srcdir, folder, f"{name}.py")
        self.env.note_dependency(str(script))
        svg = thumbnail(self, Path(self.env.srcdir), folder.name, name)
        say = partial(catalogues.say, self.config.language, f"{folder}/{name}")
        return nodes.list_item(
            "",
            nodes.raw("", f'<div class="card-picture">{ladder}{svg}</div>', format="html"),
            link(f"{folder}/{name}", "card-title"),
            line(self, first_sentence(script.read_text("utf-8"), say), "card-text"),
        )


def _toctree(pages: Sequence[str]) -> str:
    entries = "".join(f"   /{page}\n" for page in pages)
    return f".. toctree::\n   :hidden:\n\n{entries}"
