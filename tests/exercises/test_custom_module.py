"""What is odd in the exercises on modules."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.custom_module import LearnedSlope, Standardize

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class InPlace(Standardize):
    """Write into the buffers, and count the batches besides."""

    def __init__(self, D: int) -> None:
        super().__init__(D)
        self.batches = torch.nn.Buffer(torch.tensor(0))

    def forward(self, x: Tensor) -> Tensor:
        """Add a batch."""
        if self.training:
            self.batches.add_(1)
            self.mean.copy_(x.mean(0))
            self.spread[:] = (x - self.mean).square().mean(0).sqrt()
        return x.sub(self.mean).div(self.spread)


class Unsaved(Standardize):
    """Buffers that are left out of the state."""

    def __init__(self, D: int) -> None:
        super().__init__(D)
        self.register_buffer("spread", torch.ones(D), persistent=False)


class OtherStart(LearnedSlope):
    """A slope that begins elsewhere."""

    def __init__(self, H: int) -> None:
        super().__init__(H)
        torch.nn.init.zeros_(self.slope)


def saved(net: torch.nn.Module, step: Callable[[], None], loss: Any, patience: int) -> int:
    """Look at the losses so far, and save every state."""
    losses: list[float] = []
    states: list[Any] = []
    while len(losses) - (best := losses.index(min(losses)) if losses else 0) <= patience:
        step()
        losses.append(float("inf") if loss() != loss() else loss())
        states.append(copy.deepcopy(net).state_dict())
    net.load_state_dict(states[best])
    return len(losses)


@pytest.mark.parametrize(
    ("number", "answer", "name", "words"),
    [
        (1, InPlace, None, "right"),
        (1, Unsaved, "wrong-buffers", "buffers are mean;"),
        (2, OtherStart, "entry", "a new module's slope differs: yours is 0"),
        (3, saved, None, "right"),
        (3, lambda net, step, *_: [step() for _ in range(99)], "known-mistake", "patience of 3"),
    ],
    ids=itertools.count(),
)
def test_conditions_hold(number: int, answer: Any, name: str | None, words: str) -> None:
    """What is saved and what begins how is held, and a training that goes on is stopped."""
    verdict = check(f"custom_module.{number}", answer, seconds=60, why=True)
    assert verdict.diagnosis == name, verdict.text
    assert words in verdict.text
