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
    """A column of predictions, and a vector of targets."""
    (N,) = draw.sizes("N")
    return {"y_pred": draw.normal(N, 1), "y": draw.normal(N)}


def one_by_one(y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The errors, and the sum of their squares."""
    import torch  # noqa: PLC0415 - takes a second, so only checks import it

    errors = torch.stack([p[0] - t for p, t in zip(y_pred, y, strict=True)])
    return errors, errors @ errors


@lesson.exercise(
    "Each prediction against each target",
    draw=draw_column,
    wanted=one_by_one,
    gives="errors, loss",
    tensors=True,
    mistakes=(
        Edit("it is the sum of the errors; square them first", (".pow(2)", "")),
        Edit("it is the square of the sum; sum the squares", ("pow(2).sum()", "sum().pow(2)")),
    ),
    hints=(
        "What is the shape of the difference? Write both shapes one below the other, aligned right. Which axes "
        "meet?",
        "Remove the axis of size 1 from ``y_pred`` first. Then a vector meets a vector, and each prediction meets "
        "its own target.",
    ),
    stub="broadcast",
)
def errors_and_loss(y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The error of each prediction, and the sum of their squares."""
    errors = y_pred.view(-1) - y
    loss = errors.pow(2).sum()
    return errors, loss


def draw_table(draw: Draw) -> Inputs:
    """A table, with one row in the second to last case and one column in the last."""
    N, H = draw.sizes("N", "H")
    return {"h": draw.normal(N, 1 if draw.case == CASES else H)}


@lesson.exercise(
    "A view that fails",
    draw=draw_table,
    wanted=lambda h: h.new_tensor([h[n, j] for j in range(h.shape[1]) for n in range(len(h))]),
    gives="line",
    tensors=True,
    copy=True,
    cases=CASES + 1,
    mistakes=(
        Edit("the elements are in row order; put them in column order", ("h.t()", "h")),
        Edit("the columns are reversed; begin with column 0", ("h.t()", "h.t().flip(0)")),
    ),
    hints=(
        "In which order does ``h.t()`` go through the storage? Could one stride describe that order?",
        "Where no view is possible, the elements must be copied, and the lesson has a method that copies only if it "
        "must. But with one row or one column a view is possible. Then something else has to copy.",
    ),
    stub="raises",
)
def columns_in_line(h: Tensor) -> Tensor:
    """The elements of h, column by column, in memory of their own."""
    return h.t().clone().reshape(-1)


def draw_rows(draw: Draw) -> Inputs:
    """Rows. The first begins with a negative number, the second with 0."""
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
    "A write that gets lost",
    draw=draw_rows,
    wanted=cleared,
    changes=("h",),
    tensors=True,
    mistakes=(
        Edit(
            "nothing changed, because the zeros went into a copy; a mask copies, and a second index after it "
            "writes into that copy",
            (", 1:]", "][:, 1:]"),
        ),
        Edit("the first element of a cleared row is 0 too; leave it as it was", (", 1:]", "]")),
        Edit("a row that begins with 0 is cleared too; 0 is not negative", ("< 0", "<= 0")),
        Edit("each negative element is 0; choose whole rows", ("h[:, 0] < 0, 1:", "h < 0")),
        Edit("the other rows are cleared; clear those that begin below 0", ("< 0", ">= 0")),
    ),
    hints=(
        "There are two pairs of brackets. Does the first one return a view or a copy?",
        "One pair of brackets on the left writes into ``h`` itself. It takes one index per axis. The mask chooses "
        "the rows; what chooses the columns?",
    ),
    stub="known-mistake",
)
def clear_rows(h: Tensor) -> None:
    """Clear rows that begin with a negative number, but keep their first element."""
    h[h[:, 0] < 0, 1:] = 0


SHAPES = ((4, 3), (2, 5, 3), (7,), (6, 1, 2, 4), (1, 5), (10**8, 3, 10**8))


def strides_given(answer: Any, inputs: Inputs) -> tuple[Any, ...]:
    """The strides for a shape, and for the shape without axes."""
    given = answer(inputs["shape"]), answer(())
    if any(isinstance(one, list) for one in given):
        raise DiagnosisError(diagnoses.WRONG_TYPE(name="strides", given="list", wanted="tuple"))
    return given


def strides_found(shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The strides of a tensor without data."""
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
        Edit("they begin with the last axis; reverse them", ("(reversed(strides))", "(strides)")),
        Edit(
            "the first axis has stride 1; in reading order the last one does",
            ("reversed(shape)", "shape"),
            ("tuple(reversed(strides))", "tuple(strides)"),
        ),
        Edit(
            "an axis's own size is part of its stride; multiply only the sizes to its right",
            ("strides.append(step)", "step *= size"),
            ("step *= size\n        step *= size", "step *= size\n        strides.append(step)"),
        ),
        Edit(
            "a stride is only the next axis's size; multiply all to the right",
            ("step *= size", "step = size"),
        ),
        Edit("they count bytes, as NumPy's do; count elements", ("[], 1", "[], 8")),
    ),
    hints=(
        "In a tensor of shape (2, 5, 3), how many elements are there from one block of 5 by 3 to the next?",
        "A step along an axis skips everything to its right, so multiply the sizes there. To the right of the last "
        "axis there is nothing, and the product of no numbers is 1.",
    ),
)
def strides_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a new tensor of this shape."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))
