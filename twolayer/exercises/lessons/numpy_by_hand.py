"""Exercises on the network in NumPy, with its backward pass derived by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import by_autograd
from twolayer.exercises.lesson import Lesson, given, loss_and
from twolayer.exercises.mistakes import Edit, forgot, masks

if TYPE_CHECKING:
    from twolayer.exercises.values import Array

lesson = Lesson()


@lesson.exercise(
    "A mean instead of the sum",
    draw=given(y_pred="normal N D_out", y="normal N D_out"),
    wanted=loss_and(lambda y_pred, y: ((y_pred - y) ** 2).mean(), "y_pred"),
    gives="loss, grad_y_pred",
    hints=(
        "A mean is a sum divided by a number. What does the division do to each slope?",
        "``y_pred`` has ``N * D_out`` elements, and the mean divides by their number.",
    ),
    stub="sum-for-mean",
)
def loss_and_grad(y_pred: Array, y: Array) -> tuple[float, Array]:
    """The mean of the squared errors, and its gradient."""
    loss = np.square(y_pred - y).mean()
    grad_y_pred = 2 * (y_pred - y) / y.size
    return loss, grad_y_pred


@lesson.exercise(
    "A mask that stops nothing",
    draw=given(
        x="with_zeros N D_in", y="normal N D_out", w1="with_zeros D_in H", w2="normal H D_out"
    ),
    wanted=by_autograd(
        lambda x, y, w1, w2: (((x @ w1).relu() @ w2 - y) ** 2).sum(),
        "w1",
        "w2",
    ),
    gives="grad_w1, grad_w2",
    mistakes=(
        Edit((diagnoses.MASK_AFTER_CHANGE, {}), ("grad_h[h <= 0] = 0", "grad_h[h_relu < 0] = 0")),
        *masks("grad_h[h <= 0] = 0")[1:],
        Edit("it is computed from h; use h_relu, the layer's input", ("h_relu.T", "h.T")),
        Edit("y_pred is computed from h; use h_relu", ("y_pred = h_relu", "y_pred = h")),
        Edit("grad_h is computed from grad_w2; use w2", ("y_pred @ w2.T", "y_pred @ grad_w2.T")),
    ),
    hints=(
        "Print ``h`` before and after the line that computes ``h_relu``. Which elements are below zero?",
        "An assignment makes no copy, so both names refer to the same array. Apply ReLU in a way that makes a new "
        "array. Then ask what the mask does at exactly 0.",
    ),
    stub="mask-after-change",
)
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


@lesson.exercise(
    "A bias in both layers",
    draw=given(
        x="with_zeros N D_in",
        y="normal N D_out",
        w1="with_zeros D_in H",
        b1="with_zeros H",
        w2="normal H D_out",
        b2="normal D_out",
    ),
    wanted=by_autograd(
        lambda x, y, w1, b1, w2, b2: (((x @ w1 + b1).relu() @ w2 + b2 - y) ** 2).sum(),
        "w1",
        "b1",
        "w2",
        "b2",
    ),
    gives="grad_w1, grad_b1, grad_w2, grad_b2",
    mistakes=(
        *masks("grad_h[h <= 0] = 0"),
        Edit(forgot("b1 in h"), ("x @ w1 + b1", "x @ w1")),
        Edit(forgot("b2 in y_pred"), ("h_relu @ w2 + b2", "h_relu @ w2")),
        Edit("it sums each row; sum over the batch, axis 0", ("sum(axis=0)", "sum(axis=1)")),
    ),
    hints=(
        "Every row of ``h`` gets the same ``b1``. If one element of ``b1`` grows, how does the loss change?",
        "One element of ``b1`` moves a whole column of ``h``, so its gradient is the sum of that column's slopes. "
        "Which array contains these slopes, and which axis runs over the batch?",
    ),
)
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


def leaky_gradient(h: Array, grad_h_relu: Array, slope: float) -> Any:
    """The gradient of LeakyReLU's input, by autograd."""
    import torch  # noqa: PLC0415 - takes a second, so only checks import it

    leaf = torch.tensor(h, requires_grad=True)
    output = torch.nn.functional.leaky_relu(leaf, slope)
    return torch.autograd.grad(output, leaf, torch.from_numpy(grad_h_relu))[0].numpy()


SLOPES = "np.where(h > 0, 1.0, slope)"


@lesson.exercise(
    "LeakyReLU's backward pass",
    draw=given(h="with_zeros N H", grad_h_relu="normal N H", slope="number 0.05 0.3"),
    wanted=leaky_gradient,
    gives="grad_h",
    copy=True,
    mistakes=(
        Edit("it passes unchanged where h <= 0; multiply it by slope there", (SLOPES, "1")),
        Edit("it is 0 where h <= 0, as for ReLU; multiply it by slope there", (SLOPES, "(h > 0)")),
        Edit("the two slopes are swapped", (SLOPES, "np.where(h > 0, slope, 1.0)")),
        Edit("it passes unchanged where h is 0; multiply it by slope there", ("h > 0", "h >= 0")),
        Edit("it is 0 where h is 0; multiply it by slope there", (SLOPES, f"{SLOPES} * (h != 0)")),
        Edit("the slopes come from the gradient's signs; use h's", ("h > 0", "grad_h_relu > 0")),
        Edit(
            "it is multiplied by LeakyReLU's value; use its slope", ("1.0, slope", "h, slope * h")
        ),
    ),
    hints=(
        "What is LeakyReLU's slope where its input is positive, and what is it elsewhere?",
        "Make an array of the shape of ``h`` with the slope at each element. What does the chain rule do with it? "
        "At exactly 0, PyTorch uses ``slope``.",
    ),
)
def leaky_relu_backward(h: Array, grad_h_relu: Array, slope: float) -> Array:
    """The gradient of LeakyReLU's input."""
    return grad_h_relu * np.where(h > 0, 1.0, slope)
