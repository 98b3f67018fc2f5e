"""Alt text for a Matplotlib figure, computed from what it shows.

The text names the titles, the axes with their scales, and each plotted thing: a line with its
first and last value, bars, histograms, pictures and heat maps. A script that knows better calls
``fig.set_label("alt: ...")``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.colors import to_rgba
from matplotlib.container import BarContainer
from matplotlib.patches import StepPatch
from matplotlib.text import Annotation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_OWN = "alt:"
_MANY = 12
_MILLION = 1_000_000


def alt_text(figure: Figure) -> str:
    """Put a figure into words.

    Args:
        figure: A Matplotlib figure.

    Returns:
        One line of plain text, never empty.
    """
    own = str(figure.get_label() or "")
    if own.startswith(_OWN):
        return _plain(own.removeprefix(_OWN))
    parts = []
    if figure.get_suptitle():
        parts.append(f"{_plain(figure.get_suptitle())}.")
    panels = [axes for axes in figure.axes if axes.get_visible() and not _is_colour_bar(axes)]
    for number, axes in enumerate(panels, start=1):
        words = _axes(axes)
        parts.append(f"Panel {number}: {words}" if len(panels) > 1 else words)
    scales = [_plain(a.get_ylabel() or a.get_xlabel()) for a in figure.axes if _is_colour_bar(a)]
    parts.extend(f"Colour scale: {label}." for label in scales if label)
    return " ".join(part for part in parts if part) or "A figure."


def number(value: float) -> str:
    """Write a number with three significant digits, a whole one below a million in full.

    Args:
        value: Any number.

    Returns:
        The number as plain text, such as ``3.7e+07``.
    """
    if float(value).is_integer() and abs(value) < _MILLION:
        return str(int(value))
    return f"{float(value):.3g}"


def _axes(axes: Axes) -> str:
    """Put one pair of axes into words."""
    titles = [axes.get_title(loc=loc) for loc in ("left", "center", "right")]
    parts = [f"{_plain(title)}." for title in titles if title]
    things = _things(axes)
    if things:
        parts.append("; ".join(things) + ".")
    if axes.axison:
        for name, label, scale, ticks in (
            ("x", axes.get_xlabel(), axes.get_xscale(), axes.get_xticklabels()),
            ("y", axes.get_ylabel(), axes.get_yscale(), axes.get_yticklabels()),
        ):
            if label or (scale != "linear" and ticks):
                kind = "" if scale == "linear" else f" ({scale} scale)"
                parts.append(f"{name} axis: {_plain(label) or 'no label'}{kind}.")
    return " ".join(parts)


def _things(axes: Axes) -> list[str]:
    """Name each thing plotted on a pair of axes, or the words on it where nothing is."""
    things = _plotted(axes) or _written(axes)
    if len(things) > _MANY:
        things = [*things[:_MANY], f"and {len(things) - _MANY} more"]
    return things


def _plotted(axes: Axes) -> list[str]:
    """Name each line, bar chart, histogram, picture and cloud of points."""
    things = []
    bars = [c for c in axes.containers if isinstance(c, BarContainer)]
    things += [_bars(axes, container) for container in bars]
    things += [_line(line) for line in axes.lines if _counts(line)]
    for patch in axes.patches:
        if isinstance(patch, StepPatch):
            values = patch.get_data()[0]
            things.append(f"histogram of {len(values)} bins, highest {number(np.max(values))}")
    for image in axes.images:
        array = image.get_array()
        if array is not None:
            things.append(_grid("picture" if array.ndim > 2 else "heat map", array))  # noqa: PLR2004
    for collection in axes.collections:
        if isinstance(collection, QuadMesh) and collection.get_array() is not None:
            things.append(_grid("heat map", collection.get_array()))
        elif isinstance(collection, PathCollection):
            name = _name(collection.get_label())
            things.append(f"{name}{len(np.asarray(collection.get_offsets()))} points")
    return things


def _written(axes: Axes) -> list[str]:
    """Quote the words and count the arrows on a pair of axes."""
    things = []
    words = [_plain(text.get_text()) for text in axes.texts if text.get_text().strip()]
    arrows = sum(isinstance(t, Annotation) and t.arrow_patch is not None for t in axes.texts)
    if words:
        things.append("text: " + ", ".join(words))
    if arrows:
        things.append(f"{arrows} arrow{'s' if arrows > 1 else ''}")
    return things


def _line(line: Line2D) -> str:
    """Put a line into words: its name, and its value at its first and last finite point."""
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    name = _name(line.get_label())
    if not (np.issubdtype(x.dtype, np.number) and np.issubdtype(y.dtype, np.number)):
        return f"{name}line of {len(y)} points"
    keep = np.isfinite(x) & np.isfinite(y)
    x, y = x[keep], y[keep]
    if not len(y):
        return f"{name}line without points"
    kind = "points" if line.get_linestyle() in {"None", "none", " ", ""} else "line"
    if len(y) == 1:
        return f"{name}point at x = {number(x[0])}, y = {number(y[0])}"
    return (
        f"{name}{kind} from {number(y[0])} at x = {number(x[0])} "
        f"to {number(y[-1])} at x = {number(x[-1])}"
    )


def _bars(axes: Axes, container: BarContainer) -> str:
    """Put a group of bars into words, each with its value where they are few."""
    upright = container.orientation != "horizontal"
    values = [p.get_height() if upright else p.get_width() for p in container.patches]
    ticks = axes.get_xticklabels() if upright else axes.get_yticklabels()
    labels = [_plain(tick.get_text()) for tick in ticks]
    name = _name(container.get_label())
    edges = [p.get_x() if upright else p.get_y() for p in container.patches]
    widths = [p.get_width() if upright else p.get_height() for p in container.patches]
    touching = len(values) > 1 and np.allclose(np.diff(edges), widths[:-1])
    if touching:
        return (
            f"{name}histogram of {len(values)} bins from {number(edges[0])} "
            f"to {number(edges[-1] + widths[-1])}, highest {number(max(values))}"
        )
    if len(values) > _MANY:
        return f"{name}{len(values)} bars from {number(min(values))} to {number(max(values))}"
    if len(labels) == len(values) and all(labels):
        pairs = zip(labels, values, strict=True)
        return f"{name}bars: " + ", ".join(f"{label} {number(value)}" for label, value in pairs)
    return f"{name}bars: " + ", ".join(number(value) for value in values)


def _grid(kind: str, array: Any) -> str:
    """Put a picture or a heat map into words."""
    data: Any = np.ma.compressed(np.ma.masked_invalid(np.ma.asarray(array, dtype=float)))
    size = " by ".join(str(n) for n in np.shape(array)[:2])
    if not data.size or kind == "picture":
        return f"{kind}, {size}"
    return f"{kind}, {size}, values from {number(data.min())} to {number(data.max())}"


def _counts(line: Line2D) -> bool:
    """Tell whether a line carries meaning: it is visible and drawn with some colour."""
    return bool(line.get_visible()) and to_rgba(line.get_color())[3] > 0


def _is_colour_bar(axes: Axes) -> bool:
    """Tell whether a pair of axes is a colour bar."""
    return axes.get_label() == "<colorbar>" or hasattr(axes, "_colorbar")


def _name(label: object) -> str:
    """Give the start of a phrase that names a plotted thing, empty for one without a label."""
    text = str(label or "")
    return "" if not text or text.startswith("_") else f"{_plain(text)}: "


def _plain(text: str) -> str:
    """Take maths markup out of a label and put it on one line."""
    text = re.sub(r"\$([^$]*)\$", lambda m: _untex(m.group(1)), text)
    return " ".join(text.split()).rstrip(".")


def _untex(tex: str) -> str:
    """Write simple TeX as plain text, so that ``10^{-6}`` stays readable."""
    tex = re.sub(r"\\(?:mathdefault|mathrm|mathbf|mathit|text)\b", "", tex)
    tex = re.sub(r"\\(?:times|cdot)\b", "\N{MULTIPLICATION SIGN}", tex)
    tex = re.sub(r"\\([A-Za-z]+)", r"\1", tex)
    return tex.replace("{", "").replace("}", "").replace("\\", "")
