"""What gallery pages are expected to print, and how far their numbers may be off.

``python tests/expectations.py [NAME ...]`` runs the pages and writes the expectations anew.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
EXPECTED = Path(__file__).with_name("gallery") / "expected"
RUNNER = Path(__file__).with_name("gallery") / "run_page.py"
SCRIPTS = sorted((ROOT / "gallery").rglob("*.py"))

RELATIVE = 0.01
# Below this size a printed number is what rounding left of larger ones.
REMAINDER = 1e-6
REMAINDER_FACTOR = 10
_DECIMAL = re.compile(r"-?\d+(?:\.\d+(?:e[+-]?\d+)?|e[+-]?\d+)")


class Run(NamedTuple):
    """A page's run."""

    done: subprocess.CompletedProcess[str]
    """The finished process with its output."""
    folder: Path
    """Where its variables are, beside the folder ``empty`` that it ran in."""

    @property
    def values(self) -> dict[str, Any]:
        """The page's variables that JSON can hold, as it left them."""
        text = (self.folder / "values.json").read_text(encoding="utf-8")
        values: dict[str, Any] = json.loads(text)
        return values


def run(script: Path, folder: Path, *, cuda: bool = False) -> Run:
    """Run a script alone, from an empty folder, in a process that can't import twolayer.

    Args:
        script: The script.
        folder: An existing folder; its variables go to ``values.json`` there.
        cuda: Whether the script may see CUDA devices. The expectations are of runs that don't.

    Returns:
        The run.
    """
    work = folder / "empty"
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-I", str(RUNNER), str(script), str(folder / "values.json")],
        cwd=work,
        env=dict(os.environ) if cuda else {**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done, folder)


def expected_file(script: Path) -> Path:
    """Say where a script's expectation stands.

    Args:
        script: The script, below ``gallery/``.

    Returns:
        The path of a text file.
    """
    return EXPECTED / script.relative_to(ROOT / "gallery").with_suffix(".txt")


def same_number(value: str, expected: str) -> bool:
    """Compare two printed decimals.

    Args:
        value: What was printed.
        expected: What was expected.

    Returns:
        Whether they agree to 1 % or to one in the last digit shown; or, where both are remainders
        of rounding, within a factor of 10.

    Examples:
        >>> same_number("3.087e+02", "3.088e+02"), same_number("3.087e+02", "3.187e+02")
        (True, False)
        >>> same_number("1.2", "1.3"), same_number("1.2", "1.4")
        (True, False)
        >>> same_number("2e-12", "9e-12"), same_number("2e-12", "9e-11")
        (True, False)
    """
    number, wanted = float(value), float(expected)
    smallest, largest = sorted((abs(number), abs(wanted)))
    if largest < REMAINDER:
        return largest <= REMAINDER_FACTOR * smallest and number * wanted >= 0
    allowed = max(RELATIVE * largest, 1.001 * _last_place(value), 1.001 * _last_place(expected))
    return abs(number - wanted) <= allowed


def _last_place(text: str) -> float:
    mantissa, _, exponent = text.partition("e")
    digits = len(mantissa.partition(".")[2])
    return float(10 ** (int(exponent or 0) - digits))


def differences(printed: str, expected: str) -> list[str]:
    """Compare printed text with what was expected, line by line.

    Words, spaces and whole numbers must be the same; decimals are compared as numbers.

    Args:
        printed: What was printed.
        expected: What was expected.

    Returns:
        For each line that differs, both.

    Examples:
        >>> differences("loss 3.15e+07 at 0", "loss 3.16e+07 at 0")
        []
        >>> differences("equal: False", "equal: True")
        ["line 1: printed 'equal: False', expected 'equal: True'"]
    """
    lines = zip_longest(printed.splitlines(), expected.splitlines())
    return [
        f"line {number}: printed {line!r}, expected {wanted!r}"
        for number, (line, wanted) in enumerate(lines, start=1)
        if line is None or wanted is None or not _same_line(line, wanted)
    ]


def _same_line(line: str, wanted: str) -> bool:
    if line == wanted:
        return True
    values, expected = _DECIMAL.findall(line), _DECIMAL.findall(wanted)
    return _words(line) == _words(wanted) and all(
        same_number(value, want) for value, want in zip(values, expected, strict=True)
    )


def _words(line: str) -> list[str]:
    # A sign or a digit more moves what stands to the right, so runs of spaces count as one.
    return _DECIMAL.sub("#", line).split()


def main(names: list[str]) -> None:
    """Run pages and write what they print as their expectations.

    Args:
        names: The pages' names, by default all.
    """
    for script in SCRIPTS:
        if names and script.stem not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            done, _ = run(script, Path(folder))
        if done.returncode != 0:
            sys.exit(f"{script.stem}: {done.stderr}")
        target = expected_file(script)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(done.stdout, encoding="utf-8")
        print(target.relative_to(ROOT))  # noqa: T201 - says what to look at


if __name__ == "__main__":
    main(sys.argv[1:])
