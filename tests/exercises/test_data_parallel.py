"""The exercises on shares of a batch: answers in other styles, and typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Weight = Callable[[int, int, int, int], float]


def shares(weight: Weight, *, mean: bool) -> Callable[..., Tensor]:
    """Exercises 1 and 3 with a weight of one's own, from processes, share, N and D_out."""

    def answer(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
        gradients = []
        for i in range(processes):
            x_share, y_share = x.tensor_split(processes)[i], y.tensor_split(processes)[i]
            leaf = w.clone().requires_grad_()
            error = (x_share @ leaf - y_share).square()
            loss = error.mean() if mean else error.sum()
            (loss * weight(processes, len(x_share), *y.shape)).backward()
            gradients.append(torch.as_tensor(leaf.grad))
        return torch.stack(gradients).mean(dim=0)

    return answer


def sum_by_gradients(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """Exercise 1 by hand, each gradient enlarged after it is there."""
    parts = zip(x.tensor_split(processes), y.tensor_split(processes), strict=True)
    found = [processes * 2 * a.T @ (a @ w - b) for a, b in parts]
    return torch.stack(found).mean(dim=0)


def whole_sum(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """Exercise 1 without shares."""
    del processes
    leaf = w.clone().requires_grad_()
    return torch.autograd.grad((x @ leaf - y).square().sum(), leaf)[0]


def by_array_split(N: int, processes: int, rank: int) -> tuple[int, int]:
    """Exercise 2 with NumPy's split."""
    start = sum(map(len, np.array_split(range(N), processes)[:rank]))
    return start, start + len(np.array_split(range(N), processes)[rank])


def by_loop(N: int, processes: int, rank: int) -> list[int]:
    """Exercise 2 with the rows dealt out one by one."""
    lengths = [0] * processes
    for row in range(N):
        lengths[row % processes] += 1
    return [sum(lengths[:rank]), sum(lengths[: rank + 1])]


def by_rounding(N: int, processes: int, rank: int) -> tuple[Any, Any]:
    """Exercise 2 with numbers from NumPy."""
    bounds = np.cumsum([0, *(-(-(N - i) // processes) for i in range(processes))])
    return bounds[rank], bounds[rank + 1]


def whole_mean(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """Exercise 3 without shares."""
    del processes
    leaf = w.clone().requires_grad_()
    return torch.autograd.grad(torch.nn.functional.mse_loss(x @ leaf, y), leaf)[0]


RIGHT = [
    (1, shares(lambda p, _, N, D: p, mean=False)),
    (1, sum_by_gradients),
    (1, whole_sum),
    (2, by_array_split),
    (2, by_loop),
    (2, by_rounding),
    (3, shares(lambda p, n, N, D: p / N * n, mean=True)),
    (3, shares(lambda p, _, N, D: p / (N * D), mean=False)),
    (3, whole_mean),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_another_way_is_right(
    number: int, answer: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer in another style than the solution's is right."""
    assert check(f"data_parallel.{number}", answer, why=True).right, capsys.readouterr().out


def to_last(N: int, processes: int, rank: int) -> tuple[int, int]:
    """Exercise 2 with the rest in the last share."""
    size = N // processes
    return rank * size, N if rank == processes - 1 else (rank + 1) * size


def rounded_up(N: int, processes: int, rank: int) -> tuple[int, int]:
    """Exercise 2 with shares rounded up."""
    size = -(-N // processes)
    return min(N, rank * size), min(N, (rank + 1) * size)


def not_moved(N: int, processes: int, rank: int) -> tuple[int, int]:
    """Exercise 2 with longer shares that overlap."""
    size, more = divmod(N, processes)
    return rank * size, (rank + 1) * size + (rank < more)


def length(N: int, processes: int, rank: int) -> tuple[int, int]:
    """Exercise 2 with the number of rows in the place of the end."""
    start, stop = by_array_split(N, processes, rank)
    return start, stop - start


def last(N: int, processes: int, rank: int) -> tuple[int, int]:
    """Exercise 2 with the last row in the place of the one after it."""
    start, stop = by_array_split(N, processes, rank)
    return start, stop - 1


WRONG = [
    (1, shares(lambda p, n, N, D: p * p, mean=False), "multiply by it once"),
    (1, shares(lambda p, n, N, D: 1 / p, mean=False), "want it undone"),
    (1, shares(lambda p, n, N, D: n, mean=False), "by its rows"),
    (1, shares(lambda p, n, N, D: N, mean=False), "by the batch's rows"),
    (1, shares(lambda p, n, N, D: 1, mean=True), "became a mean"),
    (1, lambda x, y, w, p: -whole_sum(x, y, w, p), "sign is flipped"),
    (2, to_last, "the first shares have a row more"),
    (2, lambda N, p, i: (N * i // p, N * (i + 1) // p), "the first ones"),
    (2, rounded_up, "rounded up"),
    (2, not_moved, "those after them begin later"),
    (2, length, "the number of rows"),
    (2, last, "one too small"),
    (2, lambda N, p, i: by_array_split(N, p, i)[::-1], "are swapped"),
    (3, shares(lambda p, n, N, D: n / N, mean=True), "add up to 1 already"),
    (3, shares(lambda p, n, N, D: p, mean=True), "are added up"),
    (3, shares(lambda p, n, N, D: n, mean=True), "weights' mean is not 1"),
    (3, shares(lambda p, n, N, D: N / p / n, mean=True), "upside down"),
    (3, shares(lambda p, n, N, D: p / N, mean=False), "D_out of them"),
    (3, whole_sum, "gradient of the sum"),
]


@pytest.mark.parametrize(("number", "answer", "said"), WRONG)
def test_a_typical_mistake_is_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake that the answer makes."""
    verdict = check(f"data_parallel.{number}", answer, why=True)
    assert not verdict.right
    assert said in verdict.text
