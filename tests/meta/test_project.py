"""The files at the root: what can be run, what is installed, and that they agree."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import tomllib
import warnings
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import twolayer

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NEEDED = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
GROUPS: dict[str, list[Any]] = PYPROJECT["dependency-groups"]


def sessions() -> dict[str, ast.FunctionDef]:
    """The noxfile's sessions by name."""
    found = {}
    for node in ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body:
        for mark in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            called = mark.func if isinstance(mark, ast.Call) else mark
            if ast.unparse(called) == "nox.session":
                assert isinstance(node, ast.FunctionDef)
                found[node.name] = node
    return found


def pins() -> dict[str, str]:
    """The version that constraints.txt gives each package."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(r.name): str(r.specifier) for r in requirements}


def test_sessions_say_what_they_do() -> None:
    """The list that ``nox -l`` prints has one sentence for each session."""
    for name, session in sessions().items():
        words = ast.get_docstring(session) or ""
        assert re.fullmatch(r"[A-Z][^\n]+\.", words.partition("\n")[0]), name


def test_the_version_is_stated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """``__version__`` comes from pyproject.toml, and a clone that isn't installed has none."""
    assert twolayer.__version__ == PYPROJECT["project"]["version"]

    def not_installed(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", not_installed)
    names: dict[str, Any] = {}
    exec(Path(twolayer.__file__).read_text("utf-8"), names)  # noqa: S102 - the package's own file
    assert names["__version__"] == "unknown"


def test_constraints_pin_every_package() -> None:
    """Each line of constraints.txt names one version, and no package that is asked for lacks one."""
    loose = {name: pin for name, pin in pins().items() if not re.fullmatch(r"==[\w.+!]+", pin)}
    assert loose == {}
    asked = [Requirement(item) for group in GROUPS.values() for item in group if type(item) is str]
    names = {canonicalize_name(requirement.name) for requirement in [*NEEDED, *asked]}
    assert names - pins().keys() == set()


def hashes(name: str) -> dict[tuple[str, str], set[str]]:
    """The hashes that a file gives each package and version."""
    found: dict[tuple[str, str], set[str]] = {}
    for line in (ROOT / name).read_text("utf-8").replace("\\\n", "").splitlines():
        requirement, *options = line.partition("#")[0].split(" --hash=")
        if options:
            package, _, version = requirement.partition(";")[0].strip().partition("==")
            found[canonicalize_name(package), f"=={version}"] = {text.strip() for text in options}
    return found


def test_pip_installs_only_files_whose_hashes_are_known() -> None:
    """hashes.txt has the versions of constraints.txt except torch's, and .ci/nox.txt has nox's part of it."""
    known, first = hashes("hashes.txt"), hashes(".ci/nox.txt")
    assert known.keys() == {(name, pin) for name, pin in pins().items() if name != "torch"}
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for each in known.values() for one in each)
    assert first.items() <= known.items()
    assert ("nox", pins()["nox"]) in first
    environment, first_run = ast.unparse(sessions()["environment"]), ROOT / ".ci" / "run"
    assert "'--require-hashes', '--requirement', 'hashes.txt'" in environment
    installs = re.findall(r"pip install (.*)", first_run.read_text("utf-8"))
    assert installs == ["--quiet --require-hashes --requirement .ci/nox.txt"]


@pytest.mark.parametrize("requirement", NEEDED, ids=lambda requirement: str(requirement.name))
def test_the_package_asks_for_lower_bounds_only(requirement: Requirement) -> None:
    """The package forbids no newer version of what it needs, and constraints.txt fits its bounds."""
    assert re.fullmatch(r">=[\d.]+", str(requirement.specifier))
    pin = pins()[canonicalize_name(requirement.name)].removeprefix("==")
    assert pin in requirement.specifier


def test_a_warning_fails_a_test() -> None:
    """The tests are set so that a warning in a test is an error."""
    with pytest.raises(UserWarning, match="careful"):
        warnings.warn("careful", stacklevel=1)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="a ZIP may lose permissions")
def test_the_first_run_is_a_program() -> None:
    """``.ci/run`` can be run as it is, and ends at the first command that fails."""
    program = ROOT / ".ci" / "run"
    assert os.access(program, os.X_OK)
    assert "set -euo pipefail" in program.read_text("utf-8")
