"""Alt text for a Matplotlib figure, computed from what it shows.

The text names the titles, the axes with their scales, and each plotted thing: a line with its
first and last value, bars, histograms, pictures, and heat maps with the words or marks on them.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.colors import to_rgba
from matplotlib.container import BarContainer
from matplotlib.patches import Patch, StepPatch
from matplotlib.text import Annotation

from twolayer_docs.figures.curves import is_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_MANY = 12
_MILLION = 1_000_000


def alt_text(figure: Figure) -> str:
    """Put a figure into words: one line of plain text, never empty."""
    title = figure.get_suptitle()
    parts = [f"{_plain(title)}."] if title else []
    panels = [
        _axes(axes) for axes in figure.axes if axes.get_visible() and not _is_colour_bar(axes)
    ]
    last = 0
    for words, alike in groupby(panels):
        first, last = last + 1, last + len(list(alike))
        number = f"Panel {first}" if first == last else f"Panels {first} to {last}"
        parts.append(f"{number}: {words}" if len(panels) > 1 else words)
    scales = [_plain(a.get_ylabel() or a.get_xlabel()) for a in figure.axes if _is_colour_bar(a)]
    parts += [f"Colour scale: {label}." for label in scales if label]
    return " ".join(filter(None, parts)) or "A figure."


def number(value: float) -> str:
    """Write a number with three significant digits, a whole one below a million in full."""
    if float(value).is_integer() and abs(value) < _MILLION:
        return str(int(value))
    return f"{float(value):.3g}"


def _axes(axes: Axes) -> str:
    """Put one pair of axes into words."""
    titles = [axes.get_title(loc=loc) for loc in ("left", "center", "right")]
    parts = [f"{_plain(title)}." for title in titles if title]
    things = _plotted(axes)
    things += _written(axes, on_picture=bool(things))
    if things:
        parts.append("; ".join(things) + ".")
    if axes.axison:
        said = [_axis("x", axes.xaxis, parts), _axis("y", axes.yaxis, parts)]
        parts += filter(None, said)
    return " ".join(parts)


def _axis(name: str, axis: Axis, said: list[str]) -> str:
    """Put an axis into words: its label, its scale, and the names at its ticks unless said before."""
    label, scale = _plain(axis.get_label_text()), axis.get_scale()
    ticks = [_plain(tick.get_text()) for tick in axis.get_ticklabels()]
    are_words = all(any(map(str.isalpha, tick)) for tick in ticks)
    words = [] if not are_words or all(tick in " ".join(said) for tick in ticks) else ticks
    if not label and not words and (scale == "linear" or not axis.get_ticklabels()):
        return ""
    kind = "" if scale == "linear" else f" ({scale} scale)"
    at = f" at {', '.join(words)}" if words else ""
    return f"{name} axis: {label or 'no label'}{kind}{at}."


def _plotted(axes: Axes) -> list[str]:
    """Name each line, bar chart, histogram, picture and cloud of points."""
    things = [_bars(axes, bars) for bars in axes.containers if isinstance(bars, BarContainer)]
    # A line without colour only makes room.
    lines = [a for a in axes.lines if a.get_visible() and to_rgba(a.get_color())[3] > 0]
    things += map(_line, lines)
    for patch in axes.patches:
        if isinstance(patch, StepPatch):
            values, edges, _ = patch.get_data()
            histogram = _histogram(values, edges[0], edges[-1])
            things.append(f"{_name(patch.get_label())}{histogram}")
    for image in [*axes.images, *(c for c in axes.collections if isinstance(c, QuadMesh))]:
        if (array := image.get_array()) is not None:
            things.append(_grid(axes, np.ma.asarray(array, dtype=float)))
    for cloud in axes.collections:
        if isinstance(cloud, PathCollection):
            points = len(np.asarray(cloud.get_offsets()))
            things.append(f"{_name(cloud.get_label())}{points} points")
    return things


def _written(axes: Axes, *, on_picture: bool) -> list[str]:
    """Quote the words on a pair of axes and count the arrows.

    On what is plotted, only words that repeat are named, with their number and their place: others
    explain what has been said, or are a heat map's values.
    """
    places: dict[str, list[float]] = {}
    for text in axes.texts:
        if word := _plain(text.get_text()):
            places.setdefault(word, []).append(text.get_position()[0])
    if on_picture:
        if rows := _rows(axes):
            return rows
        return [
            f'{len(x)} times "{word}", from x = {number(min(x))} to {number(max(x))}'
            for word, x in places.items()
            if len(x) > 1 and not word.isdecimal()
        ]
    arrows = sum(isinstance(t, Annotation) and t.arrow_patch is not None for t in axes.texts)
    things = ["text: " + ", ".join(places)] if places else []
    return things + ([f"{arrows} arrow{'s' if arrows > 1 else ''}"] if arrows else [])


def _rows(axes: Axes) -> list[str]:
    """Read a table of words row by row: a heat map that has a word in each of its few cells."""
    words = {text.get_position(): _plain(text.get_text()) for text in axes.texts}
    grids = [image.get_array() for image in axes.images]
    if len(grids) != 1 or grids[0] is None or not all(map(str.isalpha, words.values())):
        return []
    names = [_plain(tick.get_text()) for tick in axes.get_yticklabels()]
    height, width = grids[0].shape[:2]
    if len(words) != height * width or height > _MANY or len(names) != height:
        return []
    cells = [", ".join(words.get((x, y), "") for x in range(width)) for y in range(height)]
    return [f"{name}: {row}" for name, row in zip(names, cells, strict=True)]


def _between(x: Any, y: Any) -> str:
    """Say between which values points lie."""
    ranges = (f"{number(np.nanmin(v))} to {number(np.nanmax(v))}" for v in (x, y))
    return "x from {}, y from {}".format(*ranges)


def _line(line: Line2D) -> str:
    """Put a line into words: its name, and where it stands or what it joins."""
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    if is_level(line):
        said = f"level at y = {number(y[0])}"
    else:
        said = _joined(x, y, "points" if line.get_linestyle() == "None" else "line")
    return _name(line.get_label()) + said


def _joined(x: Any, y: Any, kind: str) -> str:
    """Put points or a line into words: few values with names one by one, else the first and the last finite point."""
    words = [values for values in (x, y) if not np.issubdtype(values.dtype, np.number)]
    if words:
        pairs = zip(words[0], x if words[0] is y else y, strict=True)
        named = ", ".join(f"{_plain(str(word))} {number(value)}" for word, value in pairs)
        return f"{kind}: {named}" if len(words[0]) <= _MANY else f"{kind} of {len(y)} values"
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if not len(y):
        return f"{kind} without points"
    if len(y) == 1:
        return f"point at x = {number(x[0])}, y = {number(y[0])}"
    if kind == "points" and np.any(np.diff(x) < 0):
        return f"{len(y)} points, {_between(x, y)}"
    ends = [f"{number(y[i])} at x = {number(x[i])}" for i in (0, -1)]
    return f"{kind} from {ends[0]} to {ends[1]}"


def _bars(axes: Axes, bars: BarContainer) -> str:
    """Put a group of bars into words, each with its value where they are few."""
    name, upright = _name(bars.get_label()), bars.orientation != "horizontal"
    boxes = [patch.get_bbox() for patch in bars.patches]
    values = [box.height if upright else box.width for box in boxes]
    starts = [box.x0 if upright else box.y0 for box in boxes]
    ends = [box.x1 if upright else box.y1 for box in boxes]
    middles = [(start + end) / 2 for start, end in zip(starts, ends, strict=True)]
    labels = [_at(axes.xaxis if upright else axes.yaxis, middle) for middle in middles]
    if len({*labels}) == 1 < len(labels):
        # They stand side by side at one tick, and the legend tells them apart by their colours.
        name = name or f"{labels[0]}: "
        labels = [_named_by_colour(axes, bar.get_facecolor()) for bar in bars.patches]
    if not all(labels):
        return f"{name}bars: " + ", ".join(map(number, values))
    pairs = zip(labels, values, strict=True)
    return f"{name}bars: " + ", ".join(f"{label} {number(value)}" for label, value in pairs)


def _histogram(values: Any, start: float, end: float) -> str:
    """Put a histogram into words."""
    ends = f"from {number(start)} to {number(end)}"
    return f"histogram of {len(values)} bins {ends}, highest {number(max(values))}"


def _at(axis: Axis, place: float) -> str:
    """Read the words at the tick that a place on an axis belongs to, empty where there are none."""
    places = np.asarray(axis.get_majorticklocs())
    labels = [_plain(tick.get_text()) for tick in axis.get_ticklabels()]
    if not len(places) or len(places) != len(labels):
        return ""
    nearest = int(np.abs(places - place).argmin())
    near = np.diff(places).min() / 2 if len(places) > 1 else np.inf
    return labels[nearest] if abs(places[nearest] - place) < near else ""


def _named_by_colour(axes: Axes, colour: Any) -> str:
    """Read what the legend says of a colour."""
    legend = axes.get_legend()
    if legend is None:
        return ""
    entries = zip(legend.legend_handles, legend.get_texts(), strict=True)
    named = {to_rgba(h.get_facecolor()): t.get_text() for h, t in entries if isinstance(h, Patch)}
    return _plain(named.get(to_rgba(colour), ""))


def _grid(axes: Axes, array: Any) -> str:
    """Put a picture or a heat map into words; what has no ticks is a picture to look at."""
    size = " by ".join(map(str, array.shape[:2]))
    if _rows(axes):
        return f"table of words, {size}"
    values = np.ma.masked_invalid(array).compressed()
    if array.ndim > 2 or not (len(axes.get_xticks()) or len(axes.get_yticks())):  # noqa: PLR2004
        return f"picture, {size}"
    words = f"heat map, {size}, values from {number(values.min())} to {number(values.max())}"
    if len(set(array.shape)) == 1 and values.min() >= 0 < values.max():
        words += f", {100 * np.trace(array) / values.sum():.0f} % of their sum on the diagonal"
    return words


def _is_colour_bar(axes: Axes) -> bool:
    """Tell whether a pair of axes is a colour bar, which Matplotlib labels so."""
    return axes.get_label() == "<colorbar>"


def _name(label: object) -> str:
    """Give the start of a phrase that names a plotted thing, empty for one without a label."""
    text = str(label or "")
    return "" if not text or text.startswith("_") else f"{_plain(text)}: "


def _plain(text: str) -> str:
    """Take maths markup out of a label and put it on one line."""
    text = re.sub(r"\$([^$]*)\$", lambda maths: _untex(maths[1]), text)
    return ", ".join(" ".join(line.split()) for line in text.splitlines() if line.strip()).rstrip(
        "."
    )


def _untex(tex: str) -> str:
    """Write simple TeX as plain text, so that ``10^{-6}`` stays readable."""
    tex = re.sub(r"\\(?:mathdefault|mathrm|mathbf|mathit|text)\b", "", tex)
    tex = re.sub(r"\\(?:times|cdot)\b", "\N{MULTIPLICATION SIGN}", tex)
    tex = re.sub(r"\\([A-Za-z]+)", r"\1", tex)
    return re.sub(r"[{}\\]", "", tex)
