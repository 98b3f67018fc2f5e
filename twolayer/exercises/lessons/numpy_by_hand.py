"""Exercises on the network in NumPy, its backward pass derived by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import Computation, by_autograd
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.masks import relu_mistakes
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

# 1. The mean of the squared errors


def loss_and_grad(y_pred: Array, y: Array) -> tuple[float, Array]:
    """The mean of the squared errors, and its gradient."""
    loss = np.square(y_pred - y).mean()
    grad_y_pred = 2 * (y_pred - y) / y.size
    return loss, grad_y_pred


def _draw_predictions(draw: Draw) -> dict[str, Any]:
    N, D_out = draw.sizes("N", "D_out")
    return {"y_pred": draw.normal(N, D_out), "y": draw.normal(N, D_out)}


def _mean_loss(y_pred: Array, y: Array) -> dict[str, Array]:
    gradient = by_autograd(lambda y_pred, y: ((y_pred - y) ** 2).mean(), "y_pred")(y_pred, y)
    return {"loss": np.mean((y_pred - y) ** 2), "grad_y_pred": np.asarray(gradient)}


_ONE_LINE = Computation(
    draw=_draw_predictions,
    wanted=_mean_loss,
    returns=("loss", "grad_y_pred"),
    mistakes=(
        Mistake(
            diagnoses.SUM_FOR_MEAN,
            lambda y_pred, y: {"grad_y_pred": 2 * (y_pred - y)},
            count="y.size",
            what="the loss divides by it, so its slope does",
        ),
    ),
)

# 2. The mask taken after the change


def backward(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    """The gradients of both weight matrices."""
    h = x @ w1
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w2
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.T @ grad_y_pred
    grad_h = grad_y_pred @ w2.T
    grad_h[h <= 0] = 0
    grad_w1 = x.T @ grad_h
    return grad_w1, grad_w2


def _draw_network(draw: Draw) -> dict[str, Any]:
    N, D_in, H, D_out = draw.sizes("N", "D_in", "H", "D_out")
    return {
        "x": draw.with_zeros(N, D_in),
        "y": draw.normal(N, D_out),
        "w1": draw.with_zeros(D_in, H),
        "w2": draw.normal(H, D_out),
    }


def _sum_loss(x: Any, y: Any, w1: Any, w2: Any) -> Any:
    return (((x @ w1).relu() @ w2 - y) ** 2).sum()


def _network(mask: Callable[[Array, Array], Array]) -> Callable[..., dict[str, Array]]:
    def variant(x: Array, y: Array, w1: Array, w2: Array) -> dict[str, Array]:
        h = x @ w1
        grad_h_relu = 2 * (np.maximum(h, 0) @ w2 - y) @ w2.T
        return {"grad_w1": x.T @ (grad_h_relu * mask(h, grad_h_relu))}

    return variant


_MASK = Computation(
    draw=_draw_network,
    wanted=by_autograd(_sum_loss, "w1", "w2"),
    returns=("grad_w1", "grad_w2"),
    mistakes=(
        Mistake(diagnoses.MASK_AFTER_CHANGE, _network(lambda h, _: np.ones_like(h))),
        *relu_mistakes(_network),
    ),
)

# 3. A bias in both layers


def backward_with_bias(
    x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array
) -> tuple[Array, Array, Array, Array]:
    """The gradients of both layers' weights and biases."""
    h = x @ w1 + b1
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w2 + b2
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.T @ grad_y_pred
    grad_b2 = grad_y_pred.sum(axis=0)
    grad_h = grad_y_pred @ w2.T
    grad_h[h <= 0] = 0
    grad_w1 = x.T @ grad_h
    grad_b1 = grad_h.sum(axis=0)
    return grad_w1, grad_b1, grad_w2, grad_b2


def _draw_biases(draw: Draw) -> dict[str, Any]:
    drawn = _draw_network(draw)
    sizes = draw.named
    return {
        "x": drawn["x"],
        "y": drawn["y"],
        "w1": drawn["w1"],
        "b1": draw.with_zeros(sizes["H"]),
        "w2": drawn["w2"],
        "b2": draw.normal(sizes["D_out"]),
    }


