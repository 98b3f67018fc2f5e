"""Figures for a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text

from twolayer_docs.figures.narrow import WIDTH, make_narrow

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def bars() -> Figure:
    """Draw bars with long names, a long title, a legend and small text."""
    fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    ax.bar([f"method number {n}" for n in range(5)], range(5), label="a run of it")
    ax.legend(fontsize=6)
    ax.set_title("How long each method takes, in a title of a whole line", fontsize=12)
    ax.text(0, 2, "a remark", fontsize=5)
    return fig


def test_text_is_large_and_does_not_meet() -> None:
    """Nothing is smaller than 9 points, long titles and names stay within, the legend is below."""
    fig = bars()

    make_narrow(fig)

    (ax,) = fig.axes
    fig.draw_without_rendering()
    assert min(float(text.get_fontsize()) for text in fig.findobj() if isinstance(text, Text)) >= 9
    assert fig.get_tightbbox().width <= 1.03 * WIDTH
    assert ax.title.get_text().count("\n") == 1
    assert {label.get_rotation() for label in ax.get_xticklabels()} == {30}
    legend = ax.get_legend()
    assert legend is not None
    assert legend.get_window_extent().y1 < ax.get_window_extent().y0


@pytest.mark.parametrize(
    ("rows", "columns", "found"), [(1, 2, (2, 1)), (2, 6, (4, 3)), (2, 1, (2, 1))]
)
def test_panels_flow_into_fewer_columns(rows: int, columns: int, found: tuple[int, int]) -> None:
    """Panels keep their order, row by row, in half as many columns."""
    fig, axes = plt.subplots(rows, columns, layout="constrained")
    for number, ax in enumerate(np.ravel(axes)):
        ax.set_title(str(number))

    make_narrow(fig)

    places = [place for ax in fig.axes if (place := ax.get_subplotspec())]
    assert {place.get_gridspec().get_geometry() for place in places} == {found}
    assert [place.num1 for place in places] == list(range(rows * columns))
    plt.close(fig)
