"""Scripts and notebooks that the site offers run alone, in environments that hold what their headers name.

One of each kind of header runs, and those that the last commit or the working tree changed; with
``--all`` each of them does.
"""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.pages.tolerance import Tolerance
from tests.site.offers import EXERCISES, NAMES, SCRIPTS, download, site_folder
from twolayer_docs.course import script_header
from twolayer_docs.gallery.downloads import with_wheel
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.site.downloads.environments import Workplace

# Exercises name the wheel by the site's address; here the site is a folder.
SITE = f"{site_folder().as_uri()}/"
HEADERS = {
    name: script_header(with_wheel(script.read_text("utf-8"), SITE))
    for name, script in zip(NAMES, SCRIPTS, strict=True)
}
KINDS = {header: name for name, header in reversed(HEADERS.items())}


def changed() -> set[Path]:
    """List the files that differ from the last commit but one; none where git knows of no such commit."""
    command = ["git", "diff", "--name-only", "HEAD~1", "--"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return {ROOT / name for name in done.stdout.splitlines()}


def group(name: str) -> pytest.MarkDecorator:
    """Keep the tests of one kind of header in one process, which makes its environment."""
    return pytest.mark.xdist_group(KINDS[HEADERS[name]])


def names() -> list[object]:
    """All names, of which some are for ``--all`` alone."""
    touched = changed()
    at_once = {*KINDS.values()} | {n for n, s in zip(NAMES, SCRIPTS, strict=True) if s in touched}
    marks = {
        name: [group(name)] if name in at_once else [group(name), pytest.mark.weekly]
        for name in NAMES
    }
    return [pytest.param(name, marks=marks[name]) for name in NAMES]


every_name = pytest.mark.parametrize("name", names())
every_header = pytest.mark.parametrize(
    "header", [pytest.param(h, marks=group(name), id=name) for h, name in KINDS.items()]
)


class Result(NamedTuple):
    """What a run left."""

    status: int
    """Its exit status."""
    printed: str
    """What it printed."""
    errors: str
    """What it wrote to its error stream."""
    left: list[str]
    """The names of the files in its folder, but for its own."""


@pytest.fixture(scope="session")
def script_result(
    workplace: Workplace, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[bytes], Result]:
    """Runs a script from an empty folder, once."""

    @cache
    def run(content: bytes) -> Result:
        script = tmp_path_factory.mktemp("empty") / "script.py"
        script.write_text(with_wheel(content.decode(), SITE), "utf-8")
        done = workplace.run_script(script)
        left = [path.name for path in script.parent.iterdir() if path != script]
        return Result(done.returncode, done.stdout, done.stderr, left)

    return run


@every_name
def test_script_runs(site: Path, name: str, script_result: Callable[[bytes], Result]) -> None:
    """With what its header names, a script runs to its end, prints, warns of nothing, and leaves no file."""
    result = script_result(download(site, f"{name}.py").read_bytes())

    assert (result.status, result.errors) == (0, "")
    assert result.printed
    assert result.left == []


def without_lines(printed: str) -> str:
    """What was printed, without the numbers of the lines that verdicts name."""
    return re.sub(r"(?<=, on line )\d+(?=: )", "...", printed)


@every_name
def test_notebook_runs(
    site: Path,
    name: str,
    workplace: Workplace,
    script_result: Callable[[bytes], Result],
    tmp_path: Path,
) -> None:
    """A notebook prints what its script prints, without a warning, and shows its figures, which
    exercises have none of. Where a verdict names a line, each cell counts its own.
    """
    script = download(site, f"{name}.py")
    notebook = tmp_path / f"{name.rpartition('/')[2]}.ipynb"
    notebook.write_bytes(download(site, f"{name}.ipynb").read_bytes())

    executed, errors = workplace.run_notebook(notebook, HEADERS[name])

    assert executed, errors
    outputs = [
        output for cell in json.loads(executed)["cells"] for output in cell.get("outputs", [])
    ]
    printed = "".join("".join(o["text"]) for o in outputs if o.get("name") == "stdout")
    assert [o for o in outputs if o.get("name") == "stderr"] == []
    wanted = without_lines(script_result(script.read_bytes()).printed)
    assert Tolerance().differences(without_lines(printed), wanted) == []
    shown = any("image/png" in output.get("data", {}) for output in outputs)
    assert shown is not name.startswith(f"{EXERCISES}/")
    assert list(tmp_path.iterdir()) == [notebook]


@every_header
def test_environment_holds_what_the_header_names(header: str, workplace: Workplace) -> None:
    """An environment holds the packages of a header and what those need, and nothing else."""
    assert workplace.environment(header).strangers() == set()


@every_header
@pytest.mark.parametrize("module", ["twolayer", "tqdm", "pytest"])
def test_undeclared_import_fails(
    header: str, module: str, workplace: Workplace, tmp_path: Path
) -> None:
    """A script that imports what its header doesn't name fails."""
    planted = tmp_path / "planted.py"
    if module != "pytest" and "twolayer" in header:
        pytest.skip("the package is declared, and needs tqdm")
    planted.write_text(f"{header}import {module}\n", encoding="utf-8")

    assert f"No module named '{module}'" in workplace.run_script(planted).stderr


@group(NAMES[0])
@pytest.mark.parametrize(
    "request_",
    [
        "import urllib.request; urllib.request.urlopen('http://example.org')",
        "import socket; socket.socket().connect(('192.0.2.1', 80))",
    ],
    ids=["by_name", "by_number"],
)
def test_asking_the_network_fails(request_: str, workplace: Workplace, tmp_path: Path) -> None:
    """A script that asks another machine for anything fails, even if it catches the error."""
    planted = tmp_path / "planted.py"
    header = HEADERS[NAMES[0]]
    code = f"try:\n    {request_}\nexcept BaseException:\n    pass\n"
    planted.write_text(f"{header}{code}", encoding="utf-8")

    done = workplace.run_script(planted)

    assert done.returncode == 97
    assert "a download asked" in done.stderr
