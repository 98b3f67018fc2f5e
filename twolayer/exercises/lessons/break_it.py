"""Exercises on mistakes that raise no error: in a loop, in a judgement on a fit, in a trainer unseen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()


def _fit(draw: Draw) -> dict[str, Any]:
    words = {"x": "normal N D_in", "y": "normal N", "w1": "normal D_in H", "w2": "normal H"}
    drawn = given(**words, learning_rate="number 0.0005 0.002")(draw)
    return drawn | {"w2": drawn["w2"][:, None], "steps": 5 + draw.case}


def _losses(
    x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, learning_rate: float, steps: int
) -> list[float]:
    """The losses, with the gradients by hand."""
    losses = []
    for _ in range(steps):
        h = x @ w1
        errors = h.relu() @ w2 - y[:, None]
        losses.append(errors.square().sum().item())
        grad_w1, grad_w2 = x.T @ (2 * errors @ w2.T * (h > 0)), h.relu().T @ (2 * errors)
        w1, w2 = w1 - learning_rate * grad_w1, w2 - learning_rate * grad_w2
    return losses


PAIRS = (
    "the first is wrong already, before any update; look at the line of the loss, and compare the shapes "
    "of y_pred, y and their difference"
)
CLEARED = "w1.grad = w2.grad = None"
KEPT = (
    "the first two are right, so the forward pass and the first gradient are too; at the third, {} still "
    "holds the step before"
)
NOT_A_NUMBER = "NaN is never above or below a number; first check whether all losses are finite"


@lesson.exercise(
    "Two mistakes in one loop",
    draw=_fit,
    wanted=_losses,
    gives="losses",
    tensors=True,
    dtype=False,
    tolerance=1e-5,
    mistakes=(
        Edit(PAIRS, ("y.unsqueeze(1)", "y"), (CLEARED, "pass")),
        Edit(PAIRS, ("y.unsqueeze(1)", "y")),
        Edit(KEPT.format("each weight's grad"), (CLEARED, "pass")),
        Edit(KEPT.format("w1.grad"), (CLEARED, "w2.grad = None")),
        Edit(KEPT.format("w2.grad"), (CLEARED, "w1.grad = None")),
        Edit(
            "these are means of the squared errors; take sums, in the gradients too",
            (".square().sum()", ".square().mean()")
        ),
        Edit(
            "these are the losses after each update; return those before it",
            ("range(steps)", "range(steps + 1)"),
            ("return history", "return history[1:]"),
        ),
        Edit(
            "they never change: the gradients are set to zero before the update reads them",
            ("with torch", "w1.grad.zero_()\n        w2.grad.zero_()\n        with torch")
        ),
        Edit("they rise: the step is added; subtract it", ("w1 -=", "w1 +="), ("w2 -=", "w2 +=")),
    ),
    hints=(
        "Print the shapes of ``y_pred``, ``y`` and ``y_pred - y``. And what does ``w1.grad`` hold after the second "
        "``backward``?",
        "Give the target the axis that the prediction has. Then make sure that no step sees the gradients of the "
        "one before: clear both, or compute them with a function that doesn't accumulate.",
    ),
    stub="known-mistake",
)  # fmt: skip
def train(x: Tensor, y: Tensor, w1: Any, w2: Any, learning_rate: float, steps: int) -> list[float]:
    """The losses of a fit."""
    w1, w2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    history = []
    for _ in range(steps):
        y_pred = (x @ w1).relu() @ w2
        loss = (y_pred - y.unsqueeze(1)).square().sum()
        history.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w1 -= learning_rate * w1.grad
            w2 -= learning_rate * w2.grad
        w1.grad = w2.grad = None
    return history


# The losses, the share of live ReLUs, what predicting zero costs, and what became of the fit.
FITS: tuple[tuple[list[float], float, float, str], ...] = (
    ([4e4, 9e7, math.inf, math.nan], 0.0, 640.0, "exploded"),
    ([4e4, 9e7, math.inf, math.nan], 0.4, 640.0, "exploded"),
    ([4e4, 9e7, math.inf], 0.5, 640.0, "exploded"),
    ([math.inf, 9e7, 20.0], 0.5, 640.0, "exploded"),
    ([4e4, math.nan, 20.0], 0.5, 640.0, "exploded"),
    ([4e4, 6e4, 9e4], 0.5, 640.0, "exploded"),
    ([50.0, 60.0, 70.0], 0.4, 640.0, "exploded"),
    ([4e4, 900.0, 4e4], 0.5, 640.0, "slow"),
    ([120.0, 90.0, 120.0], 0.5, 640.0, "learns"),
    ([4e4, 2e3, 30.0, 0.2], 0.46, 640.0, "learns"),
    ([4e4, 6e4, 3e3, 8.0], 0.4, 640.0, "learns"),
    ([4e4, 300.0, 2.0], 0.06, 640.0, "learns"),
    ([4e4, 900.0, 160.0], 0.5, 640.0, "slow"),
    ([4e4, 900.0, 500.0], 0.02, 640.0, "died"),
    ([4e4, 900.0, 655.0], 0.1, 640.0, "slow"),
    ([4e4, 3.9e4, 3.8e4], 0.0, 640.0, "died"),
    ([90.0, 6.0, 4.0], 0.5, 6.4, "slow"),
    ([9e7, 4e5, 3e3], 0.3, 6.4e4, "learns"),
)


def _became(losses: list[float], live: float, zero_costs: float) -> str:
    """Look up what became of a fit."""
    return next(word for *fit, word in FITS if repr(fit) == repr([losses, live, zero_costs]))


def _judged(answer: Any, inputs: Inputs) -> Any:
    """Let the answer judge a fit; to a wrong word add of which."""
    losses, live, zero_costs = inputs.values()
    word = answer(list(losses), live, zero_costs)
    if not isinstance(word, str) or word == _became(losses, live, zero_costs):
        return word
    listed = ", ".join(f"{loss:g}" for loss in losses)
    return f"{word} (losses {listed}; live {live:g}; zero_costs {zero_costs:g})"


@lesson.exercise(
    "A hasty judgement",
    draw=lambda draw: dict(zip(("losses", "live", "zero_costs"), FITS[draw.case][:3], strict=True)),
    wanted=_became,
    gives="your judgement",
    run=_judged,
    cases=len(FITS),
    on="fits",
    mistakes=(
        Edit(
            NOT_A_NUMBER,
            ("not all(map(math.isfinite, losses)) or ", ""),
            ("if losses[-1] < zero", "if live >= 0.1 and losses[-1] < zero"),
        ),
        Edit(NOT_A_NUMBER, ("not all(map(math.isfinite, losses)) or ", "")),
        Edit(
            "a loss before the last can be infinite or NaN too; check all of them",
            ("all(map(math.isfinite, losses))", "math.isfinite(losses[-1])"),
        ),
        Edit("infinity isn't finite", ("map(math.isfinite, losses)", "a == a for a in losses")),
        Edit("NaN isn't finite", ("not all(map(math.isfinite, losses))", "math.inf in losses")),
        Edit(
            "a fit may overshoot on the way; compare only the last loss with the first",
            ("losses[-1] > losses[0]", "max(losses) > losses[0]"),
        ),
        Edit(
            "a fit that ends above its first loss has exploded, however small the loss is",
            (" or losses[-1] > losses[0]", ""),
        ),
        Edit("a last loss that equals the first is not above it", ("] > losses", "] >= losses")),
        Edit(
            "this fit learns, though few of its ReLUs are live; check the last loss first",
            ("if losses[-1] < zero", "if live >= 0.1 and losses[-1] < zero"),
        ),
        Edit("exactly a quarter of zero_costs is not below a quarter", ("] < zero", "] <= zero")),
        Edit("below zero_costs isn't enough; ask for a quarter", ("zero_costs / 4", "zero_costs")),
        Edit("a share of exactly 0.1 is not less than a tenth", ("live < 0.1", "live <= 0.1")),
    ),
    hints=(
        "What are ``nan > 1`` and ``nan < 1``? And which question comes first for a fit with few live ReLUs and a "
        "small loss?",
        "First check whether the losses are finite, with ``math.isfinite`` or ``torch.isfinite``. Then follow the "
        "order of the statement: live ReLUs matter only where the loss is still large.",
    ),
    stub="known-mistake",
)
def how_it_ended(losses: list[float], live: float, zero_costs: float) -> str:
    """How a fit ended."""
    if not all(map(math.isfinite, losses)) or losses[-1] > losses[0]:
        return "exploded"
    if losses[-1] < zero_costs / 4:
        return "learns"
    return "died" if live < 0.1 else "slow"


FAULTS = ("right", "piled up", "added", "mean", "shuffled", "late")


def _trained(
    fault: str, turn: int, x: Any, y: Any, w1: Any, w2: Any, learning_rate: float, steps: int
) -> tuple[list[float], list[tuple[Tensor, Tensor]]]:
    """The losses and the weights of a fit, right or with a fault that raises no error."""
    if fault == "shuffled":
        y = y.roll(1 + turn % max(len(y) - 1, 1), 0)  # no row stays in its place
    w1, w2 = w1.detach(), w2.detach()
    losses, weights, last = [], [(w1, w2)], (torch.zeros_like(w1), torch.zeros_like(w2))
    for _ in range(steps):
        leaves = [w.clone().requires_grad_() for w in weights[-1]]
        errors = ((x @ leaves[0]).relu() @ leaves[1] - y).square()
        loss = errors.mean() if fault == "mean" else errors.sum()
        losses.append(loss.item())
        gradients: Any = torch.autograd.grad(loss, leaves)
        if fault == "piled up":
            gradients = gradients[0] + last[0], gradients[1] + last[1]
        used, last = (last if fault == "late" else gradients), gradients
        rate = -learning_rate if fault == "added" else learning_rate
        w1, w2 = w1 - rate * used[0], w2 - rate * used[1]
        weights.append((w1, w2))
    return losses, [(a.clone(), b.clone()) for a, b in weights]


def _trainer(draw: Draw) -> dict[str, Any]:
    """Draw a trainer that doesn't show its fault when it is printed."""
    turn, fault = divmod(draw.case, len(FAULTS))

    def train(x: Any, y: Any, w1: Any, w2: Any, learning_rate: float, steps: int) -> Any:
        return _trained(FAULTS[fault], turn, x, y, w1, w2, learning_rate, steps)

    return {"train": train}


