"""What is odd in the exercises on layers in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.nn_sequential import count_built, output_spread

if TYPE_CHECKING:
    from torch import Tensor


class ByHand(torch.nn.Module):
    """A module of the weights themselves, of float32."""

    def __init__(self, *weights: Tensor) -> None:
        super().__init__()
        copies = (torch.nn.Parameter(weight.float()) for weight in weights)
        self.weights = torch.nn.ParameterList(copies)

    def forward(self, x: Tensor) -> Tensor:
        """The formula of the network made by hand."""
        w1, b1, w2, b2 = self.weights
        return torch.addmm(b2, (x @ w1 + b1).clamp(min=0), w2)


class Sharing(ByHand):
    """The same, of the very tensors that it gets."""

    def __init__(self, *weights: Tensor) -> None:
        super().__init__()
        self.weights = torch.nn.ParameterList(map(torch.nn.Parameter, weights))


@pytest.mark.parametrize(
    ("number", "answer", "name"),
    [
        (2, count_built, "forbidden"),
        (3, lambda *weights: ByHand(*weights).train(), None),
        (3, lambda *weights: Sharing(*weights).train(), "aliases-input"),
        (3, lambda *weights: ByHand(*weights).requires_grad_(requires_grad=False), "known-mistake"),
        (3, lambda *weights: weights[0], "not-the-kind"),
    ],
)
def test_conditions_hold(number: int, answer: Any, name: str | None) -> None:
    """No layer is built to count, and what comes back can be trained and shares nothing."""
    assert check(f"nn_sequential.{number}", answer, seconds=60, why=True).diagnosis == name


def test_new_layers_spread_as_derived() -> None:
    """Outputs of real layers, drawn anew many times, have the standard deviation of the solution."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        for D_in in (1, 6, 100):
            layers = (torch.nn.Linear(D_in, 1) for _ in range(4000))
            outputs = torch.stack([layer(torch.randn(D_in)).detach() for layer in layers])
            assert outputs.std().item() == pytest.approx(output_spread(D_in), rel=0.05)
