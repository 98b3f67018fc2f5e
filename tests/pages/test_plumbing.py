"""What a reader of a page's code need not see."""

from __future__ import annotations

import ast
import contextlib
import re
from typing import TYPE_CHECKING

import pytest

from tests.pages.expectations import PAGES, SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

HIDDEN = re.compile(r"(?ms)^```\{code-cell\} \w+\n:tags: \[remove-input\]\n.*?^```$")
PLUMBING = re.compile(
    r"# ?noqa|# ?type: ?ignore|\balt:|\b(?:from|import) (?:twolayer_docs|tests)\b|set_label\("
)

COMPARING = {"equal", "array_equal", "allclose", "isclose", "all", "any", "bool"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_code_holds_no_plumbing(page: Path) -> None:
    """No code that a page shows silences a tool, writes for the site alone, or imports what can't be installed."""
    shown = HIDDEN.sub("", page.read_text("utf-8"))

    assert PLUMBING.findall(shown) == []


@pytest.mark.parametrize("page", SCRIPTS, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_what_a_page_teaches_stands_as_code(page: Path) -> None:
    """No page runs a text as code, and a line that stands beside its result is the code that gave it."""
    nodes = [*ast.walk(ast.parse(page.read_text("utf-8")))]
    called = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}

    assert called.isdisjoint({"exec", "eval", "compile"})
    for shown, code in lines_beside_results(nodes):
        assert code == shown


@pytest.mark.parametrize("page", SCRIPTS, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_a_page_prints_numbers_not_verdicts(page: Path) -> None:
    """What a page prints was measured; whether two things are equal is asserted."""
    calls = [n for n in ast.walk(ast.parse(page.read_text("utf-8"))) if isinstance(n, ast.Call)]
    prints = [call for call in calls if ast.unparse(call.func) == "print"]

    assert [ast.unparse(verdict) for call in prints for verdict in verdicts(call.args)] == []


def verdicts(printed: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Find comparisons among what is printed, in f-strings too; whether two names are one object is no verdict."""
    for part in printed:
        match part:
            case ast.JoinedStr():
                values = [v.value for v in part.values if isinstance(v, ast.FormattedValue)]
                yield from verdicts(values)
            case ast.Compare(ops=[ast.Is() | ast.IsNot()]):
                pass
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                yield part
            case ast.Call() if ast.unparse(part.func).rpartition(".")[2] in COMPARING:
                yield part


def lines_beside_results(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """Find a dictionary's keys that are calls or subscripts, and the code of what they stand for.

    A line that leaves an argument out, as in ``f(x, rate=...)``, is no line to run.
    """
    for node in nodes:
        if not isinstance(node, ast.Dict):
            continue
        for key, value in zip(node.keys, node.values, strict=True):
            if not isinstance(key, ast.Constant) or ast.unparse(value) == "...":
                continue
            if "=..." in str(key.value):
                continue
            with contextlib.suppress(SyntaxError):
                line = ast.parse(str(key.value), mode="eval").body
                if any(isinstance(part, ast.Call | ast.Subscript) for part in ast.walk(line)):
                    code = value.body if isinstance(value, ast.Lambda) else value
                    yield ast.unparse(line), ast.unparse(code)
