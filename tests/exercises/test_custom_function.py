"""Exercises on custom Functions: right answers in other styles, and numbers that overflow."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons import custom_function as lesson


class OldLayer(torch.autograd.Function):
    """The older form, with einsum, and only the gradients that are asked for."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """Compute and keep."""
        h = torch.einsum("ni,ik->nk", x, w)
        ctx.save_for_backward(x, w, h)
        return torch.relu(h)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        """Sum over indices."""
        x, w, h = ctx.saved_tensors
        grad_h = torch.where(h > 0, grad, 0.0)
        grad_x = torch.einsum("nk,ik->ni", grad_h, w) if ctx.needs_input_grad[0] else None
        grad_w = torch.einsum("ni,nk->ik", x, grad_h) if ctx.needs_input_grad[1] else None
        return grad_x, grad_w


def changed(base: Any, **methods: Any) -> type:
    """A Function like another, with methods of its own."""
    return type("Function", (base,), {name: staticmethod(m) for name, m in methods.items()})


def by_slopes(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
    """LeakyReLU's slopes in single precision."""
    (h,) = ctx.saved_tensors
    return grad * torch.where(h > 0, 1.0, ctx.slope), None


def in_place(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
    """Write into the gradient that arrives."""
    (h,) = ctx.saved_tensors
    grad[h <= 0] *= ctx.slope
    return grad, None


TOLD: dict[str, tuple[int, Any, str]] = {
    "called": (1, torch.square, "a subclass of autograd.Function"),
    "slopes": (2, changed(lesson.LeakyReLU, backward=by_slopes), ": right"),
    "one gradient": (2, changed(lesson.LeakyReLU, backward=lambda _, g: g), "number of gradients"),
    "in place": (2, changed(lesson.LeakyReLU, backward=in_place), "modified its input grad_output"),
    "older form": (3, OldLayer, ": right"),
    "infinite": (
        4,
        changed(lesson.Softplus, forward=lambda h: (1 + h.exp()).log()),
        "output contains infinity",
    ),
    "quotient": (
        4,
        changed(
            lesson.Softplus,
            backward=lambda c, g: g * c.saved_tensors[0].exp() / (1 + c.saved_tensors[0].exp()),
        ),
        "grad_h contains NaN",
    ),
}


@pytest.mark.parametrize(("number", "answer", "said"), TOLD.values(), ids=TOLD)
def test_is_told(number: int, answer: Any, said: str) -> None:
    """The verdict says so."""
    verdict = check(f"custom_function.{number}", answer, seconds=60, why=True)
    assert said in " ".join(verdict.text.split())
