"""Answers to the exercises on loading data in other styles, and items of other kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from twolayer.exercises import check
from twolayer.exercises.lessons.data_loading import Windows

if TYPE_CHECKING:
    from torch import Tensor


class Unfolded:
    """Exercise 1 with all windows as lists of numbers, in a class of no library's."""

    def __init__(self, series: Tensor, width: int) -> None:
        size = width + 1
        self.windows = series.unfold(0, size, 1) if size <= len(series) else series[:0]

    def __len__(self) -> int:
        """How many windows there are."""
        return len(self.windows)

    def __getitem__(self, place: int) -> list[Any]:
        """A window without its last number, and that number as Python's."""
        return [self.windows[place, :-1], self.windows[place, -1].item()]


def changed(**methods: Any) -> type:
    """Exercise 1 with other methods."""
    return type("Changed", (Windows,), methods)


TRIED: list[tuple[int, Any, str]] = [
    (1, Unfolded, "right"),
    (1, changed(__len__=lambda self: len(self.series) - self.width), "should return >= 0"),
    (1, changed(__getitem__=lambda self, k: self.series[k : k + self.width]), "want a pair"),
    (1, changed(__getitem__=lambda self, k: (self.series[k:], self.series[k])), "the width"),
    (1, changed(__getitem__=lambda self, k: ([0.0], self.series[k])), "is a list"),
    (1, Windows.__init__, "the class itself"),
    (2, lambda losses, sizes: np.average(losses, weights=sizes), "right"),
    (2, lambda losses, sizes: (losses * (sizes / sizes.sum())).sum(), "right"),
]


@pytest.mark.parametrize(("number", "answer", "said"), TRIED, ids=range(len(TRIED)))
def test_an_item_is_a_pair(number: int, answer: Any, said: str) -> None:
    """An item may be any pair that a loader puts together, and rounding in float32 is none's fault."""
    assert said in check(f"data_loading.{number}", answer, seconds=60, why=True).text
