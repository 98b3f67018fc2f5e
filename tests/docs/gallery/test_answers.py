"""The folded hints and solutions below each exercise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from tests.docs.small_site import build
from twolayer.exercises.registry import find
from twolayer_docs.gallery.answers import (
    LONGEST,
    WrongSolutionError,
    add_folds,
    close_fold,
    fold,
    fold_long_code,
    folds,
    ids_in,
    open_fold,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

PAGE = """\
Exercises
=========

A mask that stops nothing
-------------------------

.. code-block:: python

   def backward(x, y, w1, w2): ...


   check("numpy_by_hand.2", backward)

.. rst-class:: sphx-glr-script-out

 .. code-block:: none

    numpy_by_hand.2: not yet.

Text after it.
"""


def register(app: Sphinx) -> None:
    """Register the fold and what makes it."""
    app.add_node(fold, html=(open_fold, close_fold))
    app.connect("doctree-read", add_folds)


def test_four_folds_stand_below_an_exercise(tmp_path: Path) -> None:
    """What the check printed, two hints and the solution, in that order, closed, follow an exercise's
    check; the solution's verdict stands below it.
    """
    pages = {"index": "Home\n====\n", "gallery/exercises/numpy_by_hand": PAGE}
    html, warnings = build(tmp_path, pages, register)
    page = (html / "gallery/exercises/numpy_by_hand.html").read_text("utf-8")
    soup = BeautifulSoup(page, "html.parser")

    found = soup.select("details.answer")
    assert warnings == ""
    assert [fold.find("summary").get_text() for fold in found] == [  # type: ignore[union-attr]
        f"{name}, {find('numpy_by_hand.2').title}"
        for name in ("What the check says about this code", "Hint 1", "Hint 2", "Solution")
    ]
    assert not any(fold.has_attr("open") for fold in found)
    assert page.index("highlight-python") < page.index("<details") < page.index("Text after it.")
    assert "numpy_by_hand.2: not yet." in found[0].get_text()
    assert page.count("numpy_by_hand.2: not yet.") == 1
    assert "def backward(" in found[3].get_text()
    assert "numpy_by_hand.2: right" in found[3].get_text()
    assert [code.get_text() for code in found[1].select("code")] == ["h", "h_relu"]


def test_other_pages_have_no_folds(tmp_path: Path) -> None:
    """Outside the folder of exercises, a cell that calls check is a cell like any other."""
    html, _ = build(tmp_path, {"index": PAGE}, register)
    assert "<details" not in (html / "index.html").read_text("utf-8")


def test_a_wrong_solution_ends_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solution that its check refuses is an error that tells the verdict."""

    class Wrong:
        hints = ("a", "b")
        title = "wrong"
        source = "..."
        answer = ...

    monkeypatch.setattr("twolayer.exercises.registry.find", lambda _: Wrong)
    with pytest.raises(WrongSolutionError, match=r"numpy_by_hand\.2: not yet\. Nothing filled in"):
        folds("numpy_by_hand.2", "wrong", "en")


def test_only_calls_of_check_count() -> None:
    """An id counts where a line begins with a call of check."""
    assert ids_in('x = 1\ncheck("a.1", x)\n# check("a.2", x)\nprint(check("a.3", x))') == ["a.1"]


def test_very_long_code_is_folded(tmp_path: Path) -> None:
    """A cell of more lines than a reader takes in is folded; a shorter one and an output aren't."""

    def with_long_code(app: Sphinx) -> None:
        app.add_node(fold, html=(open_fold, close_fold))
        app.connect("doctree-read", fold_long_code)

    blocks = [
        f".. code-block:: {language}\n\n   " + "\n   ".join(["line"] * lines)
        for language, lines in (("python", LONGEST + 1), ("python", LONGEST), ("none", LONGEST + 1))
    ]
    page = "Loops\n=====\n\n" + "\n\n".join(blocks) + "\n"
    site, warnings = build(tmp_path, {"index": "Home\n====\n", "gallery/a/b": page}, with_long_code)
    (summary,) = BeautifulSoup((site / "gallery/a/b.html").read_text("utf-8"), "html.parser")(
        "summary"
    )

    assert warnings == ""
    assert summary.get_text() == f"Code, {LONGEST + 1} lines, Loops"
    assert len(BeautifulSoup(str(summary.parent), "html.parser")("pre")) == 1
