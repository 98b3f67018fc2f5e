"""Results as arrays, and whether two of them agree."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

# Bound here, so that an answer that replaces NumPy's functions can't decide whether it is right.
from numpy import abs as magnitude
from numpy import array_equal, isclose, isfinite
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""An array of any dtype and shape."""


def is_tensor(value: object) -> bool:
    """Tell whether a value is a PyTorch tensor, without importing PyTorch.

    Args:
        value: Anything.

    Returns:
        Whether it is.
    """
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def as_array(value: Any) -> Array:
    """Convert a result to an array with its own memory.

    Args:
        value: An array, a tensor, a number, or anything else.

    Returns:
        An array. Anything else becomes an array without axes that holds it.

    Examples:
        >>> as_array(2.5).shape
        ()
    """
    if is_tensor(value):
        value = value.detach().cpu().resolve_conj().resolve_neg()
        try:
            value = value.numpy()
        except TypeError:  # NumPy has no bfloat16, for one.
            value = value.double().numpy()
    if isinstance(value, np.ndarray | np.number | np.bool | bool | int | float | complex):
        return np.array(value)
    array = np.empty((), dtype=object)
    array[()] = _fixed(value)
    return array


def _fixed(value: Any) -> Any:
    """Lists as tuples, so that the two agree, and strings as plain strings: a subclass could lie."""
    if isinstance(value, str):
        return str.__str__(value)
    return tuple(map(_fixed, value)) if isinstance(value, list | tuple) else value


def same(a: Array, b: Array, *, tolerance: float = 1e-8) -> bool:
    """Tell whether two arrays have the same shape and agree up to rounding.

    Args:
        a: An array.
        b: Another.
        tolerance: How far elements may be apart, relative to the largest element of ``b``.

    Returns:
        Whether they agree.

    Examples:
        >>> import numpy as np
        >>> same(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-12]))
        True
        >>> same(np.zeros(2), np.zeros((2, 1)))
        False
    """
    if a.shape != b.shape:
        return False
    if a.size == 0:
        return True
    if b.dtype.kind not in "fc" or a.dtype.kind not in "biufc":
        return bool(array_equal(a, b))
    return not apart(a, b, tolerance=tolerance).any()


def apart(a: Array, b: Array, *, tolerance: float = 1e-8) -> Array:
    """Mark the elements in which two arrays of the same shape differ.

    Args:
        a: An array.
        b: Another.
        tolerance: How far elements may be apart, relative to the largest finite element of ``b``.

    Returns:
        A Boolean array. NaN agrees with NaN, and an infinity with itself.
    """
    if a.dtype.kind not in "biufc" or b.dtype.kind not in "biufc":
        return np.asarray(a != b)
    finite = magnitude(b[isfinite(b)])
    scale = float(finite.max()) if finite.size else 0.0
    return np.asarray(~isclose(a, b, rtol=0, atol=tolerance * (scale or 1.0), equal_nan=True))


def copied(value: Any) -> Any:
    """Copy an input, so that changing the copy doesn't change the input.

    Args:
        value: An array, a tensor, a list of these, or an immutable value.

    Returns:
        The copy. The copy of a tensor that requires grad is a leaf that requires grad.
    """
    if is_tensor(value):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list):
        return [copied(entry) for entry in value]
    if isinstance(value, dict):
        return {name: copied(entry) for name, entry in value.items()}
    return value


def kind_of(value: object) -> str:
    """Name the type of a value in words that readers use.

    Args:
        value: Anything.

    Returns:
        The type's name.

    Examples:
        >>> kind_of([1.0])
        'list'
    """
    if is_tensor(value):
        if value.is_quantized:  # type: ignore[attr-defined]
            return "quantized tensor"
        dense = str(value.layout) == "torch.strided"  # type: ignore[attr-defined]
        return "tensor" if dense else "sparse tensor"
    return "NumPy array" if isinstance(value, np.ndarray) else type(value).__name__


def family(value: object) -> str:
    """Name the family of a value's type; types of the same family are interchangeable.

    Args:
        value: Anything.

    Returns:
        The family's name.

    Examples:
        >>> family(np.float32(1)), family(2), family([1])
        ('number', 'number', 'tuple')
    """
    if isinstance(value, bool | np.bool):
        return "bool"
    if isinstance(value, int | float | np.number):
        return "number"
    if isinstance(value, tuple | list):
        return "tuple"
    if is_tensor(value) or isinstance(value, np.ndarray):
        return "number" if value.ndim == 0 else "array"  # type: ignore[attr-defined]
    if isinstance(value, set | frozenset):
        return "set"
    return type(value).__name__


def described(value: object) -> str:
    """Say what a value is, in words that readers use.

    Args:
        value: Anything.

    Returns:
        A class's name, or the type of anything else.

    Examples:
        >>> described(int), described([])
        ('the class int', 'a list')
    """
    return (
        f"the class {value.__name__}" if isinstance(value, type) else with_article(kind_of(value))
    )


def with_article(noun: str) -> str:
    """Put "a" or "an" before a noun.

    Args:
        noun: The noun.

    Returns:
        Both.

    Examples:
        >>> with_article("list"), with_article("int")
        ('a list', 'an int')
    """
    return f"{'an' if noun[:1].lower() in {*'aeio'} else 'a'} {noun}"


def share_memory(a: Any, b: Any) -> bool:
    """Tell whether two arrays or two tensors overlap in memory.

    Args:
        a: An array or a tensor.
        b: Another.

    Returns:
        Whether writing into one can change the other.
    """
    if is_tensor(a) and is_tensor(b):
        if not a.data_ptr() or a.untyped_storage().data_ptr() != b.untyped_storage().data_ptr():
            return False
        a, b = _bytes_of(a), _bytes_of(b)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return bool(np.may_share_memory(a, b) and np.shares_memory(a, b))
    return False


def _bytes_of(tensor: Any) -> Array:
    """An array in the place of a tensor's elements, to compare addresses: they are never read."""
    interface = {
        "version": 3,
        "typestr": f"|V{tensor.itemsize}",
        "shape": tuple(tensor.shape),
        "strides": tuple(step * tensor.itemsize for step in tensor.stride()),
        "data": (tensor.data_ptr(), False),
    }
    return np.asarray(SimpleNamespace(__array_interface__=interface))
