"""Curves whose values the reader of an executed page can look up.

Write ``show_curves(fig)`` as the last line of a cell, in the place of ``show_figure(fig)``. The page
shows the same picture, and what a browser needs to switch its lines off and on is read from the
figure itself, so that both show the same numbers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from twolayer_docs.figures.pairs import Shown, draw_pair

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

MARKERS = {
    "o": "M4 0A4 4 0 1 1-4 0A4 4 0 1 1 4 0Z",
    "s": "M-3.5-3.5H3.5V3.5H-3.5Z",
    "^": "M0-4.5L4.5 3.5H-4.5Z",
    "v": "M0 4.5L4.5-3.5H-4.5Z",
    "<": "M-4.5 0L3.5-4.5V4.5Z",
    ">": "M4.5 0L-3.5-4.5V4.5Z",
    "D": "M0-4.5L4.5 0L0 4.5L-4.5 0Z",
    "P": "M-1.5-4.5H1.5V-1.5H4.5V1.5H1.5V4.5H-1.5V1.5H-4.5V-1.5H-1.5Z",
    "X": "M0-2L2.5-4.5L4.5-2.5L2 0L4.5 2.5L2.5 4.5L0 2L-2.5 4.5L-4.5 2.5L-2 0L-4.5-2.5L-2.5-4.5Z",
    "*": "M0-5L1.2-1.7L4.8-1.5L2 0.6L2.9 4L0 2.1L-2.9 4L-2 0.6L-4.8-1.5L-1.2-1.7Z",
}
"""Matplotlib's markers as outlines around the origin."""


def show_curves(figure: Figure, *, digits: int = 5, zero: float = 0) -> Shown:
    """Show a figure as ``show_figure`` does, and let the reader look at its curves one by one.

    Args:
        figure: A figure with one pair of axes, whose lines have a value at each step from 0 on.
        digits: How many significant digits of a value the reader sees.
        zero: The value that stands for 0, which a logarithmic axis can't show.

    Returns:
        An object that a notebook shows.

    Raises:
        ValueError: If the page could not show the figure's lines.
    """
    data = read_curves(figure, digits=digits, zero=zero)
    pair = draw_pair(figure)
    plt.close(figure)
    return Shown(pair, as_json(data, digits))


def read_curves(figure: Figure, *, digits: int = 5, zero: float = 0) -> dict[str, Any]:
    """Read lines, levels and words from a figure.

    Args:
        figure: A figure with one pair of axes.
        digits: How many significant digits the reader sees.
        zero: The value that stands for 0.

    Returns:
        The title, the axes' labels, the digits, for each curve its name, its marker,
        whether a line joins its values, and these, and for each level its name and value.

    Raises:
        ValueError: If the axes are not one, their y axis is not logarithmic, or a line has no
            name, a marker that is not known, steps other than 0, 1, 2 …, or a value that is not
            a positive number.
    """
    if len(figure.axes) != 1:
        message = f"the figure has {len(figure.axes)} axes; want one"
        raise ValueError(message)
    axes = figure.axes[0]
    if axes.get_yscale() != "log":
        message = f"the y axis is {axes.get_yscale()}; want a logarithmic one"
        raise ValueError(message)
    levels = [line for line in axes.lines if _is_level(axes, line)]
    lines = [line for line in axes.lines if line not in levels]
    curves = [_curve(line, zero) for line in lines]
    lengths = {len(curve["values"]) for curve in curves}
    if len(lengths) != 1:
        message = f"the lines have {sorted(lengths)} values; want lines of one length"
        raise ValueError(message)
    return {
        "title": axes.get_title(),
        "x": axes.get_xlabel(),
        "y": axes.get_ylabel(),
        "digits": digits,
        "curves": curves,
        "levels": [
            {"name": str(line.get_label()), "value": float(np.ravel(line.get_ydata())[0])}
            for line in levels
        ],
    }


def as_json(data: Any, digits: int) -> str:
    """Write data as JSON whose fractions have some significant digits and no more.

    Args:
        data: What ``json`` can write.
        digits: How many.

    Returns:
        JSON without spaces.

    Examples:
        >>> as_json({"values": [31520312.5, 0.0, 1.25e-7], "digits": 3}, 3)
        '{"values":[3.15e7,0,1.25e-7],"digits":3}'
    """
    if isinstance(data, dict):
        items = (f"{json.dumps(name)}:{as_json(value, digits)}" for name, value in data.items())
        return f"{{{','.join(items)}}}"
    if isinstance(data, list):
        return f"[{','.join(as_json(value, digits) for value in data)}]"
    return _short(data, digits) if isinstance(data, float) else json.dumps(data)


def _short(value: float, digits: int) -> str:
    """Write a number in the shortest form that has its digits."""
    digits_of, exponent = f"{value:.{digits - 1}e}".split("e")
    if "." in digits_of:
        digits_of = digits_of.rstrip("0").rstrip(".")
    return digits_of if int(exponent) == 0 else f"{digits_of}e{int(exponent)}"


def _is_level(axes: Axes, line: Line2D) -> bool:
    """Whether a line runs across the axes at one height."""
    return line.get_transform() == axes.get_yaxis_transform(which="grid")


def _curve(line: Line2D, zero: float) -> dict[str, Any]:
    """Read one line."""
    name, marker = str(line.get_label()), str(line.get_marker())
    steps = np.asarray(line.get_xdata(), dtype=float)
    values = np.asarray(line.get_ydata(), dtype=float)
    if name.startswith("_"):
        message = f"a line is called {name!r}; want a label for each"
        raise ValueError(message)
    if marker not in MARKERS:
        message = f"the line {name} has the marker {marker!r}; want one of {' '.join(MARKERS)}"
        raise ValueError(message)
    if not np.array_equal(steps, np.arange(len(steps))):
        message = f"the line {name} has the steps {steps[:3]} …; want 0, 1, 2 …"
        raise ValueError(message)
    if not (np.isfinite(values) & (values > 0)).all():
        message = f"the line {name} has the value {values.min()}; want positive numbers"
        raise ValueError(message)
    shown = [0.0 if value == zero else float(value) for value in values]
    return {"name": name, "marker": marker, "line": line.get_linestyle() != "None", "values": shown}
