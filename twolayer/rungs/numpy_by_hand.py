"""The network in NumPy, with the backward pass derived by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating[Any]]


def fit(problem: Problem, *, steps: int = 500, learning_rate: float = 1e-6) -> Fit:
    """Fit the network by gradient descent, in the problem's dtype.

    Args:
        problem: The data and the starting weights.
        steps: How many updates to make, 1 or more.
        learning_rate: The step size of the updates, above 0.

    Returns:
        The losses and the final weights.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If ``steps`` or ``learning_rate`` is out of range.
        DivergedError: If the loss stops being finite.

    Examples:
        >>> from twolayer import random_problem
        >>> losses = fit(random_problem(), steps=101).losses
        >>> print(f"{losses[0]:.3e} {losses[100]:.3e}")
        3.152e+07 3.087e+02
    """
    checks.instance("problem", problem, Problem)
    steps, learning_rate = checks.schedule(steps, learning_rate)
    x, y = problem.x, problem.y
    w1, w2 = problem.w1.copy(), problem.w2.copy()
    history = LossHistory(learning_rate)
    # NumPy would warn when a diverging fit overflows. The history raises an error instead.
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            loss, grad_w1, grad_w2 = loss_and_gradients(x, y, w1, w2)
            history.add(loss)
            w1 -= learning_rate * grad_w1
            w2 -= learning_rate * grad_w2
    return history.fit(w1, w2)


def loss_and_gradients(
    x: Matrix, y: Matrix, w1: Matrix, w2: Matrix
) -> tuple[float, Matrix, Matrix]:
    """Run the forward and the backward pass.

    The gradients follow from the chain rule for ``loss = ((relu(x @ w1) @ w2 - y) ** 2).sum()``;
    ReLU's gradient at exactly 0 is 0.

    Args:
        x: Inputs, shape (N, D_in).
        y: Targets, shape (N, D_out).
        w1: The first layer's weights, shape (D_in, H).
        w2: The second layer's weights, shape (H, D_out).

    Returns:
        The loss, and its gradients with respect to ``w1`` and ``w2``, with their shapes.

    Examples:
        >>> import numpy as np
        >>> loss, grad_w1, grad_w2 = loss_and_gradients(
        ...     x=np.array([[1.0, 2.0]]),
        ...     y=np.array([[1.0]]),
        ...     w1=np.array([[1.0, -1.0], [1.0, 0.0]]),
        ...     w2=np.array([[2.0], [5.0]]),
        ... )
        >>> loss
        25.0
        >>> grad_w1
        array([[20.,  0.],
               [40.,  0.]])
        >>> grad_w2
        array([[30.],
               [ 0.]])
    """
    h = x @ w1
    h_relu = np.maximum(h, 0)
    y_pred = h_relu @ w2
    loss = np.square(y_pred - y).sum()

    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.T @ grad_y_pred
    grad_h_relu = grad_y_pred @ w2.T
    grad_h = grad_h_relu.copy()
    grad_h[h <= 0] = 0
    grad_w1 = x.T @ grad_h
    return float(loss), grad_w1, grad_w2
