"""Exercises on gradients derived on paper, with the chain rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.comparing import Mistake
from twolayer.exercises.computation import Computation, by_autograd
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.masks import relu_mistakes

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

    Mask = Callable[[Array, Array], Array]


def _draw_network(draw: Draw) -> dict[str, Any]:
    N, D_in, H, D_out = draw.sizes("N", "D_in", "H", "D_out")
    return {
        "x": draw.with_zeros(N, D_in),
        "y": draw.normal(N, D_out),
        "w1": draw.with_zeros(D_in, H),
        "w2": draw.normal(H, D_out),
    }


# 1. A penalty on the weights


def loss_and_grads(
    x: Array, y: Array, w1: Array, w2: Array, penalty: float
) -> tuple[float, Array, Array]:
    """The loss with a penalty on the weights' squares, and both gradients."""
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


def _draw_penalty(draw: Draw) -> dict[str, Any]:
    return {**_draw_network(draw), "penalty": draw.number(0.1, 0.9)}


def _penalised(x: Any, y: Any, w1: Any, w2: Any, penalty: Any) -> Any:
    errors = (((x @ w1).relu() @ w2 - y) ** 2).sum()
    return errors + penalty * ((w1**2).sum() + (w2**2).sum())


def _penalised_loss(x: Array, y: Array, w1: Array, w2: Array, penalty: float) -> Any:
    gradients = by_autograd(_penalised, "w1", "w2")(x, y, w1, w2, penalty)
    errors = np.maximum(x @ w1, 0) @ w2 - y
    return ((errors**2).sum() + penalty * ((w1**2).sum() + (w2**2).sum()), *gradients)


def _with_penalty(
    slope: Callable[[Array, float], Any], mask: Mask = lambda h, _: h > 0
) -> Callable[..., dict[str, Array]]:
    """The gradients with another slope of the penalty, or another mask."""

    def variant(x: Array, y: Array, w1: Array, w2: Array, penalty: float) -> dict[str, Array]:
        h = x @ w1
        grad_y_pred = 2 * (np.maximum(h, 0) @ w2 - y)
        grad_h_relu = grad_y_pred @ w2.T
        return {
            "grad_w1": x.T @ (grad_h_relu * mask(h, grad_h_relu)) + slope(w1, penalty),
            "grad_w2": np.maximum(h, 0).T @ grad_y_pred + slope(w2, penalty),
        }

    return variant


_PENALTY = Computation(
    draw=_draw_penalty,
    wanted=_penalised_loss,
    returns=("loss", "grad_w1", "grad_w2"),
    mistakes=(
        Mistake(
            diagnoses.FORGOT_TERM,
            _with_penalty(lambda w, penalty: 0 * w),
            term="the penalty's gradient",
        ),
        Mistake(
            diagnoses.KNOWN,
            _with_penalty(lambda w, penalty: penalty * w),
            text="the penalty's part is half of what it should be; differentiate the square",
        ),
        Mistake(
            diagnoses.KNOWN,
            _with_penalty(lambda w, penalty: penalty * w**2),
            text="the penalty itself is added; want its gradient",
        ),
        Mistake(
            diagnoses.KNOWN,
            _with_penalty(lambda w, penalty: 2 * w),
            text="the penalty's part is not multiplied by penalty",
        ),
        Mistake(
            diagnoses.KNOWN,
            _with_penalty(lambda w, penalty: -2 * penalty * w),
            text="the penalty's part has the wrong sign; it grows with the weight's size",
        ),
        *relu_mistakes(lambda mask: _with_penalty(lambda w, penalty: 2 * penalty * w, mask)),
    ),
)

# 2. The inputs and the targets


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


def _sum_loss(x: Any, y: Any, w1: Any, w2: Any) -> Any:
    return (((x @ w1).relu() @ w2 - y) ** 2).sum()


def _to_x(mask: Mask) -> Callable[..., dict[str, Array]]:
    def variant(x: Array, y: Array, w1: Array, w2: Array) -> dict[str, Array]:
        h = x @ w1
        grad_h_relu = 2 * (np.maximum(h, 0) @ w2 - y) @ w2.T
        return {"grad_x": (grad_h_relu * mask(h, grad_h_relu)) @ w1.T}

    return variant


_DATA = Computation(
    draw=_draw_network,
    wanted=by_autograd(_sum_loss, "x", "y"),
    returns=("grad_x", "grad_y"),
    mistakes=relu_mistakes(_to_x),
)

# 3. One matrix for both layers


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


def _draw_tied(draw: Draw) -> dict[str, Any]:
    N, D, H = draw.sizes("N", "D", "H")
    return {"x": draw.with_zeros(N, D), "y": draw.normal(N, D), "w": draw.with_zeros(D, H)}


def _tied_loss(x: Any, y: Any, w: Any) -> Any:
    return (((x @ w).relu() @ w.T - y) ** 2).sum()


def _tied(mask: Mask, *, first: float = 1, second: float = 1) -> Callable[..., dict[str, Array]]:
    """The gradient with other parts of its two terms."""

    def variant(x: Array, y: Array, w: Array) -> dict[str, Array]:
        h = x @ w
        grad_y_pred = 2 * (np.maximum(h, 0) @ w.T - y)
        grad_h_relu = grad_y_pred @ w
        through_h = x.T @ (grad_h_relu * mask(h, grad_h_relu))
        return {"grad_w": first * through_h + second * grad_y_pred.T @ np.maximum(h, 0)}

    return variant


