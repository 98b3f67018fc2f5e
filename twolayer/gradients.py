"""Numerical gradients, from differences of losses, to check gradients derived by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twolayer import checks
from twolayer.problem import Problem

if TYPE_CHECKING:
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
        step: How far to move each element, above 0. If the largest element exceeds 1, ``step`` is
            relative to it.

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
    checks.instance("function", function, Callable)  # type: ignore[arg-type]
    step = checks.finite_number("step", step, above=0)
    point = np.array(checks.array("at", at), dtype=np.float64)
    step *= np.abs(point).max(initial=1.0)
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
        value: An array of floating-point numbers, or what NumPy turns into one.
        reference: Another, of the same shape.

    Returns:
        The largest absolute difference, divided by the largest absolute value in ``reference``. If
        both are all zeros, 0; if only the reference is, infinity.

    Raises:
        TypeError: If an argument has integers or a mask, say, or is a tensor that tracks gradients.
        ValueError: If an argument is empty, or the shapes differ.

    Examples:
        >>> relative_error([1.0, 2.0], [1.0, 4.0])
        0.5
    """
    wanted = _floats("reference", reference)
    given = _floats("value", value, shape=wanted.shape, whose="reference")
    difference = float(np.abs(given - wanted).max())
    if difference == 0:
        return 0.0
    scale = float(np.abs(wanted).max())
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
        step: How far to move each weight, above 0. If a matrix has a weight above 1, ``step`` is
            relative to its largest.
        tolerance: The largest relative error that is allowed, 0 or more.

    Returns:
        The relative errors of the loss and of both gradients.

    Raises:
        GradientMismatchError: If an error exceeds ``tolerance``. A note says so if the gradient is
            transposed.
        TypeError: If an argument has the wrong type, or ``backward`` returns anything but three
            results in floating-point numbers.
        ValueError: If ``step`` or ``tolerance`` is out of range, or a result has the wrong shape.

    Examples:
        >>> from twolayer import random_problem
        >>> from twolayer.rungs.numpy_by_hand import loss_and_gradients
        >>> small = random_problem(N=4, D_in=5, H=3, D_out=2)
        >>> max(check_backward(loss_and_gradients, small)) < 1e-6
        True
    """
    checks.instance("backward", backward, Callable)  # type: ignore[arg-type]
    checks.instance("problem", problem, Problem)
    tolerance = checks.finite_number("tolerance", tolerance, at_least=0)
    exact = problem.astype(np.float64)
    x, y, w1, w2 = exact.x, exact.y, exact.w1, exact.w2
    results: Any = backward(*(array.copy() for array in (x, y, w1, w2)))
    count = len(results) if isinstance(results, tuple | list) else 1
    if count != len(BackwardErrors._fields):
        message = f"backward: {count} result(s) returned; want three: loss, grad_w1 and grad_w2"
        raise TypeError(message)
    wanted = {
        "loss": np.array(_loss(x, y, w1, w2)),
        "grad_w1": numerical_gradient(lambda w: _loss(x, y, w, w2), w1, step=step),
        "grad_w2": numerical_gradient(lambda w: _loss(x, y, w1, w), w2, step=step),
    }
    errors = {}
    for (name, right), result in zip(wanted.items(), results, strict=True):
        given = _floats(name, result, right.shape, whose=name.removeprefix("grad_"))
        errors[name] = relative_error(given, right)
        if not errors[name] <= tolerance:
            mismatch = GradientMismatchError(name, errors[name], tolerance)
            if given.T.shape == right.shape and relative_error(given.T, right) <= tolerance:
                mismatch.add_note(f"The transpose of {name} is right.")
            raise mismatch
    return BackwardErrors(**errors)


def _floats(
    name: str, value: object, shape: tuple[int, ...] | None = None, whose: str = ""
) -> NDArray[np.float64]:
    """Read what a caller gives as a float64 array, or say what is wrong with it."""
    try:
        array = checks.array(name, np.asanyarray(value))  # a mask stays, and is refused
    except (RuntimeError, ValueError) as error:  # a tensor that tracks gradients, or a ragged list
        message = f"{name}: {type(value).__name__} given that NumPy can't read: {error}"
        raise TypeError(message) from None
    if not np.issubdtype(array.dtype, np.floating):
        message = f"{name}: dtype {array.dtype} given; want floating-point numbers"
        raise TypeError(message)
    if array.size == 0:
        message = f"{name}: shape {array.shape} given; want at least one element"
        raise ValueError(message)
    if shape is not None and array.shape != shape:
        message = f"{name}: shape {array.shape} given; want {shape}, the shape of {whose}"
        if array.shape == shape[::-1]:
            message += "; is it transposed?"
        raise ValueError(message)
    return array.astype(np.float64)


def _loss(
    x: NDArray[np.floating[Any]],
    y: NDArray[np.floating[Any]],
    w1: NDArray[np.floating[Any]],
    w2: NDArray[np.floating[Any]],
) -> float:
    return float(np.square(np.maximum(x @ w1, 0) @ w2 - y).sum())
