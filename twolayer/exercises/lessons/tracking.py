"""Exercises on what autograd tracks: updates, and changes to saved numbers."""

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
    """Raises if weights that a recorded update made are multiplied by the inputs."""

    def __init__(self, w: Tensor) -> None:
        super().__init__()
        self.shapes = {w.shape, w.T.shape}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Look at the arguments of a product."""
        if getattr(func, "__name__", "") in PRODUCTS:
            for one in filter(is_tensor, args):
                if one.shape in self.shapes and _moved(one.grad_fn):
                    text = "an update is recorded, so the next loss goes back through it; update without a record"
                    raise DiagnosisError(diagnoses.KNOWN(name="w_new", text=text))
        return func(*args, **(kwargs or {}))


def _moved(function: Any) -> bool:
    """Whether the record of some weights contains a step, which is a sum or a difference."""
    if function is None:
        return False
    steps = ("Add", "Sub", "Rsub")
    return function.name().startswith(steps) or any(_moved(f) for f, _ in function.next_functions)


def descended(answer: Callable[..., Any], inputs: Inputs) -> Any:
    """Let an answer take its steps, and expect a tracked tensor."""
    with Watch(inputs["w"]):
        w_new = answer(*inputs.values())
    if is_tensor(w_new) and not w_new.requires_grad:
        text = "it is a leaf, but no longer tracked; turn tracking on again"
        raise DiagnosisError(diagnoses.KNOWN(name="w_new", text=text))
    return w_new


def by_formula(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """Descend by the gradient's formula."""
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
            "each step uses the gradient at the first weights; use the current weights",
            ("loss = (x @ w", "start = start if _ else w\n        loss = (x @ start"),
            ("grad(loss, w)", "grad(loss, start)"),
        ),
        Edit("its steps go up the gradient; subtract", ("w - learning", "w + learning")),
        Edit("it is one step short", ("range(steps)", "range(steps - 1)")),
        Edit("it is one step too far", ("range(steps)", "range(steps + 1)")),
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
        "Put the update under ``torch.no_grad``. Its result is then an untracked leaf, and you can turn tracking on "
        "for the next step.",
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
    """Inputs and weights that make at least one element of h greater than 1."""
    N, D_in, H = draw.sizes("N", "D_in", "H")
    x, w = draw.normal(N, D_in), draw.normal(D_in, H)
    x[0], w[:, 0] = abs(x[0]), abs(w[:, 0])
    return {"x": x, "w": w}


def look_by_formula(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """The derivative of exp is exp."""
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
            "it is computed from an h that was cut off at 1 in place; exp saves its result for backward, and data "
            "hides the change from PyTorch",
            ("h.detach().clone()", "h.data"),
        ),
        Edit(
            "it is the gradient of the sum of shown; use the sum of h itself",
            ("h.detach().clone()", "h.clone()"),
            ("h.sum()", "shown.sum()"),
        ),
        Edit("it isn't cut off at 1", ("shown.clamp_(max=1)", "pass")),
        Edit("elements above 1 became 0; make them 1", ("clamp_(max=1)", "mul_(shown <= 1)")),
        Edit(
            "the derivative of exp, which is exp, is missing",
            ("(grad_w,) = torch.autograd.grad(h.sum(), w)", "grad_w = x.T @ torch.ones_like(h)"),
        ),
        Edit("it is cut off from below; cut it off from above", ("max=1", "min=1")),
    ),
    hints=(
        "What does ``exp`` save for ``backward``, and where in memory is it?",
        "``shown`` needs its own memory before it is cut off. Detach it first, so that the copy isn't tracked.",
    ),
    stub="known-mistake",
)
def look(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """The elements of h, none above 1, and the gradient of the sum of h itself."""
    h = torch.exp(x @ w)
    shown = h.detach().clone()
    shown.clamp_(max=1)
    (grad_w,) = torch.autograd.grad(h.sum(), w)
    return shown, grad_w