def _positive(h: Array, _: Array) -> Array:
    positive: Array = h > 0
    return positive


_TIED = Computation(
    draw=_draw_tied,
    wanted=by_autograd(_tied_loss, "w"),
    returns=("grad_w",),
    mistakes=(
        Mistake(
            diagnoses.FORGOT_TERM,
            _tied(_positive, second=0),
            term="the way through the second layer",
        ),
        Mistake(
            diagnoses.FORGOT_TERM, _tied(_positive, first=0), term="the way through the first layer"
        ),
        Mistake(
            diagnoses.KNOWN,
            _tied(_positive, first=0.5, second=0.5),
            text="it is the mean of both ways; the chain rule adds them up",
        ),
        Mistake(
            diagnoses.KNOWN,
            _tied(_positive, first=-1),
            text="one way is subtracted from the other; the chain rule adds them up",
        ),
        *relu_mistakes(_tied),
    ),
)

# 4. A third layer


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


def _draw_three(draw: Draw) -> dict[str, Any]:
    N, D_in, H1, H2, D_out = draw.sizes("N", "D_in", "H1", "H2", "D_out")
    return {
        "x": draw.with_zeros(N, D_in),
        "y": draw.normal(N, D_out),
        "w1": draw.with_zeros(D_in, H1),
        "w2": draw.with_zeros(H1, H2),
        "w3": draw.normal(H2, D_out),
    }


def _three_loss(x: Any, y: Any, w1: Any, w2: Any, w3: Any) -> Any:
    return ((((x @ w1).relu() @ w2).relu() @ w3 - y) ** 2).sum()


def _three(first: Mask = _positive, second: Mask = _positive) -> Callable[..., dict[str, Array]]:
    """The gradients with other masks."""

    def variant(x: Array, y: Array, w1: Array, w2: Array, w3: Array) -> dict[str, Array]:
        h1 = x @ w1
        h2 = np.maximum(h1, 0) @ w2
        grad_h2_relu = 2 * (np.maximum(h2, 0) @ w3 - y) @ w3.T
        grad_h2 = grad_h2_relu * second(h2, grad_h2_relu)
        grad_h1_relu = grad_h2 @ w2.T
        grad_h1 = grad_h1_relu * first(h1, grad_h1_relu)
        return {"grad_w1": x.T @ grad_h1, "grad_w2": np.maximum(h1, 0).T @ grad_h2}

    return variant


def _all(h: Array, _: Array) -> Array:
    return np.ones_like(h)


def _from_h(x: Array, y: Array, w1: Array, w2: Array, w3: Array) -> dict[str, Array]:
    """The second layer's gradient from h1 before ReLU."""
    h1 = x @ w1
    h2 = np.maximum(h1, 0) @ w2
    grad_h2 = 2 * (np.maximum(h2, 0) @ w3 - y) @ w3.T * (h2 > 0)
    return {"grad_w2": h1.T @ grad_h2}


_THREE = Computation(
    draw=_draw_three,
    wanted=by_autograd(_three_loss, "w1", "w2", "w3"),
    returns=("grad_w1", "grad_w2", "grad_w3"),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _three(first=_all),
            text="the mask of h1 is missing; each ReLU needs its own",
        ),
        Mistake(
            diagnoses.KNOWN,
            _three(second=_all),
            text="the mask of h2 is missing; each ReLU needs its own",
        ),
        Mistake(
            diagnoses.KNOWN,
            _from_h,
            text="it is made from h1, but what the second layer gets is h1_relu",
        ),
        *relu_mistakes(lambda mask: _three(mask, mask)),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="A penalty on the weights",
        check=_PENALTY,
        hints=(
            "The loss has a new term. Does it depend on a weight only through the predictions?",
            "The gradient of a sum is the sum of the gradients. Differentiate the penalty with respect to "
            "one entry of w1: all other entries drop out.",
        ),
        solution=loss_and_grads,
        stub="forgot-term",
    ),
    Exercise(
        number=2,
        title="The inputs and the targets",
        check=_DATA,
        hints=(
            "Through which values does one entry of x reach the loss? And one entry of y?",
            "One entry of x reaches the loss through a row of h, by the weights in a row of w1: the same "
            "pattern as from y_pred back to h_relu. The target reaches it at once, with a minus.",
        ),
        solution=grads_of_data,
        stub="empty",
    ),
    Exercise(
        number=3,
        title="One matrix for both layers",
        check=_TIED,
        hints=(
            "In how many ways does one entry of w reach the loss?",
            "Give the two uses two names, derive a gradient for each, and add them up. In the second use w "
            "is transposed, and so is the gradient that belongs to it.",
        ),
        solution=tied_grad,
        stub="forgot-term",
    ),
    Exercise(
        number=4,
        title="A third layer",
        check=_THREE,
        hints=(
            "How does the gradient get past one layer, from its output to its input? Do that twice.",
            "From the gradient behind a layer there are two products: one with the layer's input gives its "
            "weight's gradient, one with its weights goes on to the layer before, where a mask waits.",
        ),
        solution=three_layer_grads,
        stub="empty",
    ),
)
"""The exercises, in order."""
