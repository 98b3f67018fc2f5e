"""Exercises on how closely fits agree: a relative difference, and where two histories diverge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson
from twolayer.exercises.mistakes import Edit
from twolayer.exercises.values import kind_of

if TYPE_CHECKING:
    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

    Steps = list[dict[str, Array]]

lesson = Lesson()


def draw_losses(draw: Draw) -> Inputs:
    """Two histories of losses that fall by powers of ten."""
    (T,) = draw.sizes("T")
    reference = 10.0 ** np.linspace(6, 1, T + 2) * draw.rng.uniform(1, 2, T + 2)
    apart = draw.rng.uniform(0.01, 0.1, T + 2)
    # The largest is negative in some cases, and neither at the first step nor at the last.
    apart[-2] = 0.3 if draw.case % 2 else -0.3
    apart[-1] *= -1
    return {"losses": reference * (1 + apart), "reference": reference}


RELATIVE = "(np.abs(losses - reference) / reference)"
OTHER_STEP = "the largest difference is divided by the loss of a different step; divide each by its own step's"


@lesson.exercise(
    "Relative to what?",
    draw=draw_losses,
    wanted=lambda losses, reference: max(
        abs(float(a) - float(b)) / float(b) for a, b in zip(losses, reference, strict=True)
    ),
    gives="difference",
    mistakes=(
        Edit(
            OTHER_STEP, (f"{RELATIVE}.max()", "np.abs(losses - reference).max() / reference.max()")
        ),
        Edit(
            OTHER_STEP, (f"{RELATIVE}.max()", "np.abs(losses - reference).max() / reference.min()")
        ),
        Edit("it is not relative yet; divide by the reference", (" / reference", "")),
        Edit("it is relative to losses; divide by the reference", ("/ reference", "/ losses")),
        Edit(
            "losses below the reference are ignored, since their difference is negative; take absolute values",
            ("np.abs", ""),
        ),
        Edit("this is the mean over all steps; take the largest", ("max()", "mean()")),
        Edit("this is the last step's; take the largest over all steps", (".max()", "[-1]")),
        Edit(
            "this is a quotient of two norms, in which the large first losses hide all others; divide step by step",
            (f"{RELATIVE}.max()", "np.linalg.norm(losses - reference) / np.linalg.norm(reference)"),
        ),
    ),
    hints=(
        "At which step is the relative difference largest, and at which step is the loss largest? Are they the same?",
        "First make an array of shape (T,) with each step's difference divided by the reference's loss at that "
        "step. Only then take the largest of its elements.",
    ),
    stub="known-mistake",
)
def loss_difference(losses: Array, reference: Array) -> Any:
    """The largest relative difference between two histories."""
    return (np.abs(losses - reference) / reference).max()


def draw_histories(draw: Draw) -> Inputs:
    """Two histories that agree up to rounding, and one that diverges from them."""
    steps, N, D_in, H, D_out = draw.sizes("steps", "N", "D_in", "H", "D_out")
    shapes = {
        "h": (N, H),
        "y_pred": (N, D_out),
        "loss": (),
        "grad_w2": (H, D_out),
        "grad_w1": (D_in, H),
        "w1": (D_in, H),
        "w2": (H, D_out),
    }
    tolerance = 2.0 ** -(12 + 3 * draw.case)
    histories: dict[str, Steps] = {"history": [], "reference": [], "rounded": []}
    for step in range(steps + 1):
        wanted = {name: np.asarray(draw.normal(*shape)) for name, shape in shapes.items()}
        rounded = {}
        for name, array in wanted.items():
            scale = 1024.0 if name == ("h", "y_pred")[draw.case % 2] else 1 / 32
            array *= scale
            array.flat[-1] = -16 * scale if name == "y_pred" else 16 * scale  # the largest
            if array.size > 1:
                array.flat[0] = tolerance * scale / 64
            grown = tolerance * 16 * scale * (0.5 + 0.4 * step / steps)
            rounded[name] = np.asarray(array + grown * draw.rng.uniform(-1, 1, array.shape))
            if (step, name) == (0, "w2"):
                rounded[name].flat[0] = array.flat[0] + 16 * tolerance * scale  # and no more
        histories["reference"].append(wanted)
        histories["rounded"].append(rounded)
        histories["history"].append({name: array.copy() for name, array in rounded.items()})
    first, sign = (1, 0, steps - 2, 1)[draw.case], (-1, 1, np.nan, 1)[draw.case]
    later = ((first, "grad_w1", 2), (first + 1, "y_pred", 2), (first + 2, "grad_w1", 2))
    for step, name, by in ((first, "grad_w2", 2 * sign), *later):
        limit = tolerance * np.abs(histories["reference"][step][name]).max()
        histories["history"][step][name].flat[0] = by * limit
    return {**histories, "tolerance": tolerance}


def by_allclose(
    history: Steps, reference: Steps, rounded: Steps, tolerance: float
) -> tuple[str, str]:
    """The first of all places, by NumPy's own comparison."""
    del rounded
    places = [
        f"({step}, {name!r})"
        for step, arrays in enumerate(reference)
        for name, wanted in arrays.items()
        if not np.allclose(history[step][name], wanted, 0, tolerance * np.abs(wanted).max())
    ]
    return places[0], "None"


