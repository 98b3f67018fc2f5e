"""The drawings that tell a gallery's pages apart, and the cards that show them."""

from __future__ import annotations

import gzip
import re
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.docs.small_site import build
from twolayer.rungs import RUNGS
from twolayer_docs.course import EXERCISES, GUIDES, ORDER, page_names
from twolayer_docs.gallery.cards import (
    DRAWINGS,
    GalleryCards,
    first_sentence,
    mark,
    replace,
    with_cards,
)
from twolayer_docs.gallery.plain_line import close_line, open_line, plain_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(ROOT / "gallery") for path in (ROOT / "gallery").rglob("*.py"))
FILES = sorted((DOCS / DRAWINGS).rglob("*.svg"))
STYLE = (DOCS / "_static" / "gallery.css").read_text("utf-8")
SVG = "{http://www.w3.org/2000/svg}"
GENERATED = """\
Tensors
=======

.. raw:: html

    <div class="sphx-glr-thumbnails">

.. thumbnail-parent-div-open

.. raw:: html

    <div class="sphx-glr-thumbcontainer" tooltip="You make tensors.">

.. only:: html

  .. image:: /gallery/tensors/images/thumb/sphx_glr_creating_thumb.svg
    :alt:

  :doc:`/gallery/tensors/creating`

.. raw:: html

      <div class="sphx-glr-thumbnail-title">Creating tensors</div>
    </div>


.. thumbnail-parent-div-close

.. raw:: html

    </div>


.. toctree::
   :hidden:

   /gallery/tensors/creating
"""


def register(app: Sphinx) -> None:
    """Register the directive, its node and what puts it into galleries."""
    app.add_node(plain_line, html=(open_line, close_line))
    app.add_directive("gallery-cards", GalleryCards)
    app.connect("source-read", replace)


def test_every_page_has_a_drawing_and_every_drawing_a_page() -> None:
    """The drawings are those of the gallery's lessons, and of the guides that have exercises."""
    drawn = [path.relative_to(DOCS / DRAWINGS).with_suffix(".py") for path in FILES]
    assert drawn == [p for p in PAGES if p.parent.name != EXERCISES or p.stem in GUIDES]


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_drawing_is_small_and_like_the_others(file: Path) -> None:
    """A drawing has the common size, colours of the common style sheet only, and under 1 kB gzip."""
    text = file.read_text("utf-8")
    root = ET.fromstring(text)
    classes = {name for element in root.iter() for name in element.get("class", "").split()}
    attributes = {name for element in root.iter() for name in element.attrib}

    assert len(gzip.compress(text.encode(), mtime=0)) < 1024
    assert root.get("viewBox") == "0 0 320 180"
    assert not {"fill", "stroke", "style", "id"} & attributes
    assert {name for name in classes if not re.search(rf"\.{name}\b", STYLE)} == set()
    assert (file.parent / re.findall(r'href="([^"]+)"', text)[0]).resolve().is_file()


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_words_in_a_drawing_keep_their_width(file: Path) -> None:
    """Each word has a length of its own that ends inside the drawing, whatever font shows it."""
    for text in ET.fromstring(file.read_text("utf-8")).iter(f"{SVG}text"):
        left, width = float(text.attrib["x"]), float(text.attrib["textLength"])
        assert 0 <= left <= left + width <= 320
        assert int(text.attrib["font-size"]) >= 20


def test_drawings_differ() -> None:
    """No two drawings have the same shapes."""
    shapes = [
        sorted(ET.tostring(element) for element in ET.fromstring(path.read_text("utf-8")))
        for path in FILES
    ]
    assert all(first != second for first, second in combinations(shapes, 2))


