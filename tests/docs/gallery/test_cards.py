"""The drawings that tell a gallery's pages apart, and the cards that show them."""

from __future__ import annotations

import gzip
import re
from itertools import combinations
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.docs.small_site import build
from twolayer.rungs import RUNGS
from twolayer_docs.course import EXERCISES, FOLDERS, SECTIONS, page_names
from twolayer_docs.gallery.cards import (
    DRAWINGS,
    GalleryCards,
    close_line,
    first_sentence,
    mark,
    open_line,
    plain_line,
)
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(ROOT / "gallery") for path in (ROOT / "gallery").rglob("*.py"))
FILES = sorted((DOCS / DRAWINGS).rglob("*.svg"))
STYLE = (DOCS / "_static" / "gallery.css").read_text("utf-8")
SVG = "{http://www.w3.org/2000/svg}"
SECTION = "Tensors\n=======\n\n.. gallery-cards::\n"


def register(app: Sphinx) -> None:
    """Register the directive and its node."""
    app.add_node(plain_line, html=(open_line, close_line))
    app.add_directive("gallery-cards", GalleryCards)


def test_every_page_has_a_drawing_and_every_drawing_a_page() -> None:
    """The drawings are those of the gallery's lessons, and of the guides that have exercises."""
    drawn = [path.relative_to(DOCS / DRAWINGS).with_suffix(".py") for path in FILES]
    lessons = {name for names in SECTIONS.values() for name in names}
    assert drawn == [p for p in PAGES if p.parent.name != EXERCISES or p.stem not in lessons]


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
    site, warnings = build(tmp_path, section(tmp_path, drawing), register)
    html = (site / "gallery" / "tensors" / "index.html").read_text("utf-8")

    assert warnings == ""
    assert html.count('<svg aria-hidden="true" class="thumb"><path d="M0 0"/></svg>') == 4
    links = re.findall(r'href="(\w+).html"><span class="doc">(\w+)</span></a>', html)
    assert links == [(name, name) for name in page_names("tensors")]
    assert '<p class="card-text">You make tensors.</p>' in html


def test_a_page_without_a_drawing_is_a_warning(tmp_path: Path) -> None:
    """A missing drawing is named, so the strict build ends."""
    _, warnings = build(tmp_path, section(tmp_path, None), register)

    assert "gallery/tensors/creating has no thumbnail" in warnings
    assert "draw docs/_drawings/thumbnails/tensors/creating.svg" in warnings


def section(folder: Path, drawing: str | None) -> dict[str, str]:
    """Write the scripts and drawings of a section into a folder, and give its pages."""
    scripts, drawings = folder / "gallery" / "tensors", folder / DRAWINGS / "tensors"
    for made in (scripts, drawings):
        made.mkdir(parents=True)
    pages = {"index": "Home\n====\n", "gallery/tensors/index": SECTION}
    for name in page_names("tensors"):
        (scripts / f"{name}.py").write_text('"""\nT\n\nYou make tensors. And more.\n"""\n', "utf-8")
        if drawing is not None:
            (drawings / f"{name}.svg").write_text(drawing, "utf-8")
        pages[f"gallery/tensors/{name}"] = f"{name}\n{'=' * len(name)}\n"
    return pages


def test_every_page_has_a_place() -> None:
    """The sections hold each gallery page once, and nothing else."""
    places = [f"{folder}/{name}" for folder in FOLDERS for name in page_names(folder)]
    assert sorted(places) == [path.with_suffix("").as_posix() for path in PAGES]
