"""Inputs of an exercise: drawn from a seed, in a few cases of different shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CASES = 4
"""How many cases an answer is tried on; the last has a batch of one."""


class Draw:
    """What the inputs of one case are drawn from.

    Args:
        case: The case's number, from 0.
    """

    def __init__(self, case: int) -> None:
        self.case = case
        self.rng = np.random.default_rng([20, case])
        self.named: dict[str, int] = {}

    def sizes(self, *names: str) -> tuple[int, ...]:
        """Draw sizes that differ from each other, so that a transposed array shows.

        Args:
            *names: Their names; the one named ``N`` is a batch, and 1 in the last case.

        Returns:
            Sizes from 2 to 9, in the order of the names.

        Raises:
            ValueError: If more than 8 names are given.

        Examples:
            >>> N, D_in, H = Draw(0).sizes("N", "D_in", "H")
            >>> len({N, D_in, H})
            3
        """
        largest = 9
        choices = np.arange(2, largest + 1)
        if len(names) > len(choices):
            message = f"names: {len(names)} given; want {len(choices)} or fewer"
            raise ValueError(message)
        drawn = self.rng.permutation(choices)[: len(names)].tolist()
        if "N" in names and self.case == CASES - 1:
            drawn[names.index("N")] = 1
        self.named |= dict(zip(names, drawn, strict=True))
        return tuple(drawn)

    def normal(self, *shape: int) -> NDArray[np.float64]:
        """Draw an array from a standard normal distribution.

        Args:
            *shape: Its shape.

        Returns:
            The array.
        """
        return self.rng.standard_normal(shape)

    def with_zeros(self, *shape: int) -> NDArray[np.float64]:
        """Draw whole numbers from -2 to 2, a few of them exactly 0 wherever there is room.

        Sums and products of them are exact, so that a ReLU meets exact zeros.

        Args:
            *shape: The array's shape.

        Returns:
            The array.
        """
        drawn = self.rng.integers(-2, 3, shape).astype(np.float64)
        drawn.flat[:: max(1, drawn.size // 3)] = 0.0
        return drawn

    def labels(self, count: int, classes: int) -> NDArray[np.int64]:
        """Draw whole numbers, each a class.

        Args:
            count: How many.
            classes: How many classes there are.

        Returns:
            The labels, shape (count,), from 0 to ``classes - 1``.
        """
        return self.rng.integers(0, classes, count)

    def number(self, low: float, high: float) -> float:
        """Draw a number between two.

        Args:
            low: The lower end.
            high: The upper end.

        Returns:
            The number.
        """
        return float(self.rng.uniform(low, high))


def named_sizes(inputs: dict[str, Any], drawn: dict[str, int]) -> dict[str, int]:
    """Name the sizes that a mean could divide by.

    Args:
        inputs: A case's inputs.
        drawn: The sizes drawn by name.

    Returns:
        Sizes by what they count: those drawn, and the number of entries of each input.
    """
    found = {name: size for name, size in drawn.items() if size > 1}
    for name, value in inputs.items():
        size = int(np.prod(value.shape)) if hasattr(value, "shape") else 1
        if size > 1 and size not in found.values():
            found[f"entries of {name}"] = size
    return found
