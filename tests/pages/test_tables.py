"""Tables whose rows are tests: what the parser finds, runs and rejects, and that the guides use it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from sybil import Document
from sybil.example import SybilFailure
from sybil.parsers.myst import PythonCodeBlockParser

from tests.pages import tables
from tests.pages.expectations import ROOT, SCRIPTS
from tests.pages.outcome_words import untrue_of_memory
from tests.pages.prose_numbers import blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHEAT_SHEET = ROOT / "docs" / "cheat_sheet.md"
THEN_AND_NOW = ROOT / "docs" / "then_and_now.md"
PAGES = [*SCRIPTS, *sorted((ROOT / "docs").glob("*.md"))]
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
    "decimals": (tables.SAME, "| divide | `a.mean() / 3` | `t.double().mean() / 3` | `0.666667` |"),
    "escaped bars": (tables.SAME, r"| or | `(a \| 1).sum()` | `(t \| 1).sum()` | `7` |"),
    "statements": (tables.SAME, "| write | `a[0] = 5; a += 1` | `t[0] = 5; t += 1` | `[6, 2, 3]` |"),
    "a body": (tables.SAME, "| loop | `for n in a: n + 1` | `for n in t: n + 1` | `3` |"),
    "a file": (tables.SAME, '| save | `open("f", "x").close(); 1` | `open("f", "x").close(); 1` | `1` |'),
    "a step": (tables.STEPS, "| add | `h = x + 1` | `h = x.add(1)` | `[4, 2, 3]` |"),
    "other values": (tables.DIFFERING, "| repeat? | `a.size` | `3` | `t.size()` | `(3,)` \N{EN DASH} a call |"),
    "other types": (tables.DIFFERING, "| mean? | `2` | `2` | `2.0` | `2.0` |"),
    "an exception": (tables.DIFFERING, "| mean? | `a.mean()` | `2.0` | `t.mean()` | raises `RuntimeError` |"),
    "a warning": (tables.DIFFERING, f"| loud? | `1` | `1` | `{WARN}; 1` | warns (`UserWarning`) and returns `1` |"),
    "a warning alone": (tables.THEN, f"| shout | `{WARN}` | warns (`UserWarning`) \N{EN DASH} loudly | `1` | `1` |"),
    "a warning and an exception": (
        tables.THEN,
        f"| shout | `{WARN}; 1 / 0` | warns (`UserWarning`) and raises `ZeroDivisionError` | `1` | `1` |",
    ),
    "a warning that may come": (
        tables.THEN,
        f"| shout | `{WARN}; 1` | may warn (`UserWarning`) and returns `1` | `1` | `1` |",
    ),
    "a warning that need not come": (
        tables.THEN,
        "| shout | `1` | may warn (`UserWarning`) and returns `1` | `1` | `1` |",
    ),
    "an exception that another release raises": (
        tables.THEN,
        "| halve | `1 / 0` | raises `ValueError` or `ZeroDivisionError` | `1` | `1` |",
    ),
    "a maximum of two": (tables.SAME, "| maximum of two | `np.maximum(a, a[::-1])` | `torch.maximum(t, t.flip(0))` | `[3, 1, 3]` |"),
    "a copy into": (tables.SAME, "| copy values into an array | `a[:] = 7` | `t.copy_(7 * t // t)` | `[7, 7, 7]` |"),
    "a release": (tables.THEN, "| halve | `1 / 0` | raises `ZeroDivisionError` \N{EN DASH} since 2.1, except int8 | `1` | `1` |"),
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
        "| shout | `1` | warns (`UserWarning`) and returns `1` | `1` | `1` |",
        "old code: 1\n    given:  returns 1\n    stated: warns (`UserWarning`) and returns `1`",
    ),
    "a warning of another kind": (
        tables.THEN,
        f"| shout | `{WARN}; 1` | warns (`FutureWarning`) and returns `1` | `1` | `1` |",
        "given:  warns UserWarning (loud), returns 1",
    ),
    "another kind where one may come": (
        tables.THEN,
        f"| shout | `{WARN}; 1` | may warn (`FutureWarning`) and returns `1` | `1` | `1` |",
        "given:  warns UserWarning (loud), returns 1",
    ),
    "a warning in what to write": (
        tables.THEN,
        f"| shout | `1` | returns `1` | `{WARN}; 1` | `1` |",
        "write instead: warnings.warn('loud', UserWarning); 1",
    ),
    "a wrong value after a warning": (
        tables.THEN,
        f"| shout | `{WARN}; 1` | warns (`UserWarning`) and returns `2` | `1` | `1` |",
        "stated: warns (`UserWarning`) and returns `2`",
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

# Of each, the words are false of code and values that are true.
FALSE_WORDS = [
    (tables.SAME, "| flatten: copies | `f = a.ravel(); f[0] = 9; a` | `f = t.ravel(); f[0] = 9; t` | `[9, 1, 2]` |"),
    (tables.SAME, "| add in place | `a + 1` | `t + 1` | `[4, 2, 3]` |"),
    (tables.SAME, "| get a Python number | `a[0]` | `t[0]` | `3` |"),
    (tables.SAME, "| convert to a list | `a` | `t` | `[3, 1, 2]` |"),
    (tables.SAME, "| divide, rounding up | `-a // 2` | `-t // 2` | `[-2, -1, -1]` |"),
    (tables.SAME, "| sort, descending | `np.sort(a)` | `t.sort().values` | `[1, 2, 3]` |"),
    (tables.SAME, "| the two smallest | `np.sort(a)[1:]` | `t.sort().values[1:]` | `[2, 3]` |"),
    (tables.SAME, "| minimum | `a.max()` | `t.max()` | `3` |"),
    (tables.SAME, "| sum of each row | `a[None].sum(0)` | `t[None].sum(0)` | `[3, 1, 2]` |"),
    (tables.SAME, "| to a column | `a[1]` | `t[1]` | `1` |"),
    (tables.SAME, "| convert to float32 | `a.astype(float).dtype` | `t.double().dtype` | `float64` |"),
    (tables.SAME, "| call `prod` for 3 numbers | `a.sum()` | `t.sum()` | `6` |"),
    (tables.DIFFERING, "| spread? | `a.var(ddof=1)` | `1.0` \N{EN DASH} n | `1` | `1` |"),
    (tables.DIFFERING, "| middle? | `np.median([1.0, 2.0])` | `1.5` \N{EN DASH} the lower one | `1` | `1` |"),
    (tables.DIFFERING, "| does it warn? | `1 / 0` | raises `ZeroDivisionError` | `1` | `1` |"),
    (tables.THEN, "| shout | `t.sum()` | `6` \N{EN DASH} a TypeError before | `1` | `1` |"),
    (tables.THEN, f"| shout | `{WARN}; 1` | warns (`UserWarning`) and returns `1` \N{EN DASH} still works | `1` | `1` |"),
    (tables.THEN, "| track | `t.double().requires_grad_().requires_grad` | `True` \N{EN DASH} the argument defaults to False | `1` | `1` |"),
    (tables.NEVER, "| `clone` copies | `c = t.clone(); c[0] = 9; t` | `[3, 1, 2]` | `1` | `1` |"),
]  # fmt: skip


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


@pytest.mark.parametrize(("header", "row"), FALSE_WORDS, ids=lambda part: part[2:15])
def test_a_false_word_beside_a_true_value_fails(
    faults: Callable[[str], list[str]], header: tuple[str, ...], row: str
) -> None:
    """A row whose task or note says what its code doesn't do fails, though the value is right."""
    (fault,) = faults(page(header, row))

    assert "the row says" in fault or "in the row's code and values too" in fault


