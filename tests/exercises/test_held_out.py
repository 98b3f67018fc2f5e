"""Answers that were written without a look at the checks: other right ones, and learners' mistakes.

``held_out/<lesson>.toml`` has, for each exercise, a right answer and others in odd styles, and wrong answers as
edits of the right one, or in full. What a lesson says of its own conditions stands in ``told``, with a look at the
checks: words of the verdict, and a wrong answer of these two forms or the name of one above.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from twolayer.exercises import Verdict, check
from twolayer.exercises.registry import lesson_names

pytestmark = pytest.mark.usefixtures("said_in_chinese")
HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "gallery" / "exercises"
UNNAMED = {"entry", "wrong-value", "not-comparable"}
"""Diagnoses that tell what is seen, and not what the mistake is."""


def edited(code: str, edits: str | list[list[str]]) -> str:
    """The code with edits in it, or another in its place."""
    if isinstance(edits, str):
        return edits
    for old, new in edits:
        assert old in code, old
        code = code.replace(old, new)
    return code


def sources() -> tuple[dict[str, tuple[str, str]], ...]:
    """The right answers, the wrong ones and those told, each an exercise's id and code, by what they are."""
    right, wrong, said = (dict[str, tuple[str, str]]() for _ in range(3))
    for path in sorted((HERE / "held_out").glob("*.toml")):
        for exercise in tomllib.loads(path.read_text("utf-8"))["exercise"]:
            id_, first = exercise["id"], exercise["right"]
            for place, code in enumerate([first, *exercise.get("also_right", [])]):
                right[f"{id_} {place}"] = id_, code
            slips = {slip: edited(first, edits) for slip, edits in exercise["wrong"].items()}
            wrong |= {f"{id_} {slip}": (id_, code) for slip, code in slips.items()}
            for words, edits in exercise.get("told", {}).items():
                code = slips[edits] if str(edits) in slips else edited(first, edits)
                said[f"{id_} {words}"] = id_, code
    return right, wrong, said


RIGHT, WRONG, TOLD = sources()


@cache
def page(lesson: str) -> tuple[Any, dict[str, str]]:
    """A lesson's imports and definitions, compiled, and the name that each of its checks gets."""
    tree = ast.parse((PAGES / f"{lesson}.py").read_text("utf-8"))
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    body: list[ast.stmt] = [node for node in tree.body if isinstance(node, kinds)]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    checks = {
        ast.literal_eval(call.args[0]): ast.unparse(call.args[1])
        for call in calls
        if ast.unparse(call.func) == "check"
    }
    return compile(ast.Module(body, []), "page", "exec"), checks


def answer(id_: str, code: str) -> Any:
    """What the code gives to the check."""
    above, checks = page(id_.partition(".")[0])
    module = sys.modules["held_out"] = ModuleType("held_out")  # where torch.export looks for it
    names = vars(module)
    exec(above, names)  # noqa: S102 - the project's own
    exec(compile(code, "answer", "exec"), names)  # noqa: S102 - as above
    return names[checks[id_]]


@cache
def told(id_: str, code: str) -> Verdict:
    """The verdict on the code's answer, with the mistake's name."""
    return check(id_, answer(id_, code), seconds=60, why=True)


@pytest.mark.parametrize(("id_", "code"), RIGHT.values(), ids=RIGHT)
def test_right_answers_are_right(id_: str, code: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A right answer in any style is right, and nothing is said beside that."""
    assert told(id_, code).right, told(id_, code).text
    assert not capfd.readouterr().err


@pytest.mark.parametrize(("id_", "code"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_wrong(id_: str, code: str) -> None:
    """A learner's mistake never passes."""
    assert not told(id_, code).right


@pytest.mark.parametrize("name", TOLD)
def test_what_a_lesson_asks_for_is_told(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """An answer that breaks a lesson's own condition is told so in its words, and nothing else."""
    verdict = told(*TOLD[name])
    assert not verdict.right
    assert name.partition(" ")[2] in " ".join(verdict.text.split())
    assert not capfd.readouterr().err


def test_most_mistakes_are_named() -> None:
    """At least 85 of 100 wrong answers are told more than an entry that differs."""
    verdicts = [told(id_, code) for id_, code in WRONG.values()]
    unnamed = [verdict.text for verdict in verdicts if verdict.diagnosis in UNNAMED]
    assert len(unnamed) <= 0.15 * len(verdicts), "\n".join(unnamed)


def test_enough_is_held_out() -> None:
    """Every lesson has held-out answers of both kinds, and there are 150 wrong and 60 right ones."""
    assert len(WRONG) >= 150
    assert len(RIGHT) >= 60
    for answers in (RIGHT, WRONG):
        assert {id_.partition(".")[0] for id_, _ in answers.values()} == set(lesson_names())
