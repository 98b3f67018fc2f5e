"""Exercises on custom Functions: other right answers, and the mistakes that are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons import custom_function as lesson

if TYPE_CHECKING:
    from collections.abc import Callable


def with_backward(base: type, backward: Callable[..., Any]) -> type:
    """A Function like ``base``, whose backward gets its saved tensors and the gradient."""

    def method(ctx: Any, grad: torch.Tensor) -> Any:
        return backward(ctx, *ctx.saved_tensors, grad)

    return type("Function", (base,), {"backward": staticmethod(method)})


def masked(grad: torch.Tensor, stopped: torch.Tensor) -> torch.Tensor:
    """A copy of a gradient with zeros where it is stopped."""
    grad = grad.clone()
    grad[stopped] = 0
    return grad


def layer(mask: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> type:
    """A layer whose mask is made from the output and the gradient."""

    def backward(
        _: Any, x: torch.Tensor, w: torch.Tensor, h_relu: torch.Tensor, grad: torch.Tensor
    ) -> Any:
        grad_h = grad * mask(x @ w, grad)
        del h_relu
        return grad_h @ w.T, x.T @ grad_h

    return with_backward(lesson.Layer, backward)


class OldSquare(torch.autograd.Function):
    """The older form, where forward gets ctx."""

    @staticmethod
    def forward(ctx: Any, h: torch.Tensor) -> torch.Tensor:
        """Compute and keep."""
        ctx.h = h.detach()
        return h * h

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        """Add the same gradient twice."""
        return torch.add(grad * ctx.h, ctx.h * grad)


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


class LibrarySoftplus(lesson.Softplus):
    """What PyTorch has."""

    @staticmethod
    def forward(h: torch.Tensor) -> torch.Tensor:
        """Compute the result."""
        return torch.logaddexp(h, torch.zeros_like(h))

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        """Divide by what overflows to infinity, which gives 0."""
        (h,) = ctx.saved_tensors
        return grad / (1 + torch.exp(-h))


class Overflowing(lesson.Softplus):
    """The page's forward, with the right backward."""

    @staticmethod
    def forward(h: torch.Tensor) -> torch.Tensor:
        """Compute the result."""
        return torch.log(1 + torch.exp(h))


RIGHT = {
    "1, older form": ("custom_function.1", OldSquare),
    "1, power": (
        "custom_function.1",
        with_backward(lesson.Square, lambda _, h, grad: h.add(h).mul(grad)),
    ),
    "2, assigned": (
        "custom_function.2",
        with_backward(
            lesson.LeakyReLU,
            lambda ctx, h, grad: (
                masked(grad, h <= 0) + ctx.slope * masked(grad, h > 0),
                None,
            ),
        ),
    ),
    "2, slopes": (
        "custom_function.2",
        with_backward(
            lesson.LeakyReLU,
            lambda ctx, h, grad: (
                grad * torch.full_like(h, ctx.slope).masked_fill(h > 0, 1.0),
                None,
            ),
        ),
    ),
    "3, older form": ("custom_function.3", OldLayer),
    "3, sign": ("custom_function.3", layer(lambda h, _: h.clamp(min=0).sign())),
    "4, library": ("custom_function.4", LibrarySoftplus),
    "4, from the output": (
        "custom_function.4",
        with_backward(lesson.Softplus, lambda _, h, grad: grad * -torch.expm1(-_softplus(h))),
    ),
}


