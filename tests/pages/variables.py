"""Which variable of a page holds what the page plots, found by value.

Where no variable does, the arguments of the plotting call are computed again, if that is safe:
``ax.plot(train[1:])`` plots ``train[1:]``.
"""

from __future__ import annotations

import ast
import dataclasses
import linecache
import math
import sys
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import CodeType, FrameType

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_DEEP = 3
_MANY = 100
# Calls that give the same again and change nothing.
_PURE = {"detach", "numpy", "tolist", "flatten", "ravel", "item", "list", "tuple", "len", "range"}
_PURE |= {"keys", "values", "items", "zip", "enumerate", "float", "int", "abs", "sin", "arange"}


def numbers(value: object) -> Array | None:
    """Read an array, a tensor, a number or a row of numbers.

    Args:
        value: Anything.

    Returns:
        Its numbers, or None if there are none.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        plain = value.layout is torch.strided and value.device.type == "cpu"
        if not plain or value.is_complex() or value.is_quantized:
            return None
        return np.asarray(value.detach().to(torch.float64).resolve_neg().numpy())
    if isinstance(value, np.ndarray | np.number | int | float | range):
        array = np.asarray(value)
        return array.astype(np.float64) if array.dtype.kind in "bfiu" else None
    if isinstance(value, list | tuple) and value:
        rows = [numbers(each) for each in value]
        if any(row is None or row.shape != rows[0].shape for row in rows if rows[0] is not None):
            return None
        return None if rows[0] is None else np.stack([row for row in rows if row is not None])
    return None


def same(first: Array, second: Array) -> bool:
    """Compare numbers exactly, whatever axes of length 1 they have.

    Args:
        first: Some numbers.
        second: Others.

    Returns:
        Whether they are the same.
    """
    squeezed = np.squeeze(first), np.squeeze(second)
    return bool(np.array_equal(*squeezed, equal_nan=True))


class Scope:
    """The variables that a page has while it plots, and the call that plots."""

    def __init__(self, page: Mapping[str, Any]) -> None:
        """Look at the running page from inside a function that it called.

        Args:
            page: The page's global variables, of which the frames on the stack remind.
        """
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_globals is not page:
            frame = frame.f_back
        self._variables = dict(page)
        self._arguments: list[ast.expr] = []
        if frame is not None:
            if frame.f_locals is not page:
                self._variables |= frame.f_locals
            self._arguments = _arguments(frame.f_code, frame.f_lasti)

    def name_of(self, plotted: Array, part: str) -> str | None:
        """Name what is plotted.

        Args:
            plotted: The numbers.
            part: What they are of the plotted thing; ``x`` comes first among the arguments.

        Returns:
            A variable or a place in one, of those that the plotting call names if possible; else
            an argument of that call; else any variable. None if no such thing has these numbers,
            or if a single whole number proves nothing.
        """
        arguments = self._arguments if part == "x" else self._arguments[::-1]
        named = [name for argument in arguments for name in _names(argument)]
        return (
            self._place_of(plotted, [name for name in named if name in self._variables])
            or self._argument_of(plotted, arguments)
            or self._place_of(plotted, list(self._variables))
        )

    def _place_of(self, plotted: Array, names: list[str]) -> str | None:
        if plotted.size == 0 or (plotted.size == 1 and float(plotted.flat[0]).is_integer()):
            return None
        for name in names:
            if not name.startswith("_"):
                for place, value in _places(name, self._variables[name], plotted.size):
                    if same(value, plotted):
                        return place
        return None

    def _argument_of(self, plotted: Array, arguments: list[ast.expr]) -> str | None:
        for argument in arguments:
            if not (self._variables.keys() & _names(argument) and _is_pure(argument)):
                continue
            value = numbers(self._compute(argument))
            if value is not None and same(value, plotted):
                return ast.unparse(argument)
        return None

    def _compute(self, argument: ast.expr) -> object:
        code = compile(ast.Expression(argument), "<argument>", "eval", dont_inherit=True)
        return eval(code, dict(self._variables))  # noqa: S307 - the page's own argument, again


def _places(name: str, value: object, size: int, depth: int = 0) -> Iterator[tuple[str, Array]]:
    """Everything of a size that a variable holds, with the way there."""
    if callable(value) or isinstance(value, ModuleType):
        return
    shape = getattr(value, "shape", None)
    if shape is not None and math.prod(shape) < size:
        return
    fits = shape is None or math.prod(shape) == size or len(shape) == 2
    array = numbers(value) if fits else None
    if array is not None and array.size == size:
        yield name, array
    elif array is not None and array.ndim > 1:
        if array[0].size == size:
            yield from ((f"{name}[{i}]", row) for i, row in enumerate(array[:_MANY]))
        if array.ndim == 2 and len(array) == size:
            yield from ((f"{name}[:, {j}]", column) for j, column in enumerate(array.T[:_MANY]))
    elif depth < _DEEP:
        for place, part in _parts(name, value):
            yield from _places(place, part, size, depth + 1)


def _parts(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, part in list(value.items())[:_MANY]:
            if isinstance(key, str | int | float):
                yield f"{name}[{key!r}]", part
        yield f"list({name}.values())", list(value.values())
    elif isinstance(value, tuple) and hasattr(value, "_asdict"):
        for field, part in value._asdict().items():
            yield f"{name}.{field}", part
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            yield f"{name}.{each.name}", getattr(value, each.name)
    elif isinstance(value, list | tuple) and len(value) <= _MANY:
        for i, part in enumerate(value):
            yield f"{name}[{i}]", part


def _names(argument: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(argument) if isinstance(node, ast.Name)]


def _is_pure(argument: ast.expr) -> bool:
    for node in ast.walk(argument):
        if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom | ast.Lambda):
            return False
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name not in _PURE:
                return False
    return True


@cache
def _calls(filename: str) -> dict[tuple[int | None, ...], ast.Call]:
    tree = ast.parse("".join(linecache.getlines(filename)))
    return {
        (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset): node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }


def _arguments(code: CodeType, instruction: int) -> list[ast.expr]:
    """The arguments of the call that a frame is in."""
    position = list(code.co_positions())[instruction // 2]
    call = _calls(code.co_filename).get(position)
    if call is None:
        return []
    return [argument for argument in call.args if not isinstance(argument, ast.Starred)]
