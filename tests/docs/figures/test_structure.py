"""The drawings of the network, and of the products of its backward pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from tests.docs import small_site
from twolayer import random_problem
from twolayer_docs.figures.inline import InlineSvg, for_page
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from pathlib import Path

ROOM = 328
"""How many pixels a screen of 360 leaves for a drawing."""
TIMES = " \N{MULTIPLICATION SIGN} "
SVG = "{http://www.w3.org/2000/svg}"
MATRICES = {"structure": 7, "backward_products": 11}
every_drawing = pytest.mark.parametrize("drawing", MATRICES)


def source(drawing: str) -> str:
    """A drawing's file."""
    return (DOCS / "_static" / f"{drawing}.svg").read_text("utf-8")


def narrow(drawing: str) -> ET.Element:
    """The drawing that a phone shows."""
    return ET.parse(DOCS / "_drawings" / f"{drawing}_narrow.svg").getroot()


def words(drawing: str, kind: str | None = None) -> list[str]:
    """The words that a drawing shows, or those of one class."""
    return [
        "".join(text.itertext())
        for text in ET.fromstring(source(drawing)).iter(f"{SVG}text")
        if kind in {None, text.get("class")}
    ]


@every_drawing
def test_the_drawing_has_the_sizes_of_the_problem(drawing: str) -> None:
    """Each array in the drawing has the size that ``random_problem()`` gives it."""
    sizes = random_problem().sizes
    shapes = [word for word in words(drawing) if word.startswith("(")]
    numbers = [word for word in words(drawing) if TIMES in word]

    expected = [
        TIMES.join(str(sizes[name]) for name in re.findall(r"\w+", shape)) for shape in shapes
    ]
    assert len(shapes) == MATRICES[drawing]
    assert expected == numbers


@every_drawing
def test_the_description_has_the_same_sizes(drawing: str) -> None:
    """The words for screen readers name the same sizes."""
    root = ET.fromstring(source(drawing))
    description = root.findtext(f"{SVG}desc") or ""
    sizes = random_problem().sizes

    assert root.findtext(f"{SVG}title")
    assert set(sizes.values()) == {int(n) for n in re.findall(r"\d+", description)} - {0, 1, 2}


@every_drawing
def test_the_drawing_on_a_page_takes_the_pages_colours(drawing: str) -> None:
    """Inside a page the drawing has no colours of its own; alone it has two sets."""
    svg = source(drawing)

    assert "prefers-color-scheme: dark" in svg
    assert "prefers-color-scheme" not in for_page(svg)
    assert "var(--drawing-ink)" in for_page(svg)
    assert for_page(svg).startswith("<svg")


@every_drawing
def test_a_phone_shows_each_part_once(drawing: str) -> None:
    """The narrow drawing puts each group of the wide one somewhere, and has all of its words."""
    wide = ET.fromstring(source(drawing))
    groups = {f"#{group.get('id')}": group for group in wide.iter(f"{SVG}g") if group.get("id")}
    used = [use.get("href", "") for use in narrow(drawing).iter(f"{SVG}use")]
    texts = [
        "".join(text.itertext())
        for part in (narrow(drawing), *groups.values())
        for text in part.iter(f"{SVG}text")
    ]

    assert sorted(used) == sorted(groups)
    assert sorted(texts) == sorted(words(drawing))


@every_drawing
def test_the_narrow_drawing_has_the_wide_ones_name(drawing: str) -> None:
    """Both drawings have one name, so that no id is on a page twice."""
    names = "aria-labelledby"

    assert narrow(drawing).get(names) == ET.fromstring(source(drawing)).get(names)
    assert not [element for element in narrow(drawing).iter() if element.get("id")]


@every_drawing
def test_a_phone_shows_words_that_can_be_read(drawing: str) -> None:
    """On a screen of 360 pixels no word of a drawing is smaller than 9 pixels."""
    sizes = [int(size) for size in re.findall(r"font-size: (\d+)px", source(drawing))]

    assert min(sizes) * min(1, ROOM / int(narrow(drawing).attrib["width"])) >= 9


def test_a_page_has_the_wide_drawing_and_the_narrow_one(tmp_path: Path) -> None:
    """Both stand in the page, in boxes by which the style sheet shows one; a missing one is named."""
    for name in ("_static/a", "_drawings/a_narrow", "_static/b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.svg").write_text(f'<svg class="{name}"/>', "utf-8")
    page = "Page\n====\n\n.. inline-svg:: a.svg\n\n.. inline-svg:: b.svg\n"

    html, warnings = small_site.build(
        tmp_path, {"index": page}, lambda app: app.add_directive("inline-svg", InlineSvg)
    )

    shown = (html / "index.html").read_text("utf-8")
    assert '<div class="inline-svg wide"><svg class="_static/a"/></div>' in shown
    assert '<div class="inline-svg narrow"><svg class="_drawings/a_narrow"/></div>' in shown
    assert "there is no docs/_drawings/b_narrow.svg" in warnings


def test_the_products_are_those_of_the_backward_pass() -> None:
    """Each line over a drawn product runs in this order, and its matrices have the drawn sizes."""
    problem = random_problem()
    arrays = {"x": problem.x, "w1": problem.w1, "w2": problem.w2}
    arrays["h"] = problem.x @ problem.w1
    arrays["h_relu"] = np.maximum(arrays["h"], 0)
    arrays["grad_y_pred"] = 2 * (arrays["h_relu"] @ problem.w2 - problem.y)
    drawn = [
        *zip(words("backward_products", "name"), words("backward_products", "size"), strict=True)
    ]

    for line in words("backward_products", "line"):
        if product := re.fullmatch(r"(\w+) = ([\w.]+) @ ([\w.]+)", line):
            result, *factors = product.groups()
            first, second = (
                arrays[name.removesuffix(".T")].T if name.endswith(".T") else arrays[name]
                for name in factors
            )
            arrays[result] = first @ second
            matrices = [*zip((*factors, result), (first, second, arrays[result]), strict=True)]
        else:
            assert line == "grad_h[h <= 0] = 0"
            arrays["grad_h"] = np.where(arrays["h"] <= 0, 0, arrays["grad_h_relu"])
            matrices = [(name, arrays[name]) for name in ("grad_h_relu", "grad_h")]
        for name, matrix in matrices:
            assert drawn.pop(0) == (name, TIMES.join(map(str, matrix.shape)))

    assert drawn == []
    for name in ("w1", "w2"):
        assert arrays[f"grad_{name}"].shape == arrays[name].shape
