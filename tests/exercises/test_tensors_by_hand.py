"""Exercises on tensors: devices, autograd in place of a derivation, and right answers in other styles."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from twolayer.exercises import check


def looped(scores: Any, labels: Any, **where: Any) -> Any:
    """Row by row, by values, which tensors on meta don't have."""
    table = torch.zeros(scores.shape, dtype=scores.dtype, **where)
    for row, label in zip(table, labels.tolist(), strict=True):
        row[label] = 1
    return table


def by_rows(x: Any, grad_z: Any, eps: float) -> Any:
    """Row by row, by the matrix of a row's slopes, collected in single precision."""
    rows = torch.zeros(x.shape)
    for i, (row, grad) in enumerate(zip(x, grad_z, strict=True)):
        spread = (row.var(unbiased=False) + eps).sqrt()
        z = (row - row.mean()) / spread
        rows[i] = (torch.eye(len(row)) - (1 + torch.outer(z, z)) / len(row)) @ grad / spread
    return rows


def recorded(x: Any, grad_z: Any, eps: float) -> Any:
    """The gradient by autograd."""
    leaf = x.clone().requires_grad_()
    z = functional.layer_norm(leaf, leaf.shape[1:], eps=eps)
    return torch.autograd.grad(z, leaf, grad_z)[0]


TOLD: dict[str, tuple[int, Any, str]] = {
    "looped": (2, lambda s, y: looped(s, y, device=s.device), ": right"),
    "eye": (2, lambda s, y: torch.eye(s.shape[1]).to(s)[y], ": right"),
    "looped on the CPU": (2, looped, "table is on device cpu; want meta"),
    "eye on the CPU": (2, lambda s, y: torch.eye(s.shape[1], dtype=s.dtype)[y], "is on device cpu"),
    "double": (2, lambda s, y: looped(s.double(), y, device=s.device), "has dtype torch.float64"),
    "library": (3, lambda s, y: (functional.cross_entropy(s, y), s.softmax(1)), ": right"),
    "number": (3, lambda s, y: (functional.cross_entropy(s, y).item(), s), "want a tensor"),
    "by rows": (4, by_rows, ": right"),
    "autograd": (4, recorded, "calls grad, but the exercise asks for a derivation"),
}


@pytest.mark.parametrize(("number", "answer", "said"), TOLD.values(), ids=TOLD)
def test_is_told(number: int, answer: Any, said: str) -> None:
    """The verdict says so."""
    verdict = check(f"tensors_by_hand.{number}", answer, seconds=60, why=True)
    assert said in " ".join(verdict.text.split())
