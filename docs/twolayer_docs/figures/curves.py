"""Curves whose values the reader of an executed guide can look up.

Where a figure's lines are curves over the steps 0, 1, 2 … on a logarithmic axis, the page has their
numbers and the controls for them beside the picture; ``curves.js`` does the rest.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from sphinx.locale import _

if TYPE_CHECKING:
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
    "p": "M0-4.6L4.4-1.4L2.7 3.7H-2.7L-4.4-1.4Z",
    "*": "M0-5L1.2-1.7L4.8-1.5L2 0.6L2.9 4L0 2.1L-2.9 4L-2 0.6L-4.8-1.5L-1.2-1.7Z",
}
"""Matplotlib's markers as outlines around the origin."""


def read_curves(figure: Figure) -> dict[str, Any] | None:
    """Read words, digits, curves and levels from a figure whose values can be looked up.

    Such a figure has one pair of axes with a logarithmic y axis, and on it named lines with
    markers, each with as many values, none below 0, at the steps 0, 1, 2 …; of any other, None.
    """
    if len(figure.axes) != 1 or figure.axes[0].get_yscale() != "log":
        return None
    axes = figure.axes[0]
    levels = [line for line in axes.lines if is_level(line)]
    lines = [line for line in axes.lines if line not in levels]
    if len({len(_values(line)) for line in lines}) != 1 or not all(map(_is_curve, lines)):
        return None
    joined = [line.get_linestyle() != "None" for line in lines]
    digits = 5 if any(joined) else 3  # more digits of points that scatter say nothing
    return {
        "title": axes.get_title(),
        "x": axes.get_xlabel(),
        "y": axes.get_ylabel(),
        "digits": digits,
        "curves": [
            {
                "name": line.get_label(),
                "marker": line.get_marker(),
                "line": is_joined,
                "values": [float(f"{y:.{digits - 1}e}") for y in _values(line)],
            }
            for line, is_joined in zip(lines, joined, strict=True)
        ],
        "levels": [{"name": line.get_label(), "value": _values(line)[0]} for line in levels],
    }


def controls(curves: dict[str, Any], name: str) -> str:
    """Write a slider for the step, a line for what is read, and a list of the curves.

    The style sheet hides them where no script can run. ``name`` stands once on the page.
    """
    last = len(curves["curves"][0]["values"]) - 1
    rows = "\n".join(
        f'<li class="curve curve-{number}"><label><input type="checkbox" checked>'
        f'<svg class="curve-sample" viewBox="-12 -6 24 12" width="24" height="12" '
        f'aria-hidden="true"><path class="curve-line" d="M-12 0H12"/>'
        f'<path class="curve-marker" d="{MARKERS[curve["marker"]]}"/></svg>'
        f'<span class="curve-name">{escape(curve["name"])}</span></label>'
        f'<span class="curve-value"></span></li>'
        for number, curve in enumerate(curves["curves"], start=1)
    )
    values = _("{}: values").format(f'<span lang="en">{escape(curves["title"])}</span>')
    every, none = _("All curves"), _("None")
    return f"""\
<fieldset class="curves-controls">
<legend>{values}</legend>
<div class="curves-step"><label for="{name}-step">{escape(curves["x"])}</label>
<input type="range" id="{name}-step" min="0" max="{last}" value="{last // 2}">
<span class="curves-at" aria-hidden="true">{last // 2}</span></div>
<output class="curves-status" aria-live="off" for="{name}-step"></output>
<div class="curves-buttons"><button type="button" value="all">{every}</button>
<button type="button" value="none">{none}</button></div>
<ul class="curves-list">
{rows}
</ul>
</fieldset>
"""


def is_level(line: Line2D) -> bool:
    """Whether a line runs across its axes at one height, as ``axhline`` draws it."""
    return line.axes is not None and line.get_transform() == line.axes.get_yaxis_transform("grid")


def _is_curve(line: Line2D) -> bool:
    """Whether a line is named and marked, with a value at each of the steps 0, 1, 2 and so on."""
    steps, values = np.asarray(line.get_xdata()), np.array(_values(line))
    named = not str(line.get_label()).startswith("_") and line.get_marker() in MARKERS
    positive = bool(np.isfinite(values).all() and (values >= 0).all())
    return named and positive and np.array_equal(steps, np.arange(len(values)))


def _values(line: Line2D) -> list[float]:
    """The values of a line."""
    return [float(value) for value in np.ravel(line.get_ydata())]
