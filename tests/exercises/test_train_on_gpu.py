"""The exercises on training anywhere: answers in other styles, and typical mistakes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.train_on_gpu import Standardise, epoch_loss


class ByBuffer(torch.nn.Module):
    """Exercise 1 with buffers assigned, and another formula."""

    def __init__(self, mean: Any, std: Any) -> None:
        super().__init__()
        self.mean, self.std = torch.nn.Buffer(mean), torch.nn.Buffer(std)

    def forward(self, x: Any) -> Any:
        """Divide first."""
        return x / self.std - self.mean / self.std


def stacked(net: Any, loss_fn: Any, batches: Any) -> Any:
    """Exercise 2 with all losses kept, without their graphs."""
    return torch.stack([loss_fn(net(x), y).detach() for x, y in batches]).mean().item()


def by_float(net: Any, loss_fn: Any, batches: Any) -> float:
    """Exercise 2 with Python's sum."""
    return float(sum(loss_fn(net(x), y).detach() for x, y in batches)) / len(batches)


RIGHT: list[tuple[int, Any]] = [(1, ByBuffer), (2, stacked), (2, by_float)]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right(
    number: int, answer: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer in another style than the solution's is right."""
    assert check(f"train_on_gpu.{number}", answer, why=True).right, capsys.readouterr().out


class Standing(torch.nn.Module):
    """Exercise 1 with its numbers kept by a method of the test's choice."""

    def __init__(self, mean: Any, std: Any) -> None:
        super().__init__()
        self.keep("mean", mean)
        self.keep("std", std)

    def keep(self, name: str, value: Any) -> None:
        """Keep as a plain attribute."""
        setattr(self, name, value)

    def forward(self, x: Any) -> Any:
        """Standardise."""
        return (x - self.mean) / self.std


class Trained(Standing):
    """Exercise 1 with parameters."""

    def keep(self, name: str, value: Any) -> None:
        """Keep as a parameter."""
        setattr(self, name, torch.nn.Parameter(value))


class Unsaved(Standing):
    """Exercise 1 with buffers that no file gets."""

    def keep(self, name: str, value: Any) -> None:
        """Keep as a buffer outside the state."""
        self.register_buffer(name, value, persistent=False)


class Half(Standing):
    """Exercise 1 with one buffer."""

    def keep(self, name: str, value: Any) -> None:
        """Keep the mean as a buffer."""
        if name == "mean":
            self.register_buffer(name, value)
        else:
            super().keep(name, value)


class Fetched(Standing):
    """Exercise 1 with the numbers fetched at each call, and no state."""

    def forward(self, x: Any) -> Any:
        """Standardise where x is."""
        return (x - self.mean.to(x.device)) / self.std.to(x.device)


class Undivided(Standardise):
    """Exercise 1 without the division."""

    def forward(self, x: Any) -> Any:
        """Subtract."""
        return x - self.mean


def each_time(net: Any, loss_fn: Any, batches: Any) -> Any:
    """Exercise 2 as it stands on the page."""
    return sum(loss_fn(net(x), y).item() for x, y in batches) / len(batches)


def forgetful(net: Any, loss_fn: Any, batches: Any) -> None:
    """Exercise 2 without a result."""
    epoch_loss(net, loss_fn, batches)


WRONG: list[tuple[int, Any, str]] = [
    (1, Standing, "mean and std stayed behind"),
    (1, Half, "(std stayed behind)"),
    (1, Trained, "is a parameter"),
    (1, Unsaved, "state dict holds nothing"),
    (1, Fetched, "state dict holds nothing"),
    (1, Undivided, "differs from (x - mean) / std"),
    (2, each_time, "asks 6 times"),
    (2, lambda net, loss_fn, batches: torch.tensor(epoch_loss(net, loss_fn, batches)), "a tensor"),
    (2, lambda net, loss_fn, batches: epoch_loss(net, loss_fn, batches) * 6, "mean differs"),
    (2, lambda net, loss_fn, batches: 6, "want a Python number"),
    (2, forgetful, "is None"),
]


@pytest.mark.parametrize(("number", "answer", "said"), WRONG)
def test_a_typical_mistake_is_named(number: int, answer: object, said: str) -> None:
    """The verdict names the mistake that the answer makes."""
    verdict = check(f"train_on_gpu.{number}", answer, why=True)
    assert not verdict.right
    assert said in verdict.text
