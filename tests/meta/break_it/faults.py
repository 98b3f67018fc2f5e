"""The faults that are planted, and how one is planted and taken out again.

``faults.toml`` lists them. A fault replaces a text that its file has exactly once, makes a new
file, removes one, or edits one by a short program, for files that are no text.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = Path(__file__).with_name("faults.toml")
BUILD = "nox -s docs"
"""The one check that is no test: building the site."""
SITE = "_site"


class StaleFaultError(LookupError):
    """A fault that can't be planted, because what it changes is no longer there.

    Args:
        name: The fault's name.
        problem: What was found, and what is wanted.
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        name: A short name to choose it by.
        what: What is wrong, in a few words.
        where: The file, from the root of the tree; may be a pattern that fits one file. A file
            below ``_site/`` is one of the finished site.
        check: What must catch it: a test's id, or ``nox -s docs``.
        says: A regular expression for what the check says.
        old: The text that the fault replaces, found exactly once.
        new: What stands in its place; alone, the whole of a new file.
        program: Python that edits the file instead, run at the root of the tree with the file's
            path as its argument.
        remove: Whether the file is removed.
    """

    name: str
    what: str
    where: str
    check: str
    says: str
    old: str | None = None
    new: str | None = None
    program: str | None = None
    remove: bool = False

    def __post_init__(self) -> None:
        """Check that the fault says in one way what it does."""
        ways = (self.new is not None, self.program is not None, self.remove)
        if sum(ways) != 1 or (self.old is not None and self.new is None):
            message = f"{self.name}: want one of old with new, new alone, program, remove"
            raise ValueError(message)
        re.compile(self.says)

    @property
    def on_the_site(self) -> bool:
        """Whether the fault lies in the finished site, not in what it is built from."""
        return self.where.startswith(f"{SITE}/")

    def file_in(self, tree: Path) -> Path:
        """Find the file that the fault changes, and check that the fault can be planted.

        Args:
            tree: The root of a copy of the project.

        Returns:
            The file, which a fault that makes one expects not to be there.

        Raises:
            StaleFaultError: If there is no such file, or more than one, or if the text that the
                fault replaces stands there never or more than once.
        """
        if self.old is None and self.new is not None:
            if (tree / self.where).exists():
                raise StaleFaultError(self.name, f"there is a {self.where} already; want none")
            return tree / self.where
        found = list(tree.glob(self.where))
        if len(found) != 1:
            raise StaleFaultError(self.name, f"{len(found)} files fit {self.where}; want one")
        if self.old is not None:
            count = found[0].read_text("utf-8").count(self.old)
            if count != 1:
                problem = f"{self.where} has {self.old!r} {count} times; want it once"
                raise StaleFaultError(self.name, problem)
        return found[0]


def read(path: Path = LIST) -> list[Fault]:
    """Read the list of faults.

    Args:
        path: The file.

    Returns:
        The faults, in order.
    """
    return [Fault(**entry) for entry in tomllib.loads(path.read_text("utf-8"))["fault"]]


@contextmanager
def planted(fault: Fault, tree: Path) -> Iterator[None]:
    """Plant a fault for as long as the context lasts.

    Args:
        fault: The fault.
        tree: The root of a copy of the project, which is afterwards as it was before, times
            included, so that a build finds nothing changed.

    Yields:
        Nothing.

    Raises:
        StaleFaultError: If the fault can't be planted.
    """
    file = fault.file_in(tree)
    status = file.stat() if file.exists() else None
    before = file.read_bytes() if status else b""
    try:
        if fault.remove:
            file.unlink()
        elif fault.program is not None:
            arguments = [sys.executable, "-c", fault.program, str(file)]
            subprocess.run(arguments, cwd=tree, check=True)
        else:
            text = fault.new or ""
            if fault.old is not None:
                text = before.decode("utf-8").replace(fault.old, text)
            file.write_bytes(text.encode("utf-8"))
        if file.exists() and status is not None and file.read_bytes() == before:
            raise StaleFaultError(fault.name, f"{fault.where} is as it was; want a change")
        yield
    finally:
        if status is None:
            file.unlink(missing_ok=True)
        else:
            file.write_bytes(before)
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
