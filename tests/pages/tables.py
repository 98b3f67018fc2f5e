"""Tables of code whose rows are tests: a parser for Sybil.

A table is known by its header, and each of its rows is an example of its own. The code of a cell
runs in a fresh copy of the names that the page's Python blocks made, with warnings recorded, in an
empty folder, and with the generators, the default dtype and the like put back afterwards. A cell
leads to the value of its last expression, or of the name that its last assignment changes, or to
an exception; arrays, tensors and the like are turned into plain Python before they are compared.

What a cell says of an outcome is a literal, ``raises `X```, ``raises `X` or `Y```, ``warns (`X`)`` or
``warns (`X`) and returns `…```, where a dash and words may follow; "may warn" leaves the warning open. A
literal may use the names of dtypes, ``inf`` and ``nan``.
"""

from __future__ import annotations

import ast
import cmath
import contextlib
import random
import re
import tempfile
import warnings
from copy import deepcopy
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sybil import Document, Example, Region

from tests.pages.outcome_words import Effect, note_of, verdicts, without_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Names = dict[str, Any]

SAME = ("task", "NumPy", "PyTorch", "both return")
STEPS = ("step", "NumPy by hand", "Tensors by hand", "result")
DIFFERING = ("question", "NumPy", "NumPy's result", "PyTorch", "PyTorch's result")
THEN = ("old advice or claim", "old code", "today", "write instead", "result")
NEVER = ("claim", "code", "what happens", "write instead", "result")

RELATIVE, ABSOLUTE = 1e-6, 1e-12
RESULT = "_result"
DTYPES = frozenset(
    {"bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"}
    | {"float16", "bfloat16", "float32", "float64", "complex64", "complex128"}
)

FENCE = re.compile(r" *(`{3,}|~{3,}|:{3,})")
DELIMITER = re.compile(r"\|(?: *:?-+:? *\|)+")
CODE = re.compile(r"`([^`]+)`")
BLOCK = re.compile(r"(?m)^(?:>>>|\.\.\.) (.*)")
OUTCOME = re.compile(
    r"""
    (?:
        (?:(?P<may>may)\ warn|warns)\ \(`(?P<warning>\w+)`\)
        (?:\ and\ (?=returns|raises) | (?=\ \N{EN DASH}|$))
    )?
    (?:raises\ `(?P<error>\w+)`(?:\ or\ `(?P<other>\w+)`)? | (?:(?:returns\ )?`(?P<value>[^`]+)`))?
    (?:\ \N{EN DASH}\ .+)?
    """,
    re.VERBOSE,
)


class RowError(Exception):
    """A row that does not hold, or that is not written as its table's header asks."""


@dataclass(frozen=True)
class Stated:
    """What a cell says of an outcome.

    Attributes:
        text: The cell's text.
        value: The value in a list of one, or an empty list where none is stated.
        error: The exception's name, or nothing.
        other: The name of the exception that another release raises instead, or nothing.
        warning: The warning's name, or nothing.
        may: Whether the warning may be absent.
    """

    text: str
    value: list[object] = field(default_factory=list)
    error: str = ""
    other: str = ""
    warning: str = ""
    may: bool = False


@dataclass(frozen=True)
class Given:
    """What a cell's code leads to.

    Attributes:
        value: The value in a list of one, or an empty list where the code has none.
        error: The exception, if there was one.
        warned: The message of each kind of warning.
    """

    value: list[object]
    error: BaseException | None
    warned: dict[str, str]

    def __str__(self) -> str:
        """Say it as a cell would, with the messages."""
        parts = [f"warns {name} ({message})" for name, message in self.warned.items()]
        if self.error:
            parts.append(f"raises {type(self.error).__name__} ({first_line(self.error)})")
        for value in self.value:
            with contextlib.suppress(RowError):
                value = plain(value)
            parts.append(f"returns {value!r}")
        return ", ".join(parts) or "returns nothing: its code ends without an expression"


def first_line(message: object) -> str:
    """The first line of a message, or nothing."""
    return next(iter(str(message).splitlines()), "")


# Values