def test_pages_say_rightly_what_shares_memory() -> None:
    """A sentence that a function shares memory, or that it copies, agrees with a call of it."""
    told = [" ".join(block.text for block in blocks(path) if block.prose) for path in PAGES]
    texts = [" ".join(text.split()) for text in told]
    untrue = "`torch.tensor` shares memory, `t` and `view` copy. NumPy's `flatten` never copies."

    assert [fault for text in texts for fault in untrue_of_memory(text)] == []
    assert len(untrue_of_memory(untrue)) == 3


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


@pytest.mark.parametrize("path", [CHEAT_SHEET, THEN_AND_NOW], ids=["cheat_sheet", "then_and_now"])
def test_rows_hold_in_any_order(path: Path) -> None:
    """A guide's rows hold from last to first too, but for its steps: none rests on another."""
    examples = [*parse(path).examples()]
    first = [e for e in examples if getattr(e.parsed, "header", tables.STEPS) == tables.STEPS]
    for example in first + [e for e in reversed(examples) if e not in first]:
        example.evaluate()


def test_never_true_stands_apart() -> None:
    """What old posts say has its tables, and what was never true has one of its own."""
    rows = [e.parsed for e in parse(THEN_AND_NOW).examples() if isinstance(e.parsed, tables.Row)]
    said = {header: [r.cells[0] for r in rows if r.header == header] for header in CHECKED}

    assert {row.header for row in rows} == set(CHECKED)
    assert all(len(cells) >= 20 for cells in said.values())
    assert not {*said[tables.THEN]} & {*said[tables.NEVER]}
