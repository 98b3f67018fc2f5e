"""Checks of arguments: each error names the argument, quotes its value and says what is wanted."""

from __future__ import annotations

import difflib
import math
import numbers
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch
    from numpy.typing import NDArray

T = TypeVar("T")


def instance(name: str, value: object, wanted: type[T]) -> T:
    """Check that an argument is an instance of a class.

    Args:
        name: The argument's name, which the error quotes.
        value: The argument's value.
        wanted: The class.

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


def array(name: str, value: object) -> NDArray[Any]:
    """Check that an argument is a NumPy array without a mask.

    Args:
        name: The argument's name, which the error quotes.
        value: The argument's value.

    Returns:
        The array, unchanged.

    Raises:
        TypeError: If ``value`` is not an array, or if it is a masked array.

    Examples:
        >>> array("x", np.ones(2))
        array([1., 1.])
        >>> array("x", np.ma.masked_invalid([1.0, np.nan]))
        Traceback (most recent call last):
            ...
        TypeError: x: a masked array given; want one without a mask, such as x.filled(0)
    """
    given = instance(name, value, np.ndarray)
    if isinstance(given, np.ma.MaskedArray):
        message = f"{name}: a masked array given; want one without a mask, such as {name}.filled(0)"
        raise TypeError(message)
    return given


def whole_number(name: str, value: object, *, minimum: int) -> int:
    """Check that an argument is a whole number, and large enough.

    Args:
        name: The argument's name, which the error quotes.
        value: The argument's value.
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
    """Check that an argument is a finite real number within bounds.

    Args:
        name: The argument's name, which the error quotes.
        value: The argument's value.
        above: The number must be greater than this, if given.
        at_least: The number must be this or greater, if given.

    Returns:
        The number as a plain ``float``.

    Raises:
        TypeError: If ``value`` is not a real number (a bool is not one).
        ValueError: If ``value`` is NaN, infinite, or out of bounds.

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
        value: The value of ``learning_rate``.

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
    """Check how many steps a fit makes, and its learning rate.

    Args:
        steps: The value of ``steps``.
        rate: The value of ``learning_rate``.

    Returns:
        The number of steps and the learning rate, as plain ``int`` and ``float``.

    Raises:
        TypeError: If one of them has the wrong type.
        ValueError: If ``steps`` is smaller than 1, or the learning rate is out of range.

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
    """Check that an argument is one of several names.

    Args:
        name: The argument's name, which the error quotes.
        value: The argument's value.
        choices: The accepted names.

    Returns:
        The value, unchanged.

    Raises:
        TypeError: If ``value`` is not a string.
        ValueError: If ``value`` isn't one of the names.

    Examples:
        >>> one_of("optimizer", "sgd", ["sgd", "adam"])
        'sgd'
        >>> one_of("optimizer", "adm", ["sgd", "adam"])
        Traceback (most recent call last):
            ...
        ValueError: optimizer: 'adm' given; want one of 'sgd', 'adam'; did you mean 'adam'?
    """
    names = list(choices)
    wanted = f"want one of {', '.join(map(repr, names))}"
    if not isinstance(value, str):
        message = f"{name}: {_quoted(value)} given; {wanted}"
        raise TypeError(message)
    if value not in names:
        close = difflib.get_close_matches(value, names, n=1, cutoff=0.7)
        guess = f"; did you mean {close[0]!r}?" if close else ""
        message = f"{name}: {value!r} given; {wanted}{guess}"
        raise ValueError(message)
    return value


def torch_device(value: object) -> torch.device:
    """Check that an argument is a device that this machine has: the CPU or a CUDA device.

    Args:
        value: The value of ``device``: a name, such as ``"cpu"`` or ``"cuda:0"``, or a
            ``torch.device``.

    Returns:
        The device.

    Raises:
        TypeError: If ``value`` is neither a string nor a ``torch.device``.
        ValueError: If ``value`` isn't the name of a device, or this machine lacks the device.

    Examples:
        >>> torch_device("cpu")
        device(type='cpu')
        >>> torch_device("gpu")
        Traceback (most recent call last):
            ...
        ValueError: device: 'gpu' given; want 'cpu' or 'cuda' (or 'cuda:0', 'cuda:1', ...)
    """
    import torch  # noqa: PLC0415 - takes a second or more, and `list` and `--help` don't need it

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
        has = f"{count} CUDA device(s), numbered from 0; want one of these, or 'cpu'"
        if count == 0:
            has = "no CUDA device; want 'cpu'"
        message = f"device: {str(value)!r} given, but this machine has {has}"
        raise ValueError(message)
    return device


def torch_dtype(value: object) -> torch.dtype:
    """Check that an argument is a dtype that the rungs can compute in.

    Args:
        value: The value of ``dtype``: a ``torch.dtype`` or its name.

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
