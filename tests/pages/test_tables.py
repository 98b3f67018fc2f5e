"""Tables whose rows are tests: what the parser finds, runs and rejects, and that the guides use it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from sybil import Document
from sybil.example import SybilFailure
from sybil.parsers.myst import PythonCodeBlockParser

from tests.pages import tables

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
CHEAT_SHEET = ROOT / "docs" / "cheat_sheet.md"
THEN_AND_NOW = ROOT / "docs" / "then_and_now.md"
CHECKED = (tables.THEN, tables.NEVER)

BLOCK = """\
```python
>>> import numpy as np
>>> import torch
>>> import warnings
>>> a = np.array([3, 1, 2])
>>> t = torch.tensor(a)
>>> arrays, tensors = {"x": a.copy()}, {"x": t.clone()}
```

"""
WARN = "warnings.warn('loud', UserWarning)"


def page(header: tuple[str, ...], *rows: str) -> str:
    """Write a page: the block that makes the names, and a table."""
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|", *rows]
    return BLOCK + "\n".join(lines) + "\n"


def parse(path: Path) -> Document:
    """Read a page as conftest.py does."""
    return Document.parse(str(path), PythonCodeBlockParser(), tables.TableParser())


@pytest.fixture
def faults(tmp_path: Path) -> Callable[[str], list[str]]:
    """A function that runs a page and returns what each failing example says."""

    def run(text: str) -> list[str]:
        path = tmp_path / "page.md"
        path.write_text(text, "utf-8")
        found = []
        for example in parse(path).examples():
            try:
                example.evaluate()
            except SybilFailure as failure:
                found.append(str(failure))
        return found

    return run


GOOD = {
    "same value": (tables.SAME, "| sort | `np.sort(a)` | `t.sort().values` | `[1, 2, 3]` |"),
    "shape": (tables.SAME, "| ask | `a.shape` | `t.shape` | `(3,)` |"),
    "dtype": (tables.SAME, "| ask | `a.dtype` | `t.dtype` | `int64` |"),
    "infinity": (tables.SAME, "| divide | `-np.inf` | `-torch.inf` | `-inf` |"),
    "not a number": (tables.SAME, "| divide | `np.nan` | `torch.nan` | `nan` |"),
    "decimals": (tables.SAME, "| mean | `a.mean() / 3` | `t.double().mean() / 3` | `0.666667` |"),
    "escaped bars": (tables.SAME, r"| or | `(a \| 1).sum()` | `(t \| 1).sum()` | `7` |"),
    "statements": (tables.SAME, "| write | `a[0] = 5; a += 1` | `t[0] = 5; t += 1` | `[6, 2, 3]` |"),
    "a body": (tables.SAME, "| loop | `for n in a: n + 1` | `for n in t: n + 1` | `3` |"),
    "a file": (tables.SAME, '| save | `open("f", "x").close(); 1` | `open("f", "x").close(); 1` | `1` |'),
    "a step": (tables.STEPS, "| add | `h = x + 1` | `h = x.add(1)` | `[4, 2, 3]` |"),
    "other values": (tables.DIFFERING, "| repeat? | `a.size` | `3` | `t.size()` | `(3,)` \N{EN DASH} a call |"),
    "other types": (tables.DIFFERING, "| mean? | `2` | `2` | `2.0` | `2.0` |"),
    "an exception": (tables.DIFFERING, "| mean? | `a.mean()` | `2.0` | `t.mean()` | raises `RuntimeError` |"),
    "a warning": (tables.DIFFERING, f"| loud? | `1` | `1` | `{WARN}; 1` | warns `UserWarning`, returns `1` |"),
    "a warning alone": (tables.THEN, f"| shout | `{WARN}` | warns `UserWarning` \N{EN DASH} loudly | `1` | `1` |"),
    "a warning and an exception": (
        tables.THEN,
        f"| shout | `{WARN}; 1 / 0` | warns `UserWarning`, raises `ZeroDivisionError` | `1` | `1` |",
    ),
    "a warning that may come": (
        tables.THEN,
        f"| shout | `{WARN}; 1` | may warn `UserWarning`, returns `1` | `1` | `1` |",
    ),
    "a warning that need not come": (
        tables.THEN,
        "| shout | `1` | may warn `UserWarning`, returns `1` | `1` | `1` |",
    ),
    "an exception that another release raises": (
        tables.THEN,
        "| halve | `1 / 0` | raises `ValueError` or `ZeroDivisionError` | `1` | `1` |",
    ),
    "a syntax error": (tables.THEN, "| async | `f(async=1)` | raises `SyntaxError` | `1` | `1` |"),
}  # fmt: skip

BAD = {
    "a wrong value": (
        tables.SAME,
        "| sort | `np.sort(a)` | `t.sort().values` | `[1, 2, 4]` |",
        "NumPy: np.sort(a)\n    given:  returns [1, 2, 3]\n    stated: `[1, 2, 4]`",
    ),
    "a wrong value in the second column": (
        tables.SAME,
        "| sort | `np.sort(a)` | `t.flip(0)` | `[1, 2, 3]` |",
        "PyTorch: t.flip(0)\n    given:  returns [2, 1, 3]\n    stated: `[1, 2, 3]`",
    ),
    "a decimal that is off": (
        tables.SAME,
        "| divide | `a.mean() / 3` | `t.double().mean() / 3` | `0.66667` |",
        "returns 0.6666666",
    ),
    "a decimal for a whole number": (
        tables.SAME,
        "| add | `a.sum()` | `t.sum()` | `6.0` |",
        "given:  returns 6\n",
    ),
    "a number for a truth": (tables.SAME, "| ask | `a[1] == 1` | `1` | `1` |", "returns True"),
    "a list for a tuple": (tables.SAME, "| ask | `a.shape` | `t.shape` | `[3]` |", "returns (3,)"),
    "code without a value": (tables.SAME, "| no | `import os` | `1` | `1` |", "returns nothing"),
    "a value without a plain form": (
        tables.SAME,
        "| no | `object` | `object()` | `'object'` |",
        "a object has no plain value",
    ),
    "an exception": (
        tables.SAME,
        "| mean | `a.mean()` | `t.mean()` | `2.0` |",
        "raises RuntimeError (mean(): could not infer",
    ),
    "a warning": (
        tables.SAME,
        f"| shout | `{WARN}; 1` | `1` | `1` |",
        "given:  warns UserWarning (loud), returns 1\n",
    ),
    "a wrong exception": (
        tables.DIFFERING,
        "| mean? | `a.mean()` | `2.0` | `t.mean()` | raises `TypeError` |",
        "PyTorch: t.mean()\n    given:  raises RuntimeError",
    ),
    "neither of two exceptions": (
        tables.THEN,
        "| halve | `1 / 0` | raises `ValueError` or `TypeError` | `1` | `1` |",
        "raises ZeroDivisionError",
    ),
    "an exception's parent": (
        tables.DIFFERING,
        "| index? | `1` | `1` | `t[9]` | raises `LookupError` |",
        "raises IndexError",
    ),
    "an exception that does not come": (
        tables.DIFFERING,
        "| sum? | `a.sum()` | `6` | `t.sum()` | raises `RuntimeError` |",
        "given:  returns 6\n    stated: raises `RuntimeError`",
    ),
    "a missing warning": (
        tables.THEN,
        "| shout | `1` | warns `UserWarning`, returns `1` | `1` | `1` |",
        "old code: 1\n    given:  returns 1\n    stated: warns `UserWarning`, returns `1`",
    ),
    "a warning of another kind": (
        tables.THEN,
        f"| shout | `{WARN}; 1` | warns `FutureWarning`, returns `1` | `1` | `1` |",
        "given:  warns UserWarning (loud), returns 1",
    ),
    "another kind where one may come": (
        tables.THEN,
        f"| shout | `{WARN}; 1` | may warn `FutureWarning`, returns `1` | `1` | `1` |",
        "given:  warns UserWarning (loud), returns 1",
    ),
    "a warning in what to write": (
        tables.THEN,
        f"| shout | `1` | returns `1` | `{WARN}; 1` | `1` |",
        "write: warnings.warn('loud', UserWarning); 1",
    ),
    "a wrong value after a warning": (
        tables.THEN,
        f"| shout | `{WARN}; 1` | warns `UserWarning`, returns `2` | `1` | `1` |",
        "stated: warns `UserWarning`, returns `2`",
    ),
    "rows that agree": (
        tables.DIFFERING,
        "| sum? | `a.sum()` | `6` | `t.sum()` | `6` \N{EN DASH} the same |",
        "the columns do not part: both have `6`",
    ),
    "exceptions that agree": (
        tables.DIFFERING,
        "| index? | `a[9]` | raises `IndexError` | `t[9]` | raises `IndexError` |",
        "the columns do not part",
    ),
    "a missing cell": (
        tables.SAME,
        "| sort | `np.sort(a)` | `[1, 2, 3]` |",
        "want 4 cells between bars, got 3",
    ),
    "a cell too many": (
        tables.SAME,
        "| or | `(a | 1).sum()` | `(t | 1).sum()` | `7` |",
        "want 4 cells between bars, got 6",
    ),
    "a missing bar": (
        tables.SAME,
        "sort | `np.sort(a)` | `t.sort().values` | `[1, 2, 3]` |",
        "want 4 cells between bars, got 0",
    ),
    "code without its marks": (
        tables.SAME,
        "| sort | np.sort(a) | `t.sort().values` | `[1, 2, 3]` |",
        "want code and nothing else in a cell, got 'np.sort(a)'",
    ),
    "a value that is code": (
        tables.SAME,
        "| sort | `np.sort(a)` | `t.sort().values` | `sorted([1, 2, 3])` |",
        "`sorted([1, 2, 3])` is stated, which is no literal",
    ),
    "an outcome in other words": (
        tables.THEN,
        "| sort | `1` | yields `1` | `1` | `1` |",
        "want returns, raises or warns and a name or literal as code, got 'yields `1`'",
    ),
    "an outcome of words alone": (
        tables.THEN,
        "| sort | `1` | \N{EN DASH} nothing | `1` | `1` |",
        "want returns, raises or warns",
    ),
    "a wrong step": (
        tables.STEPS,
        "| add | `h = x + 1` | `h = x + 2` | `[4, 2, 3]` |",
        "Tensors by hand: h = x + 2\n    given:  returns [5, 3, 4]",
    ),
}


@pytest.mark.parametrize(("header", "row"), GOOD.values(), ids=GOOD)
def test_a_true_row_passes(
    faults: Callable[[str], list[str]], header: tuple[str, ...], row: str
) -> None:
    """A row whose code does what the row says is no fault."""
    assert faults(page(header, row)) == []


@pytest.mark.parametrize(("header", "row", "message"), BAD.values(), ids=BAD)
def test_a_false_row_fails(
    faults: Callable[[str], list[str]], header: tuple[str, ...], row: str, message: str
) -> None:
    """A row that does not hold fails with the file, its line, the row and what is wrong."""
    (fault,) = faults(page(header, row))

    line = BLOCK.count("\n") + 3
    assert re.match(rf"Example at .*page\.md, line {line}, column 1 ", fault)
    assert row in fault
    assert message in fault


def test_a_false_row_hides_no_other(faults: Callable[[str], list[str]]) -> None:
    """Each row is an example of its own."""
    wrong = "| say | `1` | `1` | `2` |"
    right = "| say | `1` | `1` | `1` |"

    assert len(faults(page(tables.SAME, wrong, right, wrong))) == 2


def test_rows_do_not_see_what_others_changed(faults: Callable[[str], list[str]]) -> None:
    """A row's changes to values, dtypes, generators and gradient mode end with the row."""
    change = (
        "| change | `a[:] = 0; np.random.seed(3); a` "
        "| `t.zero_(); torch.set_default_dtype(torch.float64); torch.set_grad_enabled(False); torch.set_printoptions(precision=1); t` "
        "| `[0, 0, 0]` |"
    )
    look = "| look | `a` | `t` | `[3, 1, 2]` |"
    text = page(tables.SAME, change, look)
    drawn = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002

    assert faults(text) == []
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert str(torch.tensor(0.25)) == "tensor(0.2500)"
    assert torch.equal(torch.get_rng_state(), drawn[0])
    assert np.random.get_state()[1].tolist() == drawn[1]  # type: ignore[index]  # noqa: NPY002


