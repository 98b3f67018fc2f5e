"""The exercises on the learning-rate map: what their conditions accept and refuse."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.learning_rate_map import largest_rate


def recorded(loss_of: Any, w: Any, direction: Any) -> Any:
    """Differentiate twice, and keep the record."""
    w = w.clone().requires_grad_()
    (first,) = torch.autograd.grad(loss_of(w), w, create_graph=True)
    return torch.autograd.grad((first * direction).sum(), w, create_graph=True)[0]


def by_func(loss_of: Any, w: Any, direction: Any) -> Any:
    """Forward through backward."""
    return torch.func.jvp(torch.func.grad(loss_of), (w,), (direction,))[1]


def row_by_row(loss_of: Any, w: Any, direction: Any) -> Any:
    """Build the Hessian from a derivative for each entry."""
    w = w.clone().requires_grad_()
    (first,) = torch.autograd.grad(loss_of(w), w, create_graph=True)
    rows = [torch.autograd.grad(one, w, retain_graph=True)[0] for one in first.flatten()]
    return (torch.stack(rows).flatten(1) @ direction.flatten()).view_as(w)


def built(kind: Any) -> Any:
    """Build the Hessian by a function of PyTorch's."""
    return lambda loss_of, w, direction: (
        kind(loss_of, w).reshape(w.numel(), -1) @ direction.flatten()
    ).view_as(w)


def searched(loss_of: Any, w: Any) -> Any:
    """Exercise 4 by a search."""
    direction = torch.ones_like(w)
    for _ in range(100):
        direction = by_func(loss_of, w, direction / direction.norm())
    return 1.98 / direction.norm().item()


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        (2, recorded, "right"),
        (2, by_func, "right"),
        (2, lambda *given: torch.autograd.functional.hvp(*given)[1], "right"),
        (2, row_by_row, "differentiates once for each entry"),
        (2, built(torch.autograd.functional.hessian), "differentiates once for each entry"),
        (2, built(lambda f, w: torch.func.hessian(f)(w)), "calls hessian"),
        (2, built(lambda f, w: torch.func.jacrev(torch.func.grad(f))(w)), "calls jacrev"),
        (4, searched, "right"),
        (4, lambda *given: torch.tensor(largest_rate(*given)), "right, on 4 losses"),
        (4, lambda *given: 1.08 * largest_rate(*given), "rate is off by the factor 1.0746"),
        (4, lambda *given: -largest_rate(*given), "rate"),
        (4, lambda *_: float("nan"), "NaN"),
    ],
    ids=count(),
)  # fmt: skip
def test_conditions(number: int, answer: Any, said: str) -> None:
    """The verdict says what the answer's conditions ask for."""
    assert said in check(f"learning_rate_map.{number}", answer, seconds=60, why=True).text
