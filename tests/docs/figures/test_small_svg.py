"""Drawings in fewer bytes look the same."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from twolayer_docs.figures.pairs import draw_pair
from twolayer_docs.figures.small_svg import number, relative, shrink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
_POINTS = {"m": 1, "l": 1, "q": 2, "c": 3, "z": 0}


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    """Leave no figure open."""
    yield
    plt.close("all")


def drawing() -> Figure:
    """Draw lines, curves, markers, words and a picture."""
    generator = np.random.default_rng(0)
    fig, (left, right) = plt.subplots(1, 2)
    left.plot(generator.normal(size=300).cumsum(), label="a walk")
    left.plot(generator.normal(size=40), "o", markevery=3)
    left.legend()
    right.imshow(generator.random((6, 5)))
    right.set_title("Noise")
    return fig


def written(fig: Figure) -> str:
    """Write a figure as Matplotlib does."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "test"}):
        fig.savefig(buffer, format="svg")
    return buffer.getvalue()


def points(path: str) -> np.ndarray:
    """List the absolute points of a path, absolute or relative."""
    found: list[tuple[float, float]] = []
    here = start = np.zeros(2)
    for command, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers = np.array([float(n) for n in _NUMBER.findall(rest)]).reshape(-1, 2)
        for step in range(0, len(numbers), max(1, _POINTS[command.lower()])):
            group = numbers[step : step + _POINTS[command.lower()]]
            group = group + here if command.islower() else group
            found += [(float(x), float(y)) for x, y in group]
            here = group[-1]
        start = here if command in "Mm" else start
        here = start if command in "Zz" else here
    return np.array(found)


def scale(element: ET.Element) -> float:
    """Tell how much a path's own transform scales it; glyphs stand in another scale of 0.1."""
    match = re.fullmatch(r"scale\(([\d.]+)\)", element.get("transform", ""))
    return float(match[1]) * 0.1 if match else 1


def test_nothing_moves_visibly() -> None:
    """Each point of each path stays where it is to a hundredth of a unit, and none is lost."""
    before = written(drawing())
    after = shrink(before)

    pairs = list(zip(*(list(ET.fromstring(svg).iter()) for svg in (before, after)), strict=True))
    paths = [(a, b) for a, b in pairs if "d" in a.attrib]
    assert len(paths) > 30
    for old, new in paths:
        moved = points(old.attrib["d"]) * scale(old) - points(new.attrib["d"]) * scale(new)
        assert np.abs(moved).max() <= 0.01
    for name in ("x", "y"):
        places = [
            (float(a.attrib[name]), float(b.attrib[name])) for a, b in pairs if name in a.attrib
        ]
        assert len(places) > 5
        assert np.abs(np.subtract(*zip(*places, strict=True))).max() <= 0.005001


def test_a_drawing_gets_smaller() -> None:
    """A drawing has at most three quarters of its bytes."""
    before = written(drawing())

    assert len(shrink(before)) < 0.75 * len(before)


def test_a_pictures_pixels_stay() -> None:
    """A picture in a drawing has a pixel for each value, in just the colours that Matplotlib gives."""
    values = np.random.default_rng(0).random((6, 5))
    fig, ax = plt.subplots()
    image = ax.imshow(values)
    expected = image.to_rgba(values, bytes=True)

    svg = draw_pair(fig).light

    (data,) = re.findall(r'data:image/webp;base64,([^"]+)"', svg)
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert (np.asarray(picture.convert("RGBA")) == expected).all()
    assert "image-rendering:pixelated" in svg
    assert image.get_interpolation() == "auto"


def test_a_smooth_picture_stays_smooth() -> None:
    """A picture that a page wants smoothed is drawn as Matplotlib smooths it."""
    fig, ax = plt.subplots()
    ax.imshow(np.eye(3), interpolation="bilinear")

    assert "pixelated" not in draw_pair(fig).light


def test_errors_do_not_add_up() -> None:
    """After a thousand steps of a third, a path is where it should be."""
    path = "M 0 0 " + " ".join(f"L {n / 3:.6f} 0" for n in range(1, 1001))

    short = relative(path, lambda v: round(v * 100), lambda n: number(n / 100))

    assert pytest.approx(1000 / 3, abs=0.005) == points(short)[-1][0]


def test_a_command_that_is_not_known_is_named() -> None:
    """A path with an arc is refused rather than drawn wrong."""
    with pytest.raises(ValueError, match=r"has the command 'A'; want one of M, L, Q, C, z"):
        relative("M 0 0 A 1 1 0 0 0 2 2", round, str)


def test_several_outlines_start_where_they_should() -> None:
    """After an outline is closed, the next starts from the closed one's start."""
    path = "M 1 1 L 2 1 L 2 2 z L 0 0 M 5 5 L 6 6 z"

    assert (points(path) == points(relative(path, round, str))).all()
