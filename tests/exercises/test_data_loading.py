"""The exercises on loading data: answers in other styles, and typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.data_loading import Windows

if TYPE_CHECKING:
    from torch import Tensor


class Unfolded:
    """Exercise 1 with all windows made at once, in a class of no library's."""

    def __init__(self, series: Tensor, width: int) -> None:
        self.windows = series.unfold(0, width + 1, 1)

    def __len__(self) -> int:
        """How many windows there are."""
        return len(self.windows)

    def __getitem__(self, place: int) -> list[Tensor]:
        """A window without its last number, and that number."""
        return [self.windows[place, :-1], self.windows[place, -1]]


def by_tensor_dataset(series: Tensor, width: int) -> Any:
    """Exercise 1 as a TensorDataset."""
    windows = series.unfold(0, width + 1, 1)
    return torch.utils.data.TensorDataset(windows[:, :-1], windows[:, -1])


RIGHT: list[tuple[int, Any]] = [
    (1, Unfolded),
    (1, by_tensor_dataset),
    (2, lambda losses, sizes: np.average(losses, weights=sizes)),
    (2, lambda losses, sizes: losses @ sizes.double() / sizes.sum()),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_another_way_is_right(
    number: int, answer: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer in another style than the solution's is right."""
    assert check(f"data_loading.{number}", answer, why=True).right, capsys.readouterr().out


def changed(**methods: Any) -> type:
    """Exercise 1 with other methods."""
    return type("Changed", (Windows,), methods)


def item(self: Any, place: int) -> Any:
    """What the solution's item is."""
    return Windows.__getitem__(self, place)


WRONG = [
    (1, changed(__len__=lambda self: len(self.series)), "len() gives 7"),
    (1, changed(__len__=lambda self: len(self.series) - self.width + 1), "len() gives 5"),
    (1, changed(__getitem__=lambda self, k: item(self, k)[0]), "want a pair"),
    (
        1,
        changed(__getitem__=lambda self, k: (self.series[k:], item(self, k)[1])),
        "the piece of item",
    ),
    (1, changed(__getitem__=lambda self, k: (item(self, k)[0], self.series[k])), "another number"),
    (
        1,
        changed(__getitem__=lambda self, k: tuple(t.tolist() for t in item(self, k))),
        "two tensors",
    ),
    (
        1,
        changed(__getitem__=lambda self, k: (item(self, k)[0], item(self, k)[1][None])),
        "another number",
    ),
    (2, lambda losses, sizes: losses.mean(), "mean over mini-batches"),
    (2, lambda losses, sizes: (losses * sizes).mean(), "number of mini-batches"),
    (2, lambda losses, sizes: (losses * sizes).sum(), "it is the sum"),
    (2, lambda losses, sizes: (losses / sizes).sum(), "once more"),
    (2, lambda losses, sizes: losses[:-1].mean(), "left out"),
]


@pytest.mark.parametrize(("number", "answer", "said"), WRONG, ids=range(len(WRONG)))
def test_a_typical_mistake_is_named(number: int, answer: object, said: str) -> None:
    """The verdict names the mistake that the answer makes."""
    verdict = check(f"data_loading.{number}", answer, why=True)
    assert not verdict.right
    assert said in verdict.text