def test_the_small_ladder_lights_one_rung() -> None:
    """On the ladder's cards each place is lit on one card, all others are dark."""
    marks = [mark(place, len(RUNGS)) for place in range(1, len(RUNGS) + 1)]
    lit = [re.findall(r'class="lit" d="M6 (\d+)H', svg) for svg in marks]
    dark = [re.findall(r"M6 (\d+)H", re.findall(r'class="rung" d="([^"]+)"', s)[0]) for s in marks]

    heights = [int(places[0]) for places in lit]
    assert heights == sorted(set(heights))
    assert all(
        len(one) == 1 and len(rest) == len(RUNGS) - 1 and not {*one} & {*rest}
        for one, rest in zip(lit, dark, strict=True)
    )


def test_cards_stand_where_the_thumbnails_stood() -> None:
    """What sphinx-gallery generates gives way to our directive; the rest of the page stays."""
    page = with_cards(GENERATED)

    assert ".. gallery-cards::\n\n   creating\n" in page
    assert "sphx-glr-thumb" not in page
    assert page.startswith("Tensors\n=======\n")
    assert page.endswith("   /gallery/tensors/creating\n")


def test_a_page_without_thumbnails_is_an_error() -> None:
    """If sphinx-gallery changes what it generates, the build says so."""
    with pytest.raises(ValueError, match="no thumbnails of sphinx-gallery given; want the block"):
        with_cards("Tensors\n=======\n")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_card_says_what_you_do_on_the_page(page: Path) -> None:
    """The words on a card are the whole first sentence of its page, and fit on a card."""
    script = (ROOT / "gallery" / page).read_text("utf-8")
    sentence = first_sentence(script)

    assert sentence in " ".join(script.split())
    assert sentence.endswith(".")
    assert 40 <= len(sentence) <= 165


def test_a_script_without_an_opening_is_an_error() -> None:
    """A script with a title alone has nothing to say on its card."""
    with pytest.raises(ValueError, match="no text after the title 'Title' given; want a paragraph"):
        first_sentence('"""Title"""\n')


def test_a_card_is_a_link_with_the_drawing_and_the_words(tmp_path: Path) -> None:
    """A card shows its drawing to eyes alone; its link is named by the page's title."""
    drawing = '<?xml-stylesheet href="a.css"?>\n<svg class="thumb"><path d="M0 0"/></svg>\n'
    site, warnings = build(tmp_path, gallery(tmp_path, drawing), register)
    html = (site / "gallery" / "tensors" / "index.html").read_text("utf-8")

    assert warnings == ""
    assert '<svg aria-hidden="true" class="thumb"><path d="M0 0"/></svg>' in html
    assert 'href="creating.html"><span class="doc">Creating tensors</span></a>' in html
    assert '<p class="card-text">You make tensors.</p>' in html


def test_a_page_without_a_drawing_is_a_warning(tmp_path: Path) -> None:
    """A missing drawing is named, so the strict build ends."""
    _, warnings = build(tmp_path, gallery(tmp_path, None), register)

    assert "gallery/tensors/creating has no thumbnail" in warnings
    assert "draw docs/_drawings/thumbnails/tensors/creating.svg" in warnings


def gallery(folder: Path, drawing: str | None) -> dict[str, str]:
    """Write a gallery of one page into a folder."""
    script = folder / "gallery" / "tensors" / "creating.py"
    script.parent.mkdir(parents=True)
    script.write_text('"""\nTitle\n\nYou make tensors. And more.\n"""\n', "utf-8")
    if drawing is not None:
        file = folder / DRAWINGS / "tensors" / "creating.svg"
        file.parent.mkdir(parents=True)
        file.write_text(drawing, "utf-8")
    return {
        "index": "Home\n====\n",
        "gallery/tensors/index": GENERATED,
        "gallery/tensors/creating": "Creating tensors\n================\n",
    }


def test_every_gallery_is_in_an_order() -> None:
    """Each drawing belongs to a page that has a place, so that its card has one."""
    folders = [*ORDER, "two_layer", EXERCISES]
    places = {f"{folder}/{name}" for folder in folders for name in page_names(folder)}
    assert places == {path.with_suffix("").as_posix() for path in PAGES}
