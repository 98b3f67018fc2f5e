"""Answers to the exercises on the graph: right ones in other styles, typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from torch import Tensor


def reached(function: Any, seen: dict[Any, None]) -> dict[Any, None]:
    """The functions behind one, by recursion."""
    if function is not None and function not in seen:
        seen[function] = None
        for following, _ in function.next_functions:
            reached(following, seen)
    return seen


def layers(result: Tensor) -> set[Any]:
    """The functions behind a result, one step deeper each time."""
    found: set[Any] = set()
    layer: set[Any] = {result.grad_fn}
    while layer:
        found |= layer
        layer = {n for f in layer for n, _ in f.next_functions if n is not None} - found
    return found


def paths(function: Any) -> list[Any]:
    """The functions on all ways from one, those on two ways twice."""
    found = [function]
    for following, _ in function.next_functions:
        if following is not None:
            found += paths(following)
    return found


RIGHT: list[tuple[str, Any]] = [
    ("graph.1", lambda result: len(reached(result.grad_fn, {}))),
    ("graph.1", lambda result: len(layers(result))),
    (
        "graph.2",
        lambda result: [f.variable for f in reached(result.grad_fn, {}) if hasattr(f, "variable")],
    ),
    (
        "graph.2",
        lambda result: {
            f.variable for f in paths(result.grad_fn) if f.name().endswith("AccumulateGrad")
        },
    ),
    ("graph.3", lambda N, D_in, H, D_out: 4 * N * (D_in + H + D_out) + 4 * H * D_out),
    (
        "graph.3",
        lambda N, D_in, H, D_out: float(
            sum(torch.ones(s).nbytes for s in ((N, D_in), (N, H), (H, D_out), (N, D_out)))
        ),
    ),
]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(id_: str, answer: object) -> None:
    """Answers in other styles are right."""
    verdict = check(id_, answer, why=True)
    assert verdict.right, verdict.text


def first_arrows(result: Tensor) -> list[Any]:
    """Follow the first arrow only."""
    found = []
    function: Any = result.grad_fn
    while function is not None:
        found.append(function)
        function = function.next_functions[0][0] if function.next_functions else None
    return found


def with_none(result: Tensor) -> set[Any]:
    """The functions, and None where there is none."""
    found = layers(result)
    return found | {n for f in found for n, _ in f.next_functions}


def leaves(functions: Any) -> list[Any]:
    """The leaves of some functions."""
    return [f.variable for f in functions if hasattr(f, "variable")]


WRONG: list[tuple[str, Any, str, str]] = [
    ("graph.1", lambda r: len(paths(r.grad_fn)), "known-mistake", "reached on two ways"),
    ("graph.1", lambda r: len(with_none(r)), "known-mistake", "None is counted"),
    ("graph.1", lambda r: len(layers(r)) - len(leaves(layers(r))), "known-mistake", "Accumulate"),
    ("graph.1", lambda r: len({f.name() for f in layers(r)}), "known-mistake", "of one name"),
    ("graph.1", lambda r: len(layers(r)) - 1, "known-mistake", "own grad_fn"),
    ("graph.1", lambda r: sum(len(f.next_functions) for f in layers(r)), "known-mistake", "arrows"),
    ("graph.1", lambda r: len(layers(r)) + 7, "wrong-value", "(a * x).sum()"),
    ("graph.1", layers, "wrong-type", "set"),
    ("graph.1", lambda _: ..., "empty", "no count yet"),
    ("graph.2", lambda r: leaves(paths(r.grad_fn)), "known-mistake", "more than once"),
    ("graph.2", lambda r: leaves(first_arrows(r)), "known-mistake", "is missing"),
    ("graph.2", lambda r: [f for f in layers(r) if hasattr(f, "variable")], "known-mistake", "Acc"),
    ("graph.2", lambda r: [w.clone() for w in leaves(layers(r))], "known-mistake", "a result"),
    ("graph.2", lambda r: [w.detach() for w in leaves(layers(r))], "known-mistake", "a copy"),
    ("graph.2", lambda r: len(leaves(layers(r))), "wrong-type", "int"),
    ("graph.3", lambda N, D, H, K: N * (D + H + K) + H * K, "known-mistake", "want bytes"),
    ("graph.3", lambda N, D, H, K: 4 * (N * (D + 2 * H + K) + H * K), "known-mistake", "twice"),
    ("graph.3", lambda N, D, H, K: 4 * (N * (D + H + K) + H * K + D * H), "known-mistake", "w1"),
    ("graph.3", lambda N, D, H, K: 4 * (N * (D + H + 2 * K) + H * K), "known-mistake", "D_out"),
    (
        "graph.3",
        lambda N, D, H, K: 4 * (N * (D + 2 * H + K) + H * K + D * H),
        "known-mistake",
        "and the hidden layer twice",
    ),
    ("graph.3", lambda N, D, H, K: 4 * (N * (H + K) + H * K) + 0 * D, "forgot-term", "x, which"),
    ("graph.3", lambda N, D, H, K: 4 * (N * (D + K) + H * K), "forgot-term", "ReLU"),
    ("graph.3", lambda N, D, H, K: 4 * (N * (D + H) + H * K), "forgot-term", "square"),
    ("graph.3", lambda N, D, H, K: 4 * N * (D + H + K), "forgot-term", "w2"),
    ("graph.3", lambda N, D, H, K: 8 * (N * (D + H + K) + H * K), "factor", "2"),
]


@pytest.mark.parametrize(("id_", "answer", "diagnosis", "said"), WRONG, ids=range(len(WRONG)))
def test_mistakes_are_named(id_: str, answer: object, diagnosis: str, said: str) -> None:
    """Each typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == diagnosis, verdict.text
    assert said in verdict.text
