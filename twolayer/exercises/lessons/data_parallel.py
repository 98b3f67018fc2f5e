"""Exercises on shares of a batch: what each process computes, and what their mean is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson
from twolayer.exercises.mistakes import Edit
from twolayer.exercises.values import is_tensor
from twolayer.exercises.watching import Watching

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()
SPLIT = "the rows' numbers, without cutting a tensor or an array"


def _batch(draw: Draw) -> dict[str, Any]:
    processes, D_in, D_out = draw.sizes("processes", "D_in", "D_out")
    N = 3 * processes + 1 + draw.case % 2  # never a multiple
    x, y, w = draw.normal(N, D_in), draw.normal(N, D_out), draw.normal(D_in, D_out)
    return {"x": x, "y": y, "w": w, "processes": processes}


def _gradient(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """The gradient of the whole batch's sum of squared errors, by hand."""
    del processes
    return 2 * x.T @ (x @ w - y)


def _averaged(answer: Any, inputs: Inputs) -> Any:
    """Call the function, and see to it that it gives the mean over the processes."""
    with Watching("mean") as means:
        gradient = answer(*inputs.values())
    if is_tensor(gradient) and not any(
        mean.shape == gradient.shape
        and mean.data_ptr() == gradient.data_ptr()
        and mean._version == 0  # noqa: SLF001 - it counts changes in place
        for mean in means.given
    ):
        text = "want it from the page's last line as it is, the mean of all processes' gradients"
        raise DiagnosisError(diagnoses.KNOWN(name="gradient", text=text))
    return gradient


@lesson.exercise(
    "An average that has to be a sum",
    draw=_batch,
    wanted=_gradient,
    gives="gradient",
    run=_averaged,
    tensors=True,
    mistakes=(
        Edit(
            (
                diagnoses.MEAN_FOR_SUM,
                {
                    "count": "processes",
                    "what": "the average divides by their number, and nothing makes up for it",
                },
            ),
            ("processes * loss", "loss"),
        ),
        Edit(
            "it is too large by the number of processes; multiply by it once, and let no process add to "
            "another's gradient",
            ("processes * loss", "processes**2 * loss"),
        ),
        Edit(
            "it is divided by the number of processes twice; the average does it already, and you want it "
            "undone",
            ("processes * loss", "loss / processes"),
        ),
        Edit(
            "each share is multiplied by its rows; want the same factor in all processes",
            ("processes * loss", "len(x_share) * loss"),
        ),
        Edit(
            "each share is multiplied by the batch's rows; the average divides by the processes",
            ("processes * loss", "len(x) * loss"),
        ),
        Edit(
            "the loss became a mean; it is a sum over all rows",
            (".square().sum()", ".square().mean()"),
            ("processes * loss", "loss"),
        ),
    ),
    hints=(
        "The gradient of the whole batch is the sum of the shares' gradients. What does the last line "
        "make of them, and by how much is that less?",
        "An average is a sum divided by the number of processes. What multiplies a loss multiplies its "
        "gradient, so make up for it before backward.",
    ),
    stub="mean-for-sum",
)
def summed(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """The gradient of the batch's sum of squared errors, as an average over processes."""
    gradients: list[Any] = []
    for x_share, y_share in zip(x.tensor_split(processes), y.tensor_split(processes), strict=True):
        leaf = w.clone().requires_grad_()
        loss = (x_share @ leaf - y_share).square().sum()
        (processes * loss).backward()
        gradients.append(leaf.grad)
    return torch.stack(gradients).mean(dim=0)


def _rank(draw: Draw) -> dict[str, Any]:
    cases = (30, 4, 3), (23, 5, 1), (3, 5, 4), (40, 8, 7), (38, 6, 0), (17, 4, 1)
    return dict(zip(("N", "processes", "rank"), cases[draw.case], strict=True))


def _dealt(N: int, processes: int, rank: int) -> tuple[int, int]:
    """Deal the rows out one by one."""
    counts = [0] * processes
    for row in range(N):
        counts[row % processes] += 1
    return sum(counts[:rank]), sum(counts[: rank + 1])


@lesson.exercise(
    "Rows that don't come out even",
    draw=_rank,
    wanted=_dealt,
    gives="start, stop",
    whole=("start", "stop"),
    forbids=dict.fromkeys(("tensor_split", "array_split"), SPLIT),
    cases=6,
    on="ranks among different numbers of processes",
    mistakes=(
        Edit(
            "it is right for shares of N // processes rows; where the rows don't come out even, the first "
            "shares have a row more, and those after them begin later",
            (" + min(rank, more)", ""),
            (" + (rank < more)", ""),
        ),
        Edit(
            "the longer shares are spread over all processes; want them to be the first ones",
            ("rank * size + min(rank, more)", "N * rank // processes"),
            ("start + size + (rank < more)", "N * (rank + 1) // processes"),
        ),
        Edit(
            "each share is rounded up, so the last ones come short, or empty",
            ("rank * size + min(rank, more)", "min(N, rank * -(-N // processes))"),
            ("start + size + (rank < more)", "min(N, (rank + 1) * -(-N // processes))"),
        ),
        Edit("it is the number of rows; want the row after the last", ("start + size +", "size +")),
        Edit(
            "it is one too small: the last row and not the one after it, or a row is left to nobody",
            ("(rank < more)", "(rank < more) - 1"),
        ),
    ),
    hints=(
        "Write down the shares of ten rows for four processes. Where does each begin, and by how many "
        "rows is that later than in shares rounded down?",
        "As many of the first shares have a row more as the division leaves over. A share begins "
        "later by one row for each longer share before it: all of them, or as many as its rank.",
    ),
    stub="known-mistake",
)
def share(N: int, processes: int, rank: int) -> tuple[int, int]:
    """The first row of a process, and the row after its last."""
    size, more = divmod(N, processes)
    start = rank * size + min(rank, more)
    return start, start + size + (rank < more)


@lesson.exercise(
    "The mean of unequal shares",
    draw=_batch,
    wanted=lambda x, y, w, processes: _gradient(x, y, w, processes) / y.numel(),
    gives="gradient",
    tolerance=1e-6,
    tensors=True,
    mistakes=(
        Edit(
            "each share counts as much as any other, so a row of a shorter share counts more; weigh "
            "the shares by their rows",
            ("processes * len(x_share) / len(x)", "1"),
        ),
        Edit(
            (
                diagnoses.MEAN_FOR_SUM,
                {
                    "count": "processes",
                    "what": "the weights add up to 1 already, and the average divides once more",
                },
            ),
            ("processes * len(x_share)", "len(x_share)"),
        ),
        Edit(
            "the means of all shares are added up; want the mean over the batch's rows",
            ("processes * len(x_share) / len(x)", "processes"),
        ),
        Edit(
            "the shares are weighed by their rows, but the weights' mean is not 1; what do the rows of "
            "all shares add up to?",
            ("processes * len(x_share) / len(x)", "len(x_share)"),
        ),
        Edit(
            "the weight is upside down: a longer share should count more",
            ("processes * len(x_share) / len(x)", "len(x) / (processes * len(x_share))"),
        ),
    ),
    hints=(
        "Two shares, of two rows and of one. How much does each row count in the mean of the two means? "
        "How much should it?",
        "A share should count by its part of the batch's rows, which the average over processes then "
        "divides once more, as in the first exercise. With equal shares the weight is 1.",
    ),
    stub="known-mistake",
)
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
