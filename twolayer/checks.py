"""Argument checks that every fit shares: each error names the argument, quotes it, says what is wanted."""

from __future__ import annotations

import difflib
import math
import numbers
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch

T = TypeVar("T")


def instance(name: str, value: object, wanted: type[T]) -> T:
    """Check that an argument is of a class.

    Args:
        name: The argument's name, for the error.
        value: What the caller gave.
        wanted: The class it must be an instance of.

    Returns:
        The value, unchanged.

    Raises:
        TypeError: If ``value`` is not an instance of ``wanted``.

    Examples:
        >>> instance("bias", True, bool)
        True
        >>> instance("bias", "yes", bool)
        Traceback (most recent call last):
            ...
        TypeError: bias: 'yes' (str) given; want an instance of bool
    """
    if not isinstance(value, wanted):
        message = f"{name}: {_quoted(value)} given; want an instance of {wanted.__name__}"
        raise TypeError(message)
    return value


def whole_number(name: str, value: object, *, minimum: int) -> int:
    """Check that an argument is a whole number that is large enough.

    Args:
        name: The argument's name, for the error.
        value: What the caller gave.
        minimum: The smallest number accepted.

    Returns:
        The number as a plain ``int``.

    Raises:
        TypeError: If ``value`` is not an integer (a bool is not one).
        ValueError: If ``value`` is smaller than ``minimum``.

    Examples:
        >>> whole_number("steps", 500, minimum=1)
        500
        >>> whole_number("steps", 0, minimum=1)
        Traceback (most recent call last):
            ...
        ValueError: steps: 0 given; want a whole number, 1 or more
    """
    wanted = f"want a whole number, {minimum} or more"
    if isinstance(value, bool | np.bool) or not isinstance(value, numbers.Integral):
        message = f"{name}: {_quoted(value)} given; {wanted}"
        raise TypeError(message)
    if value < minimum:
        message = f"{name}: {value} given; {wanted}"
        raise ValueError(message)
    return int(value)


def finite_number(
    name: str, value: object, *, above: float | None = None, at_least: float | None = None
) -> float:
    """Check that an argument is a finite real number within a bound.

    Args:
        name: The argument's name, for the error.
        value: What the caller gave.
        above: A bound that the number must exceed, or None.
        at_least: A bound that the number must reach, or None.

    Returns:
        The number as a plain ``float``.

    Raises:
        TypeError: If ``value`` is not a real number (a bool is not one).
        ValueError: If ``value`` is NaN, infinite or out of bounds.

    Examples:
        >>> finite_number("learning_rate", 1e-6, above=0)
        1e-06
        >>> finite_number("learning_rate", -1e-6, above=0)
        Traceback (most recent call last):
            ...
        ValueError: learning_rate: -1e-06 given; want a finite number above 0
    """
    wanted = "want a finite number"
    if above is not None:
        wanted += f" above {above:g}"
    if at_least is not None:
        wanted += f", {at_least:g} or more"
    if isinstance(value, bool | np.bool) or not isinstance(value, numbers.Real):
        message = f"{name}: {_quoted(value)} given; {wanted}"
        raise TypeError(message)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    too_small = (above is not None and number <= above) or (
        at_least is not None and number < at_least
    )
    if not math.isfinite(number) or too_small:
        message = f"{name}: {value} given; {wanted}"
        raise ValueError(message)
    return number


def learning_rate(value: object) -> float:
    """Check a learning rate.

    Args:
        value: What the caller gave as ``learning_rate``.

    Returns:
        The learning rate as a plain ``float``.

    Raises:
        TypeError: If ``value`` is not a real number.
        ValueError: If ``value`` is negative, zero, NaN or infinite.

    Examples:
        >>> learning_rate(1e-6)
        1e-06
        >>> learning_rate(float("nan"))
        Traceback (most recent call last):
            ...
        ValueError: learning_rate: nan given; want a finite number above 0
    """
    return finite_number("learning_rate", value, above=0)


def schedule(steps: object, rate: object) -> tuple[int, float]:
    """Check how often, and how far, a fit is to follow the gradient.

    Args:
        steps: What the caller gave as ``steps``.
        rate: What the caller gave as ``learning_rate``.

    Returns:
        The number of steps and the learning rate, as plain ``int`` and ``float``.

    Raises:
        TypeError: If one is of the wrong type.
        ValueError: If there is no step to make, or the learning rate is out of range.

    Examples:
        >>> schedule(500, 1e-6)
        (500, 1e-06)
        >>> schedule(0, 1e-6)
        Traceback (most recent call last):
            ...
        ValueError: steps: 0 given; want a whole number, 1 or more
    """
    return whole_number("steps", steps, minimum=1), learning_rate(rate)


