"""Exercises on operations: broadcasting, views, writes through an index, strides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.draws import CASES
from twolayer.exercises.lesson import Lesson
from twolayer.exercises.mistakes import Edit

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()


def draw_column(draw: Draw) -> Inputs:
    """A column of predictions, and a line of targets."""
    (N,) = draw.sizes("N")
    return {"y_pred": draw.normal(N, 1), "y": draw.normal(N)}


def one_by_one(y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The errors, and the sum of their squares."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    errors = torch.stack([p[0] - t for p, t in zip(y_pred, y, strict=True)])
    return errors, errors @ errors


@lesson.exercise(
    "Each prediction against each target",
    draw=draw_column,
    wanted=one_by_one,
    gives="errors, loss",
    tensors=True,
    mistakes=(
        Edit("the errors are not squared", (".pow(2)", "")),
        Edit(
            "it is the square of the sum; want the sum of the squares",
            ("pow(2).sum()", "sum().pow(2)"),
        ),
    ),
    hints=(
        "Which shape does the difference have? Write both shapes one below the other, flush right: which "
        "axis of the one meets which axis of the other?",
        "Take the axis of size 1 away from ``y_pred`` first. Then a line meets a line, and each "
        "prediction its own target.",
    ),
    stub="broadcast",
)
def errors_and_loss(y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The error of each prediction, and the sum of their squares."""
    errors = y_pred.view(-1) - y
    loss = errors.pow(2).sum()
    return errors, loss


def draw_table(draw: Draw) -> Inputs:
    """A table; of one row in the last case but one, and of one column in the last."""
    N, H = draw.sizes("N", "H")
    return {"h": draw.normal(N, 1 if draw.case == CASES else H)}


@lesson.exercise(
    "A view that refuses",
    draw=draw_table,
    wanted=lambda h: h.new_tensor([h[n, j] for j in range(h.shape[1]) for n in range(len(h))]),
    gives="line",
    tensors=True,
    copy=True,
    cases=CASES + 1,
    mistakes=(
        Edit("the numbers come row by row; want them column by column", ("h.t()", "h")),
        Edit("the columns come last first", ("h.t()", "h.t().flip(0)")),
    ),
    hints=(
        "In which order does ``h.t()`` walk the storage? Could one stride describe that walk as a line?",
        "Where no view is possible the numbers must be copied, and the lesson has a method that does so by "
        "itself. But with one row, or one column, a view is possible: then something else has to copy.",
    ),
    stub="raises",
)
def columns_in_line(h: Tensor) -> Tensor:
    """The numbers of h, column by column, in memory of their own."""
    return h.t().clone().reshape(-1)


def draw_rows(draw: Draw) -> Inputs:
    """Rows of which the first begins with a negative number, and the second with 0."""
    N, H = draw.sizes("N", "H")
    h = draw.with_zeros(N, H) + 0.5 * draw.normal(N, H)
    h[0, :2] = -1.0, 2.0
    h[1:2, :2] = (-0.0 if draw.case % 2 else 0.0), -1.5
    return {"h": h}


def cleared(h: Tensor) -> Tensor:
    """Row by row."""
    h = h.clone()
    for row in h:
        if row[0] < 0:
            row[1:].zero_()
    return h


@lesson.exercise(
    "A write that is lost",
    draw=draw_rows,
    wanted=cleared,
    changes=("h",),
    tensors=True,
    mistakes=(
        Edit(
            "nothing in it changed; the zeros went into a copy, or into a new tensor. An index by a mask "
            "copies, and a second index behind it writes into that copy",
            (", 1:]", "][:, 1:]"),
        ),
        Edit("the first number of a cleared row is gone too; want it as it was", (", 1:]", "]")),
        Edit("a row that begins with 0 is cleared too; 0 is not negative", ("< 0", "<= 0")),
        Edit(
            "each negative number became 0; want whole rows, chosen by their first number",
            ("h[:, 0] < 0, 1:", "h < 0"),
        ),
        Edit(
            "the other rows are cleared; want those that begin with a negative number",
            ("< 0", ">= 0"),
        ),
    ),
    hints=(
        "There are two pairs of brackets. What does the first one give, a view or a copy?",
        "One pair of brackets on the left writes into ``h`` itself. It takes one entry for each axis: the "
        "mask chooses the rows, and what chooses the columns?",
    ),
    stub="known-mistake",
)
def clear_rows(h: Tensor) -> None:
    """Clear the rows that begin with a negative number, but for their first number, in place."""
    h[h[:, 0] < 0, 1:] = 0


SHAPES = ((4, 3), (2, 5, 3), (7,), (6, 1, 2, 4), (1, 5), (10**8, 3, 10**8))


def strides_given(answer: Any, inputs: Inputs) -> tuple[Any, ...]:
    """The strides for a shape, and those for the shape without axes."""
    given = answer(inputs["shape"]), answer(())
    if any(isinstance(one, list) for one in given):
        raise DiagnosisError(diagnoses.WRONG_TYPE(name="strides", given="list", wanted="tuple"))
    return given


def strides_found(shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Those of a tensor without numbers."""
    import torch  # noqa: PLC0415 - as above

    return torch.empty(shape, device="meta").stride(), ()


@lesson.exercise(
    "Strides from a shape",
    draw=lambda draw: {"shape": SHAPES[draw.case]},
    wanted=strides_found,
    run=strides_given,
    gives="strides, strides of the shape ()",
    cases=len(SHAPES),
    forbids={"stride": "a computation from the sizes, without a tensor of that shape"},
    mistakes=(
        Edit(
            "they are in the order of the last axis first; want one for each axis, from the first on",
            ("tuple(reversed(strides))", "tuple(strides)"),
        ),
        Edit(
            "the first axis moves by 1 here; in reading order it is the last one that does",
            ("reversed(shape)", "shape"),
            ("tuple(reversed(strides))", "tuple(strides)"),
        ),
        Edit(
            "the size of an axis itself enters its stride; a step along an axis passes only what lies "
            "behind it, the axes to its right",
            ("strides.append(step)", "step *= size"),
            ("step *= size\n        step *= size", "step *= size\n        strides.append(step)"),
        ),
        Edit(
            "a stride is not just the size of the next axis: a step passes all the axes to the right",
            ("step *= size", "step = size"),
        ),
        Edit("they count bytes, as NumPy's do; PyTorch counts numbers", ("[], 1", "[], 8")),
    ),
    hints=(
        "In a tensor of shape (2, 5, 3), how many numbers do you pass when you go from one block of 5 by 3 "
        "to the next?",
        "A step along an axis passes all that lies behind it: multiply the sizes to its right. To the right "
        "of the last axis there is nothing, and the product of nothing is 1.",
    ),
)
def strides_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a new tensor of this shape."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))
