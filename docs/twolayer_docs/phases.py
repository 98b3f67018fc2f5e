"""Where a build spends its time: its phases one after the other, and each script and page that it ran.

``nox -s docs -- --profile`` prints it; nothing of it gets into the site. Seconds are those of a clock on
the wall, so what else the machine does counts too; the last line says how much that is.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SPHINX = {
    "Running Sphinx": "start, load extensions",
    "generating gallery": "run gallery scripts",
    "building [mo]": "find what changed",
    "updating environment:": "read pages, execute those with cells",
    "looking for now-outdated files": "settle what to write",
    "preparing documents": "write pages",
    "generating indices": "write index, copy files",
}
"""How Sphinx's lines begin, and what goes on from there."""
_PAGE = re.compile(r"(\S+): Executed notebook in ([\d.]+) seconds")


class Ran(NamedTuple):
    """A script or a page that a build ran."""

    name: str
    """What it is called."""
    seconds: float
    """How long it ran."""


class Phases:
    """A stopwatch that always runs, for one phase at a time, so that phases add up to the whole.

    Args:
        clock: What tells the time, in seconds.

    Examples:
        >>> times = iter([0.0, 2.0, 5.0])
        >>> phases = Phases(lambda: next(times))
        >>> phases.begin("read")
        >>> phases.begin("write")
        >>> phases.rows()
        [('read', 2.0), ('write', 3.0)]
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: dict[str, float] = {}
        self._phase = ""
        self._since = 0.0
        self._builder = ""
        self.pages: list[Ran] = []

    def begin(self, phase: str) -> None:
        """End the phase that runs, and begin another, or go on with it.

        Args:
            phase: What it is called.
        """
        now = self._clock()
        if self._phase:
            self._seconds[self._phase] = self._seconds.get(self._phase, 0.0) + now - self._since
        self._phase, self._since = phase, now

    def rows(self) -> list[tuple[str, float]]:
        """End the phase that runs, and list all.

        Returns:
            Each phase with its seconds, in the order in which they ended first.
        """
        self.begin("")
        return list(self._seconds.items())

    def sphinx(self, builder: str) -> None:
        """Begin a run of Sphinx.

        Args:
            builder: What the run's phases are called after.
        """
        self._builder = builder
        self.begin(f"{builder}: start, load extensions")

    def line(self, text: str) -> None:
        """Take a line that Sphinx prints, which may tell of a new phase or of a page that it executed.

        Args:
            text: The line, without colours.
        """
        for start, phase in _SPHINX.items():
            if text.startswith(start):
                self.begin(f"{self._builder}: {phase}")
        if found := _PAGE.search(text):
            self.pages.append(Ran(PurePath(found[1]).name, float(found[2])))

    def table(self, scripts: Iterable[Ran]) -> str:
        """Write all down.

        Args:
            scripts: The gallery's scripts that were run.

        Returns:
            A text: the phases, then what ran inside them, the slowest first.
        """
        rows = self.rows()
        whole = sum(seconds for _, seconds in rows)
        lines = ["", "seconds  share  phase"]
        lines += [f"{seconds:7.2f} {seconds / (whole or 1):6.0%}  {name}" for name, seconds in rows]
        lines.append(f"{whole:7.2f} {1:6.0%}  all of it")
        for title, ran in (("script", list(scripts)), ("executed page", self.pages)):
            if ran:
                lines += ["", f"seconds  {title}, a part of the above"]
                slowest = sorted(ran, key=lambda one: (-one.seconds, one.name))
                lines += [f"{one.seconds:7.2f}  {one.name}" for one in slowest]
        return "\n".join([*lines, "", load()])


def load() -> str:
    """Say how busy the machine is, without which no timing means much.

    Returns:
        A line.
    """
    cores = os.cpu_count() or 1
    if not hasattr(os, "getloadavg"):
        return f"The machine has {cores} cores."
    return (
        f"The machine has {cores} cores, and {os.getloadavg()[0]:.1f} programs wanted one of them."
    )
