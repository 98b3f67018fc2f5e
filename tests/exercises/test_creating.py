"""Odd answers to the exercises on creating tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.creating import add_noise, spread, spread_out

if TYPE_CHECKING:
    from torch import Tensor


def filled_later(x: Tensor) -> Tensor:
    """Memory as it comes, of which every number is written."""
    result = x.new_empty(x.shape[0], 2 * x.shape[1])
    result[:, ::2], result[:, 1::2] = x, 0
    return result


def on_the_cpu(x: Tensor) -> Tensor:
    """Zeros on the default device."""
    result = torch.zeros(x.shape[0], 2 * x.shape[1], dtype=x.dtype)
    result[:, ::2] = x
    return result


def numpys(x: Tensor, std: float, seed: int) -> Tensor:
    """Seed NumPy's own generator."""
    np.random.seed(seed)  # noqa: NPY002 - as a reader might
    return x + std * torch.tensor(np.random.randn(*x.shape), dtype=x.dtype)  # noqa: NPY002


ANSWERS: list[tuple[str, Any, str]] = [
    ("creating.1", filled_later, "right"),
    ("creating.1", spread_out, "right"),
    ("creating.1", on_the_cpu, "on meta"),
    ("creating.1", lambda x: spread(x).double(), "result for an x on meta has dtype torch.float64"),
    ("creating.2", numpys, "NumPy's own generator"),
    ("creating.2", lambda x, std, seed: add_noise(x, std, seed).float(), "want torch.float64"),
    ("creating.2", lambda x, std, seed: x.copy_(add_noise(x, std, seed)), "modified its input x"),
    ("creating.2", lambda x, std, _: add_noise(x, std, 0), "same for another seed"),
    ("creating.2", lambda x, std, _: x + std * torch.randn_like(x), "other noise the second"),
    ("creating.2", lambda x, std, seed: x + std * add_noise(x.new_zeros(1), 1, seed), "one draw"),
]


@pytest.mark.parametrize(("id_", "answer", "said"), ANSWERS, ids=range(len(ANSWERS)))
def test_an_odd_answer_gets_its_verdict(id_: str, answer: Any, said: str) -> None:
    """Right answers in other styles are right, and what breaks a condition is told."""
    assert said in check(id_, answer, seconds=60, why=True).text
    assert torch.get_deterministic_debug_mode() == 0
