"""Plant faults in the package, one at a time, and see that its tests notice each.

``python -m tests.meta.mutants.run [MODULE ...]`` lets mutmut change modules of a copy of the tree, by
default all, and runs each module's own tests on each of its mutants. A mutant that survives must stand in
``equivalent.toml`` with the reason why no test can tell it from the original.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[3]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")

WANTED = 0.95
_STARTS = "its tests start processes, in which mutmut can't choose a mutant"
LEFT_OUT = {
    "record.py": "its tests fit with every rung, for seconds a mutant",
    "workers.py": _STARTS,
    "rungs/data_parallel.py": _STARTS,
    "exercises": "its tests plant the mistake that belongs to each diagnosis, one by one",
}
"""Modules and folders of modules that are not mutated, each with the reason."""
WORKERS = 2
_COPIED = ("twolayer", "tests", "conftest.py", "README.md", "docs/twolayer_docs")
_ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
# A mutant that makes the tests run this much longer than they do, with a second on top, is stopped.
_TIMEOUT = "timeout_multiplier = 8.0\ntimeout_constant = 1.0"
_RESULT = re.compile(r"^ +(?P<name>\S+): (?P<status>[a-z ]+)$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Change:
    """What a mutant changes: lines of one function, and those that stand in their place."""

    module: str
    """The module's path below ``twolayer/``."""
    function: str
    """The function's name, after its class's and a dot if it is a method."""
    before: str
    """The lines of the original, without their indentation."""
    after: str
    """The mutant's."""

    def __str__(self) -> str:
        """Show the change, as ``equivalent.toml`` has it."""
        values = {"module": self.module, "function": self.function}
        lines = [f'{key} = "{value}"' for key, value in values.items()]
        lines += [f"{key} = '''{getattr(self, key)}'''" for key in ("before", "after")]
        return "\n".join(["[[equivalent]]", *lines, 'reason = ""'])


@dataclass(frozen=True)
class Outcome:
    """How one module's mutants did."""

    module: str
    """The module's path below ``twolayer/``."""
    statuses: Counter[str]
    """How many mutants were killed, timed out, survived, and so on."""
    survivors: tuple[Change, ...]
    """The mutants that no test noticed."""


def modules() -> list[str]:
    """List the package's modules.

    Returns:
        The paths below ``twolayer/`` of all that are mutated: not of those that are left out, and
        of no ``__init__.py``, which have no function.
    """
    package = ROOT / "twolayer"
    paths = sorted(path.relative_to(package) for path in package.rglob("*.py"))
    there = [path for path in paths if path.name != "__init__.py"]
    return [p.as_posix() for p in there if not {p.as_posix(), p.parts[0]} & LEFT_OUT.keys()]


def own_tests(module: str) -> list[str]:
    """Say which tests are a module's own.

    Args:
        module: The module's path below ``twolayer/``.

    Returns:
        Arguments that select them for pytest: the file of its name, or for a rung all tests whose
        names have the rung's.

    Examples:
        >>> own_tests("checks.py")
        ['tests/package/test_checks.py']
        >>> own_tests("rungs/autograd.py")
        ['tests/rungs', '-k', 'autograd']
    """
    path = Path(module)
    if path.parent.name == "rungs":
        return ["tests/rungs", "-k", path.stem]
    return [f"tests/package/test_{path.stem.strip('_')}.py"]


def mutate(module: str) -> Outcome:
    """Run a module's tests on each of its mutants.

    Args:
        module: The module's path below ``twolayer/``.

    Returns:
        The outcome.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for copied in _COPIED:
            _copy(ROOT / copied, folder / copied)
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        settings = _settings(module)
        (folder / "pyproject.toml").write_text(f"{text}\n{settings}", encoding="utf-8")
        _mutmut(folder, ["run", "--max-children", "1"])
        results = _mutmut(folder, ["results", "--all", "True"])
        statuses = {found["name"]: found["status"] for found in _RESULT.finditer(results)}
        if not statuses or "not checked" in statuses.values():
            sys.exit(f"{module}: mutmut did not finish")
        alive = [name for name, status in statuses.items() if status not in {"killed", "timeout"}]
        shown = _mutmut(folder, *(["show", name] for name in alive)) if alive else ""
    survivors = tuple(
        change(module, text) for text in re.split(r"(?m)^# (?=twolayer\.)", shown)[1:]
    )
    return Outcome(module, Counter(statuses.values()), survivors)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _settings(module: str) -> str:
    return f"""\
