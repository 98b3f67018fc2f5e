"""Exercises on mistakes that raise nothing: in a loop, and in a judgement on a fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. A loop with two mistakes


def train(
    x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, learning_rate: float, steps: int
) -> list[float]:
    """The losses of a fit."""
    w1, w2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    history = []
    for _ in range(steps):
        y_pred = (x @ w1).relu() @ w2
        loss = (y_pred - y.unsqueeze(1)).square().sum()
        history.append(loss.item())
        grad_w1, grad_w2 = torch.autograd.grad(loss, (w1, w2))
        with torch.no_grad():
            w1 -= learning_rate * grad_w1
            w2 -= learning_rate * grad_w2
    return history


def _draw_fit(draw: Draw) -> dict[str, Any]:
    N, D_in, H = draw.sizes("N", "D_in", "H")
    return {
        "x": draw.normal(N, D_in),
        "y": draw.normal(N),
        "w1": draw.normal(D_in, H),
        "w2": draw.normal(H, 1),
        "learning_rate": draw.number(0.0005, 0.002),
        "steps": 5 + draw.case,
    }


def _by_hand(
    *,
    pairs: bool = False,
    clears: tuple[bool, bool] = (True, True),
    mean: bool = False,
    after: bool = False,
    new_w2: bool = False,
    direction: float = -1.0,
) -> Callable[..., Tensor]:
    """The plain loop, its gradients by hand: right, or with a mistake."""

    def variant(
        x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, learning_rate: float, steps: int
    ) -> Tensor:
        target = y if pairs else y[:, None]
        old_w1, old_w2 = torch.zeros_like(w1), torch.zeros_like(w2)
        history = []
        for _ in range(steps + after):
            h = x @ w1
            h_relu = h.relu()
            errors = h_relu @ w2 - target
            scale = 1 / errors.numel() if mean else 1.0
            history.append(scale * errors.square().sum())
            grad_y_pred = scale * 2 * errors.sum(dim=1, keepdim=True)
            old_w2 = h_relu.T @ grad_y_pred + (0 if clears[1] else old_w2)
            stepped = w2 + direction * learning_rate * old_w2
            grad_h = grad_y_pred @ (stepped if new_w2 else w2).T * (h > 0)
            old_w1 = x.T @ grad_h + (0 if clears[0] else old_w1)
            w1, w2 = w1 + direction * learning_rate * old_w1, stepped
        return torch.stack(history[after:])

    return variant


@dataclass(frozen=True, kw_only=True)
class _Losses(Computation):
    """Losses, as one tensor or as a list of numbers or of tensors."""

    def _run(self, answer: Any, inputs: Inputs) -> Any:
        given = super()._run(answer, inputs)
        if (
            isinstance(given, list)
            and given
            and not any(one is None or one is ... for one in given)
        ):
            return torch.stack([torch.as_tensor(one, dtype=torch.float64) for one in given])
        return given


_UNCLEARED = (
    "the first two are right, so the forward pass and the first gradient are. At the third, {which} still "
    "holds the step before"
)
_PAIRS = (
    "the first is wrong already, before any update, so look at the line of the loss, and "
    "at the shapes of y_pred, of y and of their difference"
)
_KEPT = {
    (False, False): "each weight's grad",
    (False, True): "w1.grad",
    (True, False): "w2.grad",
}
_LOOP = _Losses(
    draw=_draw_fit,
    wanted=_by_hand(),
    returns=("losses",),
    tensors=True,
    mistakes=(
        Mistake(diagnoses.KNOWN, _by_hand(pairs=True, clears=(False, False)), text=_PAIRS),
        Mistake(diagnoses.KNOWN, _by_hand(pairs=True), text=_PAIRS),
        *(
            Mistake(
                diagnoses.KNOWN,
                _by_hand(clears=clears),
                text=_UNCLEARED.format(which=which),
            )
            for clears, which in _KEPT.items()
        ),
        Mistake(
            diagnoses.KNOWN,
            _by_hand(mean=True),
            text="it is the mean of the squared errors; want their sum, in the gradients too",
        ),
        Mistake(
            diagnoses.KNOWN,
            _by_hand(after=True),
            text="it holds the loss after each update; want the one before",
        ),
        Mistake(
            diagnoses.KNOWN,
            _by_hand(new_w2=True),
            text="the first is right, the second isn't: the gradient of w1 is taken with the w2 "
            "after its update",
        ),
        Mistake(
            diagnoses.KNOWN,
            _by_hand(direction=1.0),
            text="it climbs: the step is added where it is subtracted",
        ),
    ),
)

# 2. How a fit ended


def how_it_ended(losses: list[float], live: float, zero_costs: float) -> str:
    """What became of a fit."""
    if not all(map(math.isfinite, losses)) or losses[-1] > losses[0]:
        return "exploded"
    if losses[-1] < zero_costs / 4:
        return "learns"
    return "died" if live < 0.1 else "slow"


class _Fit(NamedTuple):
    """A fit to judge, and what to ask of a wrong judgement."""

    losses: list[float]
    live: float
    zero_costs: float
    wanted: str
    question: str


_FITS = (
    _Fit([4e4, 2e3, 30.0, 0.2], 0.46, 640.0, "learns", "What is a quarter of zero_costs?"),
    _Fit(
        [4e4, 9e7, math.inf],
        0.5,
        640.0,
        "exploded",
        "Is each loss a finite number?",
    ),
    _Fit(
        [4e4, 9e7, math.inf, math.nan],
        0.0,
        640.0,
        "exploded",
        "What does a comparison with NaN give?",
    ),
    _Fit(
        [4e4, 9e7, math.inf, math.nan],
        0.4,
        640.0,
        "exploded",
        "What does a comparison with NaN give?",
    ),
    _Fit([4e4, 6e4, 9e4], 0.5, 640.0, "exploded", "Where does it end, beside where it began?"),
    _Fit(
        [4e4, 6e4, 3e3, 8.0],
        0.4,
        640.0,
        "learns",
        "It overshoots at first; where does it end?",
    ),
    _Fit([4e4, 900.0, 655.0], 0.02, 640.0, "died", "How many of its ReLUs are live?"),
    _Fit(
        [4e4, 900.0, 500.0],
        0.02,
        640.0,
        "died",
        "It ends below what predicting zero costs, but is it below a quarter of that?",
    ),
    _Fit(
        [4e4, 300.0, 2.0],
        0.06,
        640.0,
        "learns",
        "Few of its ReLUs are live, but does it fit?",
    ),
    _Fit([4e4, 3.9e4, 3.8e4], 0.48, 640.0, "slow", "Is anything broken in this fit?"),
    _Fit(
        [90.0, 6.0, 4.0],
        0.5,
        6.4,
        "slow",
        "Its targets are smaller. What is its loss held against?",
    ),
    _Fit(
        [9e7, 4e5, 3e3],
        0.3,
        6.4e4,
        "learns",
        "Its targets are larger. What is its loss held against?",
    ),
)
_WORDS = {fit.wanted for fit in _FITS}


def _judges_all(answer: Any) -> Diagnosis | str | None:
    """Let the answer judge each fit; ask about the first that it gets wrong."""
    for fit in _FITS:
        given = answer(list(fit.losses), fit.live, fit.zero_costs)
        if given is None:
            return diagnoses.NONE(name="what your function returns")
        if given is ...:
            return diagnoses.EMPTY(what="your function returns `...`")
        if not isinstance(given, str):
            return diagnoses.WRONG_TYPE(name="your answer", given=kind_of(given), wanted="word")
        if given not in _WORDS:
            words = ", ".join(repr(word) for word in sorted(_WORDS))
            return f"your function returns {given!r}; want one of {words}"
        if given != fit.wanted:
            losses = ", ".join(f"{loss:g}" for loss in fit.losses)
            return (
                f"{fit.question} Of the losses {losses}, with live {fit.live:g} and zero_costs "
                f"{fit.zero_costs:g}, your function says {given!r}"
            )
    return None


_JUDGEMENT = Predicate(test=_judges_all, after=f"on {len(_FITS)} fits")

EXERCISES = (
    Exercise(
        number=1,
        title="Two mistakes in one loop",
        check=_LOOP,
        hints=(
            "Print the shapes of ``y_pred``, ``y`` and ``y_pred - y``. And what does ``w1.grad`` hold after the second "
            "``backward``?",
            "Give the target the axis that the prediction has. Then see to it that no step meets the gradients of the one "
            "before: clear both, or ask for gradients that nothing is added to.",
        ),
        solution=train,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="A judgement that is too quick",
        check=_JUDGEMENT,
        hints=(
            "What are ``nan > 1`` and ``nan < 1``? And which question comes first for a fit with few live ReLUs and a "
            "small loss?",
            "Ask first whether losses are finite, with ``math.isfinite`` or ``torch.isfinite``. Then ask in the order of the "
            "statement: whether ReLUs live matters only where the loss is still large.",
        ),
        solution=how_it_ended,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
