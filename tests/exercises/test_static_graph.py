"""What is odd in the exercises on graphs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.static_graph import Program, decide, decided, halve

if TYPE_CHECKING:
    from collections.abc import Callable


def on_h(choose: Callable[[Any], Any]) -> Callable[..., Any]:
    """What is chosen from h."""
    return lambda x, w1: choose(x @ w1)


def by_shape(x: Any, w1: Any) -> Any:
    """A Python if on a shape, which only ``torch.export`` lets pass."""
    return torch.where((x @ w1).sum() > 0, (x @ w1).relu(), -x @ w1) if x.shape[0] > 1 else x


def computed(h: Any) -> Any:
    """The number of turns by a logarithm."""
    count = h.norm().log2().ceil().clamp(min=0)
    return h / 2**count, count


def swapped_state(h: Any) -> Any:
    """The count first in what goes from turn to turn, and a number at the end."""
    count, h = torch.while_loop(
        lambda _, h: (h**2).sum() > 1,
        lambda count, h: (count + 1, 0.5 * h),
        (torch.tensor(0), h),
    )
    return h, count.item()


def bounded(h: Any) -> Any:
    """A hundred turns, most of which change nothing."""
    count = torch.zeros((), dtype=torch.int64)
    for _ in range(100):
        above = h.norm() > 1
        h, count = torch.where(above, h / 2, h), count + above
    return h, count


EXPORTED = torch.export.export(
    Program(decide), (torch.ones(4, 3).double(), torch.ones(3, 5).double())
).module()


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        (1, [torch.tensor(6.0), torch.tensor(13.0)], "right"),
        (1, (13, 6), "the two are exchanged"),
        (2, on_h(lambda h: torch.where(h.sum() > 0, h.relu(), -h)), "right"),
        (2, on_h(lambda h: torch.stack((-h, h.relu()))[(h.sum() > 0).long()]), "right"),
        (2, by_shape, "right"),
        (2, EXPORTED, "right"),
        (
            2,
            torch.fx.symbolic_trace(on_h(lambda h: torch.where(h.sum() > 0, h.relu(), -h))),
            "right",
        ),
        (2, decided, "a Python `if`"),
        (2, on_h(lambda h: h.relu() if float(h.sum()) > 0 else -h), "torch.export refuses"),
        (2, on_h(lambda h: torch.where(h.sum() >= 0, h.relu(), -h)), "exactly 0"),
        (2, lambda x, w1: x @ w1.T, "raises RuntimeError"),
        (3, computed, "right"),
        (3, swapped_state, "right"),
        (3, bounded, "not yet"),
        (3, lambda h: halve(h)[0], "want 2: h, count"),
        *((3, lambda h, n=n: (h / 2**n, torch.tensor(n)), "not yet") for n in range(11)),
    ],
    ids=itertools.count(),
)
def test_conditions_hold(
    number: int, answer: Any, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A graph is taken however it is captured, and nothing is said but the verdict."""
    assert said in check(f"static_graph.{number}", answer, seconds=60, why=True).text
    assert not capfd.readouterr().err
