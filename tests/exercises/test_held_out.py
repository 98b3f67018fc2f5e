"""Answers that were written without a look at the checks: other right ones, and learners' mistakes.

``held_out/<lesson>.toml`` has, for each exercise, a right answer and others in odd styles, and wrong answers as
edits of the right one, or in full.
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

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "gallery" / "exercises"
UNNAMED = {"entry", "wrong-value", "not-comparable"}
"""Diagnoses that tell what is seen, and not what the mistake is."""


def sources() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """The right and the wrong answers, each an exercise's id and code, by what they are."""
    right, wrong = {}, {}
    for path in sorted((HERE / "held_out").glob("*.toml")):
        for exercise in tomllib.loads(path.read_text("utf-8"))["exercise"]:
            id_, first = exercise["id"], exercise["right"]
            for place, code in enumerate([first, *exercise.get("also_right", [])]):
                right[f"{id_} {place}"] = id_, code
            for slip, edits in exercise["wrong"].items():
                code = edits if isinstance(edits, str) else first
                for old, new in edits if not isinstance(edits, str) else ():
                    assert old in code, (id_, slip)
                    code = code.replace(old, new)
                wrong[f"{id_} {slip}"] = id_, code
    return right, wrong


RIGHT, WRONG = sources()


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
def test_right_answers_are_right(id_: str, code: str) -> None:
    """A right answer in any style is right."""
    assert told(id_, code).right, told(id_, code).text


@pytest.mark.parametrize(("id_", "code"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_wrong(id_: str, code: str) -> None:
    """A learner's mistake never passes."""
    assert not told(id_, code).right


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
