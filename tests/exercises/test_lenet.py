"""Answers to the exercises on LeNet in other styles, and values that say a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from torch import Tensor


def by_building(*sizes: int) -> int:
    """Exercise 2 by building the network."""
    channels, maps, side, rows, columns, D_out = sizes
    conv, flat = torch.nn.Conv2d(channels, maps, side), torch.nn.Flatten()
    net = torch.nn.Sequential(conv, torch.nn.MaxPool2d(2), flat, torch.nn.LazyLinear(D_out))
    net(torch.zeros(1, channels, rows, columns))
    return sum(param.numel() for param in net.parameters())


def by_backward(layers: Any, image: Tensor, place: Any) -> Tensor:
    """Exercise 3 with backward, on a batch of one."""
    batch = image[None].requires_grad_()
    batch.retain_grad()
    layers(batch)[(0, *place)].backward()
    return torch.as_tensor(batch.grad)[0].abs().sum(0) > 0


def by_convolution(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Exercise 4 as a convolution of each map with itself alone."""
    weight = coefficient.view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
    return torch.nn.functional.conv2d(maps, weight, bias, stride=2, groups=len(bias))


TRIED: list[tuple[int, Any, str]] = [
    (1, torch.Size([16, 4, 6]), "right"),
    (1, (16, 6, 4), "rows come before columns"),
    (1, (16, 7, 9), "right for padding"),
    (2, by_building, "right"),
    (3, by_backward, "right"),
    (3, lambda *args: by_backward(*args).int(), "dtype"),
    (4, by_convolution, "right"),
]


@pytest.mark.parametrize(("number", "answer", "said"), TRIED, ids=range(len(TRIED)))
def test_layers_may_be_asked_in_any_way(number: int, answer: Any, said: str) -> None:
    """Building the layers, backward and a convolution find the same as formulas do."""
    assert said in check(f"lenet.{number}", answer, why=True).text
