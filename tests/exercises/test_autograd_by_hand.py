"""Exercises on autograd by hand: other right answers, and the mistakes that are named."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable


def tanh(share: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Tanh with another share of its input."""
    return lambda data, grad: (np.tanh(data), share(data, grad))


def collect(join: Callable[[float | None, float], float]) -> Callable[..., Any]:
    """The walk, with what becomes of an entry that is there, or None, and a new contribution."""

    def answer(made_of: Any, order: list[str]) -> dict[str, float]:
        grads = {order[0]: 1.0}
        for name in order:
            for other, slope in made_of[name]:
                grads[other] = join(grads.get(other), grads[name] * slope)
        return grads

    return answer


def from_the_uses(made_of: Any, order: list[str]) -> dict[str, Any]:
    """For each value, a sum over the values made of it."""
    grads: dict[str, Any] = {order[0]: np.float64(1)}
    for name in order[1:]:
        uses = [(user, slope) for user in grads for other, slope in made_of[user] if other == name]
        grads[name] = sum(grads[user] * slope for user, slope in uses)
    return grads


def by_counting(made_of: Any, result: str) -> list[str]:
    """The lesson's own way."""
    found, uses = [result], {result: 0}
    for name in found:
        for other, _ in made_of[name]:
            if other not in uses:
                found.append(other)
            uses[other] = uses.get(other, 0) + 1
    ordered = [result]
    for name in ordered:
        for other, _ in made_of[name]:
            uses[other] -= 1
            if not uses[other]:
                ordered.append(other)
    return ordered


def by_library(made_of: Any, result: str) -> tuple[str, ...]:
    """The standard library's order of what is behind the result."""
    sorter = TopologicalSorter(
        {name: [other for other, _ in made_of[name]] for name in by_counting(made_of, result)}
    )
    return tuple(sorter.static_order())[::-1]


def by_distance(made_of: Any, result: str) -> list[str]:
    """The names in the order in which they are met."""
    found = [result]
    for name in found:
        found += [other for other, _ in made_of[name] if other not in found]
    return list(dict.fromkeys(found))


RIGHT: dict[str, tuple[int, Any]] = {
    "1, cosh": (1, tanh(lambda data, grad: grad / np.cosh(data) ** 2)),
    "2, added": (2, collect(lambda old, new: new if old is None else old + new)),
    "2, uses": (2, from_the_uses),
    "3, counted": (3, by_counting),
    "3, library": (3, by_library),
}
WRONG: dict[str, tuple[int, Any, str]] = {
    "1, slope": (1, tanh(lambda data, _: 1 - np.tanh(data) ** 2), "tanh's slope alone"),
    "1, input": (1, tanh(lambda data, grad: grad * (1 - data**2)), "computed from the input"),
    "1, square": (1, tanh(lambda data, grad: grad * (1 - np.tanh(data))), "lacks a square"),
    "1, value": (1, tanh(lambda data, grad: grad * np.tanh(data)), "multiplied by tanh's value"),
    "1, gradient": (1, tanh(lambda _, grad: grad.copy()), "passes unchanged"),
    "1, sign": (1, tanh(lambda data, grad: grad * (np.tanh(data) ** 2 - 1)), "sign is flipped"),
    "2, last": (2, collect(lambda _, new: new), "those before are overwritten"),
    "2, first": (2, collect(lambda old, new: new if old is None else old), "are left out"),
    "2, mean": (
        2,
        collect(lambda old, new: new if old is None else (old + new) / 2),
        "is not what reaches it in sum",
    ),
    "2, nothing": (2, lambda *_: print(), "what your function returns is None"),
    "2, list": (2, lambda *_: [1.0], "grads is a list; want a dict"),
    "2, result alone": (2, lambda _, order: {order[0]: 1.0}, "grads has no entry for b"),
    "2, open": (2, lambda _, order: dict.fromkeys(order, ...), "is not what reaches it in sum"),
    "3, nothing": (3, lambda *_: print(), "what your function returns is None"),
    "3, open": (3, lambda *_: ..., "your function returns `...`"),
    "3, set": (3, lambda made_of, _: set(made_of), "order is a set; want a list"),
    "3, distance": (3, by_distance, "a stands before b, which is made of it"),
    "3, upside down": (3, lambda *given: by_counting(*given)[::-1], "it is upside down"),
    "3, without the result": (3, lambda *given: by_counting(*given)[1:], "c is missing"),
    "3, twice": (3, lambda *given: by_counting(*given) * 2, "listed more than once"),
    "3, aside": (3, lambda *given: ["other", *by_counting(*given)], "of which c was not made"),
}


@pytest.mark.parametrize(("number", "answer"), RIGHT.values(), ids=RIGHT)
def test_other_right_answers_pass(number: int, answer: Callable[..., Any]) -> None:
    """Answers in another style are right."""
    verdict = check(f"autograd_by_hand.{number}", answer, seconds=60, why=True)
    assert verdict.right, verdict.text


@pytest.mark.parametrize(("number", "answer", "said"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake."""
    verdict = check(f"autograd_by_hand.{number}", answer, seconds=60, why=True)
    assert not verdict.right
    assert said in " ".join(verdict.text.split())