def plain(value: object) -> object:
    """Turn arrays, tensors, shapes, dtypes and devices into plain Python.

    Args:
        value: What a cell's code gave.

    Returns:
        Numbers, strings, lists, tuples and dictionaries of such. Dtypes, devices and classes become
        their names.

    Raises:
        RowError: If a page could not state the value.
    """
    for kinds, convert in PLAIN:
        if isinstance(value, kinds):
            return convert(value)
    message = f"a {type(value).__name__} has no plain value; end with an expression that has one"
    raise RowError(message)


PLAIN: tuple[tuple[type | tuple[type, ...], Callable[[Any], object]], ...] = (
    (torch.Tensor, lambda tensor: tensor.detach().tolist()),
    ((np.ndarray, np.generic), lambda array: array.tolist()),
    ((bool, int, float, complex, str, type(None)), lambda value: value),
    (tuple, lambda parts: tuple(map(plain, parts))),
    (list, lambda parts: [*map(plain, parts)]),
    (dict, lambda parts: {key: plain(part) for key, part in parts.items()}),
    (torch.dtype, lambda dtype: str(dtype).removeprefix("torch.")),
    (np.dtype, lambda dtype: dtype.name),
    (torch.device, str),
    (type, lambda kind: kind.__name__),
)


def same(one: object, other: object) -> bool:
    """Whether two plain values are of the same types and equal, floats nearly."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float | complex) and isinstance(other, float | complex):
        both_nan = one != one and other != other  # noqa: PLR0124 - what NaN alone does
        return both_nan or cmath.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


class _Literals(ast.NodeTransformer):
    """Put values in the place of the names that a literal may use."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in {"inf", "nan"}:
            return ast.Constant(float(node.id))
        return ast.Constant(node.id) if node.id in DTYPES else node


