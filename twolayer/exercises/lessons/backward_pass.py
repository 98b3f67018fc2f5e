"""Exercises on gradients derived on paper, with the chain rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises.computation import by_autograd
from twolayer.exercises.lesson import Lesson, given, loss_and
from twolayer.exercises.mistakes import Edit, forgot, masks

if TYPE_CHECKING:
    from twolayer.exercises.values import Array

lesson = Lesson()
NETWORK = {
    "x": "with_zeros N D_in",
    "y": "normal N D_out",
    "w1": "with_zeros D_in H",
    "w2": "normal H D_out",
}


def errors(x: Any, y: Any, w1: Any, w2: Any) -> Any:
    """The sum of squared errors, of tensors."""
    return (((x @ w1).relu() @ w2 - y) ** 2).sum()


@lesson.exercise(
    "A penalty on the weights",
    draw=given(**NETWORK, penalty="number 0.1 0.9"),
    wanted=loss_and(
        lambda x, y, w1, w2, penalty: (
            errors(x, y, w1, w2) + penalty * ((w1**2).sum() + (w2**2).sum())
        ),
        "w1",
        "w2",
    ),
    gives="loss, grad_w1, grad_w2",
    mistakes=(
        Edit(forgot("the penalty's gradient"), ("2 * penalty * w", "0 * w")),
        Edit(
            "the penalty's part is half of what it should be; differentiate the square",
            ("2 * penalty", "penalty"),
        ),
        Edit(
            "the penalty itself is added; add its gradient",
            ("2 * penalty * w1", "penalty * w1**2"),
            ("2 * penalty * w2", "penalty * w2**2"),
        ),
        Edit("the penalty's part is not multiplied by penalty", ("2 * penalty * w", "2 * w")),
        Edit(
            "the penalty's part has the wrong sign; the penalty grows with a weight's size",
            ("+ 2 * penalty", "- 2 * penalty"),
        ),
        Edit(
            "the penalty's part is summed; each weight needs its own",
            ("penalty * w1", "penalty * w1.sum()"),
            ("penalty * w2", "penalty * w2.sum()"),
        ),
        Edit(
            "the penalty's part is the slope of absolute values; use that of squares",
            ("2 * penalty * w1", "penalty * np.sign(w1)"),
            ("2 * penalty * w2", "penalty * np.sign(w2)"),
        ),
        *masks("grad_h[h <= 0] = 0"),
    ),
    hints=(
        "The loss has a new term. Does it depend on a weight only through the predictions?",
        "The gradient of a sum is the sum of the gradients. Differentiate the penalty with respect to one element "
        "of w1; the terms of all other elements drop out.",
    ),
    stub="forgot-term",
)
def loss_and_grads(
    x: Array, y: Array, w1: Array, w2: Array, penalty: float
) -> tuple[float, Array, Array]:
    """The loss with a penalty on the squared weights, and both gradients."""
    h = x @ w1
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w2
    loss = np.square(y_pred - y).sum()
    loss += penalty * (np.square(w1).sum() + np.square(w2).sum())
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.T @ grad_y_pred + 2 * penalty * w2
    grad_h = grad_y_pred @ w2.T
    grad_h[h <= 0] = 0
    grad_w1 = x.T @ grad_h + 2 * penalty * w1
    return loss, grad_w1, grad_w2


@lesson.exercise(
    "The inputs and the targets",
    draw=given(**NETWORK),
    wanted=by_autograd(errors, "x", "y"),
    gives="grad_x, grad_y",
    mistakes=masks("grad_h[h <= 0] = 0"),
    hints=(
        "Through which values does one element of x reach the loss? And one element of y?",
        "One element of x reaches the loss through a row of h, with the weights in a row of w1: the same pattern "
        "as from y_pred back to what ReLU returns. The target enters the loss directly, with a minus sign.",
    ),
)
def grads_of_data(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    """The gradients of the inputs and of the targets."""
    h = x @ w1
    y_pred = np.maximum(h, 0) @ w2
    grad_y_pred = 2 * (y_pred - y)
    grad_y = -grad_y_pred
    grad_h = grad_y_pred @ w2.T
    grad_h[h <= 0] = 0
    grad_x = grad_h @ w1.T
    return grad_x, grad_y


@lesson.exercise(
    "One matrix for both layers",
    draw=given(x="with_zeros N D", y="normal N D", w="with_zeros D H"),
    wanted=by_autograd(lambda x, y, w: errors(x, y, w, w.T), "w"),
    gives="grad_w",
    mistakes=(
        Edit(forgot("the path through the second layer"), (" + grad_y_pred.T @ h_relu", "")),
        Edit(forgot("the path through the first layer"), ("x.T @ grad_h + ", "")),
        Edit("this is the mean of both paths; add them up", ("return grad_w", "return grad_w / 2")),
        Edit(
            "one path is subtracted from the other; add them up", ("x.T @ grad_h", "-x.T @ grad_h")
        ),
        Edit(
            "the first layer's path is counted twice; each layer has a path of its own",
            ("x.T @ grad_h + grad_y_pred.T @ h_relu", "2 * x.T @ grad_h"),
        ),
        Edit(
            "the second layer's path uses h; the input of that layer is h_relu",
            ("grad_y_pred.T @ h_relu", "grad_y_pred.T @ h"),
        ),
        *masks("grad_h[h <= 0] = 0"),
    ),
    hints=(
        "Along how many paths does one element of w reach the loss?",
        "Give the two uses different names, derive a gradient for each, and add the two. In the second use w is "
        "transposed, and so is its gradient.",
    ),
    stub="forgot-term",
)
def tied_grad(x: Array, y: Array, w: Array) -> Array:
    """The gradient of a matrix that both layers use."""
    h = x @ w
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w.T
    grad_y_pred = 2 * (y_pred - y)
    grad_h = grad_y_pred @ w
    grad_h[h <= 0] = 0
    grad_w: Array = x.T @ grad_h + grad_y_pred.T @ h_relu
    return grad_w


@lesson.exercise(
    "A third layer",
    draw=given(
        x="with_zeros N D_in",
        y="normal N D_out",
        w1="with_zeros D_in H1",
        w2="with_zeros H1 H2",
        w3="normal H2 D_out",
    ),
    wanted=by_autograd(
        lambda x, y, w1, w2, w3: errors((x @ w1).relu(), y, w2, w3), "w1", "w2", "w3"
    ),
    gives="grad_w1, grad_w2, grad_w3",
    mistakes=(
        Edit(
            "the mask of h1 is missing; each ReLU needs its own", ("grad_h1[h1 <= 0] = 0", "pass")
        ),
        Edit(
            "the mask of h2 is missing; each ReLU needs its own", ("grad_h2[h2 <= 0] = 0", "pass")
        ),
        Edit("it uses h1; the layer's input is h1_relu", ("h1_relu.T @ grad_h2", "h1.T @ grad_h2")),
        *masks("grad_h1[h1 <= 0] = 0", "grad_h2[h2 <= 0] = 0"),
    ),
    hints=(
        "How does the gradient get past one layer, from its output to its input? Do that twice.",
        "The gradient of a layer's output enters two products. The product with the layer's input is the gradient "
        "of its weights. The product with its weights goes back to the layer before, where a mask applies.",
    ),
)
def three_layer_grads(
    x: Array, y: Array, w1: Array, w2: Array, w3: Array
) -> tuple[Array, Array, Array]:
    """The gradients of three layers' weights."""
    h1 = x @ w1
    h1_relu = np.maximum(h1, 0)
    h2 = h1_relu @ w2
    h2_relu = np.maximum(h2, 0)
    y_pred = h2_relu @ w3
    grad_y_pred = 2 * (y_pred - y)
    grad_w3 = h2_relu.T @ grad_y_pred
    grad_h2 = grad_y_pred @ w3.T
    grad_h2[h2 <= 0] = 0
    grad_w2 = h1_relu.T @ grad_h2
    grad_h1 = grad_h2 @ w2.T
    grad_h1[h1 <= 0] = 0
    grad_w1 = x.T @ grad_h1
    return grad_w1, grad_w2, grad_w3
