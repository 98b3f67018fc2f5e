"""Exercises on how closely fits agree: a relative difference, and what is more than rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import each_entry
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

# 1. The relative difference of two histories


def loss_difference(losses: Array, reference: Array) -> float:
    """The largest relative difference of two histories."""
    return float((np.abs(losses - reference) / reference).max())


def _draw_histories(draw: Draw) -> dict[str, Any]:
    (T,) = draw.sizes("T")
    reference = 10.0 ** np.linspace(6, 1, T + 2) * draw.rng.uniform(1, 2, T + 2)
    apart = draw.rng.uniform(0.01, 0.1, T + 2)
    # The largest is negative in some cases, and neither at the first step nor at the last.
    apart[-2] = 0.3 if draw.case % 2 else -0.3
    apart[-1] *= -1
    return {"losses": reference * (1 + apart), "reference": reference}


def _step_by_step(losses: Array, reference: Array) -> float:
    return max(abs(float(a) - float(b)) / float(b) for a, b in zip(losses, reference, strict=True))


_DIFFERENCE = Computation(
    draw=_draw_histories,
    wanted=_step_by_step,
    returns=("difference",),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda losses, reference: np.abs(losses - reference).max() / reference.max(),
            text="it is the largest difference over the largest loss, which come from other steps than the "
            "worst; want each difference relative to its own step's loss",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, reference: np.abs(losses - reference).max() / reference.min(),
            text="it is the largest difference over the smallest loss, two steps that don't belong together",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, reference: np.abs(losses - reference).max(),
            text="it is not relative yet",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, reference: (np.abs(losses - reference) / losses).max(),
            text="it is relative to the losses; want it relative to the reference",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, reference: ((losses - reference) / reference).max(),
            text="losses below the reference are passed over: their difference is negative",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, reference: (np.abs(losses - reference) / reference).mean(),
            text="it is the mean over all steps; want the largest",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, reference: (np.abs(losses - reference) / reference)[-1],
            text="it is the last step's; want the largest over all steps",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda losses, reference: (
                np.linalg.norm(losses - reference) / np.linalg.norm(reference)
            ),
            text="it is the quotient of two lengths, in which the first losses, the largest, hide all others",
        ),
    ),
)

# 2. What is more than rounding


def only_rounding() -> dict[str, bool]:
    """Whether the losses stay the same but for rounding."""
    return {
        # A sum over inputs doesn't depend on their order.
        "the rows of x and of y are put in the same new order": True,
        # Each input now has another's target.
        "the rows of x are put in a new order, those of y are not": False,
        # The same hidden units under other numbers.
        "the columns of w1 and the rows of w2 are put in the same new order": True,
        "grad_w1 is added up row by row of x, beginning with the last": True,
        # grad_h is taken with the new w2: no gradient of the loss.
        "w2 -= learning_rate * grad_w2 moves to the line before grad_h": False,
        # By then all gradients are computed.
        "w2 is updated before w1, both at the end": True,
        # Rounding, but to about 7 digits.
        "all arrays are float32": False,
        # The weights are the same at each step, the losses are not.
        "the losses are means, y.size times as small, and learning_rate is y.size times as large": False,
        # The same first loss, but other gradients.
        "w1 is divided by 3 and w2 multiplied by 3 before the first step": False,
    }


def _fit(
    *,
    rows: tuple[bool, bool] = (False, False),
    columns: bool = False,
    by_row: bool = False,
    early: bool = False,
    dtype: str = "float64",
    mean: bool = False,
    scale: float = 1.0,
) -> Array:
    """The losses of a small problem, with one change to the loop."""
    N, D_in, H, D_out, steps, learning_rate = 16, 40, 20, 4, 100, 1e-4
    rng = np.random.default_rng(0)
    shapes = (N, D_in), (N, D_out), (D_in, H), (H, D_out)
    x, y, w1, w2 = (rng.standard_normal(shape) for shape in shapes)
    row_order, column_order = rng.permutation(N), rng.permutation(H)
    x, y = (a[row_order] if moved else a for a, moved in zip((x, y), rows, strict=True))
    if columns:
        w1, w2 = w1[:, column_order], w2[column_order]
    x, y, w1, w2 = (a.astype(dtype) for a in (x, y, w1 / scale, w2 * scale))
    divisor = y.size if mean else 1
    losses = []
    for _ in range(steps):
        h = x @ w1
        h_relu = np.maximum(h, 0)
        errors = h_relu @ w2 - y
        losses.append(float(np.square(errors).sum()) / divisor)
        grad_y_pred = 2 * errors / divisor
        new_w2 = w2 - learning_rate * divisor * (h_relu.T @ grad_y_pred)
        grad_h = grad_y_pred @ (new_w2 if early else w2).T * (h > 0)
        grad_w1 = (
            sum(np.outer(x[n], grad_h[n]) for n in reversed(range(N))) if by_row else x.T @ grad_h
        )
        w1, w2 = w1 - learning_rate * divisor * grad_w1, new_w2
    return np.array(losses)


_CHANGES: dict[str, tuple[Callable[[], Array], str]] = {
    "the rows of x and of y are put in the same new order": (
        lambda: _fit(rows=(True, True)),
        "The loss and both gradients are sums over the inputs. What does the order do to a sum?",
    ),
    "the rows of x are put in a new order, those of y are not": (
        lambda: _fit(rows=(True, False)),
        "Which target does each input have now?",
    ),
    "the columns of w1 and the rows of w2 are put in the same new order": (
        lambda: _fit(columns=True),
        "What becomes of the hidden units? What does y_pred sum over?",
    ),
    "grad_w1 is added up row by row of x, beginning with the last": (
        lambda: _fit(by_row=True),
        "What does a product of matrices add up?",
    ),
    "w2 -= learning_rate * grad_w2 moves to the line before grad_h": (
        lambda: _fit(early=True),
        "Which w2 does grad_h need, and which does it get?",
    ),
    "w2 is updated before w1, both at the end": (
        _fit,
        "Does anything between the two updates use w2?",
    ),
    "all arrays are float32": (
        lambda: _fit(dtype="float32"),
        "How many digits has float32, and how many would 1e-8 ask for?",
    ),
    "the losses are means, y.size times as small, and learning_rate is y.size times as large": (
        lambda: _fit(mean=True),
        "The weights take the same path. But which losses are compared?",
    ),
    "w1 is divided by 3 and w2 multiplied by 3 before the first step": (
        lambda: _fit(scale=3.0),
        "The first y_pred is the same. But which factor has grad_w2 now, and which has w2?",
    ),
}


def _within(change: str) -> bool:
    """Run a change: whether its losses are the plain loop's up to a relative 1e-8."""
    return _step_by_step(_CHANGES[change][0](), _fit()) < 1e-8


_ROUNDING = each_entry(
    {change: question for change, (_, question) in _CHANGES.items()},
    _within,
    noun="change",
    quoted=repr,
)

EXERCISES = (
    Exercise(
        number=1,
        title="Relative to what?",
        check=_DIFFERENCE,
        hints=(
            "At which step is the difference largest, and at which is the loss? Are these the same?",
            "First make an array of shape (T,) that has each step's difference over the reference's loss at that step. Only "
            "then look for the largest of its entries.",
        ),
        solution=loss_difference,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="Rounding, or something else?",
        check=_ROUNDING,
        hints=(
            "For each change: would the losses be equal if numbers had all their digits?",
            "If not, it is another computation. If so, the digits that there are decide: float64 has about 16 of them, "
            "float32 about 7. Make the change in ``fit``, and ask ``loss_difference``.",
        ),
        solution=only_rounding,
    ),
)
"""The exercises, in order."""
