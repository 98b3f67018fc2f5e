"""The drawing of the network."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from twolayer import random_problem
from twolayer_docs.figures.inline import for_page

DRAWING = Path(__file__).resolve().parents[3] / "docs" / "_static" / "structure.svg"
TIMES = " \N{MULTIPLICATION SIGN} "
SVG = "{http://www.w3.org/2000/svg}"


def test_the_drawing_has_the_sizes_of_the_problem() -> None:
    """Each array in the drawing has the size that ``random_problem()`` gives it."""
    sizes = random_problem().sizes
    words = [
        "".join(text.itertext())
        for text in ET.fromstring(DRAWING.read_text("utf-8")).iter(f"{SVG}text")
    ]
    shapes = [word for word in words if word.startswith("(")]
    numbers = [word for word in words if TIMES in word]

    expected = [
        TIMES.join(str(sizes[name]) for name in re.findall(r"\w+", shape)) for shape in shapes
    ]
    assert len(shapes) == 7
    assert expected == numbers


def test_the_description_has_the_same_sizes() -> None:
    """The words for screen readers name the same sizes."""
    root = ET.fromstring(DRAWING.read_text("utf-8"))
    description = root.findtext(f"{SVG}desc") or ""
    sizes = random_problem().sizes

    assert root.findtext(f"{SVG}title")
    assert set(sizes.values()) == {int(n) for n in re.findall(r"\d+", description)} - {1, 2}


def test_the_drawing_on_a_page_takes_the_pages_colours() -> None:
    """Inside a page the drawing has no colours of its own; alone it has two sets."""
    svg = DRAWING.read_text("utf-8")

    assert "prefers-color-scheme: dark" in svg
    assert "prefers-color-scheme" not in for_page(svg)
    assert "var(--drawing-ink)" in for_page(svg)
    assert for_page(svg).startswith("<svg")
