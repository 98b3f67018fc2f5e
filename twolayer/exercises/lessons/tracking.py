"""Exercises on what autograd tracks: updates, looks at numbers, leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import each_entry
from twolayer.exercises.computation import Computation, Inputs
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import is_tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. An update outside of the record


def descend(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """The weights after some steps down the gradient."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    for _ in range(steps):
        loss = (x @ w - y).pow(2).sum()
        (grad_w,) = torch.autograd.grad(loss, w)
        with torch.no_grad():
            w = w - learning_rate * grad_w
        w.requires_grad_()
    return w


def _draw_descent(draw: Draw) -> dict[str, Any]:
    N, D_in, D_out = draw.sizes("N", "D_in", "D_out")
    return {
        "x": draw.normal(N, D_in),
        "y": draw.normal(N, D_out),
        "w": draw.normal(D_in, D_out),
        "learning_rate": draw.number(0.001, 0.01),
        "steps": 3 + draw.case,
    }


def _by_formula(*, of_start: bool = False, steps_off: int = 0) -> Callable[..., Any]:
    """Descend with the gradient's formula, each time at the newest weights or always at the first."""

    def variant(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
        start = new = w.detach()
        for _ in range(steps + steps_off):
            new = new - learning_rate * 2 * x.T @ (x @ (start if of_start else new) - y)
        return new

    return variant


@dataclass(frozen=True, kw_only=True)
class _TrackedLeaf(Computation):
    """A result that must be a tracked leaf."""

    def _manner(self, name: str, given: Any, inputs: Inputs) -> Diagnosis | None:
        problem = super()._manner(name, given, inputs)
        if problem is None and is_tensor(given) and not given.requires_grad:
            return diagnoses.KNOWN(
                name=name, text="it is a leaf, but not tracked any more; ask for tracking again"
            )
        return problem


_DESCEND = _TrackedLeaf(
    draw=_draw_descent,
    wanted=_by_formula(),
    returns=("w_new",),
    starts={"w_new": "w"},
    tensors=True,
    leaves=("w",),
    tracked=False,
    copy=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _by_formula(of_start=True),
            text="each step uses the gradient at the first weights; want it at those of the step before",
        ),
        Mistake(diagnoses.KNOWN, _by_formula(steps_off=-1), text="it took one step too few"),
    ),
)

# 2. A look at numbers that backward needs


def look(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """The numbers of h, none above 1, and the gradient of the sum of h itself."""
    import torch  # noqa: PLC0415 - as above

    h = torch.exp(x @ w)
    shown = h.detach().clone()
    shown.clamp_(max=1)
    (grad_w,) = torch.autograd.grad(h.sum(), w)
    return shown, grad_w


def _draw_look(draw: Draw) -> dict[str, Any]:
    N, D_in, H = draw.sizes("N", "D_in", "H")
    x, w = draw.normal(N, D_in), draw.normal(D_in, H)
    x[0], w[:, 0] = abs(x[0]), abs(w[:, 0])  # so that at least one number of h is above 1
    return {"x": x, "w": w}


def _look_by_formula(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    h = (x @ w.detach()).exp()
    return h.clamp(max=1), x.T @ h


_LOOK = Computation(
    draw=_draw_look,
    wanted=_look_by_formula,
    returns=("shown", "grad_w"),
    tensors=True,
    leaves=("w",),
    tracked=False,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda x, w: {"grad_w": x.T @ (x @ w.detach()).exp().clamp(max=1)},
            text="it is computed from numbers that were cut off at 1 in the memory of h. exp keeps its result "
            "for backward, and data hides the change from PyTorch",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda x, w: {"grad_w": x.T @ ((x @ w.detach()).exp() * (x @ w.detach() < 0))},
            text="it is the gradient of the numbers cut off at 1; want that of the sum of h itself",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda x, w: {"shown": (x @ w.detach()).exp()},
            text="it isn't cut off at 1",
        ),
    ),
)

# 3. Leaves


def leaves() -> dict[str, bool]:
    """Whether each line's result is a leaf."""
    return {
        "w": True,
        "x * 2": True,  # nothing here is tracked, so nothing was recorded
        "w * x": False,
        "w.clone()": False,  # a clone is recorded like other operations
        "w.detach()": True,
        "w.detach().clone().requires_grad_()": True,
        "w.to(torch.float32)": True,  # it is w itself, whose dtype is float32 already
        "w.to(torch.float64)": False,  # a change of dtype is recorded
        "frozen * x": True,
        "(frozen * x).requires_grad_() + 1": False,  # a leaf, but the sum was made from it
    }


def _is_leaf(code: str) -> bool:
    import torch  # noqa: PLC0415 - as above

    w = torch.ones(2, requires_grad=True)
    names = {"torch": torch, "x": torch.ones(2), "w": w, "frozen": w.detach().clone()}
    return bool(eval(code, names).is_leaf)  # noqa: S307 - lines of this file


_LINES = {
    "w": "Who made it?",
    "x * 2": (
        "Is anything tracked here? Without it no function is recorded, and a leaf need not "
        "be tracked."
    ),
    "w * x": "Has it a grad_fn?",
    "w.clone()": "Does a gradient flow through clone, back to w? Then there must be a record of it.",
    "w.detach()": "What does detach leave behind?",
    "w.detach().clone().requires_grad_()": "Is the clone recorded, after detach? And what does requires_grad_ make of a leaf?",
    "w.to(torch.float32)": "Which dtype has w? What does to return if there is nothing to do?",
    "w.to(torch.float64)": "Which dtype has w? A cast that does something is an operation.",
    "frozen * x": "Is either of the two tracked?",
    "(frozen * x).requires_grad_() + 1": "Which is the last operation, and is it recorded?",
}

_LEAVES = each_entry(_LINES, _is_leaf)
EXERCISES = (
    Exercise(
        number=1,
        title="An update that is recorded",
        check=_DESCEND,
        hints=(
            "Print ``w.grad_fn`` after each step. Which line puts a function there?",
            "Put the update under ``torch.no_grad``. Then its result isn't tracked, but it is a leaf, and a leaf's flag can be set: the next step needs it.",
        ),
        solution=descend,
        stub="tracked",
    ),
    Exercise(
        number=2,
        title="A look that changes the gradient",
        check=_LOOK,
        hints=(
            "What does ``exp`` keep for ``backward``, and where in memory does that lie?",
            "The numbers to show need a place of their own before they are cut off. Leave the record first, so that "
            "the copy isn't tracked.",
        ),
        solution=look,
        stub="known-mistake",
    ),
    Exercise(
        number=3,
        title="Which of these are leaves?",
        check=_LEAVES,
        hints=(
            "A function is recorded only if something tracked goes into it. What goes into each of these?",
            "A tensor with a ``grad_fn`` is no leaf, and each other one is, tracked or not. Two of the lines return a tensor "
            "as it is, or cast it: look at the dtype.",
        ),
        solution=leaves,
    ),
)
"""The exercises, in order."""
