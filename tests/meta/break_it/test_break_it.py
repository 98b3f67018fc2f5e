"""The suite that plants faults: it takes none for caught that is not, and its list is current."""

from __future__ import annotations

import ast
import contextlib
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.meta.break_it import run_faults
from tests.meta.break_it.faults import BUILD, Fault, StaleFaultError, planted, read
from tests.meta.break_it.trials import Outcome, objection

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
FAULTS = read()
CODE = "def double(x):\n    return 2 * x\n"
TESTS = """\
from thing import double

def test_double():
    assert double(3) == 6

def test_nothing():
    pass

def test_broken():
    assert double(3) == 7
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project with a check that passes, one that sees nothing, and one that fails."""
    (tmp_path / "thing.py").write_text(CODE, "utf-8")
    (tmp_path / "test_thing.py").write_text(TESTS, "utf-8")
    return tmp_path


def fault(**changed: Any) -> Fault:
    """A fault of the small project that its check catches, with some of its entries replaced."""
    entries = {
        "name": "three",
        "what": "the factor is 3",
        "where": "thing.py",
        "old": "2 * x",
        "new": "3 * x",
        "check": "test_thing.py::test_double",
        "says": "assert 9 == 6",
    }
    return Fault(**(entries | changed))


# Planting


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"old": None, "new": None, "remove": True},
        {"old": None, "where": "new.py"},
        {"old": None, "new": None, "program": "import sys; open(sys.argv[1], 'a').write('x = 1')"},
    ],
    ids=["replaced", "removed", "made", "edited"],
)
def test_a_planted_file_is_afterwards_as_it_was(tree: Path, change: dict[str, Any]) -> None:
    """Whatever happens while a fault is planted, the tree is then as before, times included."""

    def state() -> dict[str, tuple[bytes, int]]:
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tree.iterdir()}

    before = state()
    with contextlib.suppress(ZeroDivisionError), planted(fault(**change), tree):
        assert state() != before
        raise ZeroDivisionError

    assert state() == before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"old": "4 * x"}, "thing.py has '4 * x' 0 times; want it once"),
        ({"old": "x"}, "thing.py has 'x' 2 times; want it once"),
        ({"where": "gone.py"}, "0 files fit gone.py; want one"),
        ({"where": "*thing.py"}, "2 files fit *thing.py; want one"),
        ({"old": None}, "there is a thing.py already; want none"),
        ({"new": "2 * x"}, "thing.py is as it was; want a change"),
    ],
)
def test_a_stale_fault_is_no_fault(tree: Path, change: dict[str, Any], problem: str) -> None:
    """A fault that can't be planted, or changes nothing, says why and counts as not caught."""
    with pytest.raises(StaleFaultError) as caught, planted(fault(**change), tree):
        pass
    assert str(caught.value) == f"three: {problem}"
    assert run_faults.attempt(fault(**change), tree).problem == f"three: {problem}"


@pytest.mark.parametrize(
    "change", [{"remove": True}, {"program": "pass"}, {"new": None}, {"old": None, "new": None}]
)
def test_a_fault_does_one_thing(change: dict[str, Any]) -> None:
    """An entry that says in no way or in two what it does is refused."""
    with pytest.raises(ValueError, match="three: want one of old with new, new alone, program"):
        fault(**change)


# Judging


def test_a_fault_is_caught_by_its_check(tree: Path) -> None:
    """A fault whose check fails with the words that are wanted counts as caught."""
    caught = run_faults.attempt(fault(), tree)

    assert caught.problem is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"check": "test_thing.py::test_nothing"}, "not caught: the check passes"),
        ({"check": "test_thing.py::test_gone"}, "not caught: pytest ended with status 4"),
        ({"new": "3 *"}, "not caught: pytest ended with status"),
        ({"says": "assert 8 == 6"}, "caught for another reason: nothing it said fits"),
        # These words stand in the code that pytest shows, and in no message.
        ({"says": r"double\(3\) == 6$"}, "caught for another reason: nothing it said fits"),
    ],
)
def test_a_fault_that_escapes_is_told(tree: Path, change: dict[str, Any], problem: str) -> None:
    """A check that passes, can't run, or fails for another reason has not caught a fault."""
    found = run_faults.attempt(fault(**change), tree).problem
    assert found is not None
    assert found.startswith(problem)


def test_another_tests_failure_is_not_the_checks() -> None:
    """The check itself must have failed, not a test whose name begins alike."""
    outcome = Outcome(1, "E   assert 9 == 6\nFAILED test_thing.py::test_double_too - assert\n", 0.1)
    assert objection(fault(), outcome) == "not caught: another test failed"


