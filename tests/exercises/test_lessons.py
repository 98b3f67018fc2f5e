"""The exercises of every lesson: their hints, their solutions, their stubs and their pages."""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import re
import runpy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.pages.shapes import SHAPE, SHAPED, Shapes, fits, whole
from twolayer.exercises import check, computation, verdict
from twolayer.exercises.answers import Value
from twolayer.exercises.computation import Computation
from twolayer.exercises.mistakes import Edit, Mistake
from twolayer.exercises.registry import exercises_of, lesson_names
from twolayer.exercises.results import plain
from twolayer.exercises.values import as_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twolayer.exercises.exercise import Exercise

pytestmark = pytest.mark.usefixtures("said_in_chinese")
PAGES = Path(__file__).resolve().parents[2] / "gallery" / "exercises"
ALL = {
    f"{lesson}.{exercise.number}": exercise
    for lesson in lesson_names()
    for exercise in exercises_of(lesson)
}
COMPUTATIONS = {
    id_: exercise.check for id_, exercise in ALL.items() if isinstance(exercise.check, Computation)
}
VALUES = {id_: each.check for id_, each in ALL.items() if isinstance(each.check, Value)}
every_lesson = pytest.mark.parametrize("lesson", lesson_names())
every_computation = pytest.mark.parametrize("id_", COMPUTATIONS)
every_exercise = pytest.mark.parametrize(("id_", "exercise"), ALL.items(), ids=ALL)


def words(text: str) -> str:
    """Text with single spaces."""
    return " ".join(text.split())


def moved(array: Any, by: float) -> Any:
    """Numbers, the largest of which is off by a fraction of it."""
    array = array.astype(np.float64)
    sizes = np.where(np.isfinite(array), np.abs(array), 0.0)
    array[np.unravel_index(sizes.argmax(), array.shape)] += by * (sizes.max() or 1.0)
    return array


def page_source(lesson: str) -> str:
    """The script of a lesson's exercise page."""
    return (PAGES / f"{lesson}.py").read_text(encoding="utf-8")


def section(id_: str) -> str:
    """An exercise's part of its page."""
    title = re.escape(f"Exercise {ALL[id_].number}: {ALL[id_].title}")
    source = page_source(id_.partition(".")[0])
    found = re.search(rf"(?ms)^# {title}\n# -+\n#\n(.*?)(?=^# %%\n# .*\n# --|\Z)", source)
    assert found is not None, title
    return found[1]


def stated_shapes(id_: str) -> Iterator[tuple[list[str], str, str]]:
    """The shapes in an exercise's statement: whose, which, and the sentence.

    A shape is that of the last name before it, or that of all of them if it says ``both`` or the like.
    """
    text = words(" ".join(re.findall(r"(?m)^#(.*)$", section(id_))))
    text = re.sub(
        "``(.+?)``", lambda one: one[0] if re.fullmatch(r"[\w.]+", one[1]) else "code", text
    )
    for sentence in re.split(r"(?<=[.:;]) ", text):
        for part in re.finditer(rf"(.*?)({SHAPE})", sentence):
            *names, last = re.split("``(.+?)``", part[1])
            several = re.search(r"\b(?:both|are|have)\b", last)
            yield names[1::2] if several else names[-1:], part[2], sentence


def shapes_in(value: object) -> Iterator[tuple[int, ...]]:
    """The shapes of a value and of its parts; a number's is ()."""
    if isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from shapes_in(part)
    else:
        yield tuple(getattr(value, "shape", ()))


@every_lesson
def test_a_lesson_has_two_to_four_exercises(lesson: str) -> None:
    """Each lesson has from two to four exercises, numbered from 1."""
    numbers = [exercise.number for exercise in exercises_of(lesson)]
    assert 2 <= len(numbers) <= 4
    assert numbers == list(range(1, len(numbers) + 1))


