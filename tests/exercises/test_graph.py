"""Answers to the exercises on the graph: walks that remember too little, and other ways to walk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from twolayer.exercises import check

if TYPE_CHECKING:
    from torch import Tensor


def layers(result: Tensor, *, remember: bool = True) -> list[Any]:
    """The functions behind a result, one step deeper each time."""
    found: list[Any] = []
    layer = {result.grad_fn}
    while layer:
        found += layer
        behind = {n for f in layer for n, _ in f.next_functions if n is not None}  # type: ignore[union-attr]
        layer = behind - set(found) if remember else behind
    return found


def leaves(functions: Any) -> list[Any]:
    """The leaves of some functions."""
    return [f.variable for f in functions if hasattr(f, "variable")]


TRIED: list[tuple[int, Any, str]] = [
    (1, lambda r: len(layers(r)), "right"),
    (1, lambda r: len(layers(r, remember=False)), "count differs"),
    (1, layers, "a list; want a number"),
    (2, lambda r: set(leaves(layers(r))), "right"),
    (2, lambda r: leaves(layers(r, remember=False)), "('a', 'a', 'b', 'b')"),
    (2, layers, "it holds a "),
    (2, lambda r: [w.clone() for w in leaves(layers(r))], "a result, not a leaf"),
    (2, lambda r: [w.detach() for w in leaves(layers(r))], "a copy perhaps"),
    (3, lambda N, D_in, H, D_out: 4.0 * N * (D_in + H + D_out) + 4 * H * D_out, "right"),
]


@pytest.mark.parametrize(("number", "answer", "said"), TRIED, ids=range(len(TRIED)))
def test_a_walk_meets_each_function_once(number: int, answer: Any, said: str) -> None:
    """Functions are met twice among one's arrows, at one depth, and at several."""
    assert said in check(f"graph.{number}", answer, why=True).text