def parted_twice(answer: Any, inputs: Inputs) -> tuple[Any, Any]:
    """Where the history diverges, and where the one that doesn't; as texts."""
    history, reference, rounded, tolerance = inputs.values()
    given = answer(history, reference, tolerance), answer(rounded, reference, tolerance)
    return as_text(given[0]), as_text(given[1])


def as_text(place: Any) -> Any:
    """A step and a name, or None, as a text."""
    if place is None or place is Ellipsis:
        return place if place is Ellipsis else "None"
    if isinstance(place, tuple | list) and len(place) == len(("step", "name")):
        return f"({place[0]}, {place[1]!r})"
    words = {"name": "the place", "given": kind_of(place), "wanted": "step with a name, or None"}
    raise DiagnosisError(diagnoses.WRONG_TYPE(**words))


@lesson.exercise(
    "Where do they diverge?",
    draw=draw_histories,
    wanted=by_allclose,
    run=parted_twice,
    gives="the place, the place where there is only rounding",
    mistakes=(
        Edit(
            "a difference of exactly the tolerance counts; count only larger ones",
            ("not difference <= tolerance", "difference >= tolerance"),
        ),
        Edit(
            "the tolerance is used as it is; multiply it by the largest element of the reference's array",
            (" * np.abs(array).max()", ""),
        ),
        Edit(
            "each difference is compared with its own element, so rounding near 0 looks large; compare with the "
            "array's largest element",
            (
                "np.abs(history[step][name] - array)",
                "(np.abs(history[step][name] - array) / np.abs(array))",
            ),
            (" * np.abs(array).max()", ""),
        ),
        Edit(
            "the largest element is taken with its sign; take the largest absolute value",
            ("np.abs(array)", "array"),
        ),
        Edit(
            "elements below the reference are ignored, since their difference is negative; take absolute values",
            ("np.abs(history[step][name] - array)", "(history[step][name] - array)"),
        ),
        Edit(
            "NaN goes unnoticed: no comparison finds it above a limit; ask what isn't within the limit",
            ("not difference <= tolerance", "difference > tolerance"),
        ),
        Edit(
            "one array is followed through all steps before the next; go through all arrays of a step first",
            (
                "for step, arrays in enumerate(reference):\n        for name, array in arrays.items():",
                "for name in reference[0]:\n        for step, array in enumerate(r[name] for r in reference):",
            ),
        ),
        Edit(
            "the arrays are taken in alphabetical order; keep the order of computation",
            ("arrays.items()", "sorted(arrays.items())"),
        ),
        Edit(
            "this is the last step that differs; return the first (a break leaves only the inner loop)",
            ("for step", "place = None\n    for step"),
            ("return step, name", "place = step, name\n                break"),
            ("return None", "return place"),
        ),
        Edit("steps are counted from 1; count from 0", ("return step", "return step + 1")),
    ),
    hints=(
        "You need two nested loops. Which one is outside, if the first step matters more than the first array? "
        "And when may the function return?",
        "For each array, compare one number: the largest absolute difference. The limit is the tolerance times the "
        "largest absolute element of the reference's array. Ask whether the difference is within the limit, not "
        "whether it is above the limit: what is the answer to each question for NaN?",
    ),
)
def first_apart(history: Steps, reference: Steps, tolerance: float) -> tuple[int, str] | None:
    """The first step and array in which two histories differ by more than rounding."""
    for step, arrays in enumerate(reference):
        for name, array in arrays.items():
            difference = np.abs(history[step][name] - array).max()
            if not difference <= tolerance * np.abs(array).max():  # true for NaN too
                return step, name
    return None