def test_steps_go_on_from_the_rows_above(faults: Callable[[str], list[str]]) -> None:
    """In a table of steps, a row sees the names that the rows above it assigned."""
    first = "| add | `h = x + 1` | `h = x + 1` | `[4, 2, 3]` |"
    second = "| double | `h *= 2` | `h *= 2` | `[8, 4, 6]` |"

    assert faults(page(tables.STEPS, first, second)) == []


def test_a_table_of_steps_needs_its_names(faults: Callable[[str], list[str]]) -> None:
    """A table of steps on a page that makes no ``arrays`` fails and says so."""
    text = page(tables.STEPS, "| add | `h = 1` | `h = 1` | `1` |").replace("arrays, ", "_, ")

    (fault,) = faults(text)

    assert "want a dictionary 'arrays' made by a block of the page" in fault


def test_a_header_without_its_delimiter_fails(faults: Callable[[str], list[str]]) -> None:
    """A table that Markdown would not take for one is a fault, not a table left out."""
    text = page(tables.SAME, "| say | `1` | `1` | `1` |").replace("|---|---|---|---|", "|---|---|")

    assert "want 4 cells between bars, got 2" in faults(text)[0]


def test_other_tables_are_left_alone(faults: Callable[[str], list[str]]) -> None:
    """Tables with another header, and tables that a code block shows, are no tests."""
    other = page(("to", "NumPy"), "| say | `1 / 0` |")
    shown = f"````\n{page(tables.SAME, '| say | `1` | `2` | `3` |')}````\n"

    assert faults(other + shown) == []


