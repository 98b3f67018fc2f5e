"""The one measure of agreement that the tests of rungs and pages share."""

from __future__ import annotations

import contextlib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from twolayer import Fit, random_problem
from twolayer.rungs import RUNGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike

TOLERANCE = 1e-8
NUMPY_RUNGS = ("numpy_by_hand", "autograd_by_hand")
"""The rungs without PyTorch, which take neither device nor dtype."""


@cache
def reference_fit(dtype: str = "float64") -> Fit:
    """The NumPy rung's fit of the classic problem over all 500 steps."""
    return RUNGS["numpy_by_hand"].fit(random_problem(dtype=dtype))


@contextlib.contextmanager
def default(name: str, value: Any, restored: Any) -> Iterator[None]:
    """Set a default of torch's inside a ``with`` block."""
    getattr(torch, f"set_default_{name}")(value)
    try:
        yield
    finally:
        getattr(torch, f"set_default_{name}")(restored)


#: What a caller may be in.
MODES: dict[str, Callable[[], contextlib.AbstractContextManager[Any]]] = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "a device's block": lambda: torch.device("meta"),
    "a default device": lambda: default("device", "meta", None),
    "a default dtype": lambda: default("dtype", torch.float16, torch.float32),
}


def mode() -> list[object]:
    """The mode that torch is in."""
    return [
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_default_device(),
        torch.get_default_dtype(),
    ]


def largest_relative_difference(values: ArrayLike, reference: ArrayLike) -> float:
    """The largest entry-by-entry difference, relative to the reference's entry."""
    values, reference = np.asarray(values, float), np.asarray(reference, float)
    assert values.shape == reference.shape
    return float((np.abs(values - reference) / np.abs(reference)).max())


def assert_same_fit(fit: Fit, reference: Fit) -> None:
    """Losses agree at every step, and so do the final weights, to a relative 1e-8."""
    assert largest_relative_difference(fit.losses, reference.losses) <= TOLERANCE
    for name in ("w1", "w2"):
        value, wanted = getattr(fit, name), getattr(reference, name)
        assert value.shape == wanted.shape
        assert np.abs(value - wanted).max() <= TOLERANCE * np.abs(wanted).max()
