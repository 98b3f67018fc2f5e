"""What a figure shows, as data: its axes, and each line, bar, picture and cloud of points on them.

Each plotted thing is held against the page's variables at the moment when it is plotted, so that a
loop may use one name for many lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.container import BarContainer
from matplotlib.patches import StepPatch
from matplotlib.ticker import FixedFormatter

from tests.pages.variables import Scope, numbers, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

_METHODS = ("add_line", "add_image", "add_patch", "add_collection", "add_container")


class Plots:
    """Remembers which variable each plotted thing came from."""

    def __init__(self, page: Mapping[str, Any]) -> None:
        """Watch a page plot.

        Args:
            page: The page's global variables.
        """
        self._page = page
        self._seen: dict[int, tuple[object, dict[str, tuple[Any, str]]]] = {}

    def watch(self) -> None:
        """Look at everything that is added to any axes from now on."""
        for name in _METHODS:
            setattr(Axes, name, self._watched(getattr(Axes, name)))

    def _watched(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def add(axes: Axes, thing: Any, *arguments: Any, **options: Any) -> Any:
            given = method(axes, thing, *arguments, **options)
            data = _data(axes, thing)
            if data:
                scope = Scope(self._page)
                found = {
                    part: (values, name)
                    for part, values in data.items()
                    if isinstance(values, np.ndarray) and (name := scope.name_of(values, part))
                }
                self._seen[id(thing)] = (thing, found)
            return given

        return add

    def describe(self, figure: Figure) -> dict[str, Any]:
        """Describe a figure.

        Args:
            figure: The figure.

        Returns:
            Its words and its axes, in a form that JSON can hold.
        """
        figure.draw_without_rendering()
        return {
            "title": figure.get_suptitle(),
            "axes": [self._axes(axes) for axes in figure.axes if axes.get_visible()],
        }

    def _axes(self, axes: Axes) -> dict[str, Any]:
        things = [*axes.containers, *axes.lines, *axes.images, *axes.patches, *axes.collections]
        legend = axes.get_legend()
        return {
            "title": axes.get_title(),
            "x": {
                "label": axes.get_xlabel(),
                "scale": axes.get_xscale(),
                "ticks": _ticks(axes, "x"),
            },
            "y": {
                "label": axes.get_ylabel(),
                "scale": axes.get_yscale(),
                "ticks": _ticks(axes, "y"),
            },
            "legend": [] if legend is None else [text.get_text() for text in legend.get_texts()],
            "things": [self._thing(axes, thing) for thing in things if _data(axes, thing)],
            "texts": [text.get_text() for text in axes.texts if text.get_text().strip()],
        }

    def _thing(self, axes: Axes, thing: Any) -> dict[str, Any]:
        data = _data(axes, thing)
        _, found = self._seen.get(id(thing), (thing, {}))
        label = str(thing.get_label() or "")
        return {
            "kind": _kind(axes, thing),
            "label": "" if label.startswith("_") else label,
            "data": {part: _listed(values) for part, values in data.items()},
            "shape": list(np.shape(data.get("values", ()))),
            "is": {
                part: name
                for part, (values, name) in found.items()
                if same(values, np.asarray(data[part]))
            },
        }


def _data(axes: Axes, thing: Any) -> dict[str, Any]:
    """The numbers of a plotted thing, none if it is only a line of the layout."""
    data: dict[str, Any] = {}
    if isinstance(thing, BarContainer):
        data = {"x": _places(thing), "y": numbers(thing.datavalues)}
    elif isinstance(thing, StepPatch):
        values, edges, _ = thing.get_data()
        data = {"x": numbers(edges), "y": numbers(values)}
    elif isinstance(thing, PathCollection):
        offsets = np.asarray(thing.get_offsets(), dtype=float)
        data = {"x": offsets[:, 0], "y": offsets[:, 1]}
    elif thing in axes.images or isinstance(thing, QuadMesh):
        data = {"values": np.ma.filled(np.ma.asarray(thing.get_array(), dtype=float), np.nan)}
    elif thing in axes.lines:
        data = _line(axes, thing)
    return data


def _line(axes: Axes, line: Line2D) -> dict[str, Any]:
    if line.get_transform() == axes.get_yaxis_transform(which="grid"):
        return {"y": np.asarray(line.get_ydata(), dtype=float)[:1]}
    if line.get_transform() == axes.get_xaxis_transform(which="grid"):
        return {"x": np.asarray(line.get_xdata(), dtype=float)[:1]}
    return {"x": _or_words(line.get_xdata()), "y": _or_words(line.get_ydata())}


def _or_words(values: Any) -> NDArray[np.float64] | list[str]:
    array = numbers(values)
    return [str(value) for value in values] if array is None else np.atleast_1d(array)


def _places(bars: BarContainer) -> NDArray[np.float64]:
    upright = bars.orientation != "horizontal"
    centres = [
        patch.get_x() + patch.get_width() / 2 if upright else patch.get_y() + patch.get_height() / 2
        for patch in bars.patches
    ]
    # Halves of widths don't add up exactly.
    return np.round(np.asarray(centres, dtype=float), 9)


def _kind(axes: Axes, thing: Any) -> str:
    if isinstance(thing, BarContainer):
        return "bars"
    if isinstance(thing, StepPatch):
        return "steps"
    if isinstance(thing, PathCollection):
        return "points"
    if thing in axes.lines:
        if len(_data(axes, thing)) == 1:
            return "level"
        return "points" if thing.get_linestyle() == "None" else "line"
    return "image"


def _ticks(axes: Axes, name: str) -> list[str]:
    """The words that a page puts at its ticks, none where they are numbers that Matplotlib chose."""
    axis = axes.xaxis if name == "x" else axes.yaxis
    chosen = isinstance(axis.get_major_formatter(), FixedFormatter) or axis.have_units()
    labels = [label.get_text() for label in axis.get_ticklabels()] if chosen else []
    return [label for label in labels if label]


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else np.ravel(values).tolist()