def _bias_loss(x: Any, y: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return (((x @ w1 + b1).relu() @ w2 + b2 - y) ** 2).sum()


def _biased(
    mask: Callable[[Array, Array], Array], *, first: float = 1.0, second: float = 1.0
) -> Callable[..., dict[str, Array]]:
    """The backward pass with another mask, or with a bias left out of the forward pass."""

    def variant(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> dict[str, Array]:
        h = x @ w1 + first * b1
        h_relu = np.maximum(h, 0)
        grad_y_pred = 2 * (h_relu @ w2 + second * b2 - y)
        grad_h_relu = grad_y_pred @ w2.T
        grad_h = grad_h_relu * mask(h, grad_h_relu)
        return {
            "grad_w1": x.T @ grad_h,
            "grad_b1": grad_h.sum(axis=0),
            "grad_w2": h_relu.T @ grad_y_pred,
            "grad_b2": grad_y_pred.sum(axis=0),
        }

    return variant


def _unsummed(
    x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array
) -> tuple[Array, Array]:
    h = x @ w1 + b1
    grad_y_pred = 2 * (np.maximum(h, 0) @ w2 + b2 - y)
    return (grad_y_pred @ w2.T) * (h > 0), grad_y_pred


_BIAS = Computation(
    draw=_draw_biases,
    wanted=by_autograd(_bias_loss, "w1", "b1", "w2", "b2"),
    returns=("grad_w1", "grad_b1", "grad_w2", "grad_b2"),
    unsummed={
        "grad_b1": lambda *inputs: _unsummed(*inputs)[0],
        "grad_b2": lambda *inputs: _unsummed(*inputs)[1],
    },
    mistakes=(
        *relu_mistakes(_biased),
        Mistake(diagnoses.FORGOT_TERM, _biased(lambda h, _: h > 0, first=0), term="b1 in h"),
        Mistake(diagnoses.FORGOT_TERM, _biased(lambda h, _: h > 0, second=0), term="b2 in y_pred"),
    ),
)

# 4. LeakyReLU


def leaky_relu_backward(h: Array, grad_h_relu: Array, slope: float) -> Array:
    """The gradient of LeakyReLU's input."""
    return grad_h_relu * np.where(h > 0, 1.0, slope)


def _draw_leaky(draw: Draw) -> dict[str, Any]:
    N, H = draw.sizes("N", "H")
    return {
        "h": draw.with_zeros(N, H),
        "grad_h_relu": draw.normal(N, H),
        "slope": draw.number(0.05, 0.3),
    }


def _leaky(h: Array, grad_h_relu: Array, slope: float) -> Array:
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    leaf = torch.tensor(h, requires_grad=True)
    output = torch.nn.functional.leaky_relu(leaf, slope)
    output.backward(torch.tensor(grad_h_relu))
    assert leaf.grad is not None
    return leaf.grad.numpy()


_LEAKY = Computation(
    draw=_draw_leaky,
    wanted=_leaky,
    returns=("grad_h",),
    copy=True,
    mistakes=(
        Mistake(diagnoses.MASK_MISSING, lambda h, grad, slope: grad),
        Mistake(
            diagnoses.KNOWN,
            lambda h, grad, slope: grad * (h > 0),
            text="below 0 it is ReLU's; LeakyReLU lets a part of the gradient through there",
        ),
        Mistake(diagnoses.MASK_INVERTED, lambda h, grad, slope: grad * np.where(h > 0, slope, 1)),
        Mistake(
            diagnoses.MASK_INCLUDES_ZERO, lambda h, grad, slope: grad * np.where(h >= 0, 1, slope)
        ),
        Mistake(
            diagnoses.MASK_WRONG_ARRAY, lambda h, grad, slope: grad * np.where(grad > 0, 1, slope)
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda h, grad, slope: grad * np.where(h > 0, h, slope * h),
            text="it is multiplied by LeakyReLU's value; want its slope",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="A mean in place of the sum",
        check=_ONE_LINE,
        hints=(
            "A mean is a sum divided by a number. What does that do to each slope?",
            "``y_pred`` and ``y`` hold ``N * D_out`` entries, and the mean divides by all of them.",
        ),
        solution=loss_and_grad,
        stub="sum-for-mean",
    ),
    Exercise(
        number=2,
        title="A mask that stops nothing",
        check=_MASK,
        hints=(
            "Print ``h`` before and after the line that makes ``h_relu``. Which entries are below zero?",
            "An assignment makes no copy, so two names stand for one array here. Look for a way to "
            "apply ReLU that makes a new one.",
        ),
        solution=backward,
        stub="mask-after-change",
    ),
    Exercise(
        number=3,
        title="A bias in both layers",
        check=_BIAS,
        hints=(
            "Each row of ``h`` gets the same ``b1``. By how much does the loss grow when one entry of ``b1`` does?",
            "One entry of ``b1`` moves a whole column of ``h``, so its gradient adds up the slopes of that "
            "column: find the array that has them, and the axis that runs over the batch.",
        ),
        solution=backward_with_bias,
        stub="empty",
    ),
    Exercise(
        number=4,
        title="LeakyReLU's backward pass",
        check=_LEAKY,
        hints=(
            "What is LeakyReLU's slope where its input is positive, and what is it elsewhere?",
            "Make an array in the shape of ``h`` that holds the slope at each entry; the chain rule says what "
            "to do with it. PyTorch takes ``slope`` at exactly 0.",
        ),
        solution=leaky_relu_backward,
        stub="empty",
    ),
)
"""The exercises, in order."""
