"""The argument checks, where the rungs' own tests don't reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from twolayer import checks

if TYPE_CHECKING:
    from collections.abc import Callable


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
    with pytest.raises(TypeError, match=r"\) given; want a whole number, 1 or more$"):
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


MESSAGES = [
    (lambda: checks.instance("bias", 1, bool), "bias: 1 (int) given; want an instance of bool"),
    (
        lambda: checks.whole_number("N", 2, minimum=3),
        "N: 2 given; want a whole number, 3 or more",
    ),
    (
        lambda: checks.finite_number("step", "1", above=0, at_least=2),
        "step: '1' (str) given; want a finite number above 0, 2 or more",
    ),
    (
        lambda: checks.finite_number("step", np.True_),
        "step: np.True_ (bool) given; want a finite number",
    ),
    (
        lambda: checks.finite_number("step", 0.5, above=0.5),
        "step: 0.5 given; want a finite number above 0.5",
    ),
    (
        lambda: checks.learning_rate(0),
        "learning_rate: 0 given; want a finite number above 0",
    ),
    (
        lambda: checks.learning_rate(True),  # noqa: FBT003 - what a caller might give
        "learning_rate: True (bool) given; want a finite number above 0",
    ),
    (lambda: checks.schedule(0, 0.1), "steps: 0 given; want a whole number, 1 or more"),
    (
        lambda: checks.schedule(1, None),
        "learning_rate: None (NoneType) given; want a finite number above 0",
    ),
    (
        lambda: checks.one_of("device", "gpu", ["cuda", "cpu"]),  # not near enough to guess
        "device: 'gpu' given; want one of 'cuda', 'cpu'",
    ),
    (
        lambda: checks.one_of("optimizer", "adamax", ["sgd", "adamw", "adagrad"]),
        "optimizer: 'adamax' given; want one of 'sgd', 'adamw', 'adagrad'; did you mean 'adamw'?",
    ),
    (
        lambda: checks.torch_dtype(8),
        "dtype: 8 (int) given; want torch.float32 or torch.float64",
    ),
    (
        lambda: checks.torch_dtype(torch.float16),
        "dtype: torch.float16 given; want torch.float32 or torch.float64",
    ),
]


@pytest.mark.parametrize(("check", "message"), MESSAGES)
def test_errors_name_quote_and_say_what_is_wanted(
    check: Callable[[], object], message: str
) -> None:
    """Each error is one sentence: the argument's name, its value, what is wanted."""
    with pytest.raises((TypeError, ValueError)) as caught:
        check()
    assert str(caught.value) == message


def test_schedule_passes_both_on() -> None:
    """One step is enough, and both numbers come back as Python's own."""
    steps, rate = checks.schedule(np.int64(1), np.float32(0.5))
    assert (steps, rate) == (1, 0.5)
    assert (type(steps), type(rate)) == (int, float)


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_one_of_passes_names_on(name: str) -> None:
    """Each of the names comes back."""
    assert checks.one_of("optimizer", name, ["sgd", "adam"]) == name


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("x" * 58, f"{'x' * 58!r} (str)"),  # 60 characters with its quotes
        ("x" * 59, "a value of type str"),
        (np.zeros((2, 1)), "a value of type ndarray"),  # whose repr has two lines
    ],
)
def test_a_value_is_quoted_if_it_fits_into_a_line(value: object, quoted: str) -> None:
    """A repr of up to 60 characters on one line is quoted; else the class is named."""
    with pytest.raises(TypeError) as caught:
        checks.instance("x", value, int)
    assert str(caught.value) == f"x: {quoted} given; want an instance of int"


WANTED_DEVICE = "want 'cpu' or 'cuda' (or 'cuda:0', 'cuda:1', ...)"


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        (3, "3 (int)"),
        ("gpu", "'gpu'"),
        ("meta", "'meta'"),
        ("cpu:1", "'cpu:1'"),
        (torch.device("meta"), "'meta'"),
    ],
)
def test_torch_device_refuses_other_devices(value: object, quoted: str) -> None:
    """What is neither the CPU nor a CUDA device is quoted and answered with those."""
    with pytest.raises((TypeError, ValueError)) as caught:
        checks.torch_device(value)
    assert str(caught.value) == f"device: {quoted} given; {WANTED_DEVICE}"


@pytest.fixture
def cuda_devices(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the machine say that it has so many CUDA devices."""

    def pretend(count: int, *, available: bool = True) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return pretend


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:1"])
def test_torch_device_takes_the_cuda_devices_that_there_are(
    name: str, cuda_devices: Callable[..., None]
) -> None:
    """Of two CUDA devices each can be asked for by its number, the first without one."""
    cuda_devices(2)
    assert checks.torch_device(name) == torch.device(name)


def test_torch_device_takes_the_only_cuda_device(cuda_devices: Callable[..., None]) -> None:
    """Where there is one CUDA device its name needs no number."""
    cuda_devices(1)
    assert checks.torch_device("cuda") == torch.device("cuda")


@pytest.mark.parametrize(
    ("name", "machine", "has"),
    [
        ("cuda", {"count": 0}, "no CUDA device; want 'cpu'"),
        (
            "cuda",
            {"count": 2, "available": False},
            "no CUDA device; want 'cpu'",
        ),  # no driver for them
        ("cuda:1", {"count": 1}, "1 CUDA device(s), numbered from 0; want one of these, or 'cpu'"),
        ("cuda:2", {"count": 2}, "2 CUDA device(s), numbered from 0; want one of these, or 'cpu'"),
    ],
)
def test_torch_device_refuses_cuda_devices_that_there_are_not(
    name: str, machine: dict[str, Any], has: str, cuda_devices: Callable[..., None]
) -> None:
    """A CUDA device beyond those that the machine has is answered with how many it has."""
    cuda_devices(**machine)
    with pytest.raises(ValueError, match="device") as caught:
        checks.torch_device(name)
    assert str(caught.value) == (f"device: {name!r} given, but this machine has {has}")
