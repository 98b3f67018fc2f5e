"""Exercises on how closely fits agree: a relative difference, and where two histories part."""

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


@lesson.exercise(
    "Relative to what?",
    draw=draw_losses,
    wanted=lambda losses, reference: max(
        abs(float(a) - float(b)) / float(b) for a, b in zip(losses, reference, strict=True)
    ),
    gives="difference",
    mistakes=(
        Edit(
            "it is the largest difference over the largest loss, which come from other steps than the worst; "
            "want each difference relative to its own step's loss",
            (f"{RELATIVE}.max()", "np.abs(losses - reference).max() / reference.max()"),
        ),
        Edit(
            "it is the largest difference over the smallest loss, two steps that don't belong together",
            (f"{RELATIVE}.max()", "np.abs(losses - reference).max() / reference.min()"),
        ),
        Edit("it is not relative yet", (" / reference", "")),
        Edit(
            "it is relative to the losses; want it relative to the reference",
            ("/ reference", "/ losses"),
        ),
        Edit(
            "losses below the reference are passed over: their difference is negative",
            ("np.abs", ""),
        ),
        Edit("it is the mean over all steps; want the largest", ("max()", "mean()")),
        Edit("it is the last step's; want the largest over all steps", (".max()", "[-1]")),
        Edit(
            "it is the quotient of two lengths, in which the first losses, the largest, hide all others",
            (f"{RELATIVE}.max()", "np.linalg.norm(losses - reference) / np.linalg.norm(reference)"),
        ),
    ),
    hints=(
        "At which step is the difference largest, and at which is the loss? Are these the same?",
        "First make an array of shape (T,) that has each step's difference over the reference's loss at that "
        "step. Only then look for the largest of its entries.",
    ),
    stub="known-mistake",
)
def loss_difference(losses: Array, reference: Array) -> Any:
    """The largest relative difference of two histories."""
    return (np.abs(losses - reference) / reference).max()


def draw_histories(draw: Draw) -> Inputs:
    """Two histories that agree but for rounding, and one that parts from them."""
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
    """Where the history parts, and where the one that doesn't; as texts."""
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
    "Where do they part?",
    draw=draw_histories,
    wanted=by_allclose,
    run=parted_twice,
    gives="the place, the place where there is nothing but rounding",
    mistakes=(
        Edit(
            "a difference of exactly the tolerance counts as apart; want those above it",
            ("not difference <= tolerance", "difference >= tolerance"),
        ),
        Edit(
            "the tolerance is taken as it is; want it relative to the largest entry of the reference's array",
            (" * np.abs(array).max()", ""),
        ),
        Edit(
            "each difference is relative to its own entry, and near 0 rounding looks large; want it relative to "
            "the array's largest entry",
            (
                "np.abs(history[step][name] - array)",
                "(np.abs(history[step][name] - array) / np.abs(array))",
            ),
            (" * np.abs(array).max()", ""),
        ),
        Edit(
            "the largest entry is sought without regard to size: -8 is larger than 3 here",
            ("np.abs(array)", "array"),
        ),
        Edit(
            "what lies below the reference is passed over: its difference is negative",
            ("np.abs(history[step][name] - array)", "(history[step][name] - array)"),
        ),
        Edit(
            "NaN is passed over: each comparison with it is False, and so none finds it above a limit",
            ("not difference <= tolerance", "difference > tolerance"),
        ),
        Edit(
            "one array is followed through all steps before the next; want the first step, and in it the first "
            "array",
            (
                "for step, arrays in enumerate(reference):\n        for name, array in arrays.items():",
                "for name in reference[0]:\n        for step, array in enumerate(r[name] for r in reference):",
            ),
        ),
        Edit(
            "the arrays are looked through by the alphabet; want them in the order of computation",
            ("arrays.items()", "sorted(arrays.items())"),
        ),
        Edit(
            "it is in the last step that is apart; want the first, and a break leaves the inner loop only",
            ("for step", "place = None\n    for step"),
            ("return step, name", "place = step, name\n                break"),
            ("return None", "return place"),
        ),
        Edit("steps are counted from 1; want 0 for the first", ("return step", "return step + 1")),
    ),
    hints=(
        "Two loops, one in the other: which is the outer one, if the first step counts before the first "
        "array? And when may the function return?",
        "For each array there is one number to compare: the largest size of a difference. Hold it against the "
        "tolerance times the largest size of an entry. Ask whether it is within that limit, not whether it is "
        "above: what does NaN answer to either question?",
    ),
)
def first_apart(history: Steps, reference: Steps, tolerance: float) -> tuple[int, str] | None:
    """The first step and array in which two histories differ by more than rounding."""
    for step, arrays in enumerate(reference):
        for name, array in arrays.items():
            difference = np.abs(history[step][name] - array).max()
            if not difference <= tolerance * np.abs(array).max():  # NaN is within no limit
                return step, name
    return None
