"""The exercises on mistakes that raise nothing: what their conditions accept and refuse."""

from __future__ import annotations

import math
from itertools import count
from typing import Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.break_it import FAULTS, find_bug, how_it_ended


def optimized(*inputs: Any, keep: Any = torch.Tensor.item) -> Any:
    """Exercise 1 with an optimizer, the prediction's axis dropped."""
    x, y, w1, w2, learning_rate, steps = inputs
    w1, w2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    optimizer = torch.optim.SGD([w1, w2], lr=learning_rate)
    history = []
    for _ in range(steps):
        loss = ((x @ w1).clamp(min=0) @ w2).squeeze(1).sub(y).pow(2).sum()
        history.append(keep(loss))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history


def summed(losses: list[float], live: float, zero_costs: float) -> str:
    """Exercise 2 with the questions the other way round."""
    if not (math.isfinite(sum(losses)) and losses[-1] <= losses[0]):
        return "exploded"
    if losses[-1] >= zero_costs / 4:
        return "slow" if live >= 0.1 else "died"
    return "learns"


def by_gradients(train: Any) -> str:
    """Exercise 3 with the gradients of both steps, from single rows."""
    x, y = torch.diag(torch.tensor([1.0, 2.0])), torch.tensor([[1.0], [3.0]])
    w = [torch.ones(2, 1), torch.ones(1, 1)]
    losses, (_, first, second) = train(x, y, *w, learning_rate=0.01, steps=2)
    if losses[0] != 1:
        return "mean" if losses[0] == 0.5 else "shuffled"
    moves = first[1] - w[1], second[1] - first[1]
    slope = 2 * ((x @ first[0]).relu().T @ ((x @ first[0]).relu() @ first[1] - y))
    if not moves[0].any():
        return "late"
    if moves[0] < 0:
        return "added"
    return "right" if torch.allclose(moves[1], -0.01 * slope) else "piled up"


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        (1, optimized, "right"),
        (1, lambda *inputs: torch.tensor(optimized(*inputs)), "right"),
        (1, lambda *inputs: optimized(*inputs, keep=torch.Tensor.detach), "losses holds tensors"),
        (1, lambda *inputs: optimized(*inputs)[:-1], "losses holds 4 numbers; want 5"),
        (2, summed, "right, on 18 fits"),
        (2, lambda *fit: how_it_ended(*fit)[:4], "yours is expl (losses 40000, 9e+07, inf, nan;"),
        (3, by_gradients, "right, on 18 trainers"),
        (3, lambda train: next((name for name in FAULTS if name in repr(train)), "?"), "yours is ?"),
        (3, lambda train: find_bug(train).replace(" up", ""), "yours is piled, the wanted value"),
    ],
    ids=count(),
)  # fmt: skip
def test_conditions(number: int, answer: Any, said: str) -> None:
    """The verdict says what the answer's conditions ask for."""
    assert said in check(f"break_it.{number}", answer, seconds=60, why=True).text
