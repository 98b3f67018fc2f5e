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
SPLIT = "row numbers, without splitting a tensor or an array"
FACTOR, WEIGHT = "processes * loss", "processes * len(x_share) / len(x)"


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
    """Call the function, and check that it returns the mean over the processes."""
    with Watching("mean") as means:
        gradient = answer(*inputs.values())
    if is_tensor(gradient) and not any(
        mean.shape == gradient.shape
        and mean.data_ptr() == gradient.data_ptr()
        and mean._version == 0  # noqa: SLF001 - it counts changes in place
        for mean in means.given
    ):
        text = "return the mean that the page's last line computes, and leave that line as it is"
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
        Edit("the average divides by the number of processes; make up for it", (FACTOR, "loss")),
        Edit(
            "too large by a factor of processes; multiply by it once, and keep the processes' gradients apart",
            (FACTOR, f"processes * {FACTOR}"),
        ),
        Edit("divided by the number of processes twice; undo that", (FACTOR, "loss / processes")),
        *(
            Edit(
                f"the loss is multiplied by the rows of {said}; what does the average divide by?",
                (FACTOR, f"len({rows}) * loss"),
            )
            for said, rows in (("each share", "x_share"), ("the batch", "x"))
        ),
        Edit("the loss is now a mean; want a sum", (".sum()", ".mean()"), (FACTOR, "loss")),
    ),
    hints=(
        "The gradient of the whole batch is the sum of the shares' gradients. What does the last line compute "
        "from them, and by what factor is that smaller?",
        "An average is a sum divided by the number of processes. A factor of the loss is a factor of its "
        "gradient, so make up for the division before backward.",
    ),
    stub="known-mistake",
)
def summed(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """The gradient of the sum of squared errors, as an average over processes."""
    gradients: list[Any] = []
    x_shares, y_shares = x.tensor_split(processes), y.tensor_split(processes)
    for x_share, y_share in zip(x_shares, y_shares, strict=True):
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
    "Rows that don't divide evenly",
    draw=_rank,
    wanted=_dealt,
    gives="start, stop",
    whole=("start", "stop"),
    forbids=dict.fromkeys(("tensor_split", "array_split"), SPLIT),
    cases=6,
    on="combinations of rows, processes and rank",
    mistakes=(
        Edit(
            "every share has N // processes rows, so rows are lost; give the first shares one more, and start "
            "the shares after them later",
            (" + min(rank, more)", ""),
            (" + (rank < more)", ""),
        ),
        Edit(
            "the longer shares are spread over all processes; they should come first",
            ("rank * size + min(rank, more)", "N * rank // processes"),
            ("start + size + (rank < more)", "N * (rank + 1) // processes"),
        ),
        Edit(
            "every share is rounded up, so the last ones are too short or empty",
            ("rank * size + min(rank, more)", "min(N, rank * -(-N // processes))"),
            ("start + size + (rank < more)", "min(N, (rank + 1) * -(-N // processes))"),
        ),
        Edit("this is a number of rows; want the row after the last", ("start + size", "size")),
        Edit("too small by 1; leave no row out", ("(rank < more)", "(rank < more) - 1")),
    ),
    hints=(
        "Write down the shares of ten rows for four processes. Where does each share begin, and how many rows "
        "later is that than if all shares were rounded down?",
        "If the division leaves r rows over, each of the first r shares has one row more. A share begins one "
        "row later for each longer share before it. How many of those are there for a given rank?",
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
        Edit("a row of a short share counts too much; weight shares by their rows", (WEIGHT, "1")),
        Edit("the weights sum to 1, and the average divides once more", ("processes * len", "len")),
        Edit("this is the sum of the shares' means; want a mean over rows", (WEIGHT, "processes")),
        Edit("weighted by rows, but the mean of the weights isn't 1", (WEIGHT, "len(x_share)")),
        Edit("a longer share counts less, but should count more", (WEIGHT, f"1 / ({WEIGHT})")),
    ),
    hints=(
        "Take two shares, one with two rows and one with a single row. How much does each row count in the "
        "mean of the two means? How much should it count?",
        "A share should count in proportion to its rows. The average over processes divides once more, as in "
        "the first exercise, so make up for that. With equal shares the weight is 1.",
    ),
    stub="known-mistake",
)
def averaged(x: Tensor, y: Tensor, w: Tensor, processes: int) -> Tensor:
    """The gradient of the mean of squared errors, as an average over processes."""
    gradients: list[Any] = []
    x_shares, y_shares = x.tensor_split(processes), y.tensor_split(processes)
    for x_share, y_share in zip(x_shares, y_shares, strict=True):
        leaf = w.clone().requires_grad_()
        loss = (x_share @ leaf - y_share).square().mean()
        weight = processes * len(x_share) / len(x)
        (weight * loss).backward()
        gradients.append(leaf.grad)
    return torch.stack(gradients).mean(dim=0)
