"""The exercises on shares of a batch: what their conditions accept and refuse."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check


def by_hand(mean: Any, factor: Any = lambda processes: processes) -> Any:
    """Make an answer to exercise 1 that enlarges each gradient, and ends in a way of its own."""

    def answer(x: Any, y: Any, w: Any, processes: int) -> Any:
        parts = zip(x.tensor_split(processes), y.tensor_split(processes), strict=True)
        found = [factor(processes) * 2 * a.T @ (a @ w - b) for a, b in parts]
        return mean(torch.stack(found))

    return answer


def whole(x: Any, y: Any, w: Any, processes: int) -> Any:
    """Exercise 3 without shares."""
    del processes
    leaf = w.clone().requires_grad_()
    return torch.autograd.grad(torch.nn.functional.mse_loss(x @ leaf, y), leaf)[0]


def by_array_split(N: int, processes: int, rank: int) -> Any:
    """Exercise 2 with an array that is cut."""
    start = sum(map(len, np.array_split(range(N), processes)[:rank]))
    return start, start + len(np.array_split(range(N), processes)[rank])


def by_bounds(N: int, processes: int, rank: int) -> Any:
    """Exercise 2 with numbers from NumPy."""
    bounds = np.cumsum([0, *(-(-(N - i) // processes) for i in range(processes))])
    return bounds[rank], bounds[rank + 1]


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        (1, by_hand(lambda found: torch.mean(found, 0)), "right"),
        (1, by_hand(lambda found: found.sum(0), lambda _: 1), "want it from the page's last line"),
        (1, by_hand(lambda found: found.mean(0) * len(found), lambda _: 1), "last line as it is"),
        (1, by_hand(lambda found: found.mean(0).mul_(len(found)), lambda _: 1), "last line as it"),
        (2, by_bounds, "right, on 6 ranks"),
        (2, by_array_split, "your code calls array_split"),
        (2, lambda *sizes: [float(row) for row in by_bounds(*sizes)], "want a whole number"),
        (3, whole, "right"),
    ],
    ids=count(),
)  # fmt: skip
def test_conditions(number: int, answer: Any, said: str) -> None:
    """The verdict says what the answer's conditions ask for."""
    text = check(f"data_parallel.{number}", answer, seconds=60, why=True).text
    assert said.lower() in text.lower()
