"""Exercises on learning and memorising: fresh data, a baseline, and leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, forgot

if TYPE_CHECKING:
    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

lesson = Lesson()
PARTS = ("x_train", "y_train", "x_fresh", "y_fresh")


def _numbered(draw: Draw) -> dict[str, Any]:
    """Rows in which every element shows the row's number."""
    rows = np.arange(20.0 + 10 * draw.case)[:, None]
    held_out = (6, 12, 25, 1)[draw.case]
    x, y = (rows + np.arange(columns) / 10 for columns in (3, 2))
    return {"x": x, "y": y, "held_out": held_out, "seed": draw.case}


def _cut(x: Array, y: Array, held_out: int, seed: int) -> tuple[Array, ...]:
    """A split of the right shapes, without chance."""
    del seed
    return x[held_out:], y[held_out:], x[:held_out], y[:held_out]


def _split(answer: Any, inputs: Inputs) -> Any:
    """Split, with equal seeds and with others; give the plain split where all rows are as they should be."""
    x, y, held_out, seed = inputs.values()
    before = x.copy(), y.copy()
    parts = answer(x, y, held_out, seed)
    wanted = _cut(*before, held_out, seed)
    if not isinstance(parts, tuple | list) or any(not isinstance(p, np.ndarray) for p in parts):
        return parts
    shapes, want = [p.shape for p in parts], [p.shape for p in wanted]
    if shapes == [want[2], want[3], want[0], want[1]]:
        raise DiagnosisError(diagnoses.SWAPPED(name="training data", other="fresh data"))
    if shapes == [want[0], want[2], want[1], want[3]]:
        order = {"given": "x_train, x_fresh, y_train, y_fresh", "wanted": ", ".join(PARTS)}
        raise DiagnosisError(diagnoses.WRONG_ORDER(**order))
    if len(shapes) != len(want):
        return parts
    for name, part, right in zip(PARTS, parts, wanted, strict=True):
        if part.shape != right.shape:
            shape = {"given": part.shape, "wanted": right.shape}
            raise DiagnosisError(diagnoses.WRONG_SHAPE(name=name, **shape))
    held = [set(parts[2][:, 0])]
    if not (problem := _torn(parts, before[0])):
        for other in (seed, seed + 1, seed + 2, seed + 3):
            again = answer(before[0].copy(), before[1].copy(), held_out, other)
            held.append(set(again[2][:, 0]))
        problem = _no_chance(held, len(x))
    if problem:
        raise DiagnosisError(diagnoses.KNOWN(name="the split", text=problem))
    return wanted


def _no_chance(held: list[set[float]], rows: int) -> str:
    """Say what is wrong with the rows held back by a seed, by it once more, and by others."""
    beside = [len(one) > 1 and len(one - {(n + 1) % rows for n in one}) == 1 for one in held]
    if held[0] != held[1]:
        return "equal seeds hold back different rows; use a generator with that seed"
    if all(beside):
        return "the fresh rows are consecutive, and the data may be sorted; draw them at random"
    if all(one == held[0] for one in held):
        return "different seeds hold back the same rows; make them depend on the seed"
    return ""


def _torn(parts: Any, x: Array) -> str:
    """Say what is wrong with the rows of a split."""
    train, fresh = set(parts[0][:, 0]), set(parts[2][:, 0])
    if any(not np.allclose(part, part[:, :1] + np.arange(part.shape[1]) / 10) for part in parts):
        return "a row mixes elements of several rows; keep rows whole"
    for name, given_x, given_y in (("training", *parts[:2]), ("fresh", *parts[2:])):
        if not np.array_equal(given_x[:, 0], given_y[:, 0]):
            return f"the {name} data pairs inputs with targets of other rows; keep pairs together"
    if both := train & fresh:
        rows = "row is" if len(both) == 1 else "rows are"
        return f"{len(both)} {rows} in both sets, so the fit has seen fresh data"
    if len(train) + len(fresh) < len(x):
        return "a set contains a row twice, so another one is missing; use each row once"
    return "" if train | fresh == set(x[:, 0]) else "it contains rows that the data doesn't have"


@lesson.exercise(
    "Rows held back",
    draw=_numbered,
    wanted=_cut,
    gives=", ".join(PARTS),
    run=_split,
    on="data sets, with equal and different seeds",
    hints=(
        "How many random orders of the rows does the function draw, and how many do you need?",
        "Draw one order of the row numbers, and index both arrays with it.",
    ),
    stub="known-mistake",
)
def split(x: Array, y: Array, held_out: int, seed: int) -> tuple[Array, Array, Array, Array]:
    """Split rows at random into training data and fresh data."""
    rows = np.random.default_rng(seed).permutation(len(x))
    fresh, train = rows[:held_out], rows[held_out:]
    return x[train], y[train], x[fresh], y[fresh]


def _entry_by_entry(y_train: Array, y_fresh: Array) -> Any:
    columns = [sum(column) / len(column) for column in y_train.T.tolist()]
    errors = [(y - mean) ** 2 for row in y_fresh for y, mean in zip(row, columns, strict=True)]
    return np.float64(sum(errors) / len(errors))


