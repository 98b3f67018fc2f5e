"""Training loops in colours, and what a rung changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from tests.docs.small_site import build
from twolayer.rungs import RUNGS
from twolayer_docs.gallery.cards import close_line, open_line, plain_line
from twolayer_docs.gallery.ladder import kind_of
from twolayer_docs.gallery.loops import (
    BEFORE,
    ColouredLoops,
    Loops,
    close_code,
    gone,
    loop_code,
    loop_of,
    new_lines,
    open_code,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx


def register(app: Sphinx) -> None:
    """Register what colours loops."""
    app.add_node(plain_line, html=(open_line, close_line))
    app.add_node(loop_code, html=(open_code, close_code))
    app.add_directive("loops", Loops)
    app.add_post_transform(ColouredLoops)


def pages_of(**others: str) -> dict[str, str]:
    """A page for each rung with the cell that holds its loop, and other pages."""
    pages = dict(others)
    for name, rung in RUNGS.items():
        lines = ["losses = []", *loop_of(name), "", 'print("""two', 'lines""")']
        block = ".. code-block:: python\n\n" + "\n".join(f"   {line}".rstrip() for line in lines)
        pages[rung.page] = f"{rung.title}\n{'=' * len(rung.title)}\n\nText.\n\n{block}\n"
    return pages


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a page for each rung, and one that shows two loops."""
    two = "Home\n====\n\n.. loops:: numpy_by_hand optimizers\n"
    folder, warnings = build(tmp_path_factory.mktemp("site"), pages_of(index=two), register)
    assert warnings == ""
    return folder


def page(site: Path, name: str) -> BeautifulSoup:
    """Read a page."""
    return BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")


@pytest.mark.parametrize("name", list(RUNGS))
def test_each_line_of_a_loop_has_its_kind(site: Path, name: str) -> None:
    """The lines of a rung's loop, and no others, have the class of what they are for; the code's text is as it was."""
    found = page(site, RUNGS[name].page).select(".loop-line")
    loop = loop_of(name)
    (code,) = page(site, RUNGS[name].page).select("pre")

    assert [line.get_text() for line in found] == [f"{line}\n" for line in loop]
    assert [line["class"][1] for line in found] == [*map(kind_of, loop)]
    assert code.get_text().startswith("losses = []\n" + "\n".join(loop) + "\n\nprint(")


def test_a_rung_changes_the_one_before_or_the_one_that_it_takes_up() -> None:
    """Data parallel, which isn't in the ladder's section, changes the loop of the optimizers."""
    names = list(RUNGS)
    expected = dict(zip(names[1:], names, strict=False)) | {"data_parallel": "optimizers"}
    assert {name: before.name for name, before in BEFORE.items()} == expected


@pytest.mark.parametrize("name", list(BEFORE))
def test_what_is_new_is_marked_and_what_is_gone_is_said(site: Path, name: str) -> None:
    """A marked line doesn't stand in the loop before; each line of that loop is kept, changed or named below the code."""
    before, loop = loop_of(BEFORE[name].name), loop_of(name)
    here = page(site, RUNGS[name].page)
    new = [line.get_text().strip() for line in here.select(".loop-line.new")]
    (said,) = here.select(".loop-step")
    lost = [literal.get_text() for literal in said.select("code")]
    words = " ".join(said.get_text().split())

    assert {*new} == {line.strip() for line in loop} - {line.strip() for line in before}
    assert lost == gone(before, loop)
    assert BEFORE[name].title in words
    assert RUNGS[name].change in words
    if new or lost:
        assert (f"{len(new)} line" if new else "no line is new") in words
    else:
        assert words.endswith("line for line.")


def test_the_first_rung_has_nothing_to_compare_with(site: Path) -> None:
    """On the first rung no line is marked."""
    here = page(site, next(iter(RUNGS.values())).page)
    assert here.select(".loop-line")
    assert here.select(".new, .loop-step") == []


def test_loops_stand_side_by_side(site: Path) -> None:
    """The directive shows each loop with its rung's name and its length; none is marked as new."""
    here = page(site, "index")
    shown = {
        part: [element.get_text().rstrip() for element in here.select(f".loops > div {part}")]
        for part in ("a", "pre", ".loop-length")
    }
    loops = [loop_of(name) for name in ("numpy_by_hand", "optimizers")]

    assert shown["a"] == ["NumPy by hand", "Optimizers"]
    assert shown["pre"] == ["\n".join(loop) for loop in loops]
    assert shown[".loop-length"] == [f"{len(loop)} lines" for loop in loops]
    assert len(here.select(".loop-line")) == sum(map(len, loops))
    assert here.select(".loop-line.new") == []


@pytest.mark.parametrize(
    ("before", "after", "lost", "new"),
    [
        (["w1 -= lr * g1", "loss.backward()"], ["w1 -= lr * w1.grad"], ["loss.backward()"], [True]),
        (["a = f(x)"], ["a = g(x)", "a = g(x)"], [], [True, True]),
        (["step()"], ["step()", "step()"], [], [False, True]),
        (["grad_h[h <= 0] = 0"], ["h = x"], ["grad_h[h <= 0] = …"], [True]),
    ],
)
def test_lines_are_compared(
    before: list[str], after: list[str], lost: list[str], new: list[bool]
) -> None:
    """Another value for the same name is a change, a name or a call that is no longer there is gone."""
    assert lost == gone(before, after)
    assert new == new_lines(before, after)
