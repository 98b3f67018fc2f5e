"""Exercises on autograd: what a function leaves of its caller's tensors, and right answers in other styles."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from twolayer.exercises import check


def errors(x: Any, y: Any, *weights: Any) -> Any:
    """The squared errors of the network, or of a single layer."""
    h = x
    for w in weights[:-1]:
        h = (h @ w).relu()
    return (h @ weights[-1] - y).square()


def step(then: Any) -> Any:
    """One step on the data, and what is done and returned then."""

    def answer(x: Any, y: Any, w: Any, learning_rate: float) -> Any:
        errors(x, y, w).sum().backward()
        w.data -= learning_rate * w.grad
        return then(w)

    return answer


def fit(keep: Any, *, late: bool = False) -> Any:
    """An optimizer's fit, its step after backward or at the head of the loop; ``keep`` a loss."""

    def answer(*inputs: Any) -> list[Any]:
        x, y, w1, w2, learning_rate, steps = inputs
        optimizer = torch.optim.SGD([w1, w2], lr=learning_rate)
        losses = []
        for _ in range(steps):
            if late:
                optimizer.step()
            optimizer.zero_grad()
            loss = errors(x, y, w1, w2).sum()
            losses.append(keep(loss))
            loss.backward()
            if not late:
                optimizer.step()
        return losses

    return answer


def at_once(parts: Any, w1: Any, w2: Any) -> None:
    """One backward for all parts."""
    w1.grad = w2.grad = None
    entries = sum(y.numel() for _, y in parts)
    sum(errors(x, y, w1, w2).sum() / entries for x, y in parts).backward()


def joined(parts: Any, w1: Any, w2: Any) -> None:
    """All parts as one, in as many backwards."""
    w1.grad = w2.grad = None
    x, y = (torch.cat(arrays) for arrays in zip(*parts, strict=True))
    for _ in parts:
        (errors(x, y, w1, w2).mean() / len(parts)).backward()


TOLD: dict[str, tuple[int, Any, str]] = {
    "data": (1, step(lambda _: None), ": right"),
    "returned": (1, step(lambda w: w), "your function returns a tensor; want the change in place"),
    "stopped": (
        1,
        step(lambda w: setattr(w, "requires_grad", False)),
        "w with requires_grad False",
    ),
    "optimizer": (2, fit(torch.Tensor.item), ": right"),
    "tensors": (2, fit(torch.Tensor.detach), "losses holds tensors; want numbers"),
    "late": (2, fit(torch.Tensor.item, late=True), "each came a step late"),
    "at once": (3, at_once, "calls of backward: 1 for 2 parts"),
    "joined": (3, joined, "calls cat, but the exercise asks for one part at a time"),
}


@pytest.mark.parametrize(("number", "answer", "said"), TOLD.values(), ids=TOLD)
def test_is_told(number: int, answer: Any, said: str) -> None:
    """The verdict says so."""
    verdict = check(f"autograd.{number}", answer, seconds=60, why=True)
    assert said in " ".join(verdict.text.split())
