"""The network in NumPy, with gradients from a hand-written engine for reverse-mode differentiation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Matrix = NDArray[np.floating[Any]]


def fit(problem: Problem, *, steps: int = 500, learning_rate: float = 1e-6) -> Fit:
    """Fit the network by gradient descent in the problem's dtype, with gradients from :class:`Value`.

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
    x, y = Value(problem.x), Value(problem.y)
    w1 = Value(problem.w1.copy(), requires_grad=True)
    w2 = Value(problem.w2.copy(), requires_grad=True)
    history = LossHistory(learning_rate)
    # NumPy would warn when a diverging fit overflows. The history raises an error instead.
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            y_pred = (x @ w1).relu() @ w2
            loss = (y_pred - y).square().sum()
            history.add(float(loss.data))
            loss.backward()
            for w in (w1, w2):
                # In place: freeing and allocating memory would take half as long as the whole step.
                w.grad *= learning_rate
                w.data -= w.grad
                w.grad = None
    return history.fit(w1.data, w2.data)


class Value:
    """An array that remembers what made it, so that gradients can be passed back.

    It has five operations: the product ``@``, the difference ``-``, :meth:`relu`, :meth:`square` and
    :meth:`sum`. The result of an operation has an edge for each input that requires a gradient. An edge
    is a pair: the input, and a function that turns the gradient of the result into a contribution to the
    gradient of the input. An input's gradient is the sum of the contributions from all its edges.

    A result refers to its inputs, but no input refers to a result. So the graph is freed as soon as
    nothing refers to its last value.

    Args:
        data: The array.
        operation: The name of the operation that made it, or None for a leaf.
        edges: For each input, the input and its function.
        requires_grad: Whether a leaf gets a gradient.

    Examples:
        >>> import numpy as np
        >>> w = Value(np.array(3.0), requires_grad=True)
        >>> loss = w.square() - w
        >>> loss.backward()
        >>> print(loss.data, w.grad)
        6.0 5.0
        >>> [value.operation for value in loss.order()]
        ['subtract', 'square', None]
    """

    def __init__(
        self,
        data: Matrix,
        operation: str | None = None,
        edges: Iterable[tuple[Value, Callable[[Matrix], Matrix]]] = (),
        *,
        requires_grad: bool = False,
    ) -> None:
        self.data, self.operation = data, operation
        self.grad: Any = None
        self.edges = [(value, share) for value, share in edges if value.requires_grad]
        self.requires_grad: bool = requires_grad or bool(self.edges)

    def __matmul__(self, other: Value) -> Value:
        """Multiply two matrices.

        Args:
            other: The right factor, shape (K, M). This value has shape (N, K).

        Returns:
            The product, shape (N, M).

        Raises:
            ValueError: If a factor isn't a matrix, or the shapes don't match.

        Examples:
            >>> import numpy as np
            >>> (Value(np.ones((2, 3))) @ Value(np.ones((3, 1)))).data.tolist()
            [[3.0], [3.0]]
        """
        left, right = self.data, other.data
        if np.ndim(left) != 2 or np.ndim(right) != 2:  # noqa: PLR2004 - a matrix has two axes
            message = f"@: shapes {np.shape(left)} and {np.shape(right)} given; want two matrices"
            raise ValueError(message)
        edges = (self, lambda grad: grad @ right.T), (other, lambda grad: left.T @ grad)
        return Value(left @ right, "matmul", edges)

    def __sub__(self, other: Value) -> Value:
        """Subtract a value of the same shape.

        Args:
            other: The value to subtract.

        Returns:
            The difference, with the same shape.

        Raises:
            ValueError: If the shapes differ. This engine doesn't broadcast.

        Examples:
            >>> import numpy as np
            >>> (Value(np.ones(2)) - Value(np.ones((2, 1)))).data
            Traceback (most recent call last):
                ...
            ValueError: -: shapes (2,) and (2, 1) given; want one shape, since nothing is broadcast here
        """
        if np.shape(self.data) != np.shape(other.data):
            message = (
                f"-: shapes {np.shape(self.data)} and {np.shape(other.data)} given; "
                "want one shape, since nothing is broadcast here"
            )
            raise ValueError(message)
        edges = (self, lambda grad: grad), (other, lambda grad: -grad)
        return Value(np.asarray(self.data - other.data), "subtract", edges)

    def relu(self) -> Value:
        """Replace negative elements with 0. The slope at exactly 0 is 0.

        Returns:
            The result, with the same shape.
        """
        edges = [(self, lambda grad: grad * (self.data > 0))]
        return Value(np.maximum(self.data, 0), "relu", edges)

    def square(self) -> Value:
        """Square each element.

        Returns:
            The squares, with the same shape.
        """
        edges = [(self, lambda grad: 2 * self.data * grad)]
        return Value(np.asarray(np.square(self.data)), "square", edges)

    def sum(self) -> Value:
        """Add up all elements.

        Returns:
            The sum, shape ().
        """
        edges = [(self, lambda grad: np.full_like(self.data, grad))]
        return Value(np.asarray(self.data.sum()), "sum", edges)

    def order(self) -> list[Value]:
        """Put this value and the values that made it into topological order.

        Returns:
            Each value that gets a gradient, once, before its inputs.
        """
        waiting: Counter[Value] = Counter()
        found = [self]
        for value in found:  # grows during the loop
            for other, _ in value.edges:
                if other not in waiting:
                    found.append(other)
                waiting[other] += 1
        ordered = [self]
        for value in ordered:
            for other, _ in value.edges:
                waiting[other] -= 1
                if not waiting[other]:
                    ordered.append(other)
        return ordered

    def backward(self) -> None:
        """Add the gradients of this value, which has one element, to ``grad`` of the leaves.

        Raises:
            ValueError: If this value has more than one element, or nothing that made it requires a gradient.

        Examples:
            >>> import numpy as np
            >>> w = Value(np.array([[1.0, -2.0]]), requires_grad=True)
            >>> w.relu().sum().backward()
            >>> w.grad
            array([[1., 0.]])
            >>> w.relu().backward()
            Traceback (most recent call last):
                ...
            ValueError: backward: a value of shape (1, 2) given; want a single number, such as a loss
        """
        if np.size(self.data) != 1:
            message = (
                f"backward: a value of shape {self.data.shape} given; "
                "want a single number, such as a loss"
            )
            raise ValueError(message)
        if not self.requires_grad:
            message = "backward: nothing that made this value requires a gradient; want a leaf with requires_grad=True"
            raise ValueError(message)
        grads = {self: np.ones_like(self.data)}
        for value in self.order():
            grad = grads.pop(value)
            if not value.edges:
                value.grad = grad if value.grad is None else value.grad + grad
            for other, share in value.edges:
                part = share(grad)
                grads[other] = grads[other] + part if other in grads else part
