"""Figures in light and dark, and their alt text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text

from twolayer_docs.figures.pairs import (
    DARK_BACKGROUND,
    contrast,
    draw_pair,
    for_dark,
    scrape,
    show_figure,
)
from twolayer_docs.figures.words import alt_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    """Leave no figure open."""
    yield
    plt.close("all")


def curve() -> Figure:
    """Draw a loss curve."""
    fig, ax = plt.subplots()
    ax.semilogy([0, 250, 499], [3.7e7, 1e3, 2e-5], label="autograd")
    ax.set(title="Loss at each step", xlabel="step", ylabel="loss")
    ax.grid(visible=True)
    ax.legend()
    return fig


def test_alt_text_tells_a_curve() -> None:
    """The alt text of a curve has title, label, first and last value, axes and scale."""
    expected = (
        "Loss at each step. autograd: line from 3.7e+07 at x = 0 to 2e-05 at x = 499. "
        "x axis: step. y axis: loss (log scale)."
    )
    assert expected == alt_text(curve())


def test_alt_text_tells_bars() -> None:
    """The alt text of a bar chart names each bar with its value."""
    fig, ax = plt.subplots()
    ax.bar(["NumPy", "torch"], [1.5, 2.25])

    assert alt_text(fig) == "bars: NumPy 1.5, torch 2.25."


def test_alt_text_tells_a_histogram() -> None:
    """The alt text of a histogram has the number of bins, their range and the highest."""
    fig, ax = plt.subplots()
    ax.hist([0, 1, 1, 2], bins=2)

    assert alt_text(fig) == "histogram of 2 bins from 0 to 2, highest 3."


def test_alt_text_tells_a_heat_map_and_its_scale() -> None:
    """The alt text of a heat map has its size and range and the name of its colour scale."""
    fig, ax = plt.subplots()
    image = ax.imshow(np.arange(6.0).reshape(2, 3))
    fig.colorbar(image, label="loss")

    assert alt_text(fig) == "heat map, 2 by 3, values from 0 to 5. Colour scale: loss."


def test_alt_text_numbers_panels() -> None:
    """Each of several panels is named."""
    fig, (left, right) = plt.subplots(1, 2)
    left.plot([0, 1], [2, 3])
    right.scatter([1, 2, 3], [1, 2, 3])

    expected = "Panel 1: line from 2 at x = 0 to 3 at x = 1. Panel 2: 3 points."
    assert expected == alt_text(fig)


def test_a_script_may_write_its_own_alt_text() -> None:
    """A figure label that starts with ``alt:`` is the alt text."""
    fig = curve()
    fig.set_label("alt: The loss\nfalls.")

    assert alt_text(fig) == "The loss falls"


def test_maths_in_labels_becomes_plain() -> None:
    """TeX in a label is written as plain text."""
    fig, ax = plt.subplots()
    ax.set_title(r"Rate $10^{-6}$")

    assert alt_text(fig) == "Rate 10^-6."


@pytest.mark.parametrize("colour", ["black", "0.2", "#717581", "C0", "navy", "#b0b0b0", "darkred"])
def test_dark_colours_stand_out(colour: str) -> None:
    """Ink chosen for white paper stands out on the dark page, but for what was faint before."""
    faint = contrast(mpl.colors.to_rgb(colour), (1, 1, 1)) < 3

    assert faint or contrast(for_dark(colour), DARK_BACKGROUND) >= 4.5


def test_white_becomes_the_page() -> None:
    """White, as in a legend's box, becomes the dark page's background."""
    assert pytest.approx((*DARK_BACKGROUND, 0.8)) == for_dark((1, 1, 1, 0.8))


def test_no_black_is_left_in_the_dark_drawing() -> None:
    """Text, spines, ticks and legend are all recoloured; black is implicit in SVG."""
    pair = draw_pair(curve())

    paths = re.findall(r"<(?:g|use|path)[^>]*style=\"([^\"]*)\"", pair.dark)
    assert paths
    assert not any(re.search(r"(?:stroke|fill): (?:#000000|#262626)", style) for style in paths)
    glyphs = re.findall(r"<g style=\"([^\"]*)\" transform", pair.dark)
    assert glyphs
    assert all("fill: #" in style for style in glyphs)


def test_drawing_does_not_change_the_figure() -> None:
    """The figure's colours are the same after it was drawn for the dark theme."""
    fig = curve()
    fig.draw_without_rendering()
    before = [a.get_color() for a in fig.findobj() if isinstance(a, Text)]

    first, second = draw_pair(fig), draw_pair(fig)

    assert before == [a.get_color() for a in fig.findobj() if isinstance(a, Text)]
    assert first == second


def test_drawings_are_the_same_in_each_run() -> None:
    """Two figures drawn alike give the same SVG: no dates, no random ids."""
    first, second = draw_pair(curve()), draw_pair(curve())

    assert first == second
    assert "dc:date" not in first.light


def test_the_scraper_writes_both_and_closes(tmp_path: Path) -> None:
    """The scraper writes a light and a dark file, shows both and closes the figure."""
    curve()
    variables: dict[str, Any] = {"image_path_iterator": iter([str(tmp_path / "images/a_001.png")])}
    (tmp_path / "images").mkdir()

    rst = scrape(None, variables, {"src_dir": str(tmp_path)})

    assert sorted(p.name for p in tmp_path.glob("images/*")) == ["a_001.svg", "a_001_dark.svg"]
    assert 1 == rst.count("only-light") == rst.count("only-dark")
    assert 2 == rst.count(":alt: Loss at each step.") == rst.count(":loading: lazy")
    assert plt.get_fignums() == []


def test_a_page_shows_a_figure_in_one_line() -> None:
    """``show_figure`` gives both images with size and alt text, and closes the figure."""
    shown = show_figure(curve())._repr_html_()

    assert 2 == shown.count("<img") == shown.count('alt="Loss at each step.')
    assert re.search(r'width="\d+" height="\d+"', shown)
    assert plt.get_fignums() == []
