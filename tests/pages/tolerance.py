"""How far the numbers that a page shows may be off: stated at the head of its expectation."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import NamedTuple

MEASURED = "this build: "
"""What a line says that shows a time: its numbers depend on the machine, and on what else it does."""
NOT_MEASURED = "not measured"
"""What stands behind it, with the reason, where a machine lacks what is to be measured."""
_ORDER = 100
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+(?:e[+-]?\d+)?|e[+-]?\d+)")
_STATED = re.compile(
    r"# Decimals may differ by one in the last digit shown"
    r"(?: or by (?P<percent>[\d.]+) %)?"
    r"(?:, those below (?P<below>\S+) by a factor of (?P<factor>\d+))?\."
)
_WITHOUT = re.compile(r"# Without values: figures? (?P<figures>\d+(?:(?:, | and )\d+)*)\.")


class ToleranceError(ValueError):
    """An expectation that doesn't say how far its numbers may be off.

    Args:
        line: What stands in the first line instead.
    """

    def __init__(self, line: str) -> None:
        wanted = "# Decimals may differ by one in the last digit shown."
        super().__init__(f"first line {line!r}; want {wanted!r}, or with 'or by 1 %' added")


class Tolerance(NamedTuple):
    """How far a page's numbers may be off."""

    relative: float = 0.0
    """The share of a number that is always allowed."""
    below: float = 0.0
    """The size below which a number is what rounding left of larger ones."""
    factor: float = 1.0
    """How far such remainders may be apart."""
    without_values: tuple[int, ...] = ()
    """Figures whose numbers differ from machine to machine."""

    @classmethod
    def read(cls, text: str) -> tuple[Tolerance, str]:
        """Take the statement off the head of an expectation.

        Args:
            text: The whole file.

        Returns:
            The tolerance, and the rest.

        Raises:
            ToleranceError: If the first line states none.

        Examples:
            >>> Tolerance.read(str(Tolerance(relative=0.01)) + "loss 1.0")[0].relative
            0.01
        """
        first, _, rest = text.partition("\n")
        stated = _STATED.fullmatch(first)
        if stated is None:
            raise ToleranceError(first)
        figures: tuple[int, ...] = ()
        second, _, after = rest.partition("\n")
        if without := _WITHOUT.fullmatch(second):
            figures = tuple(int(number) for number in re.findall(r"\d+", without["figures"]))
            rest = after
        tolerance = cls(
            relative=float(stated["percent"] or 0) / 100,
            below=float(stated["below"] or 0),
            factor=float(stated["factor"] or 1),
            without_values=figures,
        )
        return tolerance, rest

    def __str__(self) -> str:
        """State the tolerance, as the head of an expectation."""
        words = "# Decimals may differ by one in the last digit shown"
        if self.relative:
            words += f" or by {100 * self.relative:g} %"
        if self.below:
            below = f"{self.below:g}".replace("e-0", "e-")
            words += f", those below {below} by a factor of {self.factor:g}"
        words += ".\n"
        if self.without_values:
            *others, last = map(str, self.without_values)
            listed = f"figures {', '.join(others)} and {last}" if others else f"figure {last}"
            words += f"# Without values: {listed}.\n"
        return words

    def same_number(self, value: str, expected: str) -> bool:
        """Compare two decimals as they are shown.

        Args:
            value: What was shown.
            expected: What was expected.

        Returns:
            Whether they agree.

        Examples:
            >>> Tolerance().same_number("3.087e+02", "3.088e+02")
            True
            >>> Tolerance().same_number("3.087e+02", "3.089e+02")
            False
            >>> Tolerance(relative=0.01).same_number("3.087e+02", "3.101e+02")
            True
            >>> remainders = Tolerance(below=1e-9, factor=10)
            >>> remainders.same_number("2e-12", "9e-12"), remainders.same_number("2e-12", "9e-11")
            (True, False)
        """
        number, wanted = float(value), float(expected)
        smallest, largest = sorted((abs(number), abs(wanted)))
        if largest < self.below:
            return largest <= self.factor * smallest and number * wanted >= 0
        last = max(_last_place(value), _last_place(expected))
        return abs(number - wanted) <= max(self.relative * largest, 1.001 * last)

    def differences(self, shown: str, expected: str) -> list[str]:
        """Compare what a page shows with what was expected, line by line.

        Words and whole numbers must be the same; decimals are compared as numbers. What stands behind
        "this build: " was measured: there each number may be off by two orders of magnitude, and a machine that
        lacks what is measured says "not measured" in their place.

        Args:
            shown: What the page shows.
            expected: What was expected.

        Returns:
            For each line that differs, both.

        Examples:
            >>> Tolerance().differences("loss 3.15e+07 at 0", "loss 3.16e+07 at 0")
            []
            >>> Tolerance().differences("equal: False", "equal: True")
            ["line 1: shows 'equal: False', expected 'equal: True'"]
            >>> Tolerance().differences("a step, this build: 95 us", "a step, this build: 1,240 us")
            []
        """
        lines = zip_longest(shown.splitlines(), expected.splitlines())
        return [
            f"line {number}: shows {line!r}, expected {wanted!r}"
            for number, (line, wanted) in enumerate(lines, start=1)
            if line is None or wanted is None or not self._same_line(line, wanted)
        ]

    def _same_line(self, line: str, wanted: str) -> bool:
        if line == wanted:
            return True
        if MEASURED in line and MEASURED in wanted:
            (before, _, measured), (known, _, once) = (
                s.partition(MEASURED) for s in (line, wanted)
            )
            return self._same_line(before, known) and (
                any(text.startswith(NOT_MEASURED) for text in (measured, once))
                or _same_order(measured, once)
            )
        values, expected = _DECIMAL.findall(line), _DECIMAL.findall(wanted)
        return _words(line) == _words(wanted) and all(
            self.same_number(value, want) for value, want in zip(values, expected, strict=True)
        )


def _same_order(line: str, wanted: str) -> bool:
    numbers, expected = (
        [float(number.replace(",", "")) for number in _NUMBER.findall(text)]
        for text in (line, wanted)
    )
    return _NUMBER.sub("#", line).split() == _NUMBER.sub("#", wanted).split() and all(
        want / _ORDER <= number <= want * _ORDER
        for number, want in zip(numbers, expected, strict=True)
    )


def _words(line: str) -> list[str]:
    # A sign or a digit more moves what stands to the right, so runs of spaces count as one.
    return _DECIMAL.sub("#", line).split()


def _last_place(text: str) -> float:
    mantissa, _, exponent = text.partition("e")
    digits = len(mantissa.partition(".")[2])
    return float(10.0 ** (int(exponent or 0) - digits))
