"""Gallery scripts as a person runs them who downloaded one, and what pages show."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pages.expectations import (
    EXPECTED,
    GUIDES,
    PAGES,
    SCRIPTS,
    expected_file,
    run,
    unexpected,
)
from tests.pages.figure_lines import blank
from tests.pages.shapes import SHAPED, Shapes
from tests.pages.tolerance import Tolerance
from tests.rungs.agreement import TOLERANCE, largest_relative_difference, reference_fit
from twolayer.rungs import RUNGS
from twolayer_docs.course import EXERCISES, read_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.pages.expectations import Run

ROOT = Path(__file__).parents[2]
# Packages that are imported by another name than they are installed by.
INSTALLED_AS = {"sklearn": "scikit-learn"}


def name_of(page: Path) -> str:
    """A page's name, with its folder where it has a lesson's."""
    return f"{EXERCISES}/{page.stem}" if is_exercise(page) else page.stem


def is_exercise(page: Path) -> bool:
    """Whether a page holds exercises."""
    return page.parent.name == EXERCISES


OF_EXERCISES = [script for script in SCRIPTS if is_exercise(script)]
OF_LESSONS = [script for script in SCRIPTS if not is_exercise(script)]
every_script = pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
every_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
# What gloo says on a machine whose own name doesn't resolve; it then does what the page wants.
NAMELESS = re.compile(r"(?m)^\[W.* ProcessGroupGloo.*Unable to resolve hostname.*\n")


def text_cells(script: Path) -> Iterator[str]:
    """A script's prose: its docstring, and the comments that follow ``# %%``."""
    source = script.read_text(encoding="utf-8")
    yield ast.get_docstring(ast.parse(source)) or ""
    yield from re.findall(r"(?m)^# %%\n((?:#.*\n)+)", source)


def page_of(rung: str) -> Path:
    """The script of a rung's page."""
    return ROOT / f"{RUNGS[rung].page}.py"


def test_the_ladder_has_a_page_for_each_rung() -> None:
    """Each rung has its page, and the ladder's own folder holds no other."""
    pages = {page_of(rung) for rung in RUNGS}
    assert all(page.is_file() for page in pages)
    assert set((ROOT / "gallery" / "two_layer").glob("*.py")) <= pages


@every_script
def test_page_runs_alone(script: Path, runs: Callable[[Path], Run]) -> None:
    """In an empty folder, without twolayer unless it has exercises, a page runs without a warning and leaves no file."""
    done, folder = runs(script)
    assert (done.returncode, NAMELESS.sub("", done.stderr)) == (0, "")
    assert list((folder / "empty").iterdir()) == []


@every_guide
def test_guide_runs(guide: Path, runs: Callable[[Path], Run]) -> None:
    """The cells of an executed guide run in order, without a warning."""
    ran = runs(guide)
    assert (ran.done.returncode, ran.done.stderr) == (0, "")


@every_page
def test_page_prints_what_is_expected(page: Path, runs: Callable[[Path], Run]) -> None:
    """What a page prints, its tables, its cells' values and its figures' data equal the committed
    text; decimals agree to the tolerance that stands there.
    """
    assert unexpected(page, runs(page).shown) == []


@pytest.mark.parametrize("page", [p for p in PAGES if not is_exercise(p)], ids=name_of)
def test_no_figure_is_blank(page: Path, runs: Callable[[Path], Run]) -> None:
    """A lesson shows figures, and each of their axes has something on it to see."""
    figures = runs(page).figures
    assert figures != []
    assert [fault for figure in figures for fault in blank(figure)] == []


def test_every_expectation_has_its_page() -> None:
    """No expectation is left of a page that is gone."""
    assert set(EXPECTED.rglob("*.txt")) == {expected_file(page) for page in PAGES}


@every_page
def test_expectation_states_its_tolerance(page: Path) -> None:
    """The head of each expectation says how far numbers may be off, and no more."""
    text = expected_file(page).read_text(encoding="utf-8")
    tolerance, rest = Tolerance.read(text)
    assert f"{tolerance}{rest}" == text
    assert tolerance.relative <= 0.02


@pytest.mark.parametrize("rung", RUNGS)
def test_page_gives_the_references_losses(rung: str, runs: Callable[[Path], Run]) -> None:
    """Alone, without twolayer, a page's 500 losses equal the reference's to a relative 1e-8."""
    losses = runs(page_of(rung)).values["losses"]
    assert len(losses) == 500
    assert largest_relative_difference(losses, reference_fit().losses) <= TOLERANCE


def test_a_script_that_imports_the_package_fails(tmp_path: Path) -> None:
    """The process in which pages are tested has no twolayer, however it is asked for."""
    for line in ("import twolayer", "from twolayer.rungs import RUNGS"):
        folder = tmp_path / line.split()[0]
        folder.mkdir()
        script = folder / "script.py"
        script.write_text(f"{line}\nlosses = []\n", encoding="utf-8")
        done, _ = run(script, folder)
        assert done.returncode != 0
        assert "for a downloaded script" in done.stderr