def literal(text: str) -> object:
    """Read a value as a page states it.

    Args:
        text: A Python literal, in which dtypes, ``inf`` and ``nan`` may stand by their names.

    Returns:
        The value.

    Raises:
        RowError: If the text is no such literal.
    """
    try:
        value: object = ast.literal_eval(_Literals().visit(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError):
        message = f"`{text}` is stated, which is no literal"
        raise RowError(message) from None
    return value


# Cells


def code_of(cell: str) -> str:
    """The code of a cell that holds nothing else."""
    match = CODE.fullmatch(cell)
    if not match:
        message = f"want code and nothing else in a cell, got {cell!r}"
        raise RowError(message)
    return match[1]


def outcome_of(cell: str) -> Stated:
    """What a cell says of an outcome.

    Args:
        cell: The cell's text.

    Returns:
        The outcome.

    Raises:
        RowError: If the text says none, or says it in other words.
    """
    match = OUTCOME.fullmatch(cell)
    if not match or not any(match.group("warning", "error", "value")):
        message = f"want returns, raises or warns and a name or literal as code, got {cell!r}"
        raise RowError(message)
    value = [literal(match["value"])] if match["value"] else []
    error, other, warning = (match[name] or "" for name in ("error", "other", "warning"))
    return Stated(cell, value, error, other, warning, bool(match["may"]))


# Code


def _capture(body: list[ast.stmt]) -> None:
    """Let the last statement of a body store its value in ``RESULT``."""
    name = ast.Name(RESULT, ast.Store())
    match body[-1]:
        case ast.Expr(value=value):
            body[-1] = ast.Assign([name], value)
        case ast.Assign(targets=[*_, target]) | ast.AugAssign(target=target):
            while isinstance(target, ast.Subscript):
                target = target.value
            loaded = ast.parse(ast.unparse(target), mode="eval").body
            body.append(ast.Assign([name], loaded))
        case ast.With(body=inner) | ast.For(body=inner):
            _capture(inner)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Run in an empty folder, and put back what code can change for code that comes after it."""
    dtype, grad = torch.get_default_dtype(), torch.is_grad_enabled()
    always = torch.is_warn_always_enabled()
    drawn = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    torch.set_warn_always(True)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.chdir(folder),
            np.errstate(),
            np.printoptions(),
        ):
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)
        torch.set_warn_always(always)
        torch.set_printoptions(profile="default")
        torch.set_rng_state(drawn[0])
        np.random.set_state(drawn[1])  # noqa: NPY002
        random.setstate(drawn[2])


def fresh(names: Names) -> Names:
    """Copy names and what they stand for, so that no row sees what another one changed.

    Args:
        names: The names.

    Returns:
        The copy; modules, classes and functions are shared.
    """
    kept = {name: value for name, value in names.items() if name != "__builtins__"}
    modules: dict[int, Any] = {
        id(value): value for value in kept.values() if isinstance(value, ModuleType)
    }
    return deepcopy(kept, modules)


def run(code: str, names: Names, local: Names | None = None) -> Given:
    """Run a cell's code.

    Args:
        code: Statements and, last, what the cell leads to.
        names: The names that the code may use.
        local: Where the names that the code assigns go, if not to ``names``.

    Returns:
        The outcome.
    """
    where = names if local is None else local
    error: BaseException | None = None
    with _undisturbed(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tree = ast.parse(code)
            _capture(tree.body)
            program = compile(ast.fix_missing_locations(tree), "<cell>", "exec", dont_inherit=True)
            exec(program, names, where)  # noqa: S102 - the cells are code to run
        except Exception as raised:  # noqa: BLE001 - an exception is an outcome
            error = raised
    value = [where.pop(RESULT)] if RESULT in where and not error else []
    warned = {entry.category.__name__: first_line(entry.message) for entry in caught}
    return Given(value, error, warned)


def check(column: str, code: str, given: Given, stated: Stated) -> None:
    """Compare a cell's outcome with what the page says of it.

    Args:
        column: The column's header.
        code: The cell's code.
        given: The outcome.
        stated: What the page says.

    Raises:
        RowError: If they differ, with the column, the code, what was given and what was stated.
    """
    warned = {stated.warning} if stated.warning else set()
    holds = (
        (type(given.error).__name__ if given.error else "")
        in {stated.error, stated.other or stated.error}
        and set(given.warned) in ([warned, set()] if stated.may else [warned])
        and (not stated.value or same(plain(given.value), stated.value))
    )
    if not holds:
        message = f"{column}: {code}\n    given:  {given}\n    stated: {stated.text}"
        raise RowError(message)


# Rows


def _hold(
    column: str,
    cell: str,
    stated: Stated,
    names: Names,
    words: str = "",
    *,
    local: Names | None = None,
    want: bool = True,
) -> None:
    """Run a cell, compare its outcome with what is stated, and its effects with some words."""
    code, names = code_of(cell), fresh(names)
    effect = Effect(code, names if local is None else local)
    given = run(code, names, local)
    check(column, code, given, stated)
    effect.ends(*given.value, bad=bool(given.error or given.warned))
    for word, true in verdicts(words, effect).items():
        if true != want:
            message = f"{column}: {code}\n    the row says {word!r}, which is {true} here"
            raise RowError(message)


def _check_same(cells: Sequence[str], names: Names) -> None:
    """Both columns give the stated value."""
    task, *codes, value = cells
    stated = Stated(value, [literal(code_of(value))])
    for column, cell in zip(SAME[1:3], codes, strict=True):
        _hold(column, cell, stated, names, task)


def _check_step(cells: Sequence[str], names: Names) -> None:
    """Both columns leave the stated value, starting from what the rows above left."""
    step, *codes, value = cells
    stated = Stated(value, [literal(code_of(value))])
    for column, cell, kept in zip(STEPS[1:3], codes, ("arrays", "tensors"), strict=True):
        if kept not in names:
            message = f"want a dictionary {kept!r} made by a block of the page"
            raise RowError(message)
        _hold(column, cell, stated, names, step, local=names[kept])


def _check_parting(cells: Sequence[str], names: Names) -> None:
    """Each column leads to its own outcome, and the outcomes differ."""
    _, numpy, numpy_outcome, torch_, torch_outcome = cells
    outcomes = []
    for column, cell, outcome in (
        ("NumPy", numpy, numpy_outcome),
        ("PyTorch", torch_, torch_outcome),
    ):
        stated = outcome_of(outcome)
        _hold(column, cell, stated, names, note_of(outcome))
        outcomes.append(stated)
    one, other = outcomes
    if (one.error, one.warning) == (other.error, other.warning) and same(one.value, other.value):
        message = f"the columns do not part: both have {one.text}"
        raise RowError(message)


def _check_then(cells: Sequence[str], names: Names) -> None:
    """The posts' code does what the page says of it, and so does the code to write."""
    _, old, today, write, result = cells
    for column, cell, outcome in (("old code", old, today), ("write instead", write, result)):
        _hold(column, cell, outcome_of(outcome), names, note_of(outcome))


def _check_never(cells: Sequence[str], names: Names) -> None:
    """The same, and the claim is false."""
    _check_then(cells, names)
    claim, old, today, *_ = cells
    _hold("claim", old, outcome_of(today), names, claim, want=False)


CHECKS: MappingProxyType[tuple[str, ...], Callable[[Sequence[str], Names], None]]
CHECKS = MappingProxyType(
    {
        SAME: _check_same,
        STEPS: _check_step,
        DIFFERING: _check_parting,
        THEN: _check_then,
        NEVER: _check_never,
    }
)


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        header: The cells of the table's first row.
        cells: The row's cells.
        text: The line as it stands on the page.
    """

    header: tuple[str, ...]
    cells: tuple[str, ...]
    text: str


def cells_of(line: str) -> tuple[str, ...]:
    r"""Split a table's line into its cells.

    Args:
        line: The line, in which ``\|`` stands for a bar that divides nothing.

    Returns:
        The cells, without the space around them; nothing if the line lacks its first or last bar.

    >>> cells_of(r"| or | `a \| b` |")
    ('or', '`a | b`')
    """
    parts = re.split(r"(?<!\\)\|", line.strip())
    if len(parts) < 3 or parts[0] or parts[-1]:
        return ()
    return tuple(part.strip().replace(r"\|", "|") for part in parts[1:-1])


def evaluate(example: Example) -> str:
    """Check one row.

    Args:
        example: The row, as Sybil found it.

    Returns:
        What is wrong with the row, or nothing.
    """
    row: Row = example.parsed
    want, got = len(row.header), len(row.cells)
    if got != want:
        return f"{row.text}\nwant {want} cells between bars, got {got}"
    blocks = "\n".join(BLOCK.findall(example.document.text))
    if missing := without_source(row.cells, example.namespace, blocks):
        return f"{row.text}\nwant {missing} in the row's code and values too"
    try:
        CHECKS[row.header](row.cells, example.namespace)
    except RowError as error:
        return f"{row.text}\n{error}"
    return ""


class TableParser:
    """A Sybil parser that makes an example of each row of the tables whose header it knows."""

    def __call__(self, document: Document) -> Iterator[Region]:
        """Find the rows.

        Args:
            document: The page.

        Yields:
            A region for each row, and one for a known header that no delimiter row follows.
        """
        header: tuple[str, ...] = ()
        fence, inside, position = "", False, 0
        lines = document.text.splitlines(keepends=True)
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            start, position = position, position + len(line)
            text = line.strip()
            if mark := FENCE.match(line):
                if not fence and not mark[1].startswith(":"):
                    fence = mark[1]
                elif fence and text.startswith(fence) and not text.strip(fence[0]):
                    fence = ""
                header, inside = (), False
            elif fence or not text:
                header, inside = (), False
            elif not inside and cells_of(line) in CHECKS:
                header, inside = cells_of(line), True
                bars = following.strip()
                if not DELIMITER.fullmatch(bars) or len(cells_of(bars)) != len(header):
                    parsed = Row(header, cells_of(bars)[: len(header) - 1], text)
                    yield Region(start, start + len(line.rstrip("\n")), parsed, evaluate)
            elif inside and not DELIMITER.fullmatch(text):
                row = Row(header, cells_of(line), text)
                yield Region(start, start + len(line.rstrip("\n")), row, evaluate)
