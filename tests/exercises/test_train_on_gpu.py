"""The exercises on training anywhere: what their conditions accept and refuse."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
import torch

from twolayer.exercises import check


def standing(keep: Any, forward: Any = lambda self, x: (x - self.mean) / self.std) -> Any:
    """Make a class for exercise 1 that keeps its numbers in a way of its own."""

    class Standing(torch.nn.Module):
        def __init__(self, mean: Any, std: Any) -> None:
            super().__init__()
            for name, value in {"mean": mean, "std": std}.items():
                setattr(self, name, keep(value))

    Standing.forward = forward
    return Standing


def frozen(value: Any) -> Any:
    """A parameter that requires no gradient."""
    return torch.nn.Parameter(value, requires_grad=False)


def averaged(read: Any) -> Any:
    """Make a loop for exercise 2 that reads each loss."""
    return lambda net, loss_fn, batches: (
        float(sum(read(loss_fn(net(x), y)) for x, y in batches)) / len(batches)
    )


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        (1, standing(torch.nn.Buffer), "right"),
        (1, standing(torch.nn.Buffer, lambda self, x: x / self.std - self.mean / self.std), "right"),
        (1, standing(frozen), "has the parameters mean, std; want none"),
        (1, standing(lambda value: value), "mean and std stayed behind"),
        (1, standing(lambda v: torch.nn.Buffer(v, persistent=False)), "state dict: holds nothing"),
        (2, averaged(torch.Tensor.detach), "right, on 5 lists of mini-batches"),
        (2, averaged(torch.Tensor.item), "mini-batches it asks"),
        (2, lambda *given: torch.tensor(averaged(torch.Tensor.detach)(*given)), "is a tensor"),
    ],
    ids=count(),
)  # fmt: skip
def test_a_typical_mistake_is_named(number: int, answer: Any, said: str) -> None:
    """The verdict names the mistake that the answer makes, if it makes one."""
    assert said in check(f"train_on_gpu.{number}", answer, seconds=60, why=True).text
