"""Exercises on learning and memorising: fresh data, a baseline, and leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson
from twolayer.exercises.mistakes import Edit, forgot

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

lesson = Lesson()


def draw_rows(draw: Draw) -> dict[str, Any]:
    """Rows whose every entry tells which row it is, and how many of them to hold back."""
    rows, held_out = ((60, 20), (41, 1), (30, 25), (24, 12))[draw.case]
    x, y = (
        np.arange(rows)[:, None] + np.arange(size) / 16.0 for size in draw.sizes("D_in", "D_out")
    )
    return {"x": x, "y": y, "held_out": held_out, "seed": draw.case}


def parts_wanted(x: Array, y: Array, held_out: int, seed: int) -> tuple[Array, ...]:
    """Ones in the shapes of the four parts."""
    del seed
    return tuple(np.ones((n, a.shape[1])) for n in (len(x) - held_out, held_out) for a in (x, y))


def wrong_rows(x: Array, y: Array, parts: Any) -> str:
    """Say what is wrong with the rows of a split whose shapes are right."""
    x_train, y_train, x_fresh, y_fresh = parts
    train, fresh = set(x_train[:, 0]), set(x_fresh[:, 0])
    for name, inputs, targets in (("training", x_train, y_train), ("fresh", x_fresh, y_fresh)):
        if not np.array_equal(inputs[:, 0], targets[:, 0]):
            return f"the {name} data's rows no longer belong together: an input got another row's target"
    if both := train & fresh:
        some = "row is" if len(both) == 1 else "rows are"
        return f"{len(both)} {some} in both sets, so the fit has seen what is to be fresh"
    if len(train) < len(x_train) or len(fresh) < len(x_fresh):
        return "a row is in one set more than once, so others are left out; want each row once"
    order = np.argsort(np.concatenate([x_train, x_fresh])[:, 0])
    for whole, halves in ((x, (x_train, x_fresh)), (y, (y_train, y_fresh))):
        if not np.array_equal(np.concatenate(halves)[order], whole):
            return "the sets hold rows that the data doesn't have"
    return ""


def wrong_draws(held: list[set[float]], rows: int) -> str:
    """Say what is wrong with the rows held back by a seed, by the same again and by others."""
    adjacent = [len(one) > 1 and len(one - {(n + 1) % rows for n in one}) == 1 for one in held]
    if held[0] != held[1]:
        return "equal seeds hold back different rows"
    if all(adjacent):
        return "the fresh rows stand side by side in the data, which may be sorted; want them drawn"
    if all(one == held[0] for one in held):
        return "another seed holds back the same rows; want the seed to decide"
    return ""


def split_rows(answer: Callable[..., Any], inputs: Inputs) -> Any:
    """Split numbered rows by several seeds, and give ones in the shapes of the parts."""
    x, y = inputs["x"].copy(), inputs["y"].copy()
    held_out, seed = inputs["held_out"], inputs["seed"]
    held = []
    for given in (
        answer(*inputs.values()) if n == 0 else answer(x.copy(), y.copy(), held_out, seed + n // 2)
        for n in range(12)
    ):
        if not isinstance(given, tuple | list) or len(given) != 4:
            return given
        if not all(isinstance(part, np.ndarray) for part in given):
            return given
        ones = tuple(np.ones(part.shape) for part in given)
        if [part.shape for part in given] != [p.shape for p in parts_wanted(x, y, held_out, 0)]:
            return ones
        if said := wrong_rows(x, y, given):
            raise DiagnosisError(diagnoses.KNOWN(name="the split", text=said))
        held.append({round(row) for row in given[2][:, 0]})
    if said := wrong_draws(held, len(x)):
        raise DiagnosisError(diagnoses.KNOWN(name="the split", text=said))
    return ones


@lesson.exercise(
    "Rows held back",
    draw=draw_rows,
    wanted=parts_wanted,
    run=split_rows,
    gives="x_train, y_train, x_fresh, y_fresh",
    hints=(
        "How many times is an order of rows drawn here, and how many orders do you want?",
        "Draw one order of the row numbers, and pick the rows of both arrays by it.",
    ),
    stub="known-mistake",
)
def split(x: Array, y: Array, held_out: int, seed: int) -> tuple[Array, Array, Array, Array]:
    """Split rows at random into training data and fresh data."""
    rows = np.random.default_rng(seed).permutation(len(x))
    fresh, train = rows[:held_out], rows[held_out:]
    return x[train], y[train], x[fresh], y[fresh]


def draw_targets(draw: Draw) -> dict[str, Any]:
    """Targets around a mean for each output."""
    rows, fresh, D_out = draw.sizes("rows", "fresh", "D_out")
    center = 3 * draw.normal(D_out)
    train, fresh_targets = (center + draw.normal(n, D_out) for n in (rows, fresh))
    return {"y_train": train, "y_fresh": fresh_targets}


def constants_loss(y_train: Array, y_fresh: Array) -> float:
    """The loss per element of the best constant, number by number."""
    columns = zip(y_train.T.tolist(), y_fresh.T.tolist(), strict=True)
    squares = [(y - sum(own) / len(own)) ** 2 for own, fresh in columns for y in fresh]
    return sum(squares) / len(squares)


@lesson.exercise(
    "A baseline",
    draw=draw_targets,
    wanted=constants_loss,
    gives="loss",
    mistakes=(
        Edit(
            "the prediction is the fresh targets' own mean, which nobody knows before they are there",
            ("y_train.mean", "y_fresh.mean"),
        ),
        Edit(
            "the fresh targets have a part in the mean that is predicted; want training targets alone",
            ("y_train.mean", "np.vstack([y_train, y_fresh]).mean"),
        ),
        Edit(
            "the prediction is 0; want the mean of the training targets",
            ("y_train.mean(axis=0)", "0"),
        ),
        Edit(
            "one mean of all outputs is predicted; want a mean for each output", ("axis=0", "None")
        ),
        Edit(
            "it is measured on the training targets; want the fresh ones",
            ("y_fresh - prediction", "y_train - prediction"),
        ),
        Edit(
            "it compares the two means; want each fresh target against the prediction",
            ("y_fresh - prediction", "y_fresh.mean(axis=0) - prediction"),
        ),
        Edit(
            "it is the root of the mean; want the mean of the squares itself",
            ("np.mean(np.square(y_fresh - prediction))", "np.std(y_fresh - prediction, mean=0)"),
        ),
    ),
    hints=(
        "Which numbers does somebody know who has only seen the training data?",
        "The prediction has the shape (D_out,); broadcasting sets it against each row of the fresh targets. The "
        "loss per element is a mean over all entries.",
    ),
)
def baseline(y_train: Array, y_fresh: Array) -> Any:
    """The loss per element of a constant prediction, on fresh targets."""
    prediction = y_train.mean(axis=0)
    return np.mean(np.square(y_fresh - prediction))


def draw_inputs(draw: Draw) -> dict[str, Any]:
    """Columns of different means and sizes, and fresh rows that lie elsewhere."""
    rows, fresh, D_in = draw.sizes("rows", "fresh", "D_in")
    scale = 1 + np.square(draw.normal(D_in))
    train, fresh_rows = (
        scale * draw.normal(n, D_in) + draw.normal(D_in) for n in (rows + 1, fresh)
    )
    return {"x_train": train, "x_fresh": fresh_rows}


def by_sums(x_train: Array, x_fresh: Array) -> tuple[Array, Array]:
    """Both sets, standardized with sums over the training data."""
    mean = x_train.sum(axis=0) / len(x_train)
    variance = ((x_train - mean) ** 2).sum(axis=0) / len(x_train)
    return (x_train - mean) / variance**0.5, (x_fresh - mean) / variance**0.5


ALL_ROWS = "np.concatenate([x_train, x_fresh])"


@lesson.exercise(
    "A leak before the fit",
    draw=draw_inputs,
    wanted=by_sums,
    gives="x_train, x_fresh",
    mistakes=(
        Edit(
            "the fresh rows have a say in its mean and standard deviation",
            ("x_train.mean", f"{ALL_ROWS}.mean"),
            ("x_train.std", f"{ALL_ROWS}.std"),
        ),
        Edit(
            "the fresh rows have a say in its standard deviation still",
            ("x_train.std", f"{ALL_ROWS}.std"),
        ),
        Edit("the fresh rows have a say in its mean still", ("x_train.mean", f"{ALL_ROWS}.mean")),
        Edit(
            "each set has a mean and a standard deviation of its own, so one input gives two numbers; want "
            "both by the training data's",
            ("(x_fresh - mean) / std", "(x_fresh - x_fresh.mean(axis=0)) / x_fresh.std(axis=0)"),
        ),
        Edit(
            "the mean and the standard deviation are the fresh data's; want the training data's",
            ("x_train.mean", "x_fresh.mean"),
            ("x_train.std", "x_fresh.std"),
        ),
        Edit(
            "all columns share one mean and one standard deviation; want each column's own",
            ("axis=0", "axis=None"),
        ),
        Edit(
            "the standard deviation divides by N - 1; want N, as NumPy's std does",
            ("std(axis=0", "std(axis=0, ddof=1"),
        ),
        Edit(forgot("the standard deviation"), (" / std", "")),
        Edit(forgot("the mean"), (" - mean", "")),
        Edit(
            "it is as it was, but the network sees the training data shifted and scaled",
            ("(x_fresh - mean) / std", "x_fresh"),
        ),
    ),
    hints=(
        "If one fresh row were another, would the standardized training data change?",
        "The mean and the standard deviation are a part of the fit. Take them from the rows that the fit may see, "
        "and use the same numbers for both sets.",
    ),
    stub="known-mistake",
)
def standardize(x_train: Array, x_fresh: Array) -> tuple[Array, Array]:
    """Inputs with their mean taken away and their standard deviation divided out."""
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    return (x_train - mean) / std, (x_fresh - mean) / std


def draw_curves(draw: Draw) -> dict[str, Any]:
    """Two noisy curves that fall, turn and rise."""
    steps = np.arange(30 + draw.case)
    fresh = np.exp(-steps / 5) + 0.02 * np.abs(steps - (12, 7, 20, 15)[draw.case])
    first, second = (fresh + 0.1 * np.abs(draw.normal(len(steps))) for _ in range(2))
    return {"validation_losses": first, "test_losses": second}


def chosen(validation_losses: Array, test_losses: Array) -> tuple[int, Any]:
    """The step of the lowest validation loss, found by sorting, and its test loss."""
    _, step = min((loss, step) for step, loss in enumerate(validation_losses.tolist()))
    return step, test_losses[step]


@lesson.exercise(
    "A leak after the fit",
    draw=draw_curves,
    wanted=chosen,
    gives="step, loss",
    mistakes=(
        Edit(
            "it is the last step, where the network has begun to memorise",
            ("np.argmin(validation_losses)", "len(test_losses) - 1"),
        ),
        Edit("it counts from 1; want steps from 0", ("return step", "return step + 1")),
        Edit(
            "it is the step after the chosen one; want the step itself",
            ("np.argmin(validation_losses)", "np.argmin(validation_losses) + 1"),
        ),
        Edit(
            "it is the step of the lowest test loss still; want that of the lowest validation loss",
            ("return step", "return np.argmin(test_losses)"),
        ),
        Edit(
            "it is the validation loss, by which the step was chosen; want that of the test data",
            ("test_losses[step]", "validation_losses[step]"),
        ),
        Edit(
            "it is the lowest test loss of any step; want that of the chosen one",
            ("test_losses[step]", "test_losses.min()"),
        ),
        Edit(
            "the test data decides on the step, so its loss there looks better than it is",
            ("np.argmin(validation_losses)", "np.argmin(test_losses)"),
        ),
    ),
    hints=(
        "Which of the two data sets may decide, and which must not have been looked at yet?",
        "One array chooses the step, another tells its loss. Only one name in the stub is wrong.",
    ),
    stub="known-mistake",
)
def choose_and_report(validation_losses: Array, test_losses: Array) -> tuple[np.intp, np.float64]:
    """The step to stop at, and the loss to report for it."""
    step = np.argmin(validation_losses)
    return step, test_losses[step]
