"""Exercises on operations that autograd is taught."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.classes import CustomFunction, by_backward
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, masks

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.draws import Draw

lesson = Lesson()


@lesson.exercise(
    "The gradient that arrives",
    kind=CustomFunction,
    draw=given(h="with_zeros N H", grad_output="normal N H"),
    wanted=by_backward(lambda h: h**2, "h"),
    gives="output, grad_h",
    leaves=("h",),
    mistakes=tuple(
        Edit(text, ("2 * h * grad_output", product))
        for product, text in {
            "h**2 * grad_output": "the gradient is multiplied by the square; multiply it by the square's slope",
            "2 * grad_output": "it doesn't depend on h; save h, and compute the slope there",
            "2 * h**2 * grad_output": "the slope is computed at the output; compute it at the input h",
        }.items()
    ),
    hints=(
        "What does backward get besides ctx, and where does this one use it?",
        "The chain rule multiplies two slopes: the loss's with respect to the output, which autograd passes in, "
        "and the output's with respect to h.",
    ),
    stub="arriving-gradient",
)
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


CHOICE = "torch.where(h > 0, grad_output, ctx.slope * grad_output)"


@lesson.exercise(
    "An argument that is a number",
    kind=CustomFunction,
    draw=given(h="with_zeros N H", slope="number 0.05 0.3", grad_output="normal N H"),
    wanted=by_backward(lambda h, slope: torch.where(h > 0, h, slope * h), "h"),
    gives="output, grad_h",
    leaves=("h",),
    tolerance=1e-5,
    mistakes=tuple(
        Edit(text, (CHOICE, choice))
        for choice, text in {
            "grad_output * (h > 0)": "below 0 it is ReLU's; multiply by slope there",
            "grad_output": "it is unchanged everywhere; multiply by slope where h isn't above 0",
            "torch.where(h > 0, ctx.slope * grad_output, grad_output)": "the two slopes are swapped",
            "torch.where(h >= 0, grad_output, ctx.slope * grad_output)": "it is unchanged where h is exactly 0; multiply by slope there",
            f"{CHOICE} * (h != 0)": "it is 0 where h is exactly 0; multiply by slope there",
            "torch.where(grad_output > 0, grad_output, ctx.slope * grad_output)": "the slopes are chosen by the gradient's sign; use the sign of h",
        }.items()
    ),
    hints=(
        "Which of the two arguments goes into save_for_backward, and what happens to the other?",
        "A number goes onto ctx as an attribute, and its gradient is None. The other gradient is the one that "
        "arrives, times one of two slopes, chosen by the sign of h.",
    ),
)
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


MASKED = "grad_h_relu * (h_relu > 0)"
MISSING, INVERTED, _, _, BY_GRADIENT = masks(MASKED)


@lesson.exercise(
    "A Function of two tensors",
    kind=CustomFunction,
    draw=given(x="with_zeros N D_in", w="with_zeros D_in H", grad_h_relu="normal N H"),
    wanted=by_backward(lambda x, w: torch.relu(x @ w), "x", "w"),
    gives="output, grad_x, grad_w",
    leaves=("x", "w"),
    tolerance=1e-5,
    mistakes=(
        MISSING,
        INVERTED,
        Edit((diagnoses.MASK_INVERTED, {}), (MASKED, "grad_h_relu * (x @ w < 0)")),
        Edit((diagnoses.MASK_INCLUDES_ZERO, {}), (MASKED, "grad_h_relu * (x @ w >= 0)")),
        BY_GRADIENT,
    ),
    hints=(
        "Look at the backward pass of NumPy by hand, from ``h_relu`` to the first layer. Which arrays does it use?",
        "First stop the gradient where ReLU stopped the signal; the output shows where. Then the "
        "gradient of each factor is a product with the other factor, transposed.",
    ),
)
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


def wide_entries(draw: Draw) -> dict[str, Any]:
    """Entries beyond 710, where exp overflows, and as far below 0."""
    drawn = given(h="normal N H", grad_output="normal N H")(draw)
    drawn["h"].flat[[0, -1]] = 800.0, -800.0
    return drawn


@lesson.exercise(
    "A smooth ReLU",
    kind=CustomFunction,
    draw=wide_entries,
    wanted=by_backward(lambda h: -torch.nn.functional.logsigmoid(-h), "h"),
    gives="output, grad_h",
    leaves=("h",),
    mistakes=tuple(
        Edit(text, ("torch.sigmoid(h)", slope))
        for slope, text in {
            "(h > 0)": "this is ReLU's, which jumps from 0 to 1; the slope of softplus rises smoothly",
            "torch.sigmoid(-h)": "the slope falls as h grows; it should be near 1 where h is large, like ReLU's",
            "torch.sigmoid(h) * torch.sigmoid(-h)": "this is sigmoid's slope; softplus has sigmoid as its slope",
        }.items()
    ),
    hints=(
        "What is the derivative of log(1 + exp(h)), by the chain rule? Divide its numerator and denominator by "
        "exp(h). Which function of PyTorch's is that?",
        "The slope is the logistic function, which PyTorch calls sigmoid. In forward, take the larger of h and 0 "
        "out of the logarithm; what is left contains exp of a number that is never positive. torch.log1p or "
        "torch.logaddexp helps.",
    ),
)
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
