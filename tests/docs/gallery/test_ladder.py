"""The ladder as one picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.docs.small_site import build
from twolayer.rungs import RUNGS
from twolayer_docs.course import training_loop
from twolayer_docs.gallery.cards import close_line, open_line, plain_line
from twolayer_docs.gallery.ladder import KINDS, Ladder, blocks, kind_of
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

LOOPS = {name: training_loop(ROOT / f"{rung.page}.py") for name, rung in RUNGS.items()}
_BLOCK = re.compile(r"M(\d+) 2h9v16h-9z")


@pytest.mark.parametrize("name", list(RUNGS))
def test_a_bar_is_as_long_as_the_loop(name: str) -> None:
    """A rung's bar has one block for each line of its loop, side by side and inside the drawing."""
    svg = blocks(LOOPS[name])
    places = sorted(int(place) for place in _BLOCK.findall(svg))

    assert places == [12 * number + 1 for number in range(len(LOOPS[name]))]
    assert f'width="{12 * len(LOOPS[name])}"' in svg


@pytest.mark.parametrize("name", list(RUNGS))
def test_a_block_has_the_colour_of_its_line(name: str) -> None:
    """Each block has the colour of what the line at its place is for."""
    coloured = {
        int(place): kind
        for kind, shape in re.findall(r'class="(\w+)" d="([^"]+)"', blocks(LOOPS[name]))
        for place in _BLOCK.findall(shape)
    }

    assert [coloured[place] for place in sorted(coloured)] == [*map(kind_of, LOOPS[name])]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("for t in range(500):", "outline"),
        ("    losses.append(loss.item())", "outline"),
        ("    h_relu = np.maximum(h, 0)", "forward"),
        ("    loss = loss_fn(y_pred, y)", "forward"),
        ("    grad_h[h <= 0] = 0", "backward"),
        ("    loss.backward()", "backward"),
        ("    (processes * loss).backward()", "backward"),
        ("    with torch.no_grad():", "update"),
        ("    optimizer.zero_grad()", "update"),
        ("    w1.grad = None", "update"),
        ("    w1.data -= learning_rate * w1.grad", "update"),
        ("            param -= learning_rate * param.grad", "update"),
    ],
)
def test_lines_are_sorted_by_what_they_are_for(code: str, kind: str) -> None:
    """Forward pass, backward pass, update and the loop itself are told apart."""
    assert kind == kind_of(code)
    assert kind in KINDS


def register(app: Sphinx) -> None:
    """Register the directive and its node."""
    app.add_node(plain_line, html=(open_line, close_line))
    app.add_directive("ladder", Ladder)


def test_the_ladder_leads_to_every_rung(tmp_path: Path) -> None:
    """The picture is a numbered list: each rung's link, what changes, and its loop's length."""
    pages = {rung.page: f"{rung.title}\n{'=' * len(rung.title)}\n" for rung in RUNGS.values()}
    pages["index"] = "Home\n====\n\n.. ladder::\n"
    site, warnings = build(tmp_path, pages, register)
    html = (site / "index.html").read_text("utf-8")
    (ladder,) = re.findall(r'<ol class="[^"]*\bladder\b[^"]*">.*?</ol>', html, re.DOTALL)
    shown = re.findall(
        r'<a [^>]*href="([^"]+)\.html"><span class="doc">([^<]+)</span></a></p>\s*'
        r'<p class="rung-change">([^<]+)</p>.*?<p class="rung-lines">(\d+) lines</p>',
        ladder,
        re.DOTALL,
    )

    assert warnings == ""
    assert shown == [
        (
            rung.page,
            rung.title,
            rung.change.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}"),
            str(len(LOOPS[name])),
        )
        for name, rung in RUNGS.items()
    ]
    assert all(words in html for words in KINDS.values())


def test_a_line_of_no_kind_is_an_error() -> None:
    """A line that the picture can't place is named."""
    with pytest.raises(ValueError, match=r"the line 'print\(t\)' of a training loop given; want"):
        kind_of("    print(t)")


def test_the_home_page_compares_the_longest_loop_with_one_of_half_its_length() -> None:
    """The loops that stand side by side on the home page are the first rung's, of the most lines, and one of half as many or fewer."""
    home = (ROOT / "docs" / "index.md").read_text("utf-8")
    (compared,) = re.findall(r"```\{loops\} (.*)", home)
    first, second = (len(LOOPS[name]) for name in compared.split())
    lengths = [len(loop) for loop in LOOPS.values()]

    assert first == lengths[0] == max(lengths)
    assert 2 * second <= first


def test_each_rung_has_its_drawing(tmp_path: Path) -> None:
    """The ladder shows the drawing of each page's card, and screen readers pass it over."""
    pages = {rung.page: f"{rung.title}\n{'=' * len(rung.title)}\n" for rung in RUNGS.values()}
    pages["index"] = "Home\n====\n\n.. ladder::\n"
    site, _ = build(tmp_path, pages, register)
    html = (site / "index.html").read_text("utf-8")

    drawn = re.findall(
        r'<div class="rung-picture"><svg aria-hidden="true".*?</svg></div>', html, re.DOTALL
    )
    assert len(drawn) == len(RUNGS) == len(set(drawn))
