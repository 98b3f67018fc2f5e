"""The cards of a gallery: for each page a drawing, its title, and what you do there.

sphinx-gallery takes each page's first figure for a thumbnail, and on the ladder that is nine times
the same falling curve. Here each page has a drawing of its own idea in
``docs/_drawings/thumbnails/<folder>/<name>.svg``. It stands in the page itself, so that the theme's
colours reach it and no file is loaded for it. On the ladder, a small ladder beside it shows which
rung this is. A page of exercises shows the drawing of its lesson.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from twolayer_docs.course import EXERCISES, page_names
from twolayer_docs.figures.inline import for_page
from twolayer_docs.gallery.plain_line import line, link

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DRAWINGS = Path("_drawings", "thumbnails")
"""Where the drawings are, from the documentation's folder."""
LADDER = "two_layer"
"""The gallery whose pages are rungs."""
_LOGGER = logging.getLogger(__name__)
_BLOCK = re.compile(
    r'\.\. raw:: html\n\n +<div class="sphx-glr-thumbnails">\n'
    r"(?P<cards>.*?)"
    r"\.\. thumbnail-parent-div-close\n\n\.\. raw:: html\n\n +</div>\n",
    re.DOTALL,
)
_PAGE = re.compile(r"^ +:doc:`/gallery/\w+/(\w+)`$", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=\S)")


def first_sentence(script: str) -> str:
    r"""Take the sentence that opens a gallery script.

    Args:
        script: The script's text.

    Returns:
        The first sentence after the title, on one line.

    Raises:
        ValueError: If the script's docstring has no text after its title.

    Examples:
        >>> first_sentence(r'"Title\n\nYou fit a\nnetwork. It learns."')
        'You fit a network.'
    """
    opening = (ast.get_docstring(ast.parse(script)) or "").split("\n\n")
    if len(opening) == 1:
        message = f"no text after the title {opening[0]!r} given; want a paragraph"
        raise ValueError(message)
    return _SENTENCE.split(" ".join(opening[1].split()))[0]


def mark(place: int, count: int) -> str:
    """Draw a small ladder with one rung lit.

    Args:
        place: The number of the rung, from 1, which is at the top.
        count: How many rungs there are.

    Returns:
        The ``<svg>`` element.

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


def with_cards(page: str) -> str:
    """Let a gallery's generated page ask for our cards where it has sphinx-gallery's.

    Args:
        page: The page's reStructuredText.

    Returns:
        The same with the ``gallery-cards`` directive, which lists the pages.

    Raises:
        ValueError: If the page has no thumbnails.
    """
    found = _BLOCK.search(page)
    if found is None:
        message = "no thumbnails of sphinx-gallery given; want the block that it generates"
        raise ValueError(message)
    names = "".join(f"   {name}\n" for name in _PAGE.findall(found["cards"]))
    return f"{page[: found.start()]}.. gallery-cards::\n\n{names}\n{page[found.end() :]}"


class GalleryCards(SphinxDirective):
    """The ``gallery-cards`` directive, whose content names the pages in order."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the list of cards.

        Returns:
            One list, numbered, since the pages have an order.
        """
        folder = PurePosixPath(self.env.docname).parent
        cards = nodes.enumerated_list(classes=["gallery-cards"])
        for name in filter(None, (entry.strip() for entry in self.content)):
            cards += self._card(folder, name)
        return [cards]

    def _card(self, folder: PurePosixPath, name: str) -> nodes.list_item:
        """Make the card of one page."""
        docs = Path(self.env.srcdir)
        script = docs / folder / f"{name}.py"
        drawing = docs / DRAWINGS / folder.name / f"{name}.svg"
        if folder.name == EXERCISES:
            # Exercises show the drawing of their lesson.
            drawing = next(docs.glob(f"{DRAWINGS}/*/{name}.svg"), drawing)
        for file in (script, drawing):
            self.env.note_dependency(str(file))
        svg = ""
        if drawing.is_file():
            svg = for_page(drawing.read_text("utf-8")).replace("<svg", '<svg aria-hidden="true"', 1)
        else:
            place = drawing.relative_to(docs).as_posix()
            _LOGGER.warning(
                "gallery/%s/%s has no thumbnail; draw docs/%s",
                folder.name,
                name,
                place,
                location=self.get_location(),
                type="thumbnails",
            )
        rungs = page_names(folder.name) if folder.name == LADDER else ()
        ladder = mark(rungs.index(name) + 1, len(rungs)) if name in rungs else ""
        picture = f'<div class="card-picture">{ladder}{svg}</div>'
        said = first_sentence(script.read_text("utf-8"))
        return nodes.list_item(
            "",
            nodes.raw("", picture, format="html"),
            link(f"{folder}/{name}", "card-title"),
            line(self, said, "card-text"),
        )


def replace(_app: Sphinx, docname: str, content: list[str]) -> None:
    """Put our cards into the first page of each gallery."""
    if PurePosixPath(docname).match("gallery/*/index"):
        content[0] = with_cards(content[0])