@every_exercise
def test_hints_differ_and_do_not_tell(id_: str, exercise: Exercise) -> None:
    """There are two hints, not alike, and neither holds a line that the solution adds to the page."""
    first, second = exercise.hints
    assert first.strip()
    assert second.strip()
    assert first != second
    page = {words(line) for line in page_source(id_.partition(".")[0]).splitlines()}
    body = ast.unparse(ast.parse(exercise.source).body[0])
    added = [
        line.strip().removeprefix("return ")
        for line in body.splitlines()[1:]
        if words(line) not in page and line.strip() and '"""' not in line
    ]
    told = "".join((first + second).split())
    for line in added:
        assert "".join(line.split()) not in told
        _, equals, right = line.partition(" = ")
        assert not equals or len(right) < 6 or "".join(right.split()) not in told


@every_exercise
def test_the_solution_is_right(
    id_: str, exercise: Exercise, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check says of each solution that it is right."""
    assert check(id_, exercise.answer, seconds=60).right, capsys.readouterr().out


@pytest.mark.parametrize(
    ("id_", "mistake"),
    [(id_, mistake) for id_, checker in COMPUTATIONS.items() for mistake in checker.mistakes],
    ids=[f"{id_}-{n}" for id_, c in COMPUTATIONS.items() for n in range(len(c.mistakes))],
)
def test_every_declared_mistake_is_named(id_: str, mistake: Mistake) -> None:
    """An answer with a mistake that its lesson declares, as an edit, is told just that mistake."""
    assert isinstance(mistake, Edit)
    verdict = check(id_, mistake.answer(ALL[id_].solution), seconds=60, why=True)
    assert verdict.diagnosis == mistake.kind.name, verdict.text
    for word in mistake.words.values():
        assert words(word) in words(verdict.text)


@every_exercise
def test_every_wrong_value_is_named(id_: str, exercise: Exercise) -> None:
    """A value that its lesson knows to be wrong is told what is wrong with it."""
    for value, text in exercise.check.wrong if isinstance(exercise.check, Value) else ():
        assert words(text) in words(check(id_, value).text)


@every_computation
def test_results_are_right_up_to_the_tolerance(id_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each result in numbers is right if it is off by half the tolerance, and wrong by twice."""
    checker = replace(COMPUTATIONS[id_], mistakes=())
    off, by, moves = "", 0.5, 0

    def read(name: str, _: Any, wanted: Any, **__: Any) -> Any:
        nonlocal moves
        array = as_array(plain(wanted))
        if name != off or array.dtype.char not in "fd":  # float32 and float64
            return array
        moves += 1
        return moved(array, by * checker.tolerance)

    monkeypatch.setattr(computation, "read", read)
    for off, by in itertools.product(checker.names, (0.5, 2.0)):
        moves = 0
        found = checker.diagnose(ALL[id_].answer, seconds=60)
        assert (found is None) == (by < 1 or not moves), (off, by, found)
        assert found is None or found.name != "random"  # as it is if only the last call shows it


@pytest.mark.parametrize("id_", VALUES)
def test_values_are_right_up_to_the_tolerance(id_: str) -> None:
    """Numbers are right if one is off by half the tolerance, and wrong by twice."""
    checker = VALUES[id_]
    for by in (0.5, 2.0):
        answer = tuple(moved(np.array(checker.wanted(), float), by * checker.tolerance).tolist())
        assert (checker.diagnose(answer, seconds=60) is None) == (by < 1)


@every_computation
def test_inputs_tell_the_solution_from_zero(id_: str) -> None:
    """In no case all wanted results are 0, and sizes differ and are above 2, a batch of one aside."""
    checker = COMPUTATIONS[id_]
    for case in range(checker.cases):
        assert any(
            as_array(value).astype(bool).any()
            for value in checker._results(checker.wanted, case).values()
        ), case
        draw = checker._inputs(case)[1]
        sizes = [size for name, size in draw.named.items() if (name, size) != ("N", 1)]
        assert len(set(sizes)) == len(sizes)
        assert min(sizes, default=3) > 2


@every_exercise
def test_the_solution_shown_fits_the_page(
    id_: str, exercise: Exercise, capsys: pytest.CaptureFixture[str]
) -> None:
    """A solution pasted from the site into the page finds all that it needs there, and is right.

    It is shown without types and without what is said to a linter, as code is on the page.
    """
    page = ast.parse(page_source(id_.partition(".")[0]))
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    above: list[ast.stmt] = [statement for statement in page.body if isinstance(statement, kinds)]
    names: dict[str, Any] = {"__name__": "pasted"}
    exec(compile(ast.Module(above, []), "page", "exec"), names)  # noqa: S102 - the project's own
    names[SHAPED] = shapes = Shapes(exercise.source)
    exec(compile(shapes.visit(ast.parse(exercise.source)), "solution", "exec"), names)  # noqa: S102

    answer = exercise.check.answer(names[exercise.solution.__name__])
    assert check(id_, answer, seconds=60).right, capsys.readouterr().out
    assert shapes.faults == {}
    shown = list(ast.walk(ast.parse(exercise.source)))
    assert not [node for node in shown if isinstance(node, ast.AnnAssign)]
    assert not [node for node in shown if isinstance(node, ast.arg) and node.annotation]
    assert "# noqa" not in exercise.source


@every_lesson
def test_each_stub_fails_with_its_diagnosis(lesson: str) -> None:
    """On its page, each exercise is checked once, in order, and its stub gets the diagnosis it names."""
    seen: list[verdict.Verdict] = []
    verdict.LISTENERS.append(seen.append)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(PAGES / f"{lesson}.py"), run_name="__main__")
    finally:
        verdict.LISTENERS.remove(seen.append)
    expected = [(f"{lesson}.{exercise.number}", exercise.stub) for exercise in exercises_of(lesson)]
    assert [(one.id, one.diagnosis) for one in seen] == expected


