"""A figure laid out again for a phone, where the text of a wide one would be too small to read."""

from __future__ import annotations

import math
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from matplotlib.text import Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 4.0  # inches, which are 384 pixels; a phone shows them on about 330
_FLATTEST = 1.35  # a panel's width, divided by its height
_LETTERS = 40  # in a title's line, at 10 points
_AROUND = 0.55  # inches above and below a panel, for its title and axis
_LEGEND_LINE = 0.22  # inches
_SMALLEST = 9  # points


def make_narrow(figure: Figure) -> None:
    """Give a figure a phone's width: fewer panels in a row, legends below, titles in several lines."""
    figure.draw_without_rendering()
    places = {axes: place for axes in figure.axes if (place := axes.get_subplotspec())}
    panels = list(places)
    grid = places[panels[0]].get_gridspec()
    titled = any(axes.get_title() for axes in panels)
    columns = min(math.ceil(grid.ncols / 2), 3 if titled else 5)
    rows = math.ceil(grid.nrows * grid.ncols / columns)
    box = panels[0].get_window_extent()
    height = WIDTH / columns * 0.85 / min(_FLATTEST, box.width / box.height)
    around = _AROUND if titled or panels[0].axison else 0.05
    lines = sum(_legend_below(axes) for axes in panels)
    if columns < grid.ncols:
        new = figure.add_gridspec(rows, columns)
        for axes, place in places.items():
            axes.set_subplotspec(new[divmod(place.num1, columns)])
    figure.set_size_inches(WIDTH, rows * (height + around) + lines * _LEGEND_LINE)
    for text in figure.findobj(Text):
        text.set_fontsize(max(_SMALLEST, float(text.get_fontsize())))
    for axes in panels:
        _wrap(axes.title, _LETTERS / columns)
    if title := figure.get_suptitle():
        _wrap(figure.suptitle(title), _LETTERS)
    figure.draw_without_rendering()
    for axes in panels:
        _tilt(axes)


def _wrap(text: Text, letters: float) -> None:
    """Break a title's lines where the figure ends."""
    text.set_text(textwrap.fill(text.get_text(), int(letters * 10 / float(text.get_fontsize()))))


def _legend_below(axes: Axes) -> int:
    """Move a legend out of the lines' way; the lines of text that it takes below."""
    legend = axes.get_legend()
    if legend is None:
        return 0
    labels = [text.get_text() for text in legend.get_texts()]
    title = legend.get_title().get_text()
    columns = 2 if max(map(len, labels)) < 20 else 1  # noqa: PLR2004 - letters in half a figure
    new: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.22), "ncols": columns}
    handles: list[Any] = legend.legend_handles
    axes.legend(handles, labels, title=title or None, **new)
    return math.ceil(len(labels) / columns) + bool(title)


def _tilt(axes: Axes) -> None:
    """Turn the words below an axis where they would meet."""
    labels = [label for label in axes.get_xticklabels() if label.get_text()]
    boxes = [label.get_window_extent() for label in labels]
    if any(left.x1 > right.x0 for left, right in pairwise(boxes)):
        axes.tick_params(axis="x", rotation=30)
        for label in labels:
            label.set_horizontalalignment("right")