# The guides


@pytest.mark.parametrize(
    ("path", "fewest"), [(CHEAT_SHEET, 70), (THEN_AND_NOW, 30)], ids=["cheat_sheet", "then_and_now"]
)
def test_every_row_of_a_guide_is_an_example(path: Path, fewest: int) -> None:
    """No row of the guides stands in a table that the parser does not know."""
    lines = path.read_text("utf-8").splitlines()
    heads = [n for n, line in enumerate(lines) if re.fullmatch(r"(\|-+)+\|", line)]
    rows = [n + 1 for n, line in enumerate(lines) if line.startswith("|")]

    found = [e.line for e in parse(path).examples() if isinstance(e.parsed, tables.Row)]

    assert found == [n for n in rows if n not in {m + d for m in heads for d in (0, 1)}]
    assert len(found) >= fewest


def test_the_first_table_is_the_ladders_dictionary() -> None:
    """The cheat sheet's steps are the lines of the two steps that the page on tensors takes."""
    script = (ROOT / "gallery/two_layer/tensors_by_hand.py").read_text("utf-8")
    lines = {
        node.name: [ast.unparse(line) for line in node.body[1:-1]]
        for node in ast.parse(script).body
        if isinstance(node, ast.FunctionDef)
    }
    dictionary = [*zip(lines["numpy_step"], lines["tensor_step"], strict=True)]
    rows = [e.parsed for e in parse(CHEAT_SHEET).examples() if isinstance(e.parsed, tables.Row)]

    steps = [
        tuple(tables.code_of(cell).replace("learning_rate", "1e-06") for cell in row.cells[1:3])
        for row in rows
        if row.header == tables.STEPS
    ]

    assert steps == dictionary


