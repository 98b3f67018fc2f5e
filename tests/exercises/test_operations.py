"""Odd answers to the exercises on operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.operations import one_by_one, strides_of

if TYPE_CHECKING:
    from torch import Tensor


def cleared_by_product(h: Tensor) -> Tensor:
    """Clear by a factor for each row, and return h, which nobody asked for."""
    h[:, 1:] *= (h[:, :1] >= 0).to(h.dtype)
    return h


def by_sign_bit(h: Tensor) -> None:
    """Take the 0 with a minus for a negative number."""
    h[torch.signbit(h[:, 0]), 1:] = 0


def with_numpy(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Products by NumPy."""
    return tuple(np.cumprod((1, *shape[:0:-1]))[::-1]) if shape else ()


ANSWERS: list[tuple[str, Any, str]] = [
    ("operations.1", one_by_one, "right"),
    ("operations.1", lambda p, y: (p.squeeze() - y, torch.dist(p[:, 0], y) ** 2), "right"),
    ("operations.1", lambda p, y: (p - y[:, None], (p[:, 0] - y).pow(2).sum()), "shape (4, 1)"),
    ("operations.2", lambda h: torch.cat(list(h.t())), "right"),
    ("operations.2", lambda h: h.t().reshape(-1), "line shares memory"),
    ("operations.2", lambda h: h.t().contiguous().view(-1), "line shares memory"),
    ("operations.3", cleared_by_product, "right"),
    ("operations.3", by_sign_bit, "first at (1, 1)"),
    ("operations.4", with_numpy, "right"),
    ("operations.4", lambda shape: list(strides_of(shape)), "list; want a tuple"),
    ("operations.4", lambda shape: torch.empty(shape, device="meta").stride(), "calls stride"),
    ("operations.4", lambda s: tuple(n // 8 for n in np.empty(s).strides), "Unable to allocate"),
    ("operations.4", lambda shape: strides_of(shape) or (1,), "strides of the shape ()"),
]


@pytest.mark.parametrize(("id_", "answer", "said"), ANSWERS, ids=range(len(ANSWERS)))
def test_an_odd_answer_gets_its_verdict(id_: str, answer: Any, said: str) -> None:
    """Right answers in other styles are right, and what breaks a condition is told."""
    assert said in check(id_, answer, seconds=60, why=True).text