def test_a_script_that_warns_fails(tmp_path: Path) -> None:
    """A warning ends a page's run."""
    script = tmp_path / "script.py"
    script.write_text("import warnings\nwarnings.warn('old')\nlosses = []\n", encoding="utf-8")
    done, _ = run(script, tmp_path)
    assert done.returncode != 0
    assert "UserWarning: old" in done.stderr


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("h = x @ w  # (N, D) @ (D, H) -> (N, H), one row for each input", {}),
        ("h = x @ w  # (H, N)", {"line 3 (H, N)": "[(5, 4)]"}),
        ("h = x.dot(w)  # (N, H) @ (D, H)", {"line 3 (N, H) @ (D, H)": "[(5, 3), (3, 4)]"}),
        ("def f():\n    return x  # (N, D)", {"line 4 (N, D)": "in no call"}),
    ],
)
def test_shapes_in_comments_are_compared(line: str, faults: dict[str, str]) -> None:
    """The shape of each commented value, and those that it multiplies, are the stated ones in some call."""
    source = f"import numpy as np\nN, H, x, w = 5, 4, np.ones((5, 3)), np.ones((3, 4))\n{line}\n"
    shapes = Shapes(source)
    exec(compile(shapes.visit(ast.parse(source)), "page", "exec"), {SHAPED: shapes})  # noqa: S102
    assert shapes.faults == faults


@every_script
def test_header_names_what_the_script_imports(script: Path) -> None:
    """A script's PEP 723 header names just its imports, with the bounds of pyproject.toml.

    Only exercises import twolayer, which no header names: no index has it, and anybody could put it there.
    """
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    bounds = pyproject["project"]["dependencies"] + pyproject["dependency-groups"]["gallery"]
    by_name: dict[str, str] = {re.split(r"[<>=]", bound)[0]: bound for bound in bounds}
    tree = ast.parse(script.read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    allowed = {"twolayer"} if is_exercise(script) else set()
    needed = imported - set(sys.stdlib_module_names) - allowed
    header = read_header(script.read_text(encoding="utf-8"))
    assert header["requires-python"] == pyproject["project"]["requires-python"]
    assert header["dependencies"] == sorted(
        by_name[INSTALLED_AS.get(name, name)] for name in needed
    )


def drawn_outside_functions(code: str) -> list[str]:
    """The calls that a script makes itself, not in a function or class of its own, and that draw."""
    defined = (ast.FunctionDef, ast.ClassDef)
    lines = [line for line in ast.parse(code).body if not isinstance(line, defined)]
    calls = [node for line in lines for node in ast.walk(line) if isinstance(node, ast.Call)]
    drawing = re.compile(
        r"(?:np\.)?random\.|torch\.(?:rand|nn\.)|\w*\.(?:normal_|uniform_|random_)$"
    )
    return [name for call in calls if drawing.match(name := ast.unparse(call.func))]


@pytest.mark.parametrize(
    ("code", "drawn"),
    [
        ("x = torch.randn(3)", ["torch.randn"]),
        ("w.normal_()", ["w.normal_"]),
        ("def f():\n    return torch.randn(3)", []),
        ("said = 'torch.rand(3)'", []),
    ],
)
def test_draws_outside_functions_are_found(code: str, drawn: list[str]) -> None:
    """Found is what draws as the script runs, and no function that would, and no text."""
    assert drawn_outside_functions(code) == drawn


@pytest.mark.parametrize("script", OF_EXERCISES, ids=name_of)
def test_exercises_draw_nothing_themselves(script: Path) -> None:
    """Outside the functions that its checks judge, a page of exercises draws nothing."""
    assert drawn_outside_functions(script.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("script", OF_LESSONS, ids=name_of)
def test_seeds_what_it_draws_from(script: Path) -> None:
    """A script that draws from NumPy, torch or random sets a seed in plain sight."""
    code = script.read_text(encoding="utf-8")
    if "np.random." in code:
        assert "np.random.default_rng(0)" in code
    # dynamic_graph shows, without a seed, that torch's reaches no other generator.
    if script.stem != "dynamic_graph":
        assert not re.search(r"np\.random\.(?!default_rng)", code)
    assert "default_rng()" not in code
    if re.search(r"torch\.(?:rand|randn|randint|nn\.Linear)\w*\(|nn\.Linear\(", code):
        assert "torch.manual_seed(0)" in code
    if re.search(r"(?m)^import random$", code):
        assert re.search(r"random\.(?:seed|Random)\(\d", code)


@every_script
def test_text_reads_plainly_in_downloads(script: Path) -> None:
    """A page's prose holds no roles and no directives, which stay raw in scripts and notebooks."""
    for text in text_cells(script):
        assert not re.search(r":[a-z:]+:`", text)
        assert not re.search(r"(?m)^[# ]*\.\. ", text)
        assert not re.search(r"`_(?:_)?\b", text)


@every_script
def test_page_has_the_parts_that_readers_expect(script: Path) -> None:
    """A page says what you'll learn, sums up in three lines, names the next; a lesson shows a figure,
    exercises lead back to their lesson.
    """
    cells = list(text_cells(script))
    assert "What you'll learn" in cells[0]
    if is_exercise(script):
        assert re.search(rf"(?m)^# Back: .*``{script.stem}``", cells[-1])
    else:
        assert "plt.show()" in script.read_text(encoding="utf-8")
    summary = cells[-1]
    assert summary.startswith("# Summary\n# -------\n")
    assert len(re.findall(r"(?m)^# - ", summary)) == 3
    assert re.search(r"(?m)^# Next: ", summary)


@pytest.mark.parametrize("rung", RUNGS)
def test_page_and_rung_have_one_title(rung: str) -> None:
    """A page's title is the one that the table of rungs knows."""
    title = ast.get_docstring(ast.parse(page_of(rung).read_text(encoding="utf-8")))
    assert title is not None
    assert title.splitlines()[0] == RUNGS[rung].title
