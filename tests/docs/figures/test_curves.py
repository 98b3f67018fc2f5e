"""Curves to look up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pytest

from twolayer_docs.figures.curves import controls, read_curves

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def two_curves() -> Figure:
    """Draw two curves and a level."""
    fig, ax = plt.subplots()
    ax.semilogy([31520312.49, 12.3456789, 0.5], "o-", label="by hand")
    ax.semilogy([0, 12.3456111, 0.5], "s", label="</script>")
    ax.axhline(1e-8, label="promised")
    ax.set(title="The loss", xlabel="step t", ylabel="loss")
    return fig


def test_curves_are_read_from_their_figure() -> None:
    """The page gets the curves' names, markers and values, to five digits, and the level."""
    assert read_curves(two_curves()) == {
        "title": "The loss",
        "x": "step t",
        "y": "loss",
        "digits": 5,
        "curves": [
            {"name": "by hand", "marker": "o", "line": True, "values": [3.1520e7, 12.346, 0.5]},
            {"name": "</script>", "marker": "s", "line": False, "values": [0, 12.346, 0.5]},
        ],
        "levels": [{"name": "promised", "value": 1e-8}],
    }


def test_points_that_scatter_have_three_digits() -> None:
    """Where no line joins the values, each has three digits."""
    figure = two_curves()
    figure.axes[0].lines[0].set_linestyle("None")

    read = read_curves(figure) or {}

    assert read["digits"] == 3
    assert read["curves"][0]["values"] == [3.15e7, 12.3, 0.5]


@pytest.mark.parametrize(
    "change",
    [
        lambda ax: ax.set_yscale("linear"),
        lambda ax: ax.plot([1, 2, 3], "o"),
        lambda ax: ax.plot([1, 2, 3], "8", label="a"),
        lambda ax: ax.plot([1, 2], "o", label="a"),
        lambda ax: ax.plot([1, 2, 4], [1, 2, 3], "o", label="a"),
        lambda ax: ax.plot([1, -2, 3], "o", label="a"),
        lambda ax: ax.plot([1, float("nan"), 3], "o", label="a"),
        lambda ax: ax.figure.add_axes((0, 0, 1, 1)),
        lambda ax: [line.remove() for line in ax.lines[:2]],
    ],
    ids=["linear", "unnamed", "marker", "length", "steps", "negative", "nan", "two axes", "none"],
)
def test_other_figures_are_pictures_alone(change: Callable[[Axes], object]) -> None:
    """A figure whose lines the page can't show has no curves to look up."""
    figure = two_curves()
    change(figure.axes[0])

    assert read_curves(figure) is None


def test_controls_name_each_curve() -> None:
    """The controls have a slider over all steps and a labelled box for each curve, escaped."""
    html = controls(read_curves(two_curves()) or {}, "page_1")

    assert html.count('<input type="checkbox" checked>') == 2 == html.count("<label><input")
    assert '<label for="page_1-step">step t</label>' in html
    assert 'id="page_1-step" min="0" max="2" value="1"' in html
    assert "&lt;/script&gt;" in html
