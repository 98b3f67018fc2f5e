"""Exercises on shares of a batch: what each process computes, and what their mean is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.draws import Draw

# 1. The average that has to be a sum


def summed(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """The gradient of the batch's sum of squared errors, as an average over processes."""
    gradients: list[Any] = []
    for x_share, y_share in zip(x.tensor_split(processes), y.tensor_split(processes), strict=True):
        leaf = w.clone().requires_grad_()
        loss = (x_share @ leaf - y_share).square().sum()
        (processes * loss).backward()
        gradients.append(leaf.grad)
    return torch.stack(gradients).mean(dim=0)


def _draw_batch(draw: Draw) -> dict[str, Any]:
    processes, D_in, D_out = draw.sizes("processes", "D_in", "D_out")
    if processes == 2:  # so that the 2 of the square's slope is no number of processes
        processes = 10
    N = 3 * processes + 1 + draw.case % 2  # never a multiple
    return {
        "x": draw.normal(N, D_in),
        "y": draw.normal(N, D_out),
        "w": draw.normal(D_in, D_out),
        "processes": processes,
    }


def _gradient(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """The gradient of the whole batch's sum of squared errors, by hand."""
    del processes
    return 2 * x.T @ (x @ w - y)


def _shares(
    loss_of: Callable[[Tensor, int, int], Tensor],
) -> Callable[[Tensor, Tensor, Tensor, int], Tensor]:
    """The average over processes of a share's gradients; the loss gets errors, processes and N."""

    def variant(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
        total = torch.zeros_like(w)
        for rows in torch.arange(len(x)).tensor_split(processes):
            leaf = w.clone().requires_grad_()
            loss = loss_of(x[rows] @ leaf - y[rows], processes, len(x))
            total += torch.autograd.grad(loss, leaf)[0] / processes
        return total

    return variant


_SUMMED = Computation(
    draw=_draw_batch,
    wanted=_gradient,
    returns=("gradient",),
    tensors=True,
    tracked=False,
    mistakes=(
        Mistake(
            diagnoses.MEAN_FOR_SUM,
            _shares(lambda error, processes, N: error.square().sum()),
            count="processes",
            what="the average divides by their number, and nothing makes up for it",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: processes**2 * error.square().sum()),
            text="it is too large by the number of processes; multiply by it once",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: error.square().sum() / processes),
            text="it is divided by the number of processes twice; the average does it already, and you "
            "want it undone",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: len(error) * error.square().sum()),
            text="each share is multiplied by its rows; want the same factor in all processes",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: N * error.square().sum()),
            text="each share is multiplied by the batch's rows; the average divides by the processes",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: error.square().mean()),
            text="the loss became a mean; it is a sum over all rows",
        ),
    ),
)

# 2. Which rows a process has


def share(N: int, processes: int, rank: int) -> tuple[int, int]:
    """The first row of a process, and the row after its last."""
    size, more = divmod(N, processes)
    start = rank * size + min(rank, more)
    return start, start + size + (rank < more)


def _draw_rank(draw: Draw) -> dict[str, Any]:
    N, processes, rank = ((30, 4, 3), (23, 5, 1), (3, 5, 4), (40, 8, 7), (38, 6, 0))[draw.case]
    return {"N": N, "processes": processes, "rank": rank}


def _split(N: int, processes: int, rank: int) -> tuple[int, int]:
    """Let PyTorch split."""
    parts = torch.arange(N).tensor_split(processes)
    start = sum(len(part) for part in parts[:rank])
    return start, start + len(parts[rank])


def _rest_to_end(N: int, processes: int, rank: int) -> tuple[int, int]:
    return N * rank // processes, N * (rank + 1) // processes


