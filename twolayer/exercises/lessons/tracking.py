"""Exercises on what autograd tracks: updates, and looks at numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit
from twolayer.exercises.values import is_tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()
PRODUCTS = {"matmul", "mm", "addmm", "linear", "einsum"}


class Watch(TorchFunctionMode):
    """Refuses weights that a recorded update made, where they meet the inputs."""

    def __init__(self, w: Tensor) -> None:
        super().__init__()
        self.shapes = {w.shape, w.T.shape}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Look at what a product gets."""
        if getattr(func, "__name__", "") in PRODUCTS:
            for one in filter(is_tensor, args):
                if one.shape in self.shapes and _moved(one.grad_fn):
                    text = "an update is part of the record, and so is all before it, when the next loss is computed"
                    raise DiagnosisError(diagnoses.KNOWN(name="w_new", text=text))
        return func(*args, **(kwargs or {}))


def _moved(function: Any) -> bool:
    """Whether a step, a sum or a difference, is on record behind weights."""
    if function is None:
        return False
    steps = ("Add", "Sub", "Rsub")
    return function.name().startswith(steps) or any(_moved(f) for f, _ in function.next_functions)


def descended(answer: Callable[..., Any], inputs: Inputs) -> Any:
    """Let an answer take its steps, and want a tracked tensor of it."""
    with Watch(inputs["w"]):
        w_new = answer(*inputs.values())
    if is_tensor(w_new) and not w_new.requires_grad:
        text = "it is a leaf, but not tracked any more; ask for tracking again"
        raise DiagnosisError(diagnoses.KNOWN(name="w_new", text=text))
    return w_new


def by_formula(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """Descend with the gradient's formula."""
    new = w.detach()
    for _ in range(steps):
        new = new - learning_rate * 2 * x.T @ (x @ new - y)
    return new


@lesson.exercise(
    "An update that is recorded",
    draw=given(
        x="normal N D_in",
        y="normal N D_out",
        w="normal D_in D_out",
        learning_rate="number 0.001 0.01",
        steps="size",
    ),
    wanted=by_formula,
    run=descended,
    gives="w_new",
    starts={"w_new": "w"},
    tensors=True,
    leaves=("w",),
    tracked=False,
    flags=True,
    copy=True,
    mistakes=(
        Edit(
            "each step uses the gradient at the first weights; want it at those of the step before",
            ("loss = (x @ w", "start = start if _ else w\n        loss = (x @ start"),
            ("grad(loss, w)", "grad(loss, start)"),
        ),
        Edit("its steps go up; want them down the gradient", ("w - learning", "w + learning")),
        Edit("it took one step too few", ("range(steps)", "range(steps - 1)")),
        Edit("it took one step too many", ("range(steps)", "range(steps + 1)")),
        Edit(
            (diagnoses.ACCUMULATES, {}),
            (
                "w = w - learning_rate * grad_w",
                "total = total + grad_w if _ else grad_w\n            w = w - learning_rate * total",
            ),
        ),
    ),
    hints=(
        "Print ``w.grad_fn`` after each step. Which line puts a function there?",
        "Put the update under ``torch.no_grad``. Then its result isn't tracked, but it is a leaf, and a "
        "leaf's flag can be set: the next step needs it.",
    ),
    stub="known-mistake",
)
def descend(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """The weights after some steps down the gradient."""
    for _ in range(steps):
        loss = (x @ w - y).pow(2).sum()
        (grad_w,) = torch.autograd.grad(loss, w)
        with torch.no_grad():
            w = w - learning_rate * grad_w
        w.requires_grad_()
    return w


def draw_look(draw: Draw) -> Inputs:
    """Inputs and weights of which at least one number of h is above 1."""
    N, D_in, H = draw.sizes("N", "D_in", "H")
    x, w = draw.normal(N, D_in), draw.normal(D_in, H)
    x[0], w[:, 0] = abs(x[0]), abs(w[:, 0])
    return {"x": x, "w": w}


def look_by_formula(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """The slope of exp is exp."""
    h = (x @ w.detach()).exp()
    return h.clamp(max=1), x.T @ h


@lesson.exercise(
    "A look that changes the gradient",
    draw=draw_look,
    wanted=look_by_formula,
    gives="shown, grad_w",
    tensors=True,
    leaves=("w",),
    tracked=False,
    flags=True,
    mistakes=(
        Edit(
            "it is computed from numbers that were cut off at 1 in the memory of h. exp keeps its result "
            "for backward, and data hides the change from PyTorch",
            ("h.detach().clone()", "h.data"),
        ),
        Edit(
            "it is the gradient of the numbers cut off at 1; want that of the sum of h itself",
            ("h.detach().clone()", "h.clone()"),
            ("h.sum()", "shown.sum()"),
        ),
        Edit("it isn't cut off at 1", ("shown.clamp_(max=1)", "pass")),
        Edit(
            "what was above 1 became 0; want 1 there",
            ("shown.clamp_(max=1)", "shown[shown > 1] = 0"),
        ),
        Edit(
            "the slope of exp is left out, which is exp again",
            ("(grad_w,) = torch.autograd.grad(h.sum(), w)", "grad_w = x.T @ torch.ones_like(h)"),
        ),
        Edit("it is cut off from below; want no number above 1", ("max=1", "min=1")),
    ),
    hints=(
        "What does ``exp`` keep for ``backward``, and where in memory does that lie?",
        "The numbers to show need a place of their own before they are cut off. Leave the record first, so "
        "that the copy isn't tracked.",
    ),
    stub="known-mistake",
)
def look(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """The numbers of h, none above 1, and the gradient of the sum of h itself."""
    h = torch.exp(x @ w)
    shown = h.detach().clone()
    shown.clamp_(max=1)
    (grad_w,) = torch.autograd.grad(h.sum(), w)
    return shown, grad_w
