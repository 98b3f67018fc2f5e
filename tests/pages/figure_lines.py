"""A figure's data in a few lines that can be read and compared, and what makes a figure blank."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Figure = dict[str, Any]

_FEW = 8
_MILLION = 1_000_000


def summary(figure: Figure, number: int, *, values: bool = True) -> list[str]:
    r"""Sum a figure up.

    Args:
        figure: The figure, as ``run_page.py`` took it down.
        number: Which figure of the page it is.
        values: Whether to give numbers; without, only what is plotted from what.

    Returns:
        A line for the figure, then one for each of its axes and for each thing plotted there.

    Examples:
        >>> line = {"kind": "line", "label": "loss", "shape": [], "is": {"y": "losses"}}
        >>> line["data"] = {"x": [0, 1, 2], "y": [4.0, 2.5, 0.125]}
        >>> x, y = ({"label": name, "scale": "linear", "ticks": []} for name in ("t", "loss"))
        >>> axes = {"title": "A fit", "x": x, "y": y, "legend": [], "things": [line], "texts": []}
        >>> print(*summary({"title": "", "axes": [axes]}, 1), sep="\n")
        figure 1: "A fit" | x "t" | y "loss"
            line "loss" = losses: 3 points, x 0 to 2, y 4.000e+00 2.500e+00 1.250e-01
    """
    lines = [f"figure {number}: {_quoted(figure['title'])}"] if figure["title"] else []
    panels = figure["axes"]
    for place, axes in enumerate(panels, start=1):
        name = f"figure {number}" + (f", axes {place}" if len(panels) > 1 else "")
        lines.append(f"{name}: {_axes(axes, values=values)}".rstrip())
        lines += [f"    {_thing(thing, values=values)}" for thing in axes["things"]]
        if axes["texts"] and values:
            lines.append("    text: " + ", ".join(map(_one_line, axes["texts"])))
    return lines


def blank(figure: Figure) -> Iterator[str]:
    """Find what a figure doesn't show.

    Args:
        figure: The figure, as ``run_page.py`` took it down.

    Yields:
        What is blank: axes with nothing on them, a thing without a finite point, bars without
        height, a picture of one value.
    """
    if not figure["axes"]:
        yield "no axes"
    for place, axes in enumerate(figure["axes"], start=1):
        if not axes["things"] and not axes["texts"]:
            yield f"axes {place} are empty"
        for thing in axes["things"]:
            if reason := _blank(thing):
                yield f"axes {place}, {thing['kind']} {thing['label']!r}: {reason}"


def _blank(thing: dict[str, Any]) -> str:
    columns = [values for values in thing["data"].values() if values]
    points = zip(*columns, strict=False) if thing["kind"] != "image" else ((v,) for v in columns[0])
    finite = [point for point in points if all(map(_is_finite, point))]
    if not finite:
        return "no finite point"
    if thing["kind"] == "image" and len(set(finite)) == 1:
        return "one value"
    if thing["kind"] in {"bars", "steps"} and not any(point[-1] for point in finite):
        return "no height"
    return ""


def tied(figure: Figure) -> tuple[int, int]:
    """Count what is plotted from something that has a name on the page.

    Args:
        figure: The figure, as ``run_page.py`` took it down.

    Returns:
        How many things are, and how many there are.
    """
    things = [thing for axes in figure["axes"] for thing in axes["things"]]
    return sum(_main(thing) in thing["is"] for thing in things), len(things)


def _main(thing: dict[str, Any]) -> str:
    """The part of a thing that its name belongs to; words, such as bars' names, come last."""
    parts = [part for part in ("values", "y", "x") if part in thing["data"]]
    return next((part for part in parts if not _is_words(thing["data"][part])), parts[0])


def _axes(axes: dict[str, Any], *, values: bool) -> str:
    title = axes["title"]
    if not values and any(letter.isdigit() for letter in title):
        title = "…"
    parts = [_quoted(title)] if title else []
    for name in ("x", "y"):
        axis = axes[name]
        words = f"{name} {_quoted(axis['label'])}" if axis["label"] else ""
        if axis["scale"] != "linear":
            words = f"{words or name} ({axis['scale']})"
        if axis["ticks"]:
            words = f"{words or name} at {', '.join(map(_one_line, axis['ticks']))}"
        if words:
            parts.append(words)
    labels = [thing["label"] for thing in axes["things"] if thing["label"]]
    if axes["legend"] and axes["legend"] != labels:
        parts.append(f"legend {', '.join(map(_one_line, axes['legend']))}")
    return " | ".join(parts)


def _thing(thing: dict[str, Any], *, values: bool) -> str:
    main, names, data = _main(thing), thing["is"], thing["data"]
    words = str(thing["kind"]) + (f" {_quoted(thing['label'])}" if thing["label"] else "")
    if main in names:
        words += f" = {names[main]}"
    if thing["kind"] == "image":
        size = " by ".join(map(str, thing["shape"]))
        numbers = [value for value in data["values"] if _is_finite(value)]
        if not values or not numbers:
            return f"{words}: {size}"
        least, most = _spread([min(numbers), max(numbers)]).split()
        mean = _spread([sum(numbers) / len(numbers)])
        return f"{words}: {size}, from {least} to {most}, mean {mean}"
    if thing["kind"] == "level":
        return f"{words}: {main} {_spread(data[main])}" if values else words
    words += f": {len(data['y'])} {'point' if len(data['y']) == 1 else 'points'}"
    if "x" in names and main != "x":
        words += f", x = {names['x']}"
    if values:
        words += f", x {_range(data['x'])}, y {_spread(data['y'])}"
    return words


def _range(values: list[Any]) -> str:
    """Name steps of one by their ends, anything else by a few values."""
    ones = len(values) > 2 and not _is_words(values)
    ones = ones and all(b - a == 1 for a, b in pairwise(values))
    return f"{_spread([values[0]])} to {_spread([values[-1]])}" if ones else _spread(values)


def _spread(values: list[Any]) -> str:
    """Write a few values all, and of many five from the first to the last."""
    whole = all(_is_whole(value) for value in values)
    if len(values) > _FEW:
        values = [values[round(i * (len(values) - 1) / 4)] for i in range(5)]
    return " ".join(_written(value, whole=whole) for value in values)


def _written(value: Any, *, whole: bool) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return str(int(value)) if whole else f"{value:.3e}"


def _is_whole(value: Any) -> bool:
    return isinstance(value, str) or (
        math.isfinite(value) and abs(value) < _MILLION and float(value).is_integer()
    )


def _is_finite(value: Any) -> bool:
    return isinstance(value, str) or math.isfinite(value)


def _is_words(values: list[Any]) -> bool:
    return any(isinstance(value, str) for value in values)


def _quoted(text: str) -> str:
    return f'"{_one_line(text)}"'


def _one_line(text: str) -> str:
    return " / ".join(text.splitlines())
