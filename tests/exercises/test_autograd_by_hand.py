"""Exercises on autograd by hand: right answers in other styles, and walks that are hard to get right."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import pytest

from twolayer.exercises import check
from twolayer.rungs.autograd_by_hand import Value


def from_the_uses(made_of: Any, order: list[str]) -> dict[str, Any]:
    """For each value, a sum over the values made of it."""
    grads: dict[str, Any] = {order[0]: np.float64(1)}
    for name in order[1:]:
        uses = [(user, slope) for user in grads for other, slope in made_of[user] if other == name]
        grads[name] = sum(grads[user] * slope for user, slope in uses)
    return grads


def by_distance(made_of: Any, result: str) -> list[str]:
    """The names in the order in which they are met."""
    found = [result]
    for name in found:
        found += [other for other, _ in made_of[name] if other not in found]
    return list(dict.fromkeys(found))


def by_library(made_of: Any, result: str) -> tuple[str, ...]:
    """The standard library's order of what is behind the result."""
    names = by_distance(made_of, result)
    sorter = TopologicalSorter({name: [other for other, _ in made_of[name]] for name in names})
    return tuple(sorter.static_order())[::-1]


TOLD: dict[str, tuple[int, Any, str]] = {
    "cosh": (
        1,
        lambda v: Value(np.tanh(v.data), "", [(v, lambda g: g / np.cosh(v.data) ** 2)]),
        ": right",
    ),
    "array": (1, lambda v: np.tanh(v.data), "is a NumPy array; want a Value"),
    "uses": (2, from_the_uses, ": right"),
    "result alone": (2, lambda _, order: {order[0]: 1.0}, "it has no entry for b"),
    "library": (3, by_library, ": right"),
    "distance": (3, by_distance, "as soon as it is met"),
    "all": (3, lambda made_of, _: sorted(made_of), "the list of names by alphabet differs"),
    "set": (3, lambda made_of, _: set(made_of), "is a set; want a list"),
}


@pytest.mark.parametrize(("number", "answer", "said"), TOLD.values(), ids=TOLD)
def test_is_told(number: int, answer: Any, said: str) -> None:
    """The verdict says so."""
    verdict = check(f"autograd_by_hand.{number}", answer, seconds=60, why=True)
    assert said in " ".join(verdict.text.split()).replace("The list", "the list")
