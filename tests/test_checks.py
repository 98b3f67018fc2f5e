"""The argument checks, where the rungs' own tests don't reach."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from twolayer import checks


@given(st.integers(min_value=1))
def test_whole_number_passes_integers_on(value: int) -> None:
    """Any integer that is large enough comes back equal."""
    assert checks.whole_number("steps", value, minimum=1) == value


def test_whole_number_takes_numpys_integers() -> None:
    """NumPy's integers count, and come back as Python's."""
    number = checks.whole_number("steps", np.int32(3), minimum=1)
    assert (number, type(number)) == (3, int)


@pytest.mark.parametrize("value", [True, np.True_, 2.5, np.float64(2), "2", None, [2]])
def test_whole_number_refuses_all_else(value: object) -> None:
    """Bools, floats, text and the rest are no whole numbers."""
    with pytest.raises(TypeError, match="want a whole number, 1 or more"):
        checks.whole_number("steps", value, minimum=1)


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False, allow_nan=False))
def test_learning_rate_passes_positive_numbers_on(value: float) -> None:
    """Any finite number above zero comes back equal."""
    assert checks.learning_rate(value) == value


def test_finite_number_refuses_what_no_float_holds() -> None:
    """An integer beyond the range of floats counts as infinite."""
    with pytest.raises(ValueError, match="want a finite number"):
        checks.learning_rate(10**400)


def test_finite_number_keeps_its_lower_bound() -> None:
    """A bound that may be reached may not be passed."""
    assert checks.finite_number("momentum", 0, at_least=0) == 0
    with pytest.raises(ValueError, match=r"momentum: -0\.1 given; want a finite number, 0 or more"):
        checks.finite_number("momentum", -0.1, at_least=0)


def test_long_values_are_named_by_their_class() -> None:
    """A value whose repr would fill the screen is quoted by its class."""
    with pytest.raises(TypeError) as caught:
        checks.whole_number("steps", list(range(1000)), minimum=1)
    assert str(caught.value) == "steps: a value of type list given; want a whole number, 1 or more"


def test_torch_device_takes_a_device() -> None:
    """A torch.device is as good as its name."""
    assert checks.torch_device(torch.device("cpu")) == torch.device("cpu")
    assert checks.torch_device("cpu:0").type == "cpu"


@pytest.mark.parametrize("value", [torch.float32, "float32", "torch.float32"])
def test_torch_dtype_takes_a_dtype_or_its_name(value: object) -> None:
    """The dtype, its name and its full name all mean the dtype."""
    assert checks.torch_dtype(value) is torch.float32


def test_one_of_refuses_what_is_no_name() -> None:
    """A value that is no string is a TypeError, not an unknown name."""
    with pytest.raises(TypeError, match=r"optimizer: 3 \(int\) given; want one of 'sgd'"):
        checks.one_of("optimizer", 3, ["sgd"])
