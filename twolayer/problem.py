"""The problem that every rung solves: data to fit, and weights to start from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer import checks

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

_MATRIX_RANK = 2


@dataclass(frozen=True, eq=False)
class Problem:
    """Inputs and targets for a two-layer network, and its starting weights.

    The network is ``y_pred = relu(x @ w1) @ w2``. The loss is the sum of squared errors,
    ``((y_pred - y) ** 2).sum()``. A problem keeps its own read-only copies of the arrays, so it
    doesn't change when you change yours, and a fit changes neither.

    Args:
        x: Inputs, shape (N, D_in).
        y: Targets, shape (N, D_out).
        w1: Starting weights of the first layer, shape (D_in, H).
        w2: Starting weights of the second layer, shape (H, D_out).

    Raises:
        TypeError: If an argument is not a NumPy array or has a mask, if its dtype is neither float32
            nor float64, or if the four dtypes differ.
        ValueError: If an array isn't of rank 2, is empty, or contains NaN or infinity, or if sizes
            that must match don't.

    Examples:
        >>> import numpy as np
        >>> problem = Problem(
        ...     x=np.ones((4, 3)), y=np.zeros((4, 1)), w1=np.ones((3, 2)), w2=np.ones((2, 1))
        ... )
        >>> problem.sizes
        {'N': 4, 'D_in': 3, 'H': 2, 'D_out': 1}
    """

    x: NDArray[np.floating[Any]]
    y: NDArray[np.floating[Any]]
    w1: NDArray[np.floating[Any]]
    w2: NDArray[np.floating[Any]]

    def __post_init__(self) -> None:
        """Check the four arrays and keep read-only copies of them."""
        for field in fields(self):
            array = _matrix(field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, array)
        for name in ("y", "w1", "w2"):
            dtype = getattr(self, name).dtype
            if dtype != self.x.dtype:
                message = f"{name}: dtype {dtype} given; want {self.x.dtype}, the dtype of x"
                raise TypeError(message)
        self._check_sizes_match("N", ("y", 0), ("x", 0))
        self._check_sizes_match("D_in", ("w1", 0), ("x", 1))
        self._check_sizes_match("H", ("w2", 0), ("w1", 1))
        self._check_sizes_match("D_out", ("w2", 1), ("y", 1))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by making a new problem, whose arrays are read-only too."""
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    @property
    def sizes(self) -> dict[str, int]:
        """The four sizes by name, ``N``, ``D_in``, ``H`` and ``D_out``."""
        return {
            "N": self.x.shape[0],
            "D_in": self.x.shape[1],
            "H": self.w1.shape[1],
            "D_out": self.w2.shape[1],
        }

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The dtype of all four arrays, float32 or float64."""
        return self.x.dtype

    def astype(self, dtype: DTypeLike) -> Problem:
        """Convert the problem to a different precision.

        Args:
            dtype: The new dtype, float32 or float64.

        Returns:
            A new problem, with the four arrays rounded to ``dtype``.

        Raises:
            TypeError: If ``dtype`` is neither float32 nor float64.
            ValueError: If a value is too large for ``dtype``.

        Examples:
            >>> random_problem().astype("float32").dtype
            dtype('float32')
        """
        wanted = _floating_dtype("dtype", dtype)
        with np.errstate(over="ignore"):
            return Problem(**{f.name: getattr(self, f.name).astype(wanted) for f in fields(self)})

    def _check_sizes_match(self, size: str, one: tuple[str, int], other: tuple[str, int]) -> None:
        shape, wanted = getattr(self, one[0]).shape, getattr(self, other[0]).shape
        if shape[one[1]] != wanted[other[1]]:
            kinds = ("rows", "columns")
            message = (
                f"{one[0]}: shape {shape} given; want {wanted[other[1]]} {kinds[one[1]]} ({size}), "
                f"as many as {other[0]} has {kinds[other[1]]}"
            )
            raise ValueError(message)


def random_problem(
    seed: int = 0,
    *,
    N: int = 64,
    D_in: int = 1000,
    H: int = 100,
    D_out: int = 10,
    dtype: DTypeLike = np.float64,
) -> Problem:
    """Make a random problem: every value is drawn from a standard normal distribution.

    The values come from ``numpy.random.default_rng(seed)``, in the order x, y, w1, w2. They are
    always drawn in float64, so a float32 problem is the float64 problem, rounded.

    Args:
        seed: The seed of the random values, 0 or more.
        N: The batch size, that is, the number of rows of x and y.
        D_in: The input dimension.
        H: The hidden dimension.
        D_out: The output dimension.
        dtype: The dtype of the arrays, float32 or float64.

    Returns:
        The problem.

    Raises:
        TypeError: If the seed or a size is not an integer, or ``dtype`` is neither float32 nor
            float64.
        ValueError: If the seed is negative or a size is smaller than 1.

    Examples:
        >>> random_problem().sizes
        {'N': 64, 'D_in': 1000, 'H': 100, 'D_out': 10}
        >>> bool((random_problem(seed=1).x == random_problem(seed=1).x).all())
        True
    """
    seed = checks.whole_number("seed", seed, minimum=0)
    N = checks.whole_number("N", N, minimum=1)
    D_in = checks.whole_number("D_in", D_in, minimum=1)
    H = checks.whole_number("H", H, minimum=1)
    D_out = checks.whole_number("D_out", D_out, minimum=1)
    wanted = _floating_dtype("dtype", dtype)
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, D_in))
    y = rng.standard_normal((N, D_out))
    w1 = rng.standard_normal((D_in, H))
    w2 = rng.standard_normal((H, D_out))
    return Problem(*(array.astype(wanted) for array in (x, y, w1, w2)))


def _matrix(name: str, value: object) -> NDArray[np.floating[Any]]:
    given = checks.array(name, value)
    dtype = _floating_dtype(name, given.dtype)
    if given.ndim != _MATRIX_RANK:
        message = f"{name}: shape {given.shape} given; want a matrix, an array of rank 2"
        raise ValueError(message)
    if given.size == 0:
        message = f"{name}: shape {given.shape} given; want at least one row and one column"
        raise ValueError(message)
    if not np.isfinite(given).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(given))[0])
        message = f"{name}: {given[row, column]} given at [{row}, {column}]; want finite values"
        raise ValueError(message)
    matrix = np.array(given, dtype=dtype, order="C")
    matrix.setflags(write=False)
    return matrix


def _floating_dtype(name: str, value: DTypeLike) -> np.dtype[np.floating[Any]]:
    wanted = "want float32 or float64"
    if value is None:  # NumPy would read it as float64
        message = f"{name}: None given; {wanted}"
        raise TypeError(message)
    try:
        dtype = np.dtype(value)
    except TypeError:
        message = f"{name}: {value!r} given; {wanted}"
        raise TypeError(message) from None
    for floating in (np.float32, np.float64):
        if dtype.newbyteorder("=") == floating:
            return np.dtype(floating)
    message = f"{name}: dtype {dtype} given; {wanted}"
    raise TypeError(message)
