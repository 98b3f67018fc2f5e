"""Numbers in prose stand somewhere else too: in what the page prints, its tables or its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages import prose_numbers
from tests.pages.expectations import ROOT, SCRIPTS
from tests.pages.prose_numbers import numbers_in, unbacked

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [*SCRIPTS, *sorted((ROOT / "docs").glob("*.md"))]
# Numbers of another file: a page, the number, the file, and its words that hold the number.
ELSEWHERE = [
    ("cheat_sheet", "1e-6", "tests/pages/tables.py", "RELATIVE, ABSOLUTE = 1e-6"),
    ("then_and_now", "1e-6", "tests/pages/tables.py", "RELATIVE, ABSOLUTE = 1e-6"),
    ("how_this_site_is_checked", "500", "tests/pages/test_pages.py", "len(losses) == 500"),
    ("how_this_site_is_checked", "1e-8", "tests/rungs/agreement.py", "TOLERANCE = 1e-8"),
    ("how_this_site_is_checked", "100", "tests/rungs/test_every_rung.py", "losses[:100]"),
    ("how_this_site_is_checked", "1e-4", "tests/rungs/test_every_rung.py", "<= 1e-4"),
    ("how_this_site_is_checked", "1e-12", "tests/package/test_gradients.py", "<= 1e-12"),
    ("how_this_site_is_checked", "1", "tests/rungs/strategies.py", "st.integers(1, 50)"),
    ("how_this_site_is_checked", "50", "tests/rungs/strategies.py", "st.integers(1, 50)"),
    ("how_this_site_is_checked", "80", "tests/site/looks.py", "FIRST_KB = 80"),
    ("how_this_site_is_checked", "35", "tests/site/looks.py", "LATER_KB = 35"),
]
# Numbers that no computation gives.
GIVEN = [
    ("how_this_site_is_checked", "2.2", "the version of a standard"),
    ("lenet", "1998", "the year of a paper"),
    ("cuda_device", "50", "quoted from old texts, as a claim to measure"),
]


def name_of(page: Path) -> str:
    """A page's name, with its folder where it has a lesson's."""
    return f"exercises/{page.stem}" if page.parent.name == "exercises" else page.stem


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_has_each_number_of_its_prose(page: Path) -> None:
    """A number in a page's text is one that the page shows, has in its code, or is excused for."""
    excused = {text for stem, text, *_ in (*ELSEWHERE, *GIVEN) if stem == name_of(page)}
    assert [number for number in unbacked(page) if number.text not in excused] == []


def test_no_excuse_is_left_over() -> None:
    """What is excused stands on its page, and the page doesn't have it otherwise."""
    excused = {(stem, text) for stem, text, *_ in (*ELSEWHERE, *GIVEN)}
    assert excused == {(name_of(page), number.text) for page in PAGES for number in unbacked(page)}


def test_the_other_file_has_the_number() -> None:
    """A number that is excused because another file holds it is still there."""
    for _, number, path, words in ELSEWHERE:
        assert number in words
        assert words in (ROOT / path).read_text(encoding="utf-8"), f"{path} has no {words!r}"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("The loss falls to 3.2e+07.", []),
        ("At step 499 it is 0.981.", []),
        ("At step 498 it is 0.9.", ["498", "0.9"]),
        ("Over 97 % are right, at most 98 %.", ["98 %"]),
        ("It takes 1,500 or 2,000 steps.", ["1,500"]),
        ("The learning rate is -1e-6, not 1e-5.", ["1e-5"]),
        ("The names ``w3``, float16 and Conv2d hold no numbers.", []),
    ],
)
def test_a_number_that_nothing_backs_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, found: list[str]
) -> None:
    """A number is found unless the page prints it, rounded or not, or its code has it."""
    script = tmp_path / "page.py"
    script.write_text(
        f'"""\nTitle\n"""\n\n# %%\n# {said}\n\nsteps = 2_000\nrate = 1e-6\n', encoding="utf-8"
    )
    printed = tmp_path / "page.txt"
    printed.write_text("step 499  loss 9.8099e-01\nat first 3.152e+07  right 0.97\n", "utf-8")
    monkeypatch.setattr(prose_numbers, "expected_file", lambda _: printed)

    assert [number.text for number in numbers_in(script) if number in unbacked(script)] == found


def test_code_and_tables_of_a_guide_are_no_prose(tmp_path: Path) -> None:
    """In a Markdown page, fenced code and rows of tables back numbers; links' targets are skipped."""
    guide = tmp_path / "guide.md"
    guide.write_text(
        "---\nkernel: 4\n---\n\n# A guide\n\nFrom 10 to 11, and [12](page13.md).\n\n"
        "```python\nx = 10\n```\n\n| a | 12 |\n|---|---|\n",
        encoding="utf-8",
    )
    assert [(number.line, number.text) for number in unbacked(guide)] == [(7, "11")]