@lesson.exercise(
    "A baseline",
    draw=given(y_train="normal N D_out", y_fresh="normal M D_out"),
    wanted=_entry_by_entry,
    gives="loss",
    mistakes=(
        Edit("the prediction is the fresh targets' mean", ("y_train.mean", "y_fresh.mean")),
        Edit(
            "the predicted mean includes the fresh targets; use only training targets",
            ("y_train.mean", "np.concatenate([y_train, y_fresh]).mean"),
        ),
        Edit("the prediction is 0; predict a mean", ("y_train.mean(axis=0)", "0")),
        Edit("all outputs get the same mean; predict each output's own", ("(axis=0)", "()")),
        Edit("measured on the training targets; use the fresh ones", ("y_fresh - ", "y_train - ")),
        Edit(
            "compare each fresh target, not their mean", ("y_fresh - ", "y_fresh.mean(axis=0) - ")
        ),
    ),
    hints=(
        "Which numbers do you know if you have seen only the training data?",
        "The prediction has the shape (D_out,), and broadcasting subtracts it from each row of the fresh "
        "targets. The loss per element is a mean over all elements.",
    ),
)
def baseline(y_train: Array, y_fresh: Array) -> Any:
    """The loss per element of a constant prediction, on fresh targets."""
    prediction = y_train.mean(axis=0)
    return np.mean(np.square(y_fresh - prediction))


def _by_moments(x_train: Array, x_fresh: Array) -> tuple[Array, Array]:
    mean = x_train.sum(axis=0) / len(x_train)
    deviation = np.sqrt(((x_train - mean) ** 2).sum(axis=0) / len(x_train))
    return x_train / deviation - mean / deviation, x_fresh / deviation - mean / deviation


BOTH = "np.concatenate([x_train, x_fresh])"


@lesson.exercise(
    "A leak before the fit",
    draw=given(x_train="normal rows D_in", x_fresh="normal M D_in"),
    wanted=_by_moments,
    gives="x_train, x_fresh",
    mistakes=(
        Edit(
            "the mean and the standard deviation include the fresh rows",
            ("x_train.mean", f"{BOTH}.mean"),
            ("x_train.std", f"{BOTH}.std"),
        ),
        Edit("the standard deviation includes the fresh rows", ("x_train.std", f"{BOTH}.std")),
        Edit("the mean includes the fresh rows", ("x_train.mean", f"{BOTH}.mean")),
        Edit(
            "each set is scaled by its own mean and standard deviation; use the training data's for both",
            ("(x_fresh - mean) / std", "(x_fresh - x_fresh.mean(axis=0)) / x_fresh.std(axis=0)"),
        ),
        Edit(
            "the mean and the standard deviation are the fresh data's; use the training data's",
            ("x_train.mean(axis=0), x_train.std", "x_fresh.mean(axis=0), x_fresh.std"),
        ),
        Edit("all columns share one mean and deviation; use each column's", ("(axis=0)", "()")),
        Edit("std divides by N - 1; divide by N", ("std(axis=0)", "std(axis=0, ddof=1)")),
        Edit(forgot("the standard deviation"), (" / std", "")),
        Edit(forgot("the mean"), (" - mean", "")),
        Edit("unchanged; scale it like the training data", ("(x_fresh - mean) / std", "x_fresh")),
    ),
    hints=(
        "If you changed one fresh row, would the standardized training data change?",
        "The mean and the standard deviation are part of the fit. Compute them from the rows that the fit may "
        "see, and use them for both sets.",
    ),
    stub="known-mistake",
)
def standardize(x_train: Array, x_fresh: Array) -> tuple[Array, Array]:
    """Subtract the mean of each column, and divide by its standard deviation."""
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    return (x_train - mean) / std, (x_fresh - mean) / std


def _curves(draw: Draw) -> dict[str, Any]:
    steps = np.arange(30 + draw.case)
    fresh = np.exp(-steps / 5) + 0.02 * np.abs(steps - (12, 7, 20, 15)[draw.case])
    noise = 0.1 * np.abs(draw.normal(2, len(steps)))
    return {"validation_losses": fresh + noise[0], "test_losses": fresh + noise[1]}


@lesson.exercise(
    "A leak after the fit",
    draw=_curves,
    wanted=lambda validation_losses, test_losses: min(
        zip(validation_losses, range(len(test_losses)), test_losses, strict=True)
    )[1:],
    gives="step, loss",
    whole=("step",),
    mistakes=(
        Edit("this is the lowest test loss, not the step's", ("losses[step]", "losses.min()")),
        Edit("the test data chooses the step", ("(validation_losses)", "(test_losses)")),
        Edit(
            "this is the last step, after the network has begun to memorise",
            ("np.argmin(validation_losses)", "len(test_losses) - 1"),
        ),
        Edit("counted from 1; count steps from 0", ("return step", "return step + 1")),
        Edit(
            "this loss chose the step; report the test loss", ("test_losses[", "validation_losses[")
        ),
    ),
    hints=(
        "Which of the two data sets may choose the step, and which must not be used before that?",
        "One array chooses the step, and the other provides its loss. Only one name in the function is wrong.",
    ),
    stub="known-mistake",
)
def choose_and_report(validation_losses: Array, test_losses: Array) -> tuple[np.intp, np.float64]:
    """The step to stop at, and the loss to report for it."""
    step = np.argmin(validation_losses)
    return step, test_losses[step]
