"""What the course's table and the gallery's scripts say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twolayer.rungs import RUNGS
from twolayer_docs.course import (
    EXERCISES,
    FOLDERS,
    HeaderError,
    page_names,
    read_header,
    reading_order,
    section_pages,
    training_loop,
)
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_ladder_comes_first_and_has_its_rungs_in_order() -> None:
    """After the home page come the rungs as their table has them."""
    rungs = [rung for rung in RUNGS.values() if rung.folder == "two_layer"]
    assert page_names("two_layer") == tuple(rung.name for rung in rungs)
    way = section_pages("two_layer")
    assert [page for page in way if page.startswith("gallery/")] == [rung.page for rung in rungs]
    assert way[:3] == ["gallery/two_layer/numpy_by_hand", "try_it", "backward_pass"]
    assert reading_order()[: len(way) + 1] == ("index", *way)


def test_exercises_follow_their_lessons() -> None:
    """Exercises stand in the order of the way through all pages, guides among the galleries' pages."""
    names = page_names(EXERCISES)
    assert names[:3] == ("numpy_by_hand", "backward_pass", "tensors_by_hand")
    assert {path.stem for path in (ROOT / "gallery" / EXERCISES).glob("*.py")} == set(names)


def test_every_folder_is_built() -> None:
    """A folder of the gallery has a place in the course, or its pages would be missing."""
    folders = {path.parent.name for path in (ROOT / "gallery").glob("*/index.rst")}
    assert folders == set(FOLDERS)
    with pytest.raises(ValueError, match=r"folder: 'maths' given; want one of two_layer, tensors"):
        page_names("maths")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("print(1)\n", "a script begins with '# /// script', not with 'print\\(1\\)'"),
        ("# /// script\n# numpy\n# ///\n", "the header is no TOML"),
    ],
)
def test_a_header_that_is_none_is_an_error(source: str, reason: str) -> None:
    """The error says what stands in the header's place."""
    with pytest.raises(HeaderError, match=reason):
        read_header(source)


def test_a_loop_is_found_among_others(tmp_path: Path) -> None:
    """The loop that fills ``losses`` counts, without its blank lines; a script without one is an error."""
    script = tmp_path / "page.py"
    script.write_text(
        "for a in b:\n    a()\nfor t in c:\n    d = 1\n\n    losses.append(d)\n", "utf-8"
    )
    assert training_loop(script) == ["for t in c:", "    d = 1", "    losses.append(d)"]

    script.write_text("def f():\n    for t in c:\n        losses.append(t)\n", "utf-8")
    with pytest.raises(ValueError, match=r"page\.py: no loop with losses\.append given; want one"):
        training_loop(script)