def _fault(train: Callable[..., Any]) -> str:
    """Find the fault with which a fit has the losses of a trainer."""
    numbers = torch.arange(20.0, dtype=torch.float64).cos().split(4)
    x, y, w1, w2 = numbers[0][:, None], numbers[1][:, None], numbers[2][None], numbers[3][:, None]
    fits = [(fault, turn) for fault in FAULTS for turn in range(3)]
    losses, _ = train(x, y, w1, w2, 0.1, 3)
    return next(fit[0] for fit in fits if _trained(*fit, x, y, w1, w2, 0.1, 3)[0] == losses)


@lesson.exercise(
    "A trainer in a black box",
    draw=_trainer,
    wanted=_fault,
    gives="your finding",
    cases=3 * len(FAULTS),
    on="trainers",
    mistakes=(
        Edit(
            "a trainer that piles gradients up is taken for a right one; its first update is right, so look at the second",
            ('"right" if go_on else "piled up"', '"right"'),
        ),
        Edit(
            "a late trainer is taken for one that piles gradients up; look at its first update",
            ("if torch.equal(weights[1][0], w1):", "if False:"),
        ),
        Edit(
            "a mean loss is taken for shuffled rows; by what factor is the first loss off?",
            ('"mean" if is_mean else ', ""),
        ),
        Edit(
            "a trainer that shuffles the rows of y goes unnoticed; what do you know about its first loss?",
            ('else "shuffled"', 'else "right"'),
        ),
        Edit(
            "a trainer that adds the step is taken for a right one; where do its losses go?",
            ("if losses[1] > losses[0]:", "if False:"),
        ),
    ),
    hints=(
        "Which faults show in the first loss, which in the first update, and which only in the second update?",
        "You know what the first loss should be. To see whether a trainer remembers anything, start a second fit "
        "from the weights after the first update: its first step should equal the second step of the first fit.",
    ),
    stub="entry",
)
def find_bug(train: Callable[..., Any]) -> str:
    """The name of a trainer's fault, or "right"."""
    x, y = torch.randn(5, 4), torch.randn(5, 3)
    w1, w2 = torch.randn(4, 6), torch.randn(6, 3)
    losses, weights = train(x, y, w1, w2, 1e-4, 2)
    loss = ((x @ w1).relu() @ w2 - y).square().sum().item()
    if not math.isclose(losses[0], loss, rel_tol=1e-4):
        is_mean = math.isclose(losses[0] * y.numel(), loss, rel_tol=1e-4)
        return "mean" if is_mean else "shuffled"
    if torch.equal(weights[1][0], w1):
        return "late"
    if losses[1] > losses[0]:
        return "added"
    _, again = train(x, y, *weights[1], 1e-4, 1)
    go_on = torch.allclose(again[1][0], weights[2][0], rtol=0, atol=1e-6)
    return "right" if go_on else "piled up"
