"""The files at the root: what can be run, what is installed, and that they agree."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import runpy
import tomllib
import warnings
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import twolayer

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NEEDED = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
RUFF_IGNORES = "ANN401 COM812 CPY001 D107 D203 D213 E501 ISC001 N803 N806 PLR0913 PLW2901 S101"
RUFF_IGNORES_IN_PLACES = (
    "ANN ARG ARG005 B007 B018 D D205 D400 D415 E402 ERA001 F401 F841 INP001 ISC004 NPY002 "
    "PLR0917 PLR2004 RET504 S311 S314 S603 SLF001 T201 UP008"
)
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


def test_a_session_runs_these_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No session has lost a command or an argument, and tests have one thread and the lowest versions that we name."""
    monkeypatch.chdir(ROOT)
    noxfile = runpy.run_path("noxfile.py")
    ran: dict[str, list[str]] = {}
    for name in ("lint", "typing", "tests", "tests_lowest", "docs", "site", "downloads"):
        arguments = ["--torch", "lowest"] if name == "tests_lowest" else []
        session = MagicMock(posargs=[*arguments, "-x"], cache_dir=Path(".nox/.cache"))
        session.virtualenv.location = tmp_path
        noxfile[name](session)
        ran[name] = []
        for call in session.run.call_args_list:
            program, *rest = call.args
            ran[name].append(" ".join([Path(program).stem, *rest]).removeprefix("python -m "))
            libraries = ("OMP", "OPENBLAS", "MKL") if "--maxprocesses=8" in rest else ()
            wanted = {f"{library}_NUM_THREADS": "1" for library in libraries}
            assert call.kwargs.get("env", {}) == wanted
    parallel = "pytest --numprocesses=logical --maxprocesses=8"
    ignored = "--ignore=tests/docs --ignore=tests/meta --ignore=docs/twolayer_docs"
    zizmor = "zizmor --quiet --offline --persona=pedantic .github"
    assert ran == {
        "lint": ["ruff check", "ruff format --check", zizmor],
        "typing": ["mypy -x"],
        "tests": [f"{parallel} --dist=loadfile -x"],
        "tests_lowest": ["pip freeze", f"{parallel} --dist=loadfile {ignored} -x"],
        "docs": ["twolayer_docs.build -x"],
        "site": [f"{parallel} tests/site --dist=worksteal -x"],
        "downloads": [f"{parallel} tests/site/downloads --dist=loadgroup -x"],
    }
    assert noxfile["nox"].options.sessions == ["lint", "typing", "tests", "docs"]
    lowest = {"numpy==2.1", "torch==2.9", "tqdm==4.67", "matplotlib==3.10.8", "scikit-learn==1.7.2"}
    assert lowest <= set((tmp_path / "constraints.txt").read_text("utf-8").splitlines())


def test_the_first_run_calls_what_the_guides_name() -> None:
    """``.ci/run``, a program, installs nox and calls these sessions until one fails, and the guides agree."""
    names = (".ci/run", "README.md", "CONTRIBUTING.md", ".github/workflows/weekly.yml")
    program, readme, guide, weekly = ((ROOT / name).read_text("utf-8") for name in names)
    assert os.access(ROOT / ".ci/run", os.X_OK) or not (ROOT / ".git").exists()  # a ZIP may lose it
    assert "set -euo pipefail" in program
    install, *calls = re.findall(r"(?m)^\.venv/bin/(.*)$", program)
    assert install == "python -m pip install --quiet --require-hashes --requirement .ci/nox.txt"
    order = ("lint typing", "docs", "site", "downloads", "tests")
    assert calls == [f"nox -s {called}" for called in order]
    for every in re.findall(r"nox -s (lint .*?)[`\n]", guide):
        assert {*every.split(), "downloads"} == {*" ".join(order).split()}
    assert f"With Python {PYPROJECT['project']['requires-python'][2:]} or newer:" in readme
    slow = set(re.findall(r"(?m)^\| `([a-z_]+)`", guide))
    assert slow - set(re.findall("nox -s ([a-z_]+)", weekly)) == {"tests_lowest"}


