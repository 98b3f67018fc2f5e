"""Exercises on operations: broadcasting, views, writes through an index, strides."""

from __future__ import annotations

from itertools import accumulate
from operator import mul
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.computation import Computation
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import is_tensor, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. A column and a line


def errors_and_loss(y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The error of each prediction, and the sum of their squares."""
    errors = y_pred.view(-1) - y
    loss = errors.pow(2).sum()
    return errors, loss


def _draw_column(draw: Draw) -> dict[str, Any]:
    (N,) = draw.sizes("N")
    return {"y_pred": draw.normal(N, 1), "y": draw.normal(N)}


def _one_by_one(y_pred: Tensor, y: Tensor) -> tuple[Any, Any]:
    column, line = y_pred.numpy(), y.numpy()
    errors = np.array([column[n, 0] - line[n] for n in range(len(line))])
    return _as_tensor(errors), _as_tensor(np.sum(errors**2))


def _as_tensor(array: Any) -> Any:
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    return torch.tensor(array)


_ERRORS = Computation(
    draw=_draw_column, wanted=_one_by_one, returns=("errors", "loss"), tensors=True
)

# 2. A line of columns


def columns_in_line(h: Tensor) -> Tensor:
    """The numbers of h, column by column, in memory of their own."""
    return h.t().clone().reshape(-1)


_LINE = Computation(
    draw=lambda draw: {"h": draw.normal(*draw.sizes("N", "H"))},
    wanted=lambda h: _as_tensor(h.numpy().flatten(order="F")),
    returns=("line",),
    tensors=True,
    copy=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda h: h.reshape(-1),
            text="the numbers come row by row; want them column by column",
        ),
    ),
)

# 3. A write into a copy


def clear_rows(h: Tensor) -> None:
    """Clear the rows that begin with a negative number, but for their first number, in place."""
    h[h[:, 0] < 0, 1:] = 0


def _draw_rows(draw: Draw) -> dict[str, Any]:
    N, H = draw.sizes("N", "H")
    h = draw.with_zeros(N, H) + 0.5 * draw.normal(N, H)
    # The first row is cleared, a negative number stands in one that isn't, and a first number is 0.
    h[1:2, 0], h[1:2, 1] = 0.0, -1.5
    h[0, 0], h[0, 1] = -1.0, 2.0
    return {"h": h}


def _cleared(rows: Callable[[Any], Any], *, start: int = 1) -> Callable[..., Any]:
    """Clear other rows than those asked for, or from another column on."""

    def variant(h: Tensor) -> Tensor:
        array = h.numpy()
        for row in array:
            if rows(row):
                row[start:] = 0
        return _as_tensor(array)  # type: ignore[no-any-return]

    return variant


_CLEAR = Computation(
    draw=_draw_rows,
    wanted=_cleared(lambda row: row[0] < 0),
    changes=("h",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda h: h,
            text="nothing in it changed; the zeros went into a copy, or into a new tensor. An index by a "
            "mask copies, and a second index behind it writes into that copy",
        ),
        Mistake(
            diagnoses.KNOWN,
            _cleared(lambda row: row[0] < 0, start=0),
            text="the first number of a cleared row is gone too; want it as it was",
        ),
        Mistake(
            diagnoses.KNOWN,
            _cleared(lambda row: row[0] <= 0),
            text="a row that begins with exactly 0 is cleared too; want those with a negative number",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda h: h.clamp(min=0),
            text="each negative number became 0; want whole rows, chosen by their first number",
        ),
        Mistake(
            diagnoses.KNOWN,
            _cleared(lambda row: row[0] >= 0),
            text="the other rows are cleared; want those that begin with a negative number",
        ),
    ),
)

# 4. Strides


def strides_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a new tensor of this shape."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


_SHAPES = ((4, 3), (2, 5, 3), (7,), (6, 1, 2, 4), (1, 5), ())


def _running(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The products of the first sizes, of one more each time."""
    return tuple(accumulate(sizes, mul))


_WRONG_STRIDES: tuple[tuple[Callable[[tuple[int, ...]], tuple[int, ...]], str], ...] = (
    (
        lambda shape: strides_of(shape)[::-1],
        "they are in the order of the last axis first; want one for each axis, from the first on",
    ),
    (
        lambda shape: (1, *_running(shape[:-1])) if shape else (),
        "the first axis moves by 1 here; in reading order it is the last one that does",
    ),
    (
        lambda shape: _running(shape[::-1])[::-1],
        "the size of an axis itself enters its stride; a step along an axis passes only what lies behind "
        "it, the axes to its right",
    ),
    (
        lambda shape: (*shape[1:], 1) if shape else (),
        "a stride is not just the size of the next axis: a step passes all the axes to the right",
    ),
    (
        lambda shape: tuple(8 * stride for stride in strides_of(shape)),
        "they count bytes, as NumPy's do; PyTorch counts numbers",
    ),
)


def _strides_given(answer: Callable[[tuple[int, ...]], Any], shape: tuple[int, ...]) -> Any:
    given = answer(shape)
    if given is Ellipsis or (isinstance(given, tuple | list) and Ellipsis in given):
        raise DiagnosisError(diagnoses.EMPTY(what="strides is still `...`"))
    if given is None:
        raise DiagnosisError(diagnoses.NONE(name="what your function returns"))
    if is_tensor(given) or isinstance(given, np.ndarray):
        given = given.tolist()
    if not isinstance(given, tuple | list):
        kind = kind_of(given)
        raise DiagnosisError(diagnoses.WRONG_TYPE(name="strides", given=kind, wanted="tuple"))
    return tuple(given)


def _strides_problem(answer: Callable[[tuple[int, ...]], Any]) -> Diagnosis | None:
    import torch  # noqa: PLC0415 - as above

    for number, shape in enumerate(_SHAPES):
        strides, wanted = _strides_given(answer, shape), torch.empty(shape).stride()
        if strides == wanted:
            continue
        for wrong, text in _WRONG_STRIDES:
            if all(_strides_given(answer, s) == wrong(s) for s in _SHAPES[: number + 1]):
                return diagnoses.KNOWN(name=f"{strides} for the shape {shape}", text=text)
        if len(strides) != len(shape):
            said = f"{len(strides)} strides for the shape {shape}"
            return diagnoses.WRONG_COUNT(given=said, wanted=len(shape), names="one for each axis")
        axis = next(axis for axis in range(len(shape)) if strides[axis] != wanted[axis])
        name = f"the strides of the shape {shape}"
        return diagnoses.ENTRY(
            name=name, place=f", first at {axis}", given=strides[axis], wanted=wanted[axis]
        )
    return None


EXERCISES = (
    Exercise(
        number=1,
        title="Each prediction against each target",
        check=_ERRORS,
        hints=(
            "Which shape does the difference have? Write both shapes one below the other, flush right: which "
            "axis of the one meets which axis of the other?",
            "Take the axis of size 1 away from ``y_pred`` first. Then a line meets a line, and each "
            "prediction its own target.",
        ),
        solution=errors_and_loss,
        stub="broadcast",
    ),
    Exercise(
        number=2,
        title="A view that refuses",
        check=_LINE,
        hints=(
            "In which order does ``h.t()`` walk the storage? Could one stride describe that walk as a line?",
            "Where no view is possible the numbers must be copied, and the lesson has a method that does so by itself. But "
            "with one row, or one column, a view is possible: then something else has to copy.",
        ),
        solution=columns_in_line,
        stub="raises",
    ),
    Exercise(
        number=3,
        title="A write that is lost",
        check=_CLEAR,
        hints=(
            "There are two pairs of brackets. What does the first one give, a view or a copy?",
            "One pair of brackets on the left writes into ``h`` itself. It takes one entry for each axis: the mask "
            "chooses the rows, and what chooses the columns?",
        ),
        solution=clear_rows,
        stub="known-mistake",
    ),
    Exercise(
        number=4,
        title="Strides from a shape",
        check=Predicate(
            test=_strides_problem, after=f"on {len(_SHAPES)} shapes, one of them without axes"
        ),
        hints=(
            "In a tensor of shape (2, 5, 3), how many numbers do you pass when you go from one block of 5 by 3 to the "
            "next?",
            "A step along an axis passes all that lies behind it: multiply the sizes to its right. To the right of "
            "the last axis there is nothing, and the product of nothing is 1.",
        ),
        solution=strides_of,
    ),
)
"""The exercises, in order."""
