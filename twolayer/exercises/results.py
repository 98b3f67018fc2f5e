"""An answer's results as arrays, once their types are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.comparing import index_of
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.values import (
    Array,
    apart,
    as_array,
    family,
    is_tensor,
    kind_of,
    same,
    with_article,
)

if TYPE_CHECKING:
    from twolayer.exercises.diagnoses import Diagnosis


def read(
    name: str,
    given: Any,
    wanted: Any,
    *,
    tensors: bool,
    dtype: bool = True,
    whole: bool = False,
    alone: bool = True,
) -> Array:
    """Convert a result to an array.

    Args:
        name: The result's name.
        given: The answer's result.
        wanted: The expected result.
        tensors: Whether arrays must be tensors.
        dtype: Whether the dtype must match.
        whole: Whether numbers must be whole.
        alone: Whether it is the only result.

    Returns:
        The result.

    Raises:
        DiagnosisError: If the result is missing or has the wrong type.

    Examples:
        >>> read("sizes", [1, 2], [1.0, 2.0], tensors=False)
        array([1., 2.])
    """
    if given is Ellipsis:
        raise DiagnosisError(diagnoses.EMPTY(what=f"{name} is still `...`"))
    if given is None and wanted is not None:
        raise DiagnosisError((diagnoses.NONE if alone else diagnoses.ONE_NONE)(name=name))
    if _is_numbers(wanted) and isinstance(given, list):
        return _numbers(name, given, wanted)
    wanted = plain(wanted)
    if is_tensor(given) and is_tensor(wanted) and given.device != wanted.device:
        words = {"given": given.device, "wanted": wanted.device}
        raise DiagnosisError(diagnoses.WRONG_DEVICE(name=name, **words))
    if problem := _type(name, given, wanted, tensors=tensors, dtype=dtype, whole=whole):
        raise DiagnosisError(problem)
    return as_array(given)


def _type(
    name: str, given: Any, wanted: Any, *, tensors: bool, dtype: bool, whole: bool
) -> Diagnosis | None:
    kind = family(wanted)
    if is_tensor(wanted) or isinstance(wanted, np.ndarray):
        kind = "tensor" if tensors else "NumPy array"
    if kind == family(given) and not (kind == "number" and is_tensor(given)):
        fits = not whole or as_array(given).dtype.kind in "iu"
        if fits or not same(as_array(given), as_array(wanted)):  # Then the value is wrong too.
            return None
        kind = "whole number"
    arrays = is_tensor(given) if tensors else isinstance(given, np.ndarray)
    numbers = kind in {"number", "tensor", "NumPy array"}
    if numbers and arrays and kind_of(given) in {"tensor", "NumPy array"}:
        if as_array(given).dtype.kind in "biufc":
            return _precision(name, given, wanted) if dtype else None
        return diagnoses.WRONG_TYPE(name=name, given="NumPy array of objects", wanted=kind)
    return diagnoses.WRONG_TYPE(name=name, given=kind_of(given), wanted=kind)


def _precision(name: str, given: Any, wanted: Any) -> Diagnosis | None:
    """A wrong dtype, unless the elements show that the mistake is a different one."""
    if not hasattr(wanted, "dtype") or given.dtype == wanted.dtype:
        return None
    near = same(as_array(given), as_array(wanted), tolerance=1e-3)
    if near or as_array(given).dtype.kind != as_array(wanted).dtype.kind:
        return diagnoses.WRONG_DTYPE(name=name, given=given.dtype, wanted=wanted.dtype)
    return None


def differs(name: str, before: Any, after: Any) -> Diagnosis | None:
    """Tell whether an input's shape, elements or dtype have changed.

    Args:
        name: The input's name.
        before: The input before the call.
        after: The input after the call.

    Returns:
        The diagnosis, or None.
    """
    old, new = as_array(before), as_array(after)
    if old.shape != new.shape:
        return diagnoses.WRONG_SHAPE(name=f"the input {name}", given=new.shape, wanted=old.shape)
    if (moved := apart(new, old, tolerance=0)).any():
        index = index_of(moved)
        then, now = (f"{array[index]:.6g}" for array in (old, new))
        if then == now:  # They differ in later digits.
            then, now = (f"{array[index]:.17g}" for array in (old, new))
        return diagnoses.MODIFIED(name=name, index=index, before=then, after=now)
    if before.dtype != after.dtype:
        return diagnoses.WRONG_DTYPE(
            name=f"the input {name}", given=after.dtype, wanted=before.dtype
        )
    return None


def plain(wanted: Any) -> Any:
    """Convert a list of numbers to an array, and leave anything else as it is.

    Args:
        wanted: The expected result.

    Returns:
        The array, or what was passed.
    """
    return np.array(wanted, dtype=float) if _is_numbers(wanted) else wanted


def _is_numbers(wanted: Any) -> bool:
    return isinstance(wanted, list) and all(family(entry) == "number" for entry in wanted)


def _numbers(name: str, given: list[Any], wanted: list[Any]) -> Array:
    """A list of numbers as an array."""
    if any(is_tensor(entry) for entry in given):
        raise DiagnosisError(diagnoses.HOLDS_TENSORS(name=name))
    if len(given) != len(wanted):
        raise DiagnosisError(
            diagnoses.WRONG_LENGTH(name=name, given=len(given), wanted=len(wanted))
        )
    others = [entry for entry in given if family(entry) != "number"]
    if others:
        said = f"list with {with_article(kind_of(others[0]))} in it"
        raise DiagnosisError(diagnoses.WRONG_TYPE(name=name, given=said, wanted="list of numbers"))
    return np.array(given, dtype=float)


def nothing_given(answer: object) -> Diagnosis | None:
    """Tell whether an answer is still the page's placeholder.

    Args:
        answer: The reader's answer.

    Returns:
        The diagnosis, or None.
    """
    if answer is Ellipsis:
        return diagnoses.EMPTY(what="the answer is still `...`")
    if answer is None:
        return diagnoses.EMPTY(what="the answer is None")
    return None


def empty_body(function: object) -> bool:
    """Tell whether a function's body is ``...`` or ``pass``.

    Args:
        function: A function.

    Returns:
        Whether its body is empty.

    Examples:
        >>> def stub(x): ...
        >>> empty_body(stub), empty_body(empty_body)
        (True, False)
    """
    code = getattr(function, "__code__", None)
    return code is not None and code.co_code == _nothing.__code__.co_code and not code.co_names


def _nothing() -> None:
    pass
