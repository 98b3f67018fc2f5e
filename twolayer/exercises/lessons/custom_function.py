"""Exercises on operations that autograd is taught."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.classes import CustomFunction, by_backward
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.draws import Draw

_ALONE = "it is the slope alone; want it times the gradient that arrives"


class _Function(CustomFunction):
    """A Function, of which autograd's own refusal of `...` is known."""

    def _run(self, answer: Any, inputs: dict[str, Any]) -> Any:
        try:
            return super()._run(answer, inputs)
        except RuntimeError as error:
            if "ellipsis" not in str(error):
                raise
            raise DiagnosisError(diagnoses.EMPTY(what="backward returns `...`")) from error


# 1. The gradient that arrives


class Square(torch.autograd.Function):
    """The square of each entry."""

    @staticmethod
    def forward(h: Tensor) -> Tensor:
        """Compute the result."""
        return h.square()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:  # noqa: ARG004
        """Keep what backward needs."""
        (h,) = inputs
        ctx.save_for_backward(h)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        """Compute the gradient of h."""
        (h,) = ctx.saved_tensors
        grad_h: Tensor = 2 * h * grad_output
        return grad_h


def _draw_entries(draw: Draw) -> dict[str, Any]:
    N, H = draw.sizes("N", "H")
    return {"h": draw.with_zeros(N, H), "grad_output": draw.normal(N, H)}


_SQUARE = _Function(
    draw=_draw_entries,
    wanted=by_backward(lambda h: h**2, "h"),
    returns=("output", "grad_h"),
    leaves=("h",),
    mistakes=(
        Mistake(diagnoses.KNOWN, lambda h, grad: {"grad_h": 2 * h}, text=_ALONE),
        Mistake(
            diagnoses.KNOWN,
            lambda h, grad: {"grad_h": grad * h**2},
            text="the gradient is multiplied by the square; want it times the square's slope",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda h, grad: {"grad_h": 2 * grad},
            text="it doesn't depend on h; want the slope at h, so save h for it",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda h, grad: {"grad_h": 2 * grad * h**2},
            text="it is computed from the output, where the slope is that at the input h",
        ),
    ),
)

# 2. An argument that is a number


class LeakyReLU(torch.autograd.Function):
    """h where it is positive, and slope * h elsewhere."""

    @staticmethod
    def forward(h: Tensor, slope: float) -> Tensor:
        """Compute the result."""
        return torch.where(h > 0, h, slope * h)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:  # noqa: ARG004
        """Keep what backward needs."""
        h, slope = inputs
        ctx.save_for_backward(h)
        ctx.slope = slope

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None]:
        """Compute the gradient of h; slope has none."""
        (h,) = ctx.saved_tensors
        return torch.where(h > 0, grad_output, ctx.slope * grad_output), None


def _draw_leaky(draw: Draw) -> dict[str, Any]:
    N, H = draw.sizes("N", "H")
    return {
        "h": draw.with_zeros(N, H),
        "slope": draw.number(0.05, 0.3),
        "grad_output": draw.normal(N, H),
    }


def _leaky_relu(h: Tensor, slope: float) -> Tensor:
    return torch.nn.functional.leaky_relu(h, slope)


def _leaky(slopes: Callable[[Tensor, float, Tensor], Tensor]) -> Callable[..., dict[str, Tensor]]:
    def variant(h: Tensor, slope: float, grad_output: Tensor) -> dict[str, Tensor]:
        return {"grad_h": grad_output * slopes(h, slope, grad_output)}

    return variant


def _two_slopes(mask: Tensor, there: float, elsewhere: float) -> Tensor:
    return there * mask.double() + elsewhere * (~mask).double()


_LEAKY = _Function(
    draw=_draw_leaky,
    wanted=by_backward(_leaky_relu, "h"),
    returns=("output", "grad_h"),
    leaves=("h",),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda h, slope, grad: {"grad_h": _two_slopes(h > 0, 1, slope)},
            text=_ALONE,
        ),
        Mistake(
            diagnoses.KNOWN,
            _leaky(lambda h, slope, grad: (h > 0).double()),
            text="below 0 it is ReLU's; LeakyReLU lets a part of the gradient through there",
        ),
        Mistake(diagnoses.MASK_MISSING, _leaky(lambda h, slope, grad: torch.ones_like(h))),
        Mistake(diagnoses.MASK_INVERTED, _leaky(lambda h, s, grad: _two_slopes(h > 0, s, 1))),
        Mistake(diagnoses.MASK_INCLUDES_ZERO, _leaky(lambda h, s, grad: _two_slopes(h >= 0, 1, s))),
        Mistake(diagnoses.MASK_WRONG_ARRAY, _leaky(lambda h, s, grad: _two_slopes(grad > 0, 1, s))),
    ),
)

# 3. A Function of two tensors


