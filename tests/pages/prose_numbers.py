"""Numbers in the prose of a page that nothing on the page computes, prints or writes in code.

A number counts when it is written in digits. Numbers written as words ("ten parameters") are left
out, and so are digits that belong to a name: ``w1``, float64, Conv2d.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from tests.pages.expectations import ROOT, expected_file
from twolayer_docs.course import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LESSONS = ROOT / "twolayer" / "exercises" / "lessons"
_NUMBER = re.compile(
    r"(?<![\w.^{-])-?(?P<digits>\d+(?:[,_]\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?)(?P<percent> ?%)?(?![\w]|\.\d)"
)
# What holds digits that state nothing: links' targets, roles' targets, anchors.
_ADDRESS = re.compile(r"\]\([^)]*\)|\{[\w:]+\}`[^`]*`|https?://\S+|<[^>\s]+>")
# An exercise's number, which its check and its module have too.
_EXERCISE = re.compile(r"^Exercise \d: ")
_EXACT = 100


class Number(NamedTuple):
    """A number in prose."""

    line: int
    """The line of the page."""
    text: str
    """As it is written, such as ``1e-8``, ``2,000`` or ``97 %``."""
    around: str
    """The line's text."""

    def is_backed_by(self, values: set[float]) -> bool:
        """Tell whether a page has a number.

        Args:
            values: The page's numbers.

        Returns:
            Whether one of them is this one, or rounds to it; a small whole number must be exact.

        Examples:
            >>> Number(1, "3.2e+07", "").is_backed_by({3.152e7})
            True
            >>> (
            ...     Number(1, "97 %", "").is_backed_by({0.97}),
            ...     Number(1, "98 %", "").is_backed_by({0.97}),
            ... )
            (True, False)
            >>> Number(1, "4", "").is_backed_by({4.2})
            False
        """
        digits = self.text.strip("-% ").replace(",", "").replace("_", "")
        wanted = float(digits)
        mantissa, _, exponent = digits.partition("e")
        decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
        exact = wanted < _EXACT and decimals == 0 and not exponent
        allowed = 1e-9 * wanted if exact else 0.501 * 10.0**-decimals
        scales = (1, 100) if self.text.endswith("%") else (1,)
        return any(abs(scale * value - wanted) <= allowed for value in values for scale in scales)


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """Read the prose of a page.

    Args:
        page: A gallery script or a Markdown page.

    Yields:
        Its lines with their numbers.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    yield from _script_prose(lines) if page.suffix == ".py" else _markdown_prose(lines)


def _script_prose(lines: list[str]) -> Iterator[tuple[int, str]]:
    docstring = ast.parse("\n".join(lines)).body[0]
    text = False
    for number, line in enumerate(lines, start=1):
        if docstring.lineno <= number <= (docstring.end_lineno or 0):
            yield number, line.strip('"')
        elif line == "# %%":
            text = True
        elif text and line.startswith("#"):
            yield number, line.removeprefix("#").strip()
        else:
            text = False


def _markdown_prose(lines: list[str]) -> Iterator[tuple[int, str]]:
    ends = ""
    for number, line in enumerate(lines, start=1):
        if ends:
            ends = "" if line.strip() == ends else ends
        elif line.startswith("```"):
            ends = "```"
        elif number == 1 and line == "---":
            ends = "---"
        elif not line.startswith("|"):
            yield number, line


def numbers_in(page: Path) -> Iterator[Number]:
    """Find the numbers in a page's prose.

    Args:
        page: A gallery script or a Markdown page.

    Yields:
        The numbers in order.
    """
    for line, text in prose(page):
        for match in _NUMBER.finditer(_EXERCISE.sub("", _ADDRESS.sub(" ", text))):
            yield Number(line, match.group(), text.strip())


def backing(page: Path) -> set[float]:
    """Gather the numbers of a page that are more than prose.

    Args:
        page: A gallery script or a Markdown page.

    Returns:
        Those in its code, in its tables, and in what it is expected to show; of exercises also
        those in the module that checks them.
    """
    source = page.read_text(encoding="utf-8")
    expected = expected_file(page)
    shown = expected.read_text(encoding="utf-8") if expected.exists() else ""
    told = {number for number, _ in prose(page)}
    if page.parent.name == EXERCISES:
        shown += (LESSONS / page.name).read_text(encoding="utf-8")
    lines = enumerate(source.splitlines(), start=1)
    rest = "\n".join(line for number, line in lines if number not in told)
    # A number may end a name, or have a sign or a comma; each way counts.
    found = re.findall(r"\d[\d,_]*(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+", f"{rest}\n{shown}")
    texts = {text.replace(",", "").replace("_", "") for text in found}
    texts |= {part for text in found for part in re.split("[,_]", text) if part}
    return {float(text) for text in texts if re.fullmatch(r"[\d.]+(?:e[+-]?\d+)?", text)}


def unbacked(page: Path) -> list[Number]:
    """Find the numbers that a page only claims.

    Args:
        page: A gallery script or a Markdown page.

    Returns:
        The numbers in its prose that are neither in its code, nor in its tables, nor among what
        it is expected to show.
    """
    values = backing(page)
    return [number for number in numbers_in(page) if not number.is_backed_by(values)]
