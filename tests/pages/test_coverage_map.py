"""The map from what is taught to pages and tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from twolayer_docs.pages.coverage_map import (
    Row,
    StaleRowError,
    check,
    read_rows,
    sentence,
    source_of,
    tables,
)

ROOT = Path(__file__).resolve().parents[2]
ROWS = read_rows()
GOOD = Row(
    "The ladder",
    "",
    "a thing",
    "gallery/two_layer/numpy_by_hand",
    ("grad_h[h <= 0] = 0",),
    ("tests/pages/test_pages.py::test_page_gives_the_references_losses",),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.page}-{row.teaches[:30]}")
def test_every_row_holds(row: Row) -> None:
    """What a row names is there: its page, the words on it, and its tests."""
    check(row)


def test_every_page_has_a_row() -> None:
    """No gallery page and no guide is missing from the map."""
    gallery = {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for path in (ROOT / "gallery").rglob("*.py")
    }
    guides = {path.stem for path in (ROOT / "docs").glob("*.md")}
    about_the_site = {
        "404",
        "index",
        "how_this_site_is_checked",
        "read_elsewhere",
        "what_is_taught_where",
    }
    assert {row.page for row in ROWS} == (gallery | guides) - about_the_site


def test_no_row_stands_twice() -> None:
    """Each row teaches something of its own."""
    taught = [(row.page, row.teaches) for row in ROWS]
    assert len(taught) == len(set(taught))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"page": "gallery/two_layer/gone"}, "there is no gallery/two_layer/gone.py"),
        ({"page": "gone"}, "there is no docs/gone.md"),
        ({"shows": ("no such words",)}, "the page has no 'no such words'"),
        ({"shows": ()}, "no piece of the page, or no test, is named"),
        ({"tests": ()}, "no piece of the page, or no test, is named"),
        ({"tests": ("tests/gone.py::test_x",)}, "there is no test tests/gone.py::test_x"),
        (
            {"tests": ("tests/package/test_fit.py::gone",)},
            "there is no test tests/package/test_fit.py::gone",
        ),
        ({"tests": ("docs/gone.md",)}, "there is no test docs/gone.md"),
    ],
)
def test_a_stale_row_is_refused(change: dict[str, object], problem: str) -> None:
    """A row that names what is not there raises, and says what is missing."""
    check(GOOD)
    with pytest.raises(StaleRowError, match=problem.replace(".", r"\.")):
        check(GOOD._replace(**change))  # type: ignore[arg-type]


def test_a_piece_of_text_may_go_over_lines() -> None:
    """Words are looked for as they read: comment signs and line ends don't count."""
    source = source_of("gallery/autograd/tracking").read_text("utf-8")
    assert "watches" not in source
    check(
        GOOD._replace(
            page="gallery/autograd/tracking",
            shows=("PyTorch finds gradients from a record of what you computed.",),
        )
    )


def test_a_test_speaks_for_itself() -> None:
    """The map's last column is the first sentence of the test's docstring."""
    here = Path(__file__).relative_to(ROOT).as_posix()
    assert sentence(f"{here}::test_no_row_stands_twice") == "Each row teaches something of its own."
    assert sentence("docs/backward_pass.md") == "The page's own examples, run as tests."


def test_tables_are_markdown() -> None:
    """Groups become headings, rows lines; rows that put something right have a column more."""
    wrong = GOOD._replace(group="Put right", says="old | words")
    lines = tables([GOOD, wrong]).splitlines()
    link = "[](gallery/two_layer/numpy_by_hand.rst)"
    words = sentence(GOOD.tests[0])

    assert lines == [
        "",
        "## The ladder",
        "",
        "| what is taught | page | what the tests hold |",
        "|---|---|---|",
        f"| a thing | {link} | {words} |",
        "",
        "## Put right",
        "",
        "| an old text says | what is true | page | what the tests hold |",
        "|---|---|---|---|",
        f"| old \\| words | a thing | {link} | {words} |",
    ]
