"""Problems: the arrays they take, and the ones they refuse."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from tests.rungs.strategies import problems
from twolayer import Problem, random_problem


def arrays(**changed: Any) -> dict[str, Any]:
    """The four arrays of a small valid problem, with some replaced."""
    valid = {
        "x": np.ones((4, 3)),
        "y": np.ones((4, 2)),
        "w1": np.ones((3, 5)),
        "w2": np.ones((5, 2)),
    }
    return valid | changed


def with_entry(shape: tuple[int, int], value: float) -> np.ndarray:
    """An array of ones with one other entry, at [1, 0]."""
    array = np.ones(shape)
    array[1, 0] = value
    return array


BAD = [
    # Mismatched inner sizes
    ({"y": np.ones((5, 2))}, ValueError, "y: shape (5, 2) given; want 4 rows (N), as many as x"),
    ({"w1": np.ones((4, 5))}, ValueError, "w1: shape (4, 5) given; want 3 rows (D_in), as many as"),
    ({"w2": np.ones((3, 2))}, ValueError, "w2: shape (3, 2) given; want 5 rows (H), as many as w1"),
    ({"w2": np.ones((5, 1))}, ValueError, "w2: shape (5, 1) given; want 2 columns (D_out), as"),
    # A wrong rank
    ({"x": np.ones(3)}, ValueError, "x: shape (3,) given; want a matrix"),
    ({"w2": np.ones((5, 2, 1))}, ValueError, "w2: shape (5, 2, 1) given; want a matrix"),
    ({"y": np.float64(1.0)}, TypeError, "y: "),
    ({"y": np.array(1.0)}, ValueError, "y: shape () given; want a matrix"),
    # An empty array
    ({"x": np.ones((0, 3))}, ValueError, "x: shape (0, 3) given; want at least one row"),
    ({"w1": np.ones((3, 0))}, ValueError, "w1: shape (3, 0) given; want at least one row"),
    # Not floats
    ({"x": np.ones((4, 3), int)}, TypeError, "x: dtype int64 given; want float32 or float64"),
    ({"y": np.ones((4, 2), object)}, TypeError, "y: dtype object given; want float32 or float64"),
    ({"w1": np.ones((3, 5), bool)}, TypeError, "w1: dtype bool given"),
    ({"w1": np.ones((3, 5), complex)}, TypeError, "w1: dtype complex128 given"),
    ({"w2": np.ones((5, 2), np.float16)}, TypeError, "w2: dtype float16 given"),
    ({"w2": np.ones((5, 2), np.float32)}, TypeError, "w2: dtype float32 given; want float64, the"),
    # No arrays
    ({"x": [[1.0]]}, TypeError, "x: [[1.0]] (list) given; want an instance of ndarray"),
    ({"x": None}, TypeError, "x: None (NoneType) given; want an instance of ndarray"),
    # Masked
    (
        {"x": np.ma.masked_invalid(with_entry((4, 3), np.nan))},
        TypeError,
        "x: a masked array given; want one without a mask, such as x.filled(0)",
    ),
    ({"w2": np.ma.masked_array(np.ones((5, 2)))}, TypeError, "w2: a masked array given; want one"),
    # Not finite
    ({"x": with_entry((4, 3), np.nan)}, ValueError, "x: nan given at [1, 0]; want finite values"),
    ({"w2": with_entry((5, 2), -np.inf)}, ValueError, "w2: -inf given at [1, 0]; want finite"),
]


@pytest.mark.parametrize(("changed", "error", "message"), BAD)
def test_refuses_arrays_that_make_no_network(
    changed: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Each bad array gets an error that names it, quotes it and says what is wanted."""
    with pytest.raises(error) as caught:
        Problem(**arrays(**changed))
    assert str(caught.value).startswith(message)


def test_keeps_copies_that_later_changes_dont_reach() -> None:
    """Changing an array after making a problem of it changes the array only."""
    mine = arrays()
    problem = Problem(**mine)
    mine["x"][0, 0] = 99
    assert problem.x[0, 0] == 1


def test_arrays_are_read_only() -> None:
    """A problem's arrays can't be written."""
    problem = Problem(**arrays())
    with pytest.raises(ValueError, match="read-only"):
        problem.w1[0, 0] = 99
    assert not any(getattr(problem, name).flags.writeable for name in ("x", "y", "w1", "w2"))
    with pytest.raises(AttributeError):
        problem.w1 = np.ones((3, 5))  # type: ignore[misc]


