"""Smaller SVG drawings that look the same.

Matplotlib writes coordinates with six decimals and pictures with 32 bits a pixel. A page needs
neither: :func:`shrink` rounds coordinates to a hundredth of a unit, writes paths relative to the
last point, and keeps pictures without loss in the smallest form.
"""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

_GLYPH_STEP = 8  # Matplotlib's glyphs count in 6400ths of ten points, far finer than a page needs
_PATH = re.compile(r'(<path\b[^>]*?\sd=")([^"]*)("[^>]*>)')
_GLYPH = re.compile(r'( transform="scale\()0\.015625(\)")')
_PLACE = re.compile(r'((?<=\s)(?:x|y|x1|x2|y1|y2|width|height)=")(-?[\d.]+)(")')
_TRANSLATE = re.compile(r"(?<=translate\()[-\d. ]+(?=\))")
_TOKEN = re.compile(r"[A-Za-z]|-?[\d.]+(?:e-?\d+)?")
_PICTURE = re.compile(r'(?<=href="data:image/)png(;base64,)([^"]*)(?=")')
_POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3, "z": 0}


def shrink(svg: str) -> str:
    """Write a drawing of Matplotlib's in fewer bytes.

    Args:
        svg: The SVG.

    Returns:
        SVG that looks the same. No line of the drawing is moved by more than a hundredth of a unit.
    """
    svg = _PATH.sub(_path, svg)
    svg = _PLACE.sub(lambda match: match[1] + number(float(match[2])) + match[3], svg)
    svg = _TRANSLATE.sub(lambda match: " ".join(number(float(n)) for n in match[0].split()), svg)
    svg = _PICTURE.sub(_picture, svg)
    return re.sub(r"\n\s*(?=<)", "\n", svg)


def number(value: float) -> str:
    """Write a number with two decimals at most.

    Args:
        value: The number.

    Returns:
        Its shortest form.

    Examples:
        >>> number(51.700781), number(-0.5), number(-0.001), number(3.0)
        ('51.7', '-.5', '0', '3')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    if text in {"-0", ""}:
        return "0"
    return re.sub(r"^(-?)0\.", r"\1.", text)


def relative(path: str, grid: Callable[[float], int], form: Callable[[int], str]) -> str:
    """Write a path relative to the last point, on a grid.

    Each point is rounded by itself, so that errors don't add up along the path.

    Args:
        path: The path's commands, absolute: M, L, Q, C and z.
        grid: Rounds a coordinate to a whole number of the grid's steps.
        form: Writes a number of steps.

    Returns:
        The path's commands.

    Raises:
        ValueError: If the path has another command.

    Examples:
        >>> relative("M 10.2 20 L 11.4 19.6 L 12.6 19.2 z", round, str)
        'm10 20l1 0 2-1z'
    """
    tokens = iter(_TOKEN.findall(path))
    parts: list[str] = []
    here = start = (0, 0)
    last = ""
    for command in tokens:
        if command not in _POINTS:
            message = f"a path has the command {command!r}; want one of {', '.join(_POINTS)}"
            raise ValueError(message)
        points = [
            (grid(float(next(tokens))), grid(float(next(tokens)))) for _ in range(_POINTS[command])
        ]
        steps = [form(p - h) for point in points for p, h in zip(point, here, strict=True)]
        parts.append(("" if command == last and command != "M" else command.lower()) + _join(steps))
        if parts[-1][:1].isdigit() or parts[-1][:1] == ".":
            parts[-1] = " " + parts[-1]
        here = points[-1] if points else start
        start = here if command == "M" else start
        last = command
    return "".join(parts)


def _join(numbers: list[str]) -> str:
    """Write numbers one behind the other; a minus sign parts them as well as a space."""
    return re.sub(r" (?=-)", "", " ".join(numbers))


def _path(match: re.Match[str]) -> str:
    """Rewrite a ``<path>`` element."""
    before, path, after = match.groups()
    if _GLYPH.search(after):
        after = _GLYPH.sub(rf"\g<1>{_GLYPH_STEP / 64}\2", after)
        return before + relative(path, lambda value: round(value / _GLYPH_STEP), str) + after
    return before + relative(path, lambda v: round(v * 100), lambda n: number(n / 100)) + after


def _picture(match: re.Match[str]) -> str:
    """Write a picture's pixels as WebP without loss."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(match[2]))) as picture:
        picture.save(buffer, "webp", lossless=True, quality=100, method=6, exact=False)
    return f"webp{match[1]}{base64.b64encode(buffer.getvalue()).decode()}"
