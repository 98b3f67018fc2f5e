"""What is odd in the exercises on layers in a row."""

from __future__ import annotations

import pytest
import torch

from twolayer.exercises.lessons.nn_sequential import output_spread


def test_new_layers_spread_as_derived() -> None:
    """Outputs of real layers, drawn anew many times, have the standard deviation of the solution."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        for D_in in (1, 6, 100):
            layers = (torch.nn.Linear(D_in, 1) for _ in range(4000))
            outputs = torch.stack([layer(torch.randn(D_in)).detach() for layer in layers])
            assert outputs.std().item() == pytest.approx(output_spread(D_in), rel=0.05)
