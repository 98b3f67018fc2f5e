"""Exercises on learning and memorising: fresh data, a baseline, and leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

# 1. Rows held back


def split(x: Array, y: Array, held_out: int, seed: int) -> tuple[Array, Array, Array, Array]:
    """Split rows at random into training data and fresh data."""
    rows = np.random.default_rng(seed).permutation(len(x))
    fresh, train = rows[:held_out], rows[held_out:]
    return x[train], y[train], x[fresh], y[fresh]


_PARTS = ("x_train", "y_train", "x_fresh", "y_fresh")
_ROWS, _HELD_OUT = 60, 20


def _numbered(columns: int) -> Array:
    """Rows whose every entry tells which row it is."""
    return np.arange(_ROWS)[:, None] + np.arange(columns) / 10.0


def _no_parts(given: object, *, held_out: int) -> Diagnosis | str | None:
    """Say what is wrong with the shapes of something that is to be a split."""
    if given is None:
        return diagnoses.NONE(name="what your function returns")
    if not isinstance(given, tuple | list) or len(given) != len(_PARTS):
        listed = isinstance(given, tuple | list)
        said = f"{len(given)} results" if listed else f"one {kind_of(given)}"  # type: ignore[arg-type]
        return diagnoses.WRONG_COUNT(given=said, wanted=len(_PARTS), names=", ".join(_PARTS))
    for name, part in zip(_PARTS, given, strict=True):
        if part is Ellipsis:
            return diagnoses.EMPTY(what=f"{name} is still `...`")
        if not isinstance(part, np.ndarray):
            return diagnoses.WRONG_TYPE(name=name, given=kind_of(part), wanted="NumPy array")
    return _wrong_shapes([part.shape for part in given], held_out)


def _wrong_shapes(shapes: list[tuple[int, ...]], held_out: int) -> Diagnosis | None:
    """Say which of the shapes is wrong, or in what order they come."""
    kept = _ROWS - held_out
    wanted = [(kept, 3), (kept, 2), (held_out, 3), (held_out, 2)]
    if shapes == wanted:
        return None
    if shapes == [wanted[2], wanted[3], wanted[0], wanted[1]]:
        return diagnoses.SWAPPED(name="training data", other="fresh data")
    if shapes == [wanted[0], wanted[2], wanted[1], wanted[3]]:
        return diagnoses.WRONG_ORDER(
            given="x_train, x_fresh, y_train, y_fresh", wanted=", ".join(_PARTS)
        )
    return next(
        diagnoses.WRONG_SHAPE(name=name, given=shape, wanted=want)
        for name, shape, want in zip(_PARTS, shapes, wanted, strict=True)
        if shape != want
    )


def _torn(parts: tuple[Array, ...]) -> str | None:
    """Say what is wrong with the rows of a split."""
    x_train, y_train, x_fresh, y_fresh = parts
    train, fresh = set(x_train[:, 0]), set(x_fresh[:, 0])
    for x, y, name in ((x_train, y_train, "training"), (x_fresh, y_fresh, "fresh")):
        if not np.array_equal(x[:, 0], y[:, 0]):
            return f"the {name} data's rows no longer belong together: an input got another row's target"
    if both := train & fresh:
        some = "row is" if len(both) == 1 else "rows are"
        return f"{len(both)} {some} in both sets, so the fit has seen what is to be fresh"
    if len(train) < len(x_train) or len(fresh) < len(x_fresh):
        return "a row is in one set more than once, so others are left out; want each row once"
    if not np.isin(np.concatenate([x_train, x_fresh]), _numbered(3)).all():
        return "the sets hold rows that the data doesn't have"
    return None


def _splits_well(answer: Callable[..., Any]) -> Diagnosis | str | None:
    """Split numbered rows, with equal seeds and with another."""
    x, y = _numbered(3), _numbered(2)
    given = answer(x, y, _HELD_OUT, 1)
    problem = _no_parts(given, held_out=_HELD_OUT) or _torn(tuple(given))
    if problem:
        return problem
    if not (np.array_equal(x, _numbered(3)) and np.array_equal(y, _numbered(2))):
        return "your code modified its input: the data's rows are in another order now"
    held = [set(answer(x, y, _HELD_OUT, seed)[2][:, 0]) for seed in (1, 1, 2)]
    if held[0] != held[1]:
        return _UNSEEDED(name="the split")
    if held[0] == held[2]:
        ends = (set(x[:_HELD_OUT, 0]), set(x[-_HELD_OUT:, 0]))
        if held[0] in ends:
            return "the fresh rows are those at one end of the data, which may be sorted; want them drawn"
        return "another seed holds back the same rows; want the seed to decide"
    few = answer(x, y, 1, 3)
    return _no_parts(few, held_out=1) or _torn(tuple(few))


_UNSEEDED = diagnoses.Kind(diagnoses.RANDOM.name, "{name}: equal seeds hold back different rows")
_SPLIT = Predicate(test=_splits_well, after="on numbered rows, with equal seeds and with another")

# 2. A baseline


def baseline(y_train: Array, y_fresh: Array) -> Any:
    """The loss per element of a constant prediction, on fresh targets."""
    prediction = y_train.mean(axis=0)
    return np.mean(np.square(y_fresh - prediction))


def _draw_targets(draw: Draw) -> dict[str, Any]:
    rows, fresh, D_out = draw.sizes("rows", "fresh", "D_out")
    center = 3 * draw.normal(D_out)
    return {
        "y_train": center + draw.normal(rows, D_out),
        "y_fresh": center + draw.normal(fresh, D_out),
    }


def _constant(
    prediction: Callable[[Array, Array], Any], *, measured: str = "fresh"
) -> Callable[[Array, Array], Any]:
    """The loss per element of some prediction, entry by entry."""

    def variant(y_train: Array, y_fresh: Array) -> Any:
        y = y_fresh if measured == "fresh" else y_train
        constant = np.broadcast_to(prediction(y_train, y_fresh), y.shape)
        pairs = zip(y.flat, constant.flat, strict=True)
        return np.float64(sum((float(a) - float(b)) ** 2 for a, b in pairs) / y.size)

    return variant


_OWN_MEAN = _constant(lambda train, fresh: fresh.mean(axis=0))

_BASELINE = Computation(
    draw=_draw_targets,
    wanted=_constant(lambda train, fresh: train.mean(axis=0)),
    returns=("loss",),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _OWN_MEAN,
            text="the prediction is the fresh targets' own mean, which nobody knows before they are there",
        ),
        Mistake(
            diagnoses.KNOWN,
            _constant(lambda train, fresh: np.vstack([train, fresh]).mean(axis=0)),
            text="the fresh targets have a part in the mean that is predicted; want training targets alone",
        ),
        Mistake(
            diagnoses.KNOWN,
            _constant(lambda train, fresh: 0),
            text="the prediction is 0; want the mean of the training targets",
        ),
        Mistake(
            diagnoses.KNOWN,
            _constant(lambda train, fresh: train.mean()),
            text="one mean of all outputs is predicted; want a mean for each output",
        ),
        Mistake(
            diagnoses.KNOWN,
            _constant(lambda train, fresh: train.mean(axis=0), measured="training"),
            text="it is measured on the training targets; want the fresh ones",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda train, fresh: np.square(fresh.mean(axis=0) - train.mean(axis=0)).mean(),
            text="it compares the two means; want each fresh target against the prediction",
        ),
        Mistake(
            diagnoses.SUM_FOR_MEAN,
            lambda train, fresh: np.square(fresh - train.mean(axis=0)).sum(),
            count="M * D_out",
            what="want the loss per element",
        ),
        Mistake(
            diagnoses.SUM_FOR_MEAN,
            lambda train, fresh: np.square(fresh - train.mean(axis=0)).sum() / len(fresh),
            count="D_out",
            what="want the loss per element, not per row",
        ),
    ),
)

# 3. A leak before the fit


def standardize(x_train: Array, x_fresh: Array) -> tuple[Array, Array]:
    """Inputs with their mean taken away and their standard deviation divided out."""
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    return (x_train - mean) / std, (x_fresh - mean) / std


def _draw_inputs(draw: Draw) -> dict[str, Any]:
    rows, fresh, D_in = draw.sizes("rows", "fresh", "D_in")
    scale = 1 + np.square(draw.normal(D_in))
    return {
        "x_train": scale * draw.normal(rows + 1, D_in) + draw.normal(D_in),
        "x_fresh": scale * draw.normal(fresh, D_in) + draw.normal(D_in),
    }


def _scaled(
    by: Callable[[Array, Array], Array] = lambda train, fresh: train,
    *,
    fresh_by: Callable[[Array, Array], Array] | None = None,
    ddof: int = 0,
    axis: int | None = 0,
    shift: bool = True,
    scale: bool = True,
) -> Callable[[Array, Array], tuple[Array, Array]]:
    """Both sets, shifted and scaled by the numbers of some rows."""

    def variant(x_train: Array, x_fresh: Array) -> tuple[Array, Array]:
        results = []
        for x, rows in ((x_train, by), (x_fresh, fresh_by or by)):
            among = rows(x_train, x_fresh)
            mean = among.sum(axis=axis) / (among.size if axis is None else len(among))
            std = np.sqrt(among.var(axis=axis, ddof=ddof))
            results.append((x - (mean if shift else 0)) / (std if scale else 1))
        return results[0], results[1]

    return variant


_STANDARDIZED = Computation(
    draw=_draw_inputs,
    wanted=_scaled(),
    returns=("x_train", "x_fresh"),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _scaled(lambda train, fresh: np.vstack([train, fresh])),
            text="the fresh rows have a say in its mean and standard deviation",
        ),
        Mistake(
            diagnoses.KNOWN,
            _scaled(fresh_by=lambda train, fresh: fresh),
            text="each set has a mean and a standard deviation of its own, so one input gives two "
            "numbers; want both by the training data's",
        ),
        Mistake(
            diagnoses.KNOWN,
            _scaled(lambda train, fresh: fresh),
            text="the mean and the standard deviation are the fresh data's; want the training data's",
        ),
        Mistake(
            diagnoses.KNOWN,
            _scaled(axis=None),
            text="all columns share one mean and one standard deviation; want each column's own",
        ),
        Mistake(
            diagnoses.KNOWN,
            _scaled(ddof=1),
            text="the standard deviation divides by N - 1; want N, as NumPy's std does",
        ),
        Mistake(diagnoses.FORGOT_TERM, _scaled(scale=False), term="the standard deviation"),
        Mistake(diagnoses.FORGOT_TERM, _scaled(shift=False), term="the mean"),
        Mistake(
            diagnoses.KNOWN,
            lambda train, fresh: (_scaled()(train, fresh)[0], fresh),
            text="it is as it was, but the network sees the training data shifted and scaled",
        ),
    ),
)

# 4. A leak after the fit


def choose_and_report(validation_losses: Array, test_losses: Array) -> tuple[np.intp, np.float64]:
    """The step to stop at, and the loss to report for it."""
    step = np.argmin(validation_losses)
    return step, test_losses[step]


def _draw_curves(draw: Draw) -> dict[str, Any]:
    turn = (12, 7, 20, 15)[draw.case]
    steps = np.arange(30 + draw.case)
    fall = np.exp(-steps / 5)
    fresh = fall + 0.02 * np.abs(steps - turn)
    return {
        "validation_losses": fresh + 0.1 * np.abs(draw.normal(len(steps))),
        "test_losses": fresh + 0.1 * np.abs(draw.normal(len(steps))),
    }


def _wanted_report(validation_losses: Array, test_losses: Array) -> tuple[int, Any]:
    _, step = min((loss, step) for step, loss in enumerate(validation_losses.tolist()))
    return step, test_losses[step]


_CHOICE = Computation(
    draw=_draw_curves,
    wanted=_wanted_report,
    returns=("step", "loss"),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda validation, test: {"step": test.argmin()},
            text="the test data decides on the step, so its loss there looks better than it is",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda validation, test: {"step": len(test) - 1},
            text="it is the last step, where the network has begun to memorise",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda validation, test: {"step": validation.argmin() + 1},
            text="it counts from 1; want steps from 0",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda validation, test: {"loss": validation.min()},
            text="it is the validation loss, by which the step was chosen; want that of the test data",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda validation, test: {"loss": test.min()},
            text="it is the lowest test loss of any step; want that of the chosen one",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="Rows held back",
        check=_SPLIT,
        hints=(
            "How many times is an order of rows drawn here, and how many orders do you want?",
            "Draw one order of the row numbers, and pick the rows of both arrays by it.",
        ),
        solution=split,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="A baseline",
        check=_BASELINE,
        hints=(
            "Which numbers does somebody know who has only seen the training data?",
            "The prediction has the shape (D_out,); broadcasting sets it against each row of the fresh "
            "targets. The loss per element is a mean over all entries.",
        ),
        solution=baseline,
    ),
    Exercise(
        number=3,
        title="A leak before the fit",
        check=_STANDARDIZED,
        hints=(
            "If one fresh row were another, would the standardized training data change?",
            "The mean and the standard deviation are a part of the fit. Take them from the rows that the fit may "
            "see, and use the same numbers for both sets.",
        ),
        solution=standardize,
        stub="known-mistake",
    ),
    Exercise(
        number=4,
        title="A leak after the fit",
        check=_CHOICE,
        hints=(
            "Which of the two data sets may decide, and which must not have been looked at yet?",
            "One array chooses the step, another tells its loss. Only one name in the stub is wrong.",
        ),
        solution=choose_and_report,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