def one_of(name: str, value: object, choices: Iterable[str]) -> str:
    """Check that an argument is one of some names.

    Args:
        name: The argument's name, for the error.
        value: What the caller gave.
        choices: The names accepted.

    Returns:
        The value, unchanged.

    Raises:
        TypeError: If ``value`` is not a string.
        ValueError: If ``value`` is none of the names.

    Examples:
        >>> one_of("optimizer", "sgd", ["sgd", "adam"])
        'sgd'
        >>> one_of("optimizer", "sdg", ["sgd", "adam"])
        Traceback (most recent call last):
            ...
        ValueError: optimizer: 'sdg' given; want one of 'sgd', 'adam'; did you mean 'sgd'?
    """
    names = list(choices)
    wanted = f"want one of {', '.join(map(repr, names))}"
    if not isinstance(value, str):
        message = f"{name}: {_quoted(value)} given; {wanted}"
        raise TypeError(message)
    if value not in names:
        close = difflib.get_close_matches(value, names, n=1)
        guess = f"; did you mean {close[0]!r}?" if close else ""
        message = f"{name}: {value!r} given; {wanted}{guess}"
        raise ValueError(message)
    return value


def torch_device(value: object) -> torch.device:
    """Check that an argument is a device that this machine has: the CPU or a CUDA device.

    Args:
        value: What the caller gave as ``device``: a name such as ``"cpu"`` or ``"cuda:0"``, or a
            ``torch.device``.

    Returns:
        The device.

    Raises:
        TypeError: If ``value`` is neither a string nor a ``torch.device``.
        ValueError: If ``value`` names no device, or one that this machine doesn't have.

    Examples:
        >>> torch_device("cpu")
        device(type='cpu')
        >>> torch_device("gpu")
        Traceback (most recent call last):
            ...
        ValueError: device: 'gpu' given; want 'cpu' or 'cuda' (or 'cuda:0', 'cuda:1', ...)
    """
    import torch  # noqa: PLC0415 - takes a second or more, which `list` and `--help` needn't wait

    wanted = "want 'cpu' or 'cuda' (or 'cuda:0', 'cuda:1', ...)"
    if not isinstance(value, str | torch.device):
        message = f"device: {_quoted(value)} given; {wanted}"
        raise TypeError(message)
    try:
        device = torch.device(value)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in {"cpu", "cuda"} or (device.type == "cpu" and device.index):
        message = f"device: {str(value)!r} given; {wanted}"
        raise ValueError(message)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.type == "cuda" and (device.index or 0) >= count:
        has = "no CUDA device" if count == 0 else f"{count} CUDA device(s), numbered from 0"
        message = (
            f"device: {str(value)!r} given, but this machine has {has}; want one it has: 'cpu'"
        )
        raise ValueError(message)
    return device


def torch_dtype(value: object) -> torch.dtype:
    """Check that an argument is a dtype in which the ladder computes.

    Args:
        value: What the caller gave as ``dtype``: a ``torch.dtype`` or its name.

    Returns:
        The dtype.

    Raises:
        TypeError: If ``value`` is neither a ``torch.dtype`` nor a string.
        ValueError: If ``value`` is neither ``torch.float32`` nor ``torch.float64``.

    Examples:
        >>> torch_dtype("float64")
        torch.float64
        >>> torch_dtype("int64")
        Traceback (most recent call last):
            ...
        ValueError: dtype: 'int64' given; want torch.float32 or torch.float64
    """
    import torch  # noqa: PLC0415 - as in torch_device

    wanted = "want torch.float32 or torch.float64"
    if not isinstance(value, str | torch.dtype):
        message = f"dtype: {_quoted(value)} given; {wanted}"
        raise TypeError(message)
    for dtype in (torch.float32, torch.float64):
        if value in {dtype, str(dtype), str(dtype).removeprefix("torch.")}:
            return dtype
    message = f"dtype: {value!r} given; {wanted}"
    raise ValueError(message)


def _quoted(value: object) -> str:
    text = repr(value)
    longest = 60
    if len(text) > longest or "\n" in text:
        return f"a value of type {type(value).__name__}"
    return f"{text} ({type(value).__name__})"
