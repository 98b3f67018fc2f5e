"""Plant faults one at a time in a copy of the project, and see each caught by the check it names.

``python -m tests.meta.break_it.run_faults [NAME ...]`` plants the faults of ``faults.toml``, by default all.
First all checks must pass on the copy as it is; then, with each fault planted, its own check must fail and
say what the fault's pattern wants.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.meta.break_it.faults import BUILD, Fault, StaleFaultError, planted, read
from tests.meta.break_it.trials import Outcome, objection, passes, run

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
_TEMML = "docs/_build/node"
_AUDITS = "docs/_build/audits"
_CACHES = (
    "docs/gallery",
    "docs/_build/jupyter_cache",
    "docs/_build/jupyter_execute",
    "docs/_build/stamp.txt",
)
_TAIL = 3000


class NotSoundError(RuntimeError):
    """A check fails although no fault is planted."""


class Caught(NamedTuple):
    """What became of one fault."""

    fault: Fault
    """The fault."""
    outcome: Outcome | None
    """What its check said; None if the fault couldn't be planted."""
    problem: str | None
    """Why it doesn't count as caught; None if it does."""


def copy_tree(source: Path, target: Path) -> None:
    """Copy the working tree as it is: what git knows and what is new, but nothing it ignores.

    Args:
        source: The root of the project.
        target: The copy's root, which may hold an earlier copy.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=source, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        file, copy = source / name, target / name
        if not file.is_file():
            continue
        if not copy.is_file() or copy.read_bytes() != file.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)
    if (source / _TEMML).is_dir():
        shutil.copytree(source / _TEMML, target / _TEMML, dirs_exist_ok=True)
    if (source / _AUDITS).is_dir() and not (target / _AUDITS).exists():
        (target / _AUDITS).parent.mkdir(parents=True, exist_ok=True)
        (target / _AUDITS).symlink_to(source / _AUDITS, target_is_directory=True)


def prove_sound(faults: list[Fault], tree: Path) -> None:
    """Build the site, where a fault needs it, and run all checks without a fault.

    Args:
        faults: The faults whose checks are run.
        tree: The root of a copy of the project.

    Raises:
        NotSoundError: If the build or a check fails.
    """
    checks = sorted({fault.check for fault in faults} - {BUILD})
    if any(fault.check == BUILD or fault.on_the_site for fault in faults):
        _tell("without a fault: building the site ...", end=" ")
        outcome = run([BUILD], tree)
        _tell(f"{outcome.seconds:.0f} s")
        if not passes(BUILD, outcome):
            message = f"without a fault the build fails:\n{_excerpt(outcome)}"
            raise NotSoundError(message)
    if checks:
        _tell(f"without a fault: running {len(checks)} checks ...", end=" ")
        outcome = run(checks, tree)
        _tell(f"{outcome.seconds:.0f} s")
        wrong = [check for check in checks if not passes(check, outcome)]
        if wrong:
            listed = "\n  ".join(wrong)
            message = (
                f"these checks fail or don't run without a fault; want them to pass:\n  {listed}\n"
                f"{_excerpt(outcome)}"
            )
            raise NotSoundError(message)


@contextmanager
def kept_caches(tree: Path, *, wanted: bool) -> Iterator[None]:
    """Put a build's caches back afterwards, which a build that fails throws away.

    Args:
        tree: The root of a copy of the project.
        wanted: Whether a build is about to be run at all.

    Yields:
        Nothing.
    """
    saved = tree.with_name(f"{tree.name}.caches")
    names = _CACHES if wanted else ()
    if not saved.exists():
        for name in names:
            _copy(tree / name, saved / name)
    try:
        yield
    finally:
        for name in names:
            _copy(saved / name, tree / name)


def _copy(source: Path, target: Path) -> None:
    """Put a copy of a file or a folder in the place of another."""
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def attempt(fault: Fault, tree: Path) -> Caught:
    """Plant one fault and run its check.

    Args:
        fault: The fault.
        tree: The root of a copy of the project.

    Returns:
        What became of it.
    """
    try:
        with kept_caches(tree, wanted=fault.check == BUILD), planted(fault, tree):
            outcome = run([fault.check], tree, until_one_fails=True)
    except (StaleFaultError, subprocess.CalledProcessError) as error:
        return Caught(fault, None, str(error))
    return Caught(fault, outcome, objection(fault, outcome))


def attempt_all(faults: list[Fault], tree: Path) -> list[Caught]:
    """Plant faults one at a time in each of two copies, side by side.

    Builds stay in the first copy, since what Sphinx keeps is of use in one place only.

    Args:
        faults: The faults.
        tree: The root of a copy of the project, of which the other copy is made.

    Returns:
        What became of each, in the order of the list.
    """
    other = tree.with_name("other")
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(tree, other, symlinks=True)
    builds = deque(fault for fault in faults if fault.check == BUILD)
    tests = deque(fault for fault in faults if fault.check != BUILD)
    done: dict[str, Caught] = {}

    def work(place: Path, queues: tuple[deque[Fault], ...]) -> None:
        for queue in queues:
            while (fault := _next(queue)) is not None:
                done[fault.name] = attempt(fault, place)
                _show(done[fault.name], f"[{len(done):3d}/{len(faults)}]")

    with ThreadPoolExecutor() as pool:
        list(pool.map(work, (tree, other), ((builds, tests), (tests,))))
    return [done[fault.name] for fault in faults]


def _next(queue: deque[Fault]) -> Fault | None:
    """Take a fault from a queue that two threads empty; None where there is none left."""
    try:
        return queue.popleft()
    except IndexError:
        return None


def main(arguments: list[str] | None = None) -> int:
    """Plant faults and say which check caught which.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit status: 0 if each fault was caught.
    """
    parser = argparse.ArgumentParser(description="Plant faults and see each caught.")
    parser.add_argument("names", nargs="*", help="the faults to plant (default: all)")
    parser.add_argument("--work", type=Path, help="a folder to copy to and to leave as it ends")
    options = parser.parse_args(arguments)
    faults = read()
    if unknown := set(options.names) - {fault.name for fault in faults}:
        parser.error(f"no fault is called {', '.join(sorted(unknown))}; want names of faults.toml")
    chosen = [fault for fault in faults if not options.names or fault.name in options.names]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="break_it_") as temporary:
        tree = (options.work or Path(temporary)).resolve() / "tree"
        shutil.rmtree(tree.with_name("tree.caches"), ignore_errors=True)
        copy_tree(ROOT, tree)
        try:
            prove_sound(chosen, tree)
        except NotSoundError as error:
            _tell(str(error))
            return 1
        caught = attempt_all(chosen, tree)
    seconds = time.monotonic() - started
    escaped = [one for one in caught if one.problem]
    _tell(f"\n{len(caught) - len(escaped)} of {len(caught)} faults caught in {seconds:.0f} s.")
    for one in escaped:
        _tell(f"NOT CAUGHT {one.fault.name} ({one.fault.where}): {one.problem}")
    return 1 if escaped else 0


def _show(one: Caught, number: str) -> None:
    """Print what became of a fault."""
    seconds = one.outcome.seconds if one.outcome else 0.0
    verdict = one.problem or f"caught by {one.fault.check}"
    _tell(f"{number} {seconds:5.1f} s  {one.fault.where}: {one.fault.what}\n{'':19}{verdict}")
    if one.problem and one.outcome:
        _tell(_excerpt(one.outcome))


def _excerpt(outcome: Outcome) -> str:
    """Choose what to print of a check's words: a build's warnings, and the end."""
    warnings = [
        line for line in outcome.output.splitlines() if re.search(r" (?:WARNING|ERROR): ", line)
    ]
    return "\n".join([*warnings, outcome.output[-_TAIL:]])


def _tell(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)  # noqa: T201 - says how far it is


if __name__ == "__main__":
    sys.exit(main())