def test_takes_any_layout_and_byte_order() -> None:
    """Transposed views and arrays of the other byte order give the same problem."""
    straight = Problem(**arrays(x=np.arange(12.0).reshape(4, 3)))
    other = np.asfortranarray(np.arange(12.0).reshape(4, 3)).astype(">f8")
    assert np.array_equal(Problem(**arrays(x=other)).x, straight.x)
    assert Problem(**arrays(x=other)).x.dtype.isnative
    assert Problem(**arrays(x=other)).x.flags.c_contiguous


def test_random_problem_draws_in_the_order_x_y_w1_w2() -> None:
    """A reader's own four draws from the same seed are the problem's arrays."""
    rng = np.random.default_rng(7)
    problem = random_problem(7, N=2, D_in=3, H=4, D_out=5)
    for array, shape in [
        (problem.x, (2, 3)),
        (problem.y, (2, 5)),
        (problem.w1, (3, 4)),
        (problem.w2, (4, 5)),
    ]:
        assert np.array_equal(array, rng.standard_normal(shape))


def test_random_problem_has_the_classic_sizes() -> None:
    """Without arguments the sizes are those of the classic example."""
    assert random_problem().sizes == {"N": 64, "D_in": 1000, "H": 100, "D_out": 10}
    assert random_problem().dtype == np.float64


def test_random_problem_draws_from_seed_0_by_default() -> None:
    """Without a seed the problem is that of seed 0."""
    assert np.array_equal(random_problem().x, np.random.default_rng(0).standard_normal((64, 1000)))


def test_float32_is_the_float64_problem_rounded() -> None:
    """The same seed gives the same draws in both precisions."""
    double, single = random_problem(), random_problem(dtype=np.float32)
    assert single.dtype == np.float32
    assert np.array_equal(single.w1, double.w1.astype(np.float32))
    assert np.array_equal(double.astype("float32").w1, single.w1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"seed": -1}, ValueError, "seed: -1 given; want a whole number, 0 or more"),
        ({"seed": 0.5}, TypeError, "seed: 0.5 (float) given"),
        ({"N": 0}, ValueError, "N: 0 given; want a whole number, 1 or more"),
        ({"D_in": -3}, ValueError, "D_in: -3 given"),
        ({"H": "100"}, TypeError, "H: '100' (str) given"),
        ({"D_out": 1.0}, TypeError, "D_out: 1.0 (float) given"),
        ({"dtype": np.int64}, TypeError, "dtype: dtype int64 given; want float32 or float64"),
        ({"dtype": "nonsense"}, TypeError, "dtype: 'nonsense' given; want float32 or float64"),
        ({"dtype": None}, TypeError, "dtype: None given; want float32 or float64"),
    ],
)
def test_random_problem_refuses_bad_arguments(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A bad seed, size or dtype is named and quoted."""
    with pytest.raises(error) as caught:
        random_problem(**options)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("dtype", [np.int64, "nonsense", None])
def test_astype_refuses_what_the_ladder_does_not_run_in(dtype: Any) -> None:
    """A dtype that a problem can't be in is named, quoted and answered with those it can."""
    with pytest.raises(TypeError) as caught:
        random_problem(N=1, D_in=1, H=1, D_out=1).astype(dtype)
    quoted = {np.int64: "dtype int64", "nonsense": "'nonsense'", None: "None"}[dtype]
    assert str(caught.value) == f"dtype: {quoted} given; want float32 or float64"


def test_values_too_large_for_float32_are_refused() -> None:
    """Rounding a problem to float32 where a value doesn't fit names the array."""
    with pytest.raises(ValueError, match="x: inf given at"):
        Problem(**arrays(x=np.full((4, 3), 1e300))).astype(np.float32)


@given(problem=problems())
def test_sizes_are_those_of_the_arrays(problem: Problem) -> None:
    """The four sizes describe all four arrays."""
    sizes = problem.sizes
    assert problem.x.shape == (sizes["N"], sizes["D_in"])
    assert problem.y.shape == (sizes["N"], sizes["D_out"])
    assert problem.w1.shape == (sizes["D_in"], sizes["H"])
    assert problem.w2.shape == (sizes["H"], sizes["D_out"])


def test_copies_of_a_problem_are_problems() -> None:
    """A deep copy has equal arrays of its own."""
    problem = Problem(**arrays())
    other = copy.deepcopy(problem)
    assert np.array_equal(other.x, problem.x)
    assert not np.shares_memory(other.x, problem.x)
