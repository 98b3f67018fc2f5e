"""Numerical gradients, from differences of losses, to check gradients derived by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twolayer import checks
from twolayer.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray


class GradientMismatchError(ArithmeticError):
    """A backward pass that disagrees with numerical gradients.

    Args:
        name: What is wrong: ``"loss"``, ``"grad_w1"`` or ``"grad_w2"``.
        error: Its relative error.
        tolerance: The largest relative error that is allowed.
    """

    def __init__(self, name: str, error: float, tolerance: float) -> None:
        self.name = name
        self.error = error
        self.tolerance = tolerance
        super().__init__(name, error, tolerance)

    def __str__(self) -> str:
        """Say what is wrong, and by how much."""
        return (
            f"{self.name} differs from its numerical value by a relative {self.error:.1e}; "
            f"want {self.tolerance:.1e} or less"
        )


class BackwardErrors(NamedTuple):
    """The relative errors of a backward pass.

    Args:
        loss: The relative error of the loss.
        grad_w1: The relative error of the gradient with respect to w1.
        grad_w2: The relative error of the gradient with respect to w2.
    """

    loss: float
    grad_w1: float
    grad_w2: float


def numerical_gradient(
    function: Callable[[NDArray[np.float64]], float],
    at: NDArray[np.floating[Any]],
    *,
    step: float = 1e-6,
) -> NDArray[np.float64]:
    """Estimate a gradient by central differences, ``(f(a + s) - f(a - s)) / (2 s)`` per element.

    Where the function is smooth, the error of the estimate shrinks with the square of ``step``. Below
    about the cube root of the dtype's precision, rounding errors grow larger than that gain.

    Args:
        function: A function that takes an array with the shape of ``at`` and returns a number.
        at: The point at which to take the gradient, of any shape. It isn't changed.
        step: How far to move each element, above 0.

    Returns:
        The gradient, with the shape of ``at``.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If ``step`` is negative, zero, NaN or infinite.

    Examples:
        >>> import numpy as np
        >>> numerical_gradient(lambda a: float((a**2).sum()), np.array([1.0, -3.0])).round(6)
        array([ 2., -6.])
    """
    checks.instance("at", at, np.ndarray)
    step = checks.finite_number("step", step, above=0)
    point = np.array(at, dtype=np.float64)
    gradient = np.empty_like(point)
    for index in np.ndindex(*point.shape):
        value = point[index]
        point[index] = value + step
        above = function(point)
        point[index] = value - step
        below = function(point)
        point[index] = value
        gradient[index] = (above - below) / (2 * step)
    return gradient


def relative_error(value: ArrayLike, reference: ArrayLike) -> float:
    """Measure how far apart two arrays are, relative to the second.

    Args:
        value: Any array.
        reference: An array of the same shape.

    Returns:
        The largest absolute difference, divided by the largest absolute value in ``reference``. If
        both are all zeros, 0; if only the reference is, infinity.

    Raises:
        ValueError: If the shapes differ.

    Examples:
        >>> relative_error([1.0, 2.0], [1.0, 4.0])
        0.5
    """
    value, reference = np.asarray(value), np.asarray(reference)
    if value.shape != reference.shape:
        message = (
            f"value: shape {value.shape} given; want {reference.shape}, the shape of reference"
        )
        raise ValueError(message)
    difference = float(np.abs(value - reference).max())
    if difference == 0:
        return 0.0
    scale = float(np.abs(reference).max())
    return difference / scale if scale > 0 else np.inf


def check_backward(
    backward: Callable[..., tuple[Any, Any, Any]],
    problem: Problem,
    *,
    step: float = 1e-6,
    tolerance: float = 1e-6,
) -> BackwardErrors:
    """Check a hand-written backward pass against central differences, at a problem's starting weights.

    This function computes the loss itself, so it checks both the loss and the gradients. If moving a
    weight by ``step`` turns a ReLU on or off, the differences say nothing about the gradient. With
    random data, that is rare.

    Args:
        backward: A function that takes x, y, w1 and w2 as float64 arrays, and returns the loss and
            its gradients with respect to w1 and w2.
        problem: The data and the weights at which to check.
        step: How far to move each weight, above 0.
        tolerance: The largest relative error that is allowed, 0 or more.

    Returns:
        The relative errors of the loss and of both gradients.

    Raises:
        GradientMismatchError: If an error exceeds ``tolerance``.
        TypeError: If an argument has the wrong type.
        ValueError: If ``step`` or ``tolerance`` is out of range, or a gradient has the wrong shape.

    Examples:
        >>> from twolayer import random_problem
        >>> from twolayer.rungs.numpy_by_hand import loss_and_gradients
        >>> small = random_problem(N=4, D_in=5, H=3, D_out=2)
        >>> max(check_backward(loss_and_gradients, small)) < 1e-6
        True
    """
    checks.instance("problem", problem, Problem)
    tolerance = checks.finite_number("tolerance", tolerance, at_least=0)
    exact = problem.astype(np.float64)
    x, y, w1, w2 = exact.x, exact.y, exact.w1, exact.w2
    loss, grad_w1, grad_w2 = backward(*(array.copy() for array in (x, y, w1, w2)))
    errors = BackwardErrors(
        loss=relative_error(loss, _loss(x, y, w1, w2)),
        grad_w1=relative_error(
            grad_w1, numerical_gradient(lambda w: _loss(x, y, w, w2), w1, step=step)
        ),
        grad_w2=relative_error(
            grad_w2, numerical_gradient(lambda w: _loss(x, y, w1, w), w2, step=step)
        ),
    )
    for name, error in errors._asdict().items():
        if not error <= tolerance:
            raise GradientMismatchError(name, error, tolerance)
    return errors


def _loss(
    x: NDArray[np.floating[Any]],
    y: NDArray[np.floating[Any]],
    w1: NDArray[np.floating[Any]],
    w2: NDArray[np.floating[Any]],
) -> float:
    return float(np.square(np.maximum(x @ w1, 0) @ w2 - y).sum())