[tool.mutmut]
source_paths = ["twolayer"]
only_mutate = ["twolayer/{module}"]
also_copy = ["conftest.py", "README.md", "docs"]
pytest_add_cli_args = ["-o", "addopts=--import-mode=importlib", "--hypothesis-profile=mutants"]
pytest_add_cli_args_test_selection = {json.dumps(own_tests(module))}
{_TIMEOUT}
"""


def _mutmut(folder: Path, *commands: list[str]) -> str:
    """Run commands of mutmut's in one process, since each start takes a second."""
    code = (
        "import json, sys, mutmut.__main__ as main\n"
        "for command in json.loads(sys.argv[1]): main.cli(command, standalone_mode=False)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(commands)],
        cwd=folder,
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"mutmut {commands[0]}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def change(module: str, shown: str) -> Change:
    r"""Read from what ``mutmut show`` says of a mutant what it changes.

    Args:
        module: The module's path below ``twolayer/``.
        shown: The mutant's name, and a diff of it against the original.

    Returns:
        The change.

    Examples:
        >>> diff = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 2"
        >>> found = change("m.py", f"twolayer.m.xǁGǁf__mutmut_1: survived\n{diff}")
        >>> found.function, found.before, found.after
        ('G.f', 'return 1', 'return 2')
    """
    name, _, diff = shown.partition(": ")
    function = name.rpartition(".")[2].rpartition("__mutmut_")[0]
    lines = diff[diff.index("\n@@ ") :].splitlines()
    return Change(
        module,
        function.removeprefix("x_").removeprefix("xǁ").replace("ǁ", "."),
        "\n".join(line[1:].strip() for line in lines if line.startswith("-")),
        "\n".join(line[1:].strip() for line in lines if line.startswith("+")),
    )


def equivalents() -> dict[Change, str]:
    """Read which mutants can't be told from the original.

    Returns:
        For each, the reason.
    """
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]
    return {
        Change(entry["module"], entry["function"], entry["before"], entry["after"]): entry["reason"]
        for entry in entries
    }


def noticed(statuses: Counter[str]) -> float:
    """Give the share of mutants that are noticed, as one is too that makes its tests hang.

    >>> noticed(Counter(killed=9, timeout=2, survived=1))
    0.9166...
    """
    return (statuses["killed"] + statuses["timeout"]) / statuses.total()


def faults(outcome: Outcome, listed: Iterable[Change]) -> list[str]:
    """Hold a module's survivors against the list of those that are equivalent.

    Args:
        outcome: The module's outcome.
        listed: The mutants in ``equivalent.toml``.

    Returns:
        What is wrong, nothing if all is well.
    """
    survivors = set(outcome.survivors)
    known = {change for change in listed if change.module == outcome.module}
    return [
        *(
            f"survived; test it, or list it with the reason:\n{it}"
            for it in sorted(survivors - known)
        ),
        *(f"listed, but didn't survive; take it out:\n{it}" for it in sorted(known - survivors)),
    ]


def main(names: list[str]) -> None:
    """Run the mutants of modules, and end with an error if one survives without a reason.

    Args:
        names: The modules' paths below ``twolayer/``, by default all.
    """
    listed, wrong, statuses = equivalents(), list[str](), Counter[str]()
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in as_completed([pool.submit(mutate, name) for name in names or modules()]):
            outcome = done.result()
            found = faults(outcome, listed)
            print(outcome.module, dict(outcome.statuses), *found, sep="\n", flush=True)  # noqa: T201
            wrong += found
            statuses += outcome.statuses
    if wrong:
        sys.exit(f"{len(wrong)} mutants are not as equivalent.toml says")
    if noticed(statuses) < WANTED:
        sys.exit(f"{noticed(statuses):.2%} of the mutants were noticed; want {WANTED:.0%} or more")


if __name__ == "__main__":
    main(sys.argv[1:])
