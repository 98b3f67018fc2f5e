"""Running a check in a copy of the project, and judging what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.meta.break_it.faults import BUILD, SITE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.meta.break_it.faults import Fault

_PYTEST = ("-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=short")
_IN_FULL = ("-o", "verbosity_assertions=2")
_RESULT = re.compile(r"(?m)^(PASSED|FAILED|ERROR) (.+?)(?: - .*)?$")
_ERROR = re.compile(r"(?m)^E +(.*)$")
_TESTS_FAILED = 1


@dataclass(frozen=True)
class Outcome:
    """What a check said.

    Args:
        status: The exit status of its process.
        output: What it printed.
        seconds: How long it took.
    """

    status: int
    output: str
    seconds: float

    def tests(self, result: str) -> list[str]:
        """List tests by their result.

        Args:
            result: ``"PASSED"``, ``"FAILED"`` or ``"ERROR"``.

        Returns:
            Their ids.
        """
        return [test for kind, test in _RESULT.findall(self.output) if kind == result]

    @property
    def message(self) -> str:
        """What went wrong: pytest's lines that start with E, or else all that was printed."""
        return "\n".join(_ERROR.findall(self.output)) or self.output


def run(checks: Iterable[str], tree: Path, *, until_one_fails: bool = False) -> Outcome:
    """Run checks in a copy of the project: either tests, in one process, or the build.

    Args:
        checks: The ids of tests, or ``nox -s docs`` alone.
        tree: The root of the copy.
        until_one_fails: Whether to stop at the first test that fails, and list no others.

    Returns:
        What they said.
    """
    arguments = list(checks)
    if arguments == [BUILD]:
        command = ["-m", "twolayer_docs.build"]
    else:
        listed = ("-x", "-rfE") if until_one_fails else ("-rfEp",)
        command = [*_PYTEST, *_IN_FULL, *listed, *arguments]
    modules = os.pathsep.join(map(str, (tree, tree / "docs")))
    environment = {**os.environ, "PYTHONPATH": modules, "TWOLAYER_SITE": str(tree / SITE)}
    environment.pop("CI", None)  # which makes a build run all guides anew
    for library in ("OMP", "OPENBLAS", "MKL"):
        environment.setdefault(f"{library}_NUM_THREADS", "1")
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return Outcome(done.returncode, done.stdout, time.monotonic() - started)


def belongs(test: str, check: str) -> bool:
    """Tell whether a test is a check, or one of those that the check is made of.

    Args:
        test: A test's id.
        check: The id of a test, of a function with several cases, or of a file.

    Returns:
        Whether it does.

    Examples:
        >>> belongs("tests/test_a.py::test_b[1]", "tests/test_a.py::test_b")
        True
        >>> belongs("tests/test_a.py::test_bc", "tests/test_a.py::test_b")
        False
    """
    return test.startswith(check) and test[len(check) :][:1] in {"", "[", ":"}


def passes(check: str, outcome: Outcome) -> bool:
    """Tell whether a check passes where no fault is planted.

    Args:
        check: The check.
        outcome: What all checks of its kind said together.

    Returns:
        Whether it ran and did not fail. A test that is skipped passes nothing.
    """
    if check == BUILD:
        return outcome.status == 0
    failed = [*outcome.tests("FAILED"), *outcome.tests("ERROR")]
    return any(belongs(test, check) for test in outcome.tests("PASSED")) and not any(
        belongs(test, check) for test in failed
    )


def objection(fault: Fault, outcome: Outcome) -> str | None:
    """Say what is wrong with the way in which a planted fault was caught.

    Args:
        fault: The fault.
        outcome: What its check said.

    Returns:
        Why the fault doesn't count as caught; None if it does.
    """
    if outcome.status == 0:
        return "not caught: the check passes"
    if fault.check == BUILD:
        if "The site was not built" not in outcome.output:
            return f"not caught: the build broke off with status {outcome.status}"
    elif outcome.status != _TESTS_FAILED:
        return f"not caught: pytest ended with status {outcome.status} and failed no test"
    elif not any(belongs(test, fault.check) for test in outcome.tests("FAILED")):
        return "not caught: another test failed"
    if not re.search(fault.says, outcome.message):
        return f"caught for another reason: nothing it said fits {fault.says!r}"
    return None


def said(fault: Fault, outcome: Outcome) -> str:
    """Quote what a check said of a fault.

    Args:
        fault: The fault, which was caught.
        outcome: What its check said.

    Returns:
        The words that the fault's pattern fits, in one line of at most a hundred characters.
    """
    match = re.search(fault.says, outcome.message)
    return textwrap.shorten(match[0], 100, placeholder=" …") if match else ""
