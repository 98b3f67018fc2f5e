"""Odd answers to the exercises on gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.gradients import gap_on_a_line


def in_place(f: Any, x: Any, step: float) -> Any:
    """Exercise 1 with one entry of a copy moved and put back."""
    slopes, x = np.empty(x.size), x.copy()
    flat = x.reshape(-1)
    for i, entry in enumerate(flat.tolist()):
        flat[i] = entry + step
        ahead = f(x)
        flat[i] = entry - step
        slopes[i] = (ahead - f(x)) / 2 / step
        flat[i] = entry
    return slopes.reshape(x.shape)


def by_grad(x: Any, a: Any, b: Any) -> Any:
    """Exercise 2 with torch.autograd.grad."""
    leaf = x.clone().requires_grad_()
    z = 3 * (leaf + 2) ** 2
    (first,) = torch.autograd.grad(z, leaf, a, retain_graph=True)
    return [first, *torch.autograd.grad(z, leaf, b)]


def from_differences(f: Any, x: Any, grad: Any, direction: Any, step: float) -> Any:
    """Exercise 3 with the slope from all entries' differences."""
    slope = (in_place(f, x, step) * direction).sum()
    product = grad.reshape(-1) @ direction.reshape(-1)
    return abs(slope - product) / max(abs(slope), abs(product))


ANSWERS: list[tuple[str, Any, str]] = [
    ("gradients.1", in_place, "right"),
    ("gradients.2", by_grad, "right"),
    ("gradients.2", lambda x, a, b: by_grad(x, b, a), "swapped"),
    ("gradients.3", gap_on_a_line, "right"),
    ("gradients.3", from_differences, "times; want two values of it"),
]


@pytest.mark.parametrize(("id_", "answer", "said"), ANSWERS, ids=range(len(ANSWERS)))
def test_an_odd_answer_gets_its_verdict(id_: str, answer: Any, said: str) -> None:
    """Right answers in other styles are right, and what breaks a condition is told."""
    assert said in check(id_, answer, seconds=60, why=True).text
