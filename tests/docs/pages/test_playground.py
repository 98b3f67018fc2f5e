"""The playground's lines to choose: each is a line of the first rung's loop, and does what its note says."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from twolayer import random_problem
from twolayer_docs.course import training_loop
from twolayer_docs.pages.playground import CHANGES, LOOP
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from collections.abc import Callable

STANDARD = {"seed": 0, "N": 64, "H": 100, "steps": 500, "rate": 1e-6}
MISTAKES = {
    f"{change['name']}={mistake['name']}": (change["code"], mistake)
    for change in CHANGES
    for mistake in change["mistake"]
}
# How notes begin, and what must be so of the last loss, beside the right one, the first and that of predicting zero.
BEGINNINGS: dict[str, Callable[[float, float, float, float], bool]] = {
    "The curves coincide.": lambda last, right, *_: last == pytest.approx(right, rel=1e-8),
    "The loss grows": lambda last, _right, first, _zero: not last < 10 * first,
    "The loss hardly moves.": lambda last, _right, first, _zero: first / 4 < last < first,
    "The loss falls as far as it should,": lambda last, right, *_: last < right,
    "The loss falls, but": lambda last, right, _first, zero: 1000 * right < last < zero / 4,
    "The loss falls, and then stays near": lambda last, _right, _first, zero: (
        abs(last / zero - 1) < 0.1
    ),
}


def fit(settings: dict[str, Any], *changes: tuple[str, str]) -> list[tuple[float, float]]:
    """The losses and shares of live ReLUs of the loop with lines changed, to the first loss that isn't finite."""
    problem = random_problem(settings["seed"], N=settings["N"], H=settings["H"])
    code = "\n".join(training_loop(LOOP)).replace("range(500)", f"range({settings['steps']})")
    for line, instead in changes:
        assert code.count(line) == 1
        code = code.replace(line, instead)
    code = code.replace("losses.append(loss)", "losses.append((loss, (x @ w1 > 0).mean()))")
    names: dict[str, Any] = {"np": np, "x": problem.x, "y": problem.y, "losses": []}
    names |= {"w1": problem.w1.copy(), "w2": problem.w2.copy(), "learning_rate": settings["rate"]}
    with np.errstate(over="ignore", invalid="ignore"):
        exec(code, names)  # noqa: S102 - the page's loop
    losses: list[tuple[float, float]] = names["losses"]
    bad = [step for step, (loss, _) in enumerate(losses) if not np.isfinite(loss)]
    return losses[: bad[0] + 1] if bad else losses


@pytest.fixture(scope="module")
def right() -> list[tuple[float, float]]:
    """The losses of the right loop."""
    return fit(STANDARD)


@pytest.mark.parametrize(("line", "mistake"), MISTAKES.values(), ids=MISTAKES)
def test_a_note_says_what_the_mistake_does(
    line: str, mistake: dict[str, str], right: list[tuple[float, float]]
) -> None:
    """The beginning of each note is true of the loss after 500 steps of NumPy's loop with that line."""
    wrong = fit(STANDARD, (line, mistake["code"]))
    zero = float(np.square(random_problem().y).sum())
    (holds,) = [holds for start, holds in BEGINNINGS.items() if mistake["notice"].startswith(start)]
    assert holds(wrong[-1][0], right[-1][0], right[0][0], zero)


def test_the_notes_other_claims_hold() -> None:
    """An overwritten h needs the mask with an equals sign, and with w1 fixed, half the rate is small enough."""
    both = [
        (MISTAKES[name][0], MISTAKES[name][1]["code"]) for name in ("relu=in_place", "mask=less")
    ]
    no_mask, w1_fixed = (
        [(line, mistake["code"])] for line, mistake in (MISTAKES["mask=none"], MISTAKES["w1=none"])
    )
    assert fit(STANDARD, *both) == fit(STANDARD, *no_mask)
    losses = fit(STANDARD | {"rate": 5e-7}, *w1_fixed)
    assert all(after < before for (before, _), (after, _) in pairwise(losses))


def test_the_answer_runs_every_mistake_of_the_menus() -> None:
    """The guide's answer has each line of the menus, and each mistake in it."""
    guide = (DOCS / "try_it.md").read_text("utf-8")
    loop = guide.partition('LOOP = """\\\n')[2].partition('"""')[0]
    assert [line for line in loop.splitlines() if line] == training_loop(LOOP)
    for line, mistake in MISTAKES.values():
        start = re.escape(f'"{line}": [')
        assert re.search(rf'(?s){start}(?:(?!": \[).)*"{re.escape(mistake["code"])}"', guide)
