"""Odd answers to the exercises on tensors and NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.values import Array


def by_new_tensors(w: Array, grads: Array, learning_rate: float) -> Array:
    """New weights in each step, so that none are written into."""
    weights = torch.from_numpy(w)
    kept = []
    for grad in torch.from_numpy(grads):
        weights = weights - learning_rate * grad
        kept.append(weights.numpy())
    return np.stack(kept)


def untracked(x: Array, w: Tensor) -> Array:
    """Stop the tracking of the weights themselves."""
    return (torch.from_numpy(x).float() @ w.requires_grad_(False)).numpy()  # noqa: FBT003 - as readers write it


def cast_and_back(x: Array, w: Tensor) -> Array:
    """Give the weights the dtype of x for good."""
    w.data = w.data.double()
    return (torch.from_numpy(x) @ w.detach()).float().numpy()


ANSWERS: list[tuple[str, Any, str]] = [
    ("numpy_interop.1", by_new_tensors, "right"),
    ("numpy_interop.2", lambda x, w: (torch.tensor(x).float() @ w).numpy(force=True), "right"),
    ("numpy_interop.2", lambda x, w: x.astype(np.float32) @ w.detach().numpy(), "right"),
    ("numpy_interop.2", lambda x, w: x @ w.detach().numpy(), "dtype float64; want float32"),
    ("numpy_interop.2", untracked, "left the input w with requires_grad False"),
    ("numpy_interop.2", cast_and_back, "input w has dtype torch.float64; want torch.float32"),
]


@pytest.mark.parametrize(("id_", "answer", "said"), ANSWERS, ids=range(len(ANSWERS)))
def test_an_odd_answer_gets_its_verdict(id_: str, answer: Any, said: str) -> None:
    """Right answers in other styles are right, and what breaks a condition is told."""
    assert said in check(id_, answer, seconds=60, why=True).text
