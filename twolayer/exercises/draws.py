"""Random inputs of an exercise, from a fixed seed, in a few cases of different shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CASES = 4
"""How many cases an answer is tried on. The last one has a batch of one."""


class Draw:
    """Draws the inputs of one case.

    Args:
        case: The case's number, from 0.
    """

    def __init__(self, case: int) -> None:
        self.case = case
        self.rng = np.random.default_rng([17, case])
        self.named: dict[str, int] = {}

    def sizes(self, *names: str) -> tuple[int, ...]:
        """Draw sizes that all differ, so that a transposed array is noticed.

        Args:
            *names: Their names. ``N`` is the batch size, which is 1 in the last case.

        Returns:
            Sizes from 3 to 10, in the order of the names. A size of 2 would look like the slope of a square.

        Raises:
            ValueError: If more than 8 names are given.

        Examples:
            >>> N, D_in, H = Draw(0).sizes("N", "D_in", "H")
            >>> len({N, D_in, H})
            3
        """
        smallest, largest = 3, 10
        choices = np.arange(smallest, largest + 1)
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
        """Draw whole numbers from -2 to 2, of which a third are exactly 0 and at least one is not.

        Their sums and products are exact, so ReLU sees exact zeros.

        Args:
            *shape: The array's shape.

        Returns:
            The array.
        """
        drawn = self.rng.choice([-2.0, -1.0, 1.0, 2.0], shape)
        drawn.flat[2::3] = 0.0
        return drawn

    def labels(self, count: int, classes: int) -> NDArray[np.int64]:
        """Draw class labels.

        Args:
            count: How many.
            classes: How many classes there are.

        Returns:
            The labels, shape (count,), from 0 to ``classes - 1``.
        """
        return self.rng.integers(0, classes, count)

    def number(self, low: float, high: float) -> float:
        """Draw a number from an interval.

        Args:
            low: Its lower end.
            high: Its upper end.

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
        Sizes by what they count: the drawn ones, and the number of elements of each input.
    """
    found = dict(drawn)
    for name, value in inputs.items():
        if len(getattr(value, "shape", ())) > 0:
            found[f"the number of elements of {name}"] = int(np.prod(value.shape))
    return found
