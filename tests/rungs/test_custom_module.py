"""The module of one's own."""

from __future__ import annotations

import torch

from twolayer import random_problem
from twolayer.layers import linear_layers
from twolayer.rungs.custom_module import TwoLayerNet
from twolayer.tensors import Tensors, tensors


def start() -> Tensors:
    """The classic problem as tensors."""
    return tensors(random_problem(), "cpu", torch.float64)


def test_registers_its_layers() -> None:
    """Assigned layers are submodules: their parameters are the module's."""
    net = TwoLayerNet(*linear_layers(start(), bias=True))
    assert {name: tuple(p.shape) for name, p in net.named_parameters()} == {
        "linear1.weight": (100, 1000),
        "linear1.bias": (100,),
        "linear2.weight": (10, 100),
        "linear2.bias": (10,),
    }


def test_computes_what_the_layers_in_a_row_compute() -> None:
    """Its forward pass equals nn.Sequential's with the same layers."""
    linear1, linear2 = linear_layers(start())
    x = torch.tensor(random_problem().x)
    in_a_row = torch.nn.Sequential(linear1, torch.nn.ReLU(), linear2)
    assert torch.equal(TwoLayerNet(linear1, linear2)(x), in_a_row(x))
