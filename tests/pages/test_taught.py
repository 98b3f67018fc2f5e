"""What is taught where: each row of ``taught.toml`` names words of a page and the tests that hold them."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS: list[dict[str, Any]] = [
    row
    for group in tomllib.loads(Path(__file__).with_name("taught.toml").read_text("utf-8"))["group"]
    for row in group["row"]
]
ABOUT_THE_SITE = {"404", "index", "how_this_site_is_checked", "read_elsewhere"}


def source_of(page: str) -> Path:
    """Where a page is written."""
    return ROOT / f"{page}.py" if page.startswith("gallery/") else ROOT / "docs" / f"{page}.md"


@cache
def functions_of(path: Path) -> set[str]:
    """The functions of a file."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['page']}-{row['teaches'][:30]}")
def test_every_row_holds(row: dict[str, Any]) -> None:
    """A page still has the words that teach something, and the tests that hold it are there."""
    source = source_of(row["page"]).read_text("utf-8")
    text = " ".join(source.replace("\n# ", "\n").split())

    assert [piece for piece in row["shows"] if " ".join(piece.split()) not in text] == []
    assert row["shows"]
    assert row["tests"]
    for test in row["tests"]:
        path, _, function = test.partition("::")
        assert (ROOT / path).is_file(), test
        assert not function or function in functions_of(ROOT / path), test


def test_every_page_has_a_row_and_no_row_stands_twice() -> None:
    """Each gallery page and each guide teaches something of its own."""
    gallery = {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for path in (ROOT / "gallery").rglob("*.py")
    }
    guides = {path.stem for path in (ROOT / "docs").glob("*.md")}
    taught = [(row["page"], row["teaches"]) for row in ROWS]

    assert {page for page, _ in taught} == (gallery | guides) - ABOUT_THE_SITE
    assert len(taught) == len(set(taught))