@every_lesson
def test_the_page_states_each_exercise(lesson: str) -> None:
    """Each exercise has a section of its title, with a statement, and its check in that section."""
    for exercise in exercises_of(lesson):
        part = section(f"{lesson}.{exercise.number}")
        assert re.match(r"# \w", part)
        assert f'check("{lesson}.{exercise.number}", ' in part


@every_computation
def test_stated_shapes_are_those_of_the_exercise(id_: str) -> None:
    """A shape that a statement gives an input or a result is what that has; any other, what one of them has.

    If it is returned, that one is a result. Shapes of values between inputs and results aren't compared.
    """
    checker = COMPUTATIONS[id_]
    stated = sorted(stated_shapes(id_), key=lambda one: (one[0] == [], "eturn" not in one[2]))
    for case in range(checker.cases if stated else 0):
        inputs, draw = checker._inputs(case)
        results = checker._results(checker.wanted, case)
        axes = {size for shape in shapes_in(inputs) for size in shape}
        sizes = {name: size for name, size in draw.named.items() if size in axes} | whole(inputs)
        for names, stated_shape, sentence in stated:
            named = [one for name, one in (inputs | results).items() if name in names]
            if not named and any(f"    {name} = " in ALL[id_].source for name in names):
                continue
            owners = [tuple(one.shape) for one in named if hasattr(one, "shape")]
            pool = set(shapes_in(results if "eturn" in sentence else [inputs, results]))
            fit = [fits(stated_shape, one, sizes) for one in owners or pool]
            assert all(fit) if owners else any(fit) or pool == {()}, (stated_shape, sentence)


def test_every_page_has_its_exercises() -> None:
    """Each gallery page that teaches has exercises, and so has each guide between them."""
    lessons = [page.stem for page in PAGES.parent.glob("*/*.py") if page.parent != PAGES]
    guides = ["all_rungs", "backward_pass", "is_it_learning"]
    assert sorted([*lessons, *guides]) == list(lesson_names())
    assert sorted(page.stem for page in PAGES.glob("*.py")) == list(lesson_names())