class Layer(torch.autograd.Function):
    """ReLU of x @ w."""

    @staticmethod
    def forward(x: Tensor, w: Tensor) -> Tensor:
        """Compute the result."""
        return (x @ w).clamp(min=0)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        """Keep what backward needs."""
        x, w = inputs
        ctx.save_for_backward(x, w, output)

    @staticmethod
    def backward(ctx: Any, grad_h_relu: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the gradients of x and w."""
        x, w, h_relu = ctx.saved_tensors
        grad_h = grad_h_relu * (h_relu > 0)
        return grad_h @ w.t(), x.t() @ grad_h


def _draw_layer(draw: Draw) -> dict[str, Any]:
    N, D_in, H = draw.sizes("N", "D_in", "H")
    return {
        "x": draw.with_zeros(N, D_in),
        "w": draw.with_zeros(D_in, H),
        "grad_h_relu": draw.normal(N, H),
    }


def _layer(mask: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., dict[str, Tensor]]:
    def variant(x: Tensor, w: Tensor, grad_h_relu: Tensor) -> dict[str, Tensor]:
        grad_h = grad_h_relu * mask(x @ w, grad_h_relu)
        return {"grad_x": grad_h @ w.t(), "grad_w": x.t() @ grad_h}

    return variant


_LAYER = _Function(
    draw=_draw_layer,
    wanted=by_backward(lambda x, w: torch.relu(x @ w), "x", "w"),
    returns=("output", "grad_x", "grad_w"),
    leaves=("x", "w"),
    mistakes=(
        Mistake(diagnoses.MASK_MISSING, _layer(lambda h, grad: torch.ones_like(h))),
        Mistake(diagnoses.MASK_INVERTED, _layer(lambda h, grad: h <= 0)),
        Mistake(diagnoses.MASK_INVERTED, _layer(lambda h, grad: h < 0)),
        Mistake(diagnoses.MASK_INCLUDES_ZERO, _layer(lambda h, grad: h >= 0)),
        Mistake(diagnoses.MASK_WRONG_ARRAY, _layer(lambda h, grad: grad > 0)),
    ),
)

# 4. A smooth ReLU


class Softplus(torch.autograd.Function):
    """The logarithm of 1 + exp(h), a smooth ReLU."""

    @staticmethod
    def forward(h: Tensor) -> Tensor:
        """Compute the result."""
        return h.clamp(min=0) + torch.log1p(torch.exp(-h.abs()))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:  # noqa: ARG004
        """Keep what backward needs."""
        (h,) = inputs
        ctx.save_for_backward(h)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        """Compute the gradient of h."""
        (h,) = ctx.saved_tensors
        return grad_output * torch.sigmoid(h)


def _draw_wide(draw: Draw) -> dict[str, Any]:
    N, H = draw.sizes("N", "H")
    h = draw.normal(N, H)
    # Beyond 710, exp overflows in float64.
    h.flat[0], h.flat[-1] = 800.0, -800.0
    return {"h": h, "grad_output": draw.normal(N, H)}


def _softplus(h: Tensor) -> Tensor:
    return torch.nn.functional.softplus(h)


_SOFTPLUS = _Function(
    draw=_draw_wide,
    wanted=by_backward(_softplus, "h"),
    returns=("output", "grad_h"),
    leaves=("h",),
    mistakes=(
        Mistake(diagnoses.KNOWN, lambda h, grad: {"grad_h": torch.sigmoid(h)}, text=_ALONE),
        Mistake(
            diagnoses.KNOWN,
            lambda h, grad: {"grad_h": grad * (h > 0)},
            text="it is ReLU's, which jumps from 0 to 1; softplus climbs smoothly",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda h, grad: {"grad_h": grad * torch.sigmoid(-h)},
            text="the slope falls as h grows; want it near 1 where h is large, as ReLU's is",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda h, grad: {"grad_h": grad / (1 + torch.exp(h))},
            text="the slope falls as h grows: the inner slope, that of exp, is left out",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="The gradient that arrives",
        check=_SQUARE,
        hints=(
            "What does backward get besides ctx, and where does this one use it?",
            "The chain rule multiplies two slopes: that of the loss with respect to the output, which "
            "autograd hands you, and that of the output with respect to h.",
        ),
        solution=Square,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="An argument that is a number",
        check=_LEAKY,
        hints=(
            "Which of the two arguments goes into save_for_backward, and what becomes of the other?",
            "A number goes onto ctx as an attribute, and its gradient is None. The other gradient is "
            "the one that arrives, times one of two slopes, chosen by the sign of h.",
        ),
        solution=LeakyReLU,
        stub="empty",
    ),
    Exercise(
        number=3,
        title="A Function of two tensors",
        check=_LAYER,
        hints=(
            "Take the lines of the first page from the loss back to the first layer. Which arrays do they use?",
            "First stop the gradient where ReLU stopped the signal; the output tells where as well as h "
            "does. Then each factor of the product gets a product with the other one, transposed.",
        ),
        solution=Layer,
        stub="empty",
    ),
    Exercise(
        number=4,
        title="A smooth ReLU",
        check=_SOFTPLUS,
        hints=(
            "What does the chain rule give for log(1 + exp(h))? Divide numerator and denominator by exp(h): "
            "which function of PyTorch's is that?",
            "The slope is the logistic function, which PyTorch calls sigmoid. Forward, take the larger "
            "of h and 0 out of the logarithm: what is left holds exp of a number that is never positive. "
            "torch.log1p or torch.logaddexp helps.",
        ),
        solution=Softplus,
        stub="empty",
    ),
)
"""The exercises, in order."""