@pytest.mark.parametrize(
    ("status", "output", "problem"),
    [
        (0, "The site is in _site", "not caught: the check passes"),
        (-9, "maths: no", "not caught: the build broke off with status -9"),
        (1, "maths: no\nThe site was not built: status 1", None),
        (1, "The site was not built: status 1", "caught for another reason: nothing it said"),
    ],
)
def test_a_build_catches_by_refusing(status: int, output: str, problem: str | None) -> None:
    """A build has caught a fault if it says that it built nothing, and why."""
    found = objection(fault(check=BUILD, says="maths: "), Outcome(status, output, 0.1))
    assert (found or "").startswith(problem or "")
    assert (found is None) == (problem is None)


@pytest.mark.parametrize("check", ["test_thing.py::test_broken", "test_thing.py"])
def test_a_check_that_fails_without_a_fault_ends_the_suite(tree: Path, check: str) -> None:
    """Before any fault is planted every check must pass, and those that don't are named."""
    run_faults.prove_sound([fault()], tree)
    with pytest.raises(run_faults.NotSoundError, match=f"want them to pass:\n  {check}\n"):
        run_faults.prove_sound([fault(), fault(check=check)], tree)


def test_a_skipped_check_is_none(tree: Path) -> None:
    """A check that is skipped where the suite runs has not passed."""
    skipped = "import pytest\n\n@pytest.mark.skip\ndef test_double():\n    pass\n"
    (tree / "test_thing.py").write_text(skipped, "utf-8")
    with pytest.raises(run_faults.NotSoundError, match="fail or don't run without a fault"):
        run_faults.prove_sound([fault()], tree)


# The whole


@pytest.fixture
def project(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the suite on the small project."""
    subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)  # noqa: S607
    (tree / ".gitignore").write_text("ignored.txt\n", "utf-8")
    (tree / "ignored.txt").touch()
    monkeypatch.setattr(run_faults, "ROOT", tree)

    def run(*faults: Fault, arguments: tuple[str, ...] = ()) -> int:
        monkeypatch.setattr(run_faults, "read", lambda: list(faults))
        return run_faults.main([*arguments])

    return run


def test_the_suite_passes_where_each_fault_is_caught(
    tree: Path, project: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """If each fault is caught by its check, the suite says so, and the project is as it was."""
    assert project(fault()) == 0
    assert "1 of 1 faults caught" in capsys.readouterr().out
    assert (tree / "thing.py").read_text("utf-8") == CODE


def test_a_fault_that_escapes_fails_the_suite(
    project: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """If one fault escapes, the suite says which and why, and fails."""
    escaping = fault(name="escaping", check="test_thing.py::test_nothing")

    assert project(escaping, fault()) == 1

    printed = capsys.readouterr().out
    assert "1 of 2 faults caught" in printed
    assert "NOT CAUGHT escaping (thing.py): not caught: the check passes" in printed


def test_an_unsound_check_fails_the_suite(
    project: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """If a check fails on the tree as it is, no fault is planted."""
    assert project(fault(check="test_thing.py::test_broken")) == 1
    assert "faults caught" not in capsys.readouterr().out


def test_whoever_names_faults_gets_these_alone(
    project: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """A name chooses its fault, and one that no fault has is an error."""
    assert project(fault(check="test_thing.py"), fault(name="new"), arguments=("new",)) == 0
    assert "1 of 1 faults caught" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        project(fault(), arguments=("thre",))


def test_the_copy_holds_what_git_would(
    tree: Path, project: Callable[..., int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The copy has new files, and nothing that git ignores."""
    work = tmp_path_factory.mktemp("work")
    assert project(fault(), arguments=("--work", str(work))) == 0
    copied = {path.name for path in (work / "tree").iterdir() if path.is_file()}
    assert copied == {".gitignore", "thing.py", "test_thing.py"}
    assert (tree / "ignored.txt").exists()


# The list


def test_there_are_enough_faults() -> None:
    """At least forty faults have names of their own, and lie in all parts of the project."""
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 40
    places = {fault.where.partition("/")[0] for fault in FAULTS}
    assert {"gallery", "twolayer", "docs", "tests", "_site", "README.md"} <= places
    assert {"noxfile.py", "pyproject.toml", "constraints.txt", "conftest.py"} <= places


@pytest.mark.parametrize("one", FAULTS, ids=lambda one: one.name)
def test_each_fault_can_still_be_planted(one: Fault) -> None:
    """What a fault changes stands where it says, once; the site's faults are planted in a build."""
    if not one.on_the_site:
        one.file_in(ROOT)


@pytest.mark.parametrize("check", sorted({fault.check for fault in FAULTS} - {BUILD}))
def test_each_check_exists(check: str) -> None:
    """A check is a file's function, the example of a docstring, or a page."""
    path, _, rest = check.partition("::")
    source = (ROOT / path).read_text("utf-8")
    if path.startswith("tests/"):
        functions = [
            node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)
        ]
        assert rest.partition("[")[0] in {function.name for function in functions}
