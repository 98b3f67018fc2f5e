"""Matplotlib figures for pages of two themes and two widths: four SVGs and one text instead of them.

Gallery scripts only call ``plt.show()``; :func:`scrape` is sphinx-gallery's image scraper. Cells of
executed guides end in ``fig``: see :mod:`twolayer_docs.figures.files`.
"""

from __future__ import annotations

import io
import math
import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.colors import to_hex, to_rgb

from twolayer_docs.figures.narrow import make_narrow
from twolayer_docs.figures.words import alt_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DARK_BACKGROUND = (0.075, 0.078, 0.086)
_WHITE = (1.0, 1.0, 1.0)
_INK = (0.92, 0.93, 0.94)
_VISIBLE = 2.5  # the least contrast of a line that was meant to be seen; a grid has 2.2
_DARKEST_INK = 0.44  # the share of the page's colour at which grey still has contrast 4.5
_NEUTRAL = 0.12
_LOWEST_CONTRAST = 4.5
_RC: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "twolayer",
    "savefig.bbox": "tight",
    "image.composite_image": False,
}
_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_PIXELS_PER_POINT = 96 / 72
_KEPT = "own-colours-"
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")


class Pair(NamedTuple):
    """A figure drawn as SVG for the light theme and for the dark one."""

    light: str
    dark: str


class Drawing(NamedTuple):
    """A figure drawn for a desk and for a phone, and in words."""

    wide: Pair
    narrow: Pair
    alt: str


def contrast(first: Any, second: Any) -> float:
    """Compute the contrast ratio of two colours, from 1 to 21, as WCAG 2 defines it."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def for_dark(colour: Any) -> str:
    """Turn a colour chosen for white paper into one that reads on a dark page.

    Greys change places, black with near-white, and those that were meant to be seen stay visible;
    other colours stay, or are mixed with white until they stand out enough.
    """
    rgb = to_rgb(colour)
    if max(rgb) - min(rgb) <= _NEUTRAL:
        grey = sum(rgb) / 3
        if contrast(rgb, _WHITE) >= _VISIBLE:
            grey = min(grey, _DARKEST_INK)
        return to_hex(_mixed(_INK, DARK_BACKGROUND, grey))
    lighter = (to_hex(_mixed(rgb, _WHITE, step / 10)) for step in range(11))
    return next(c for c in lighter if contrast(c, DARK_BACKGROUND) >= _LOWEST_CONTRAST)


def draw(figure: Figure) -> Drawing:
    """Draw a figure, which is to be closed then, for both themes and both widths."""
    _prepare(figure)
    alt = alt_text(figure)
    wide = _pair(figure)
    make_narrow(figure)
    return Drawing(wide, _pair(figure), alt)


def _pair(figure: Figure) -> Pair:
    buffer = io.StringIO()
    with mpl.rc_context(_RC):
        figure.savefig(buffer, format="svg", transparent=True, metadata=_METADATA)
    # A hundredth of a pixel is as fine as a page needs.
    svg = _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.5g}", buffer.getvalue())
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ET.fromstring(svg)  # noqa: S314 - Matplotlib's
    for element in root.iter():
        element.tail = None
        element.text = (element.text or "").strip() or None
    for side in ("width", "height"):
        points = float(root.attrib[side].removesuffix("pt"))
        root.set(side, str(math.ceil(points * _PIXELS_PER_POINT)))
    light = ET.tostring(root, encoding="unicode")
    root.set("fill", "#000000")  # Matplotlib doesn't write what is black anyway
    _darken(root)
    return Pair(light, ET.tostring(root, encoding="unicode"))


def files(drawing: Drawing, stem: str) -> list[tuple[str, str, str, str]]:
    """List a drawing's files: for each its name, the width and the theme that it is for, and its text."""
    return [
        (f"{stem}{width_end}{theme_end}.svg", width, theme, svg)
        for width, width_end, pair in (
            ("wide", "", drawing.wide),
            ("narrow", "_narrow", drawing.narrow),
        )
        for theme, theme_end, svg in (("light", "", pair.light), ("dark", "_dark", pair.dark))
    ]


def scrape(_block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save each open figure's drawings and write the reStructuredText that shows them."""
    parts = []
    for number in plt.get_fignums():
        drawing = draw(plt.figure(number))
        path = Path(next(block_vars["image_path_iterator"]))
        for name, width, theme, svg in files(drawing, path.stem):
            file = path.with_name(name)
            file.write_text(svg, "utf-8")
            place = file.relative_to(gallery_conf["src_dir"]).as_posix()
            classes = f"{width} only-{theme} sphx-glr-single-img"
            parts.append(f"\n.. image:: /{place}\n   :alt: {drawing.alt}\n   :class: {classes}\n")
    plt.close("all")
    return "".join(parts)


def _prepare(figure: Figure) -> None:
    """Mark what keeps its colours: what is coloured by value, and the words on it.

    Pictures are drawn with a pixel for each value: Matplotlib would draw each many times over, in
    a size that suits no screen; the browser does it better.
    """
    number = count()
    for axes in figure.axes:
        by_value = [*axes.images, *(c for c in axes.collections if c.get_array() is not None)]
        for artist in [*by_value, *(axes.texts if by_value else [])]:
            artist.set_gid(f"{_KEPT}{next(number)}")
        for image in axes.images:
            if image.get_interpolation() in {"auto", "antialiased", "nearest"}:
                image.set_interpolation("none")


def _darken(element: ET.Element) -> None:
    """Give a drawing's elements the dark theme's colours."""
    if element.get("id", "").startswith(_KEPT):
        element.set("fill", "black")
        return
    for name in ("style", "fill", "stroke"):
        if name in element.attrib:
            changed = _COLOUR.sub(lambda colour: for_dark(colour[0]), element.attrib[name])
            element.set(name, changed)
    for child in element:
        _darken(child)


def _mixed(first: tuple[float, ...], second: tuple[float, ...], share: float) -> Any:
    """Mix two colours; ``share`` is the second's."""
    return [a + (b - a) * share for a, b in zip(first, second, strict=True)]


def _luminance(colour: Any) -> float:
    """Compute the relative luminance of a colour as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]  # noqa: PLR2004
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
