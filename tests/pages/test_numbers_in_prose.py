"""Numbers in prose stand beside it too: in what the page prints, its tables or its code."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.pages.expectations import GUIDES, ROOT, SCRIPTS, as_text
from tests.pages.prose_numbers import blocks, miscounted, unbacked
from tests.pages.tolerance import Tolerance

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.pages.expectations import Run

PAGES = [*SCRIPTS, *sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
# Numbers of another file: a page, the number, the file, and its words that hold the number.
ELSEWHERE = [
    ("README", "3.11", "pyproject.toml", 'requires-python = ">=3.11"'),
    ("cheat_sheet", "1e-6", "tests/pages/tables.py", "RELATIVE, ABSOLUTE = 1e-6"),
    ("then_and_now", "1e-6", "tests/pages/tables.py", "RELATIVE, ABSOLUTE = 1e-6"),
    ("how_this_site_is_checked", "ten", "tests/pages/prose_numbers.py", '_TEENS = _words("ten'),
    ("how_this_site_is_checked", "500", "tests/pages/test_pages.py", "len(losses) == 500"),
    ("how_this_site_is_checked", "1e-8", "tests/rungs/agreement.py", "TOLERANCE = 1e-8"),
    ("how_this_site_is_checked", "100", "tests/rungs/test_every_rung.py", "losses[:100]"),
    ("how_this_site_is_checked", "1e-4", "tests/rungs/test_every_rung.py", "<= 1e-4"),
    ("how_this_site_is_checked", "1e-12", "tests/package/test_gradients.py", "<= 1e-12"),
    ("how_this_site_is_checked", "50", "tests/rungs/strategies.py", "st.integers(1, 50)"),
    ("how_this_site_is_checked", "80", "tests/site/looks.py", "FIRST_KB = 80"),
    ("how_this_site_is_checked", "35", "tests/site/looks.py", "LATER_KB = 35"),
]
# Numbers that no computation gives.
GIVEN = [
    ("how_this_site_is_checked", "2.2", "the version of a standard"),
    ("lenet", "1998", "the year of a paper"),
    ("cuda_device", "50", "quoted from old texts, as a claim to measure"),
    ("glossary", "16", "the decimals of 53 binary digits"),
    ("data_loading", "28", "the size of images that the page doesn't download"),
    ("exercises/nn_sequential", "ten", "the square root of the hundred beside it"),
    ("autograd_by_hand", "forty", "a rough count of lines"),
]


def name_of(page: Path) -> str:
    """A page's name, with its folder where it has a lesson's."""
    return f"exercises/{page.stem}" if page.parent.name == "exercises" else page.stem


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_has_each_number_of_its_prose(page: Path, runs: Callable[[Path], Run]) -> None:
    """The code beside a number in a page's text has it or shows it, or it is excused, and nothing needlessly."""
    parts = runs(page).shown if page in (*SCRIPTS, *GUIDES) else []
    found = unbacked(page, [(part["line"], as_text([part], Tolerance())) for part in parts])
    excused = {text for stem, text, *_ in (*ELSEWHERE, *GIVEN) if stem == name_of(page)}
    assert [number for number in found if number.text not in excused] == []
    assert excused == {number.text for number in found}


def test_the_other_file_has_the_number() -> None:
    """A number that is excused because another file holds it is still there, and so is each excused page."""
    assert {stem for stem, *_ in (*ELSEWHERE, *GIVEN)} <= set(map(name_of, PAGES))
    for _, number, path, words in ELSEWHERE:
        assert number in words
        assert words in (ROOT / path).read_text(encoding="utf-8"), f"{path} has no {words!r}"


def test_what_a_word_announces_is_listed() -> None:
    """Behind "three ways:" are three, on pages and in the package's docstrings."""
    pages = [*PAGES, ROOT / "CONTRIBUTING.md", *(ROOT / "docs" / "reference").rglob("*.md")]
    texts = {page: [part.text for part in blocks(page) if part.prose] for page in pages}
    for module in (ROOT / "twolayer").rglob("*.py"):
        nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        texts[module] = [
            f"{ast.get_docstring(node)}\n" for node in nodes if isinstance(node, documented)
        ]
    counted = {page: [*map(miscounted, prose)] for page, prose in texts.items()}
    assert {page: found for page, found in counted.items() if any(found)} == {}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("The loss falls to 3.2e+07.", []),
        ("At step 499 it is 0.981.", []),
        ("At step 498 it is 0.9.", ["498", "0.9"]),
        ("Over 97 % are right, at most 98 %.", ["98 %"]),
        ("It takes 1,500 or 2,000 steps.", ["1,500"]),
        ("The learning rate is 1e-6, not 1e-5 or -1e-6.", ["1e-5", "-1e-6"]),
        ("The slope is -7.5, not 7.5, and the end is ``8.5``, not 8.5.", ["7.5", "8.5"]),
        (
            "Of sixty-four, a\n# hundred or twelve\n# thousand, all.",
            ["a hundred", "twelve thousand"],
        ),
        ("More than a trillion, so a billion, not powers of ten.", ["a billion"]),
        ("The names ``w3``, float16 and Conv2d hold no numbers.", []),
    ],
)
def test_a_number_that_nothing_backs_is_found(tmp_path: Path, said: str, found: list[str]) -> None:
    """A number is found unless the code beside it shows it, rounded or not, or has it, or names it."""
    script = tmp_path / "page.py"
    script.write_text(
        '"""\nTitle\n"""\n\nsteps = 2_000\nrate = 1e-6\n\n# %%\n# First.\n\nprint(f(-7.5))\n\n'
        f"# %%\n# {said}\n\nprint(f(64, w3))\n\n# %%\n# Last.\n\nprint(8.5)\n\n# %%\n# Summary\n",
        encoding="utf-8",
    )
    shown = [(11, "-7.5\n"), (15 + said.count("\n"), "step 499  loss 9.8099e-01\n")]
    shown.append((15 + said.count("\n"), "at first 3.152e+07  right 0.97  ratio 6.5e12\n"))
    assert [number.text for number in unbacked(script, shown)] == found


def test_code_and_tables_of_a_guide_are_no_prose(tmp_path: Path) -> None:
    """In a Markdown page, fenced code and rows of tables back numbers; links' targets are skipped."""
    guide = tmp_path / "guide.md"
    guide.write_text(
        "---\nkernel: 4\n---\n\n# A guide\n\nFrom 10 to 11, and [12](page13.md).\n\n"
        "```python\nx = 10\n```\n\n| a | 12 |\n|---|---|\n",
        encoding="utf-8",
    )
    assert [(number.line, number.text) for number in unbacked(guide, [])] == [(7, "11")]


def test_a_glossary_is_prose_that_its_links_back(tmp_path: Path) -> None:
    """Text in a directive is prose, and the page that an entry says to see backs its numbers."""
    glossary = tmp_path / "words.md"
    see = "See [NumPy by\n  hand](gallery/two_layer/numpy_by_hand.rst)."
    text = f"# Words\n\n```{{glossary}}\na\n  14, or `640`. {see}\n\nb\n  640.\n```\n\nFrom 16.\n"
    glossary.write_text(text, encoding="utf-8")
    assert [number.text for number in unbacked(glossary, [])] == ["14", "640", "16"]