def _softplus(h: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.softplus(h)


def in_place(_: Any, h: torch.Tensor, grad: torch.Tensor) -> Any:
    """Write into the gradient that arrives."""
    grad[h <= 0] *= 0.1
    return grad, None


def _leaky(slopes: Callable[[torch.Tensor, float], torch.Tensor]) -> type:
    return with_backward(lesson.LeakyReLU, lambda ctx, h, grad: (grad * slopes(h, ctx.slope), None))


WRONG = {
    "1, alone": (1, with_backward(lesson.Square, lambda _, h, grad: 2 * h), "alone"),
    "1, value": (1, with_backward(lesson.Square, lambda _, h, grad: grad * h**2), "the square"),
    "1, no h": (1, with_backward(lesson.Square, lambda _, h, grad: 2 * grad), "depend on h"),
    "1, output": (1, with_backward(lesson.Square, lambda _, h, g: 2 * g * h**2), "the output"),
    "1, half": (1, with_backward(lesson.Square, lambda _, h, grad: grad * h), "factor 1/2"),
    "1, none": (1, with_backward(lesson.Square, lambda _, h, grad: None), "None"),
    "1, called": (1, torch.square, "a subclass of autograd.Function"),
    "2, alone": (
        2,
        with_backward(lesson.LeakyReLU, lambda c, h, _: (torch.where(h > 0, 1, c.slope), None)),
        "alone",
    ),
    "2, ReLU": (2, _leaky(lambda h, slope: h > 0), "it is ReLU's"),
    "2, no mask": (2, _leaky(lambda h, slope: torch.ones_like(h)), "mask is missing"),
    "2, inverted": (2, _leaky(lambda h, slope: torch.where(h > 0, slope, 1.0)), "inverted"),
    "2, zero": (2, _leaky(lambda h, slope: torch.where(h >= 0, 1.0, slope)), "exactly 0"),
    "2, gradient": (
        2,
        with_backward(
            lesson.LeakyReLU, lambda c, h, g: (g * torch.where(g > 0, 1.0, c.slope), None)
        ),
        "the gradient's signs",
    ),
    "2, one gradient": (
        2,
        with_backward(lesson.LeakyReLU, lambda ctx, h, grad: grad),
        "incorrect number of gradients",
    ),
    "2, in place": (2, with_backward(lesson.LeakyReLU, in_place), "modified its input grad_output"),
    "3, no mask": (3, layer(lambda h, _: torch.ones_like(h)), "mask is missing"),
    "3, inverted": (3, layer(lambda h, _: h <= 0), "inverted"),
    "3, zero": (3, layer(lambda h, _: h >= 0), "exactly 0"),
    "3, gradient": (3, layer(lambda _, grad: grad > 0), "the gradient's signs"),
    "3, one": (
        3,
        with_backward(lesson.Layer, lambda _, x, w, h, g: ((g * (h > 0)) @ w.T, None)),
        "grad_w is None",
    ),
    "3, swapped": (
        3,
        with_backward(lesson.Layer, lambda _, x, w, h, g: (x.T @ (g * (h > 0)), g @ w.T)),
        "invalid gradient",
    ),
    "4, alone": (4, with_backward(lesson.Softplus, lambda _, h, g: torch.sigmoid(h)), "alone"),
    "4, ReLU": (4, with_backward(lesson.Softplus, lambda _, h, g: g * (h > 0)), "it is ReLU's"),
    "4, falling": (
        4,
        with_backward(lesson.Softplus, lambda _, h, g: g * torch.sigmoid(-h)),
        "falls as h grows",
    ),
    "4, inner slope": (
        4,
        with_backward(lesson.Softplus, lambda _, h, g: g / (1 + h.exp())),
        "falls as h grows",
    ),
    "4, quotient": (
        4,
        with_backward(lesson.Softplus, lambda _, h, g: g * h.exp() / (1 + h.exp())),
        "contains NaN",
    ),
    "4, forward": (4, Overflowing, "contains infinity"),
}


@pytest.mark.parametrize(("id_", "answer"), RIGHT.values(), ids=RIGHT)
def test_other_right_answers_pass(id_: str, answer: type) -> None:
    """Answers in another style are right."""
    verdict = check(id_, answer, seconds=60, why=True)
    assert verdict.right, verdict.text


@pytest.mark.parametrize(("number", "answer", "said"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_named(number: int, answer: object, said: str) -> None:
    """The verdict names the mistake."""
    verdict = check(f"custom_function.{number}", answer, seconds=60, why=True)
    assert not verdict.right
    assert said in " ".join(verdict.text.split())


@pytest.mark.parametrize(
    ("function", "others"), [(lesson.Square, ()), (lesson.LeakyReLU, (0.1,)), (lesson.Softplus, ())]
)
def test_solutions_pass_gradcheck(function: Any, others: tuple[Any, ...]) -> None:
    """Numerical differences agree with the solutions' backward."""
    torch.manual_seed(0)
    sample = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(function.apply, (sample, *others))