def test_tests_and_types_are_strict() -> None:
    """Pytest collects all that holds examples, and neither it nor mypy nor Ruff looks away in more places."""
    tools = PYPROJECT["tool"]
    free = {name: tools["pytest"][name] for name in ("markers", "minversion")}
    aside = ("meta/bench", "meta/reproducible", "site", "site/downloads")
    options = ["--doctest-modules", "--import-mode=importlib"]
    assert tools["pytest"] == free | {
        "strict": True,
        "testpaths": ["twolayer", "tests", "docs", "README.md"],
        "addopts": [*options, *(f"--ignore=tests/{folder}" for folder in aside)],
        "doctest_optionflags": ["ELLIPSIS", "NORMALIZE_WHITESPACE", "NUMBER"],
        "filterwarnings": ["error"],
    }
    code = ast.unparse(ast.parse((ROOT / "conftest.py").read_text("utf-8")))
    flags = "ELLIPSIS | NORMALIZE_WHITESPACE | NUMBER"
    assert "collect_ignore_glob = ['docs/conf.py', 'docs/gallery/*', 'docs/_build/*']" in code
    assert f"[PythonCodeBlockParser(doctest_optionflags={flags}), TableParser(), Skip" in code
    assert "patterns=['README.md', 'CONTRIBUTING.md', 'docs/*.md']" in code
    typed = ("twolayer", "tests", "docs/twolayer_docs", "docs/conf.py", "noxfile.py", "conftest.py")
    assert tools["mypy"] == {
        "strict": True,
        "files": [*typed],
        "untyped_calls_exclude": tools["mypy"]["untyped_calls_exclude"],
        "enable_error_code": ["ignore-without-code", "redundant-expr", "truthy-bool"],
    }
    lint = tools["ruff"]["lint"]
    assert tools["ruff"]["extend-exclude"] == ["docs/gallery", "docs/_build"]
    assert lint["select"] == ["ALL"]
    assert sorted(lint["ignore"]) == RUFF_IGNORES.split()
    in_places = {code for codes in lint["per-file-ignores"].values() for code in codes}
    assert sorted(in_places) == RUFF_IGNORES_IN_PLACES.split()


def test_sphinx_is_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build executes every guide and script anew where CI is set, and lets only these warnings pass."""
    monkeypatch.setenv("CI", "true")
    settings = runpy.run_path(str(ROOT / "docs" / "conf.py"))
    telling = (
        "nitpick|linkcheck|copybutton_prompt|exclude_|nb_(?:execution_(?!cache|timeout)|output)"
    )
    assert {name: value for name, value in settings.items() if re.match(telling, name)} == {
        "nitpicky": True,
        "exclude_patterns": ["_*", "twolayer_docs", "inventories", "gallery/**.ipynb"],
        "nb_execution_mode": "force",
        "nb_execution_raise_on_error": True,
        "nb_execution_show_tb": True,
        "nb_output_stderr": "warn",
        "copybutton_prompt_text": r">>> |\.\.\. |\$ ",
        "copybutton_prompt_is_regexp": True,
    }
    gallery = settings["sphinx_gallery_conf"]
    telling = "pattern|example|error|run_|plot|reset"
    assert {name: gallery[name] for name in gallery if re.search(telling, name)} == {
        "examples_dirs": [f"../{path}" for path in gallery["gallery_dirs"]],
        "filename_pattern": r"\.py$",
        "download_all_examples": False,
        "reset_modules": ("twolayer_docs.gallery.run.reset",),
        "reset_modules_order": "both",
    }
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "docs").glob("**/*.py"))
    passing = {"sphinx_gallery.duplicate_filename", "sphinx_gallery.space_in_filename"}
    assert set(settings["suppress_warnings"]) <= passing
    assert set(re.findall(r'suppress_warnings.*"(.+\..+)"', sources)) == passing | {"toc.excluded"}


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
    environment = ast.unparse(sessions()["environment"])
    assert "'--require-hashes', '--requirement', 'hashes.txt'" in environment


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