def _rounded_up(N: int, processes: int, rank: int) -> tuple[int, int]:
    size = -(-N // processes)
    return min(N, rank * size), min(N, (rank + 1) * size)


_SHARE = Computation(
    draw=_draw_rank,
    wanted=_split,
    returns=("start", "stop"),
    cases=5,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda N, processes, rank: {"start": rank * (N // processes)},
            text="it is right for shares of N // processes rows; where the rows don't come out even, "
            "the first shares have a row more, and those after them begin later",
        ),
        Mistake(
            diagnoses.KNOWN,
            _rest_to_end,
            text="the longer shares are spread over all processes; want them to be the first ones",
        ),
        Mistake(
            diagnoses.KNOWN,
            _rounded_up,
            text="each share is rounded up, so the last ones come short, or empty",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, processes, rank: {
                "stop": _split(N, processes, rank)[1] - _split(N, processes, rank)[0]
            },
            text="it is the number of rows; want the row after the last",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, processes, rank: {"stop": _split(N, processes, rank)[1] - 1},
            text="it is one too small: the last row and not the one after it, or a row is left to "
            "nobody",
        ),
    ),
)

# 3. The mean of a batch from unequal shares


def averaged(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """The gradient of the batch's mean of squared errors, as an average over processes."""
    gradients: list[Any] = []
    for x_share, y_share in zip(x.tensor_split(processes), y.tensor_split(processes), strict=True):
        leaf = w.clone().requires_grad_()
        loss = (x_share @ leaf - y_share).square().mean()
        weight = processes * len(x_share) / len(x)
        (weight * loss).backward()
        gradients.append(leaf.grad)
    return torch.stack(gradients).mean(dim=0)


_AVERAGED = Computation(
    draw=_draw_batch,
    wanted=lambda x, y, w, processes: _gradient(x, y, w, processes) / y.numel(),
    returns=("gradient",),
    tensors=True,
    tracked=False,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: error.square().mean()),
            text="each share counts as much as any other, so a row of a shorter share counts more; "
            "weigh the shares by their rows",
        ),
        Mistake(
            diagnoses.MEAN_FOR_SUM,
            _shares(lambda error, processes, N: len(error) / N * error.square().mean()),
            count="processes",
            what="the weights add up to 1 already, and the average divides once more",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: processes * error.square().mean()),
            text="the means of all shares are added up; want the mean over the batch's rows",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: len(error) * error.square().mean()),
            text="the shares are weighed by their rows, but the weights' mean is not 1; what do the "
            "rows of all shares add up to?",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(
                lambda error, processes, N: N / (processes * len(error)) * error.square().mean()
            ),
            text="the weight is upside down: a longer share should count more",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: processes * error.square().sum() / N),
            text="the mean is over entries, and there are D_out of them in each row",
        ),
        Mistake(
            diagnoses.KNOWN,
            _shares(lambda error, processes, N: processes * error.square().sum()),
            text="it is the gradient of the sum; want that of the mean",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="An average that has to be a sum",
        check=_SUMMED,
        hints=(
            "The gradient of the whole batch is the sum of the shares' gradients. What does the last "
            "line make of them, and by how much is that less?",
            "An average is a sum divided by the number of processes. What multiplies a loss multiplies its "
            "gradient, so make up for it before backward.",
        ),
        solution=summed,
        stub="mean-for-sum",
    ),
    Exercise(
        number=2,
        title="Rows that don't come out even",
        check=_SHARE,
        hints=(
            "Write down the shares of ten rows for four processes. Where does each begin, and by how "
            "many rows is that later than in shares rounded down?",
            "As many of the first shares have a row more as the division leaves over. A share begins "
            "later by one row for each longer share before it: all of them, or as many as its rank.",
        ),
        solution=share,
        stub="known-mistake",
    ),
    Exercise(
        number=3,
        title="The mean of unequal shares",
        check=_AVERAGED,
        hints=(
            "Two shares, of two rows and of one. How much does each row count in the mean of the two "
            "means? How much should it?",
            "A share should count by its part of the batch's rows, which the average over processes then "
            "divides once more, as in the first exercise. With equal shares the weight is 1.",
        ),
        solution=averaged,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