def broken(path: Path, *, backwards: bool = False) -> list[str]:
    """The first cells of a guide's rows that fail; its steps run in their order in any case."""
    examples = [*parse(path).examples()]
    if backwards:
        header = [getattr(example.parsed, "header", None) for example in examples]
        first = [
            e for e, kind in zip(examples, header, strict=True) if kind in {None, tables.STEPS}
        ]
        examples = first + [e for e in reversed(examples) if e not in first]
    found = []
    for example in examples:
        try:
            example.evaluate()
        except SybilFailure:
            found.append(example.parsed.cells[0])
    return found


@pytest.mark.parametrize("path", [CHEAT_SHEET, THEN_AND_NOW], ids=["cheat_sheet", "then_and_now"])
def test_rows_hold_in_any_order(path: Path) -> None:
    """A guide's rows hold again, from last to first, after they ran: none rests on another."""
    assert broken(path) == []
    assert broken(path, backwards=True) == []


def test_never_true_stands_apart() -> None:
    """What old posts say has its tables, and what was never true has one of its own."""
    rows = [e.parsed for e in parse(THEN_AND_NOW).examples() if isinstance(e.parsed, tables.Row)]
    said = {header: [r.cells[0] for r in rows if r.header == header] for header in CHECKED}

    assert {row.header for row in rows} == set(CHECKED)
    assert all(len(cells) >= 20 for cells in said.values())
    assert not {*said[tables.THEN]} & {*said[tables.NEVER]}


def test_another_default_turns_its_row_red(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a module's ``zero_grad`` were to write zeros, the row that says otherwise would fail."""
    original = torch.nn.Module.zero_grad

    def zero_grad(self: torch.nn.Module, set_to_none: bool = False) -> None:  # noqa: FBT001, FBT002
        original(self, set_to_none=set_to_none)

    monkeypatch.setattr(torch.nn.Module, "zero_grad", zero_grad)

    assert broken(THEN_AND_NOW) == ["`zero_grad` writes zeros"]


def test_another_divisor_turns_its_rows_red(monkeypatch: pytest.MonkeyPatch) -> None:
    """If ``std`` were to divide by n, the rows that say otherwise would fail."""
    original = torch.Tensor.std

    def std(self: torch.Tensor, correction: int = 0) -> torch.Tensor:
        return original(self, correction=correction)

    monkeypatch.setattr(torch.Tensor, "std", std)

    assert broken(CHEAT_SHEET) == [
        "standard deviation, divided by n - 1",
        "what does `std` divide by?",
    ]
