"""Figures in light and dark."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from twolayer_docs.figures.pairs import DARK_BACKGROUND, contrast, draw, for_dark, scrape

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure


WIDTHS = ("wide", "narrow")


def curve() -> Figure:
    """Draw a loss curve."""
    fig, ax = plt.subplots()
    ax.semilogy([0, 250, 499], [3.7e7, 1e3, 2e-5], label="autograd")
    ax.set(title="Loss at each step", xlabel="step", ylabel="loss")
    ax.grid(visible=True)
    ax.legend()
    return fig


def colours(svg: str) -> set[str]:
    """List the colours that a drawing names."""
    return set(re.findall(r"#[0-9a-f]{6}\b(?!\))", re.sub(r'href="[^"]*"', "", svg)))


@pytest.mark.parametrize(
    "colour", ["black", "0.2", "#717581", "#94a4a2", "C0", "navy", "#b0b0b0", "darkred"]
)
def test_dark_colours_stand_out(colour: str) -> None:
    """Ink chosen for white paper stands out on the dark page, but for what was faint before."""
    faint = contrast(mpl.colors.to_rgb(colour), (1, 1, 1)) < 2.5

    assert faint or contrast(for_dark(colour), DARK_BACKGROUND) >= 4.5


def test_white_becomes_the_page() -> None:
    """White, as in a legend's box, becomes the dark page's background."""
    assert for_dark("white") == mpl.colors.to_hex(DARK_BACKGROUND)


def test_no_black_is_left_in_the_dark_drawing() -> None:
    """Each colour is the light drawing's, changed; black, which SVG implies, is changed too."""
    pair = draw(curve()).wide

    assert colours(pair.dark) == {for_dark(c) for c in colours(pair.light)} | {for_dark("black")}
    assert f'version="1.1" fill="{for_dark("black")}"' in pair.dark


def test_what_values_colour_keeps_its_colours() -> None:
    """A heat map's cells, and the words on it, have the same colours in both themes."""
    fig, (left, right) = plt.subplots(1, 2)
    left.pcolormesh(np.arange(4.0).reshape(2, 2), cmap="Blues_r")
    left.text(1, 1, "on dark blue", color="#123456")
    right.plot([1, 2], color="#654321")

    dark = draw(fig).wide.dark

    blues = {mpl.colors.to_hex(mpl.colormaps["Blues_r"](share)) for share in (0, 1 / 3, 2 / 3, 1.0)}
    assert blues | {"#123456", for_dark("#654321")} <= colours(dark)
    assert "#654321" not in colours(dark)


def test_drawings_are_the_same_in_each_run() -> None:
    """Two figures drawn alike give the same SVG: no dates, no random ids."""
    first, second = draw(curve()), draw(curve())

    assert first == second
    assert "dc:date" not in first.wide.light


def test_a_drawing_holds_no_more_than_it_needs() -> None:
    """A drawing has whole pixels, hundredths of a pixel within, no comments, no line breaks."""
    svg = draw(curve()).wide.light

    assert re.match(r'<svg [^>]*width="\d+" height="\d+"', svg)
    assert "<!--" not in svg
    assert "\n" not in svg
    assert max(len(digits) for digits in re.findall(r"\d{2,}\.(\d+)", svg)) <= 3


def test_a_pictures_pixels_stay() -> None:
    """A picture in a drawing has a pixel for each value, in just the colours that Matplotlib gives."""
    values = np.random.default_rng(0).random((6, 5))
    fig, ax = plt.subplots()
    expected = ax.imshow(values).to_rgba(values, bytes=True)

    svg = draw(fig).wide.light

    (data,) = re.findall(r'data:image/png;base64,([^"]+)"', svg)
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert (np.asarray(picture.convert("RGBA")) == expected).all()
    assert "image-rendering:pixelated" in svg


def test_a_smooth_picture_stays_smooth() -> None:
    """A picture that a page wants smoothed is drawn as Matplotlib smooths it."""
    fig, ax = plt.subplots()
    ax.imshow(np.eye(3), interpolation="bilinear")

    assert "pixelated" not in draw(fig).wide.light


def test_the_scraper_writes_all_and_closes(tmp_path: Path) -> None:
    """The scraper writes a file for each width and theme, shows all in words and closes the figure."""
    curve()
    variables: dict[str, Any] = {"image_path_iterator": iter([str(tmp_path / "images/a_001.png")])}
    (tmp_path / "images").mkdir()

    rst = scrape(None, variables, {"src_dir": str(tmp_path)})

    ends = ("", "_dark", "_narrow", "_narrow_dark")
    assert {f"a_001{end}.svg" for end in ends} == {p.name for p in tmp_path.glob("images/*")}
    classes = re.findall(r":class: (\S+ \S+)", rst)
    assert classes == [f"{width} only-{theme}" for width in WIDTHS for theme in ("light", "dark")]
    assert rst.count(":alt: Loss at each step.") == 4
    assert plt.get_fignums() == []
