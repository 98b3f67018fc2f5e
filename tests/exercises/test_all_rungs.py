"""Answers to the exercises on all rungs: right ones in other styles, typical mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from twolayer.exercises import check
from twolayer.exercises.lessons import all_rungs

TRUTH = all_rungs.only_rounding()


def by_loop(losses: Any, reference: Any) -> float:
    """A loop over the steps."""
    largest = 0.0
    for a, b in zip(losses.tolist(), reference.tolist(), strict=True):
        largest = max(largest, abs(a / b - 1))
    return largest


RIGHT: list[tuple[str, Any]] = [
    ("all_rungs.1", by_loop),
    ("all_rungs.1", lambda a, b: np.max(np.abs(np.divide(a, b) - 1))),
    ("all_rungs.1", lambda a, b: np.linalg.norm((a - b) / b, ord=np.inf)),
    ("all_rungs.2", dict(reversed(TRUTH.items()))),
    ("all_rungs.2", {change: np.bool(same) for change, same in TRUTH.items()}),
]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(id_: str, answer: object) -> None:
    """Answers in other styles are right."""
    verdict = check(id_, answer, why=True)
    assert verdict.right, verdict.text


WRONG: list[tuple[str, Any, str, str]] = [
    ("all_rungs.1", lambda a, b: abs(a - b).max() / b.max(), "known-mistake", "its own step"),
    ("all_rungs.1", lambda a, b: abs(a - b).max() / b.min(), "known-mistake", "smallest loss"),
    ("all_rungs.1", lambda a, b: abs(a - b).max(), "known-mistake", "not relative yet"),
    ("all_rungs.1", lambda a, b: abs(1 - b / a).max(), "known-mistake", "to the reference"),
    ("all_rungs.1", lambda a, b: (a / b).max() - 1, "known-mistake", "negative"),
    ("all_rungs.1", lambda a, b: abs(a / b - 1).mean(), "known-mistake", "the mean over all"),
    ("all_rungs.1", lambda a, b: abs(a / b - 1)[-1], "known-mistake", "the last step's"),
    (
        "all_rungs.1",
        lambda a, b: np.linalg.norm(a - b) / np.linalg.norm(b),
        "known-mistake",
        "two lengths",
    ),
    ("all_rungs.1", lambda a, b: abs(a / b - 1), "wrong-shape", "difference"),
    ("all_rungs.1", lambda a, b: 100 * by_loop(a, b), "factor", "100"),
    (
        "all_rungs.2",
        dict.fromkeys(TRUTH, True),
        "known-mistake",
        "5 of 9 are wrong, first 'the rows",
    ),
    ("all_rungs.2", list(TRUTH.values()), "not-the-kind", "list"),
    ("all_rungs.2", dict(list(TRUTH.items())[1:]), "not-the-kind", "8 changes"),
    ("all_rungs.2", dict.fromkeys(TRUTH, "yes"), "not-the-kind", "'yes'"),
    ("all_rungs.2", dict.fromkeys(TRUTH, ...), "empty", "still"),
]


@pytest.mark.parametrize(("id_", "answer", "diagnosis", "said"), WRONG, ids=range(len(WRONG)))
def test_mistakes_are_named(id_: str, answer: object, diagnosis: str, said: str) -> None:
    """Each typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == diagnosis, verdict.text
    assert said in verdict.text


@pytest.mark.parametrize("change", TRUTH)
def test_a_wrong_line_is_asked_about(change: str) -> None:
    """An answer that is wrong for one change names it."""
    verdict = check("all_rungs.2", TRUTH | {change: not TRUTH[change]}, why=True)
    assert f"1 of 9 is wrong, first {change!r}" in verdict.text


@pytest.mark.parametrize("change", TRUTH)
def test_the_changes_leave_no_doubt(change: str) -> None:
    """A change is far from 1e-8 on one side or the other, so no machine decides otherwise."""
    fit, _ = all_rungs._CHANGES[change]
    difference = all_rungs.loss_difference(fit(), all_rungs._fit())
    assert difference < 1e-11 if TRUTH[change] else difference > 2e-7
