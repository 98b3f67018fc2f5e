"""Answers to the exercises on layers in a row: right ones in other styles, and typical wrong ones."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.nn_sequential import output_spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def step_with(
    rate: Callable[[Tensor], float] = lambda _: 1.0, sign: float = 1.0
) -> Callable[..., Tensor]:
    """The step on the mean, with the learning rate multiplied by something that y tells."""

    def one_step(weight: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> Tensor:
        leaf = weight.clone().requires_grad_()
        loss = torch.nn.functional.mse_loss(torch.nn.functional.linear(x, leaf), y)
        (grad,) = torch.autograd.grad(loss, leaf)
        return weight - sign * learning_rate * rate(y) * grad

    return one_step


def step_by_formula(weight: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> Tensor:
    """The step with a gradient derived by hand."""
    return weight - 2 * learning_rate * torch.einsum("no,ni->oi", x @ weight.mT - y, x)


def step_in_place(weight: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> Tensor:
    """Right, but it writes into the weight that it got."""
    weight -= 2 * learning_rate * (x @ weight.T - y).T @ x
    return weight


def count_by_layers(sizes: list[int], bias: bool) -> int:  # noqa: FBT001 - called by position
    """Build the layers, and count."""
    layers = (torch.nn.Linear(a, b, bias=bias) for a, b in itertools.pairwise(sizes))
    net = torch.nn.Sequential(*layers)
    return sum(param.numel() for param in net.parameters())


def count_with(biases: Callable[[list[int], bool], int]) -> Callable[[list[int], bool], int]:
    """Count the weights, and the biases in some way."""

    def count(sizes: list[int], bias: bool) -> int:  # noqa: FBT001 - as above
        weights = sum(sizes[i] * sizes[i + 1] for i in range(len(sizes) - 1))
        return weights + biases(sizes, bias)

    return count


def count_two_layers(sizes: list[int], bias: bool) -> int:  # noqa: FBT001 - as above
    """Count a network of two layers, however many there are."""
    D_in, H, D_out = [*sizes, 0][:3]
    return D_in * H + H * D_out + bias * (H + D_out)


class ByHand(torch.nn.Module):
    """A module of the weights themselves."""

    def __init__(self, *weights: Tensor) -> None:
        super().__init__()
        copies = (torch.nn.Parameter(weight.clone()) for weight in weights)
        self.weights = torch.nn.ParameterList(copies)

    def forward(self, x: Tensor) -> Tensor:
        """The formula of the network made by hand."""
        w1, b1, w2, b2 = self.weights
        return torch.addmm(b2, (x @ w1 + b1).clamp(min=0), w2)


def module_of_weights(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> torch.nn.Module:
    """No layers at all."""
    return ByHand(w1, b1, w2, b2)


def layers_by_state(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> torch.nn.Module:
    """The weights by a state dictionary."""
    net = torch.nn.Sequential(
        torch.nn.Linear(*w1.shape), torch.nn.ReLU(), torch.nn.Linear(*w2.shape)
    ).double()
    net.load_state_dict({"0.weight": w1.T, "0.bias": b1, "2.weight": w2.T, "2.bias": b2})
    return net


def layers_with(
    weight1: Callable[[Tensor], Tensor] = torch.t,
    weight2: Callable[[Tensor], Tensor] = torch.t,
    *,
    biases: bool = True,
    relu: bool = True,
    copies: bool = True,
    dtype: torch.dtype = torch.float64,
) -> Callable[..., torch.nn.Module]:
    """Layers whose weights are copied in some way."""

    def as_layers(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> torch.nn.Module:
        first = torch.nn.Linear(w1.shape[0], w1.shape[1], dtype=dtype)
        second = torch.nn.Linear(w2.shape[0], w2.shape[1], dtype=dtype)
        with torch.no_grad():
            for layer, weight, bias in ((first, weight1(w1), b1), (second, weight2(w2), b2)):
                if copies:
                    layer.weight.copy_(weight)
                else:
                    layer.weight = torch.nn.Parameter(weight)
                layer.bias.copy_(bias if biases else torch.zeros_like(bias))
        middle = torch.nn.ReLU() if relu else torch.nn.Identity()
        return torch.nn.Sequential(first, middle, second)

    return as_layers


def reshaped(w: Tensor) -> Tensor:
    """The same order of entries in the other shape."""
    return w.reshape(w.shape[1], w.shape[0])


@pytest.mark.parametrize(
    ("id_", "answer"),
    [
        ("nn_sequential.1", step_with(rate=lambda y: y.numel())),
        ("nn_sequential.1", step_by_formula),
        ("nn_sequential.2", lambda D_in: np.sqrt(1 / 3 + 1 / 3 / D_in)),
        ("nn_sequential.2", lambda D_in: ((D_in + 1) * (2 / D_in**0.5) ** 2 / 12) ** 0.5),
        ("nn_sequential.2", lambda D_in: np.hypot(1, D_in**-0.5) / 3**0.5),
        ("nn_sequential.3", count_by_layers),
        ("nn_sequential.3", count_with(lambda sizes, bias: bias * sum(sizes[1:]))),
        ("nn_sequential.4", layers_by_state),
        ("nn_sequential.4", layers_with()),
        ("nn_sequential.4", module_of_weights),
    ],
    ids=itertools.count(),
)
def test_right_answers_in_other_styles(id_: str, answer: Any) -> None:
    """An answer is right however it is written."""
    assert check(id_, answer, why=True).text.startswith(f"{id_}: right")


@pytest.mark.parametrize(
    ("id_", "answer", "name", "words"),
    [
        ("nn_sequential.1", step_with(), "mean-for-sum", "N * D_out"),
        ("nn_sequential.1", step_with(rate=len), "known-mistake", "multiplied by N"),
        (
            "nn_sequential.1",
            step_with(rate=lambda y: y.shape[1]),
            "known-mistake",
            "divided by N still",
        ),
        ("nn_sequential.1", step_with(rate=lambda y: y.numel(), sign=-1), "added", "wrong way"),
        ("nn_sequential.1", step_in_place, "modified-input", "weight"),
        ("nn_sequential.2", lambda _: 3**-0.5, "forgot-term", "the bias"),
        ("nn_sequential.2", lambda D_in: (1 + 1 / D_in) / 3, "known-mistake", "the variance"),
        ("nn_sequential.2", lambda D_in: (1 + 1 / D_in) ** 0.5, "known-mistake", "the bound is"),
        ("nn_sequential.2", lambda D_in: (2 / 3 / D_in) ** 0.5, "known-mistake", "one product"),
        (
            "nn_sequential.2",
            lambda D_in: 3**-0.5 + (3 * D_in) ** -0.5,
            "known-mistake",
            "and of the bias are added",
        ),
        (
            "nn_sequential.2",
            lambda D_in: (D_in + 1) * (3 * D_in) ** -0.5,
            "known-mistake",
            "of the products are added",
        ),
        (
            "nn_sequential.2",
            lambda D_in: ((D_in + 1) * (2 / D_in**0.5) ** 2 / 3) ** 0.5,
            "known-mistake",
            "twice as wide",
        ),
        ("nn_sequential.2", lambda D_in: D_in**0.5, "factor", "off by the factor"),
        ("nn_sequential.3", count_with(lambda _sizes, _bias: 0), "forgot-term", "the biases"),
        (
            "nn_sequential.3",
            count_with(lambda sizes, bias: bias * sum(sizes[:-1])),
            "known-mistake",
            "inputs",
        ),
        (
            "nn_sequential.3",
            count_with(lambda sizes, bias: bias * sum(sizes)),
            "known-mistake",
            "the network's input",
        ),
        (
            "nn_sequential.3",
            count_with(lambda sizes, bias: bias * (len(sizes) - 1)),
            "known-mistake",
            "one number a layer",
        ),
        (
            "nn_sequential.3",
            count_with(lambda sizes, _: sum(sizes[1:])),
            "known-mistake",
            "where bias is false",
        ),
        ("nn_sequential.3", count_two_layers, "known-mistake", "after two layers"),
        ("nn_sequential.4", layers_with(reshaped, reshaped), "known-mistake", "each weight"),
        (
            "nn_sequential.4",
            layers_with(torch.t, reshaped, biases=False),
            "known-mistake",
            "the second layer's",
        ),
        ("nn_sequential.4", layers_with(reshaped), "known-mistake", "the first layer's"),
        ("nn_sequential.4", layers_with(torch.clone, torch.clone), "raises", "RuntimeError"),
        ("nn_sequential.4", layers_with(biases=False), "forgot-term", "the biases"),
        ("nn_sequential.4", layers_with(relu=False), "forgot-term", "the ReLU"),
        ("nn_sequential.4", layers_with(copies=False), "aliases-input", "net's 0.weight"),
        ("nn_sequential.4", layers_with(dtype=torch.float32), "raises", "dtype"),
        ("nn_sequential.4", lambda w1, b1, w2, b2: w1, "not-the-kind", "returns a tensor"),
    ],
    ids=itertools.count(),
)
def test_wrong_answers_are_named(id_: str, answer: Any, name: str, words: str) -> None:
    """A typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == name
    assert words in verdict.text


def test_new_layers_spread_as_derived() -> None:
    """Outputs of real layers, drawn anew many times, have the standard deviation of the solution."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        for D_in in (1, 6, 100):
            layers = (torch.nn.Linear(D_in, 1) for _ in range(4000))
            outputs = torch.stack([layer(torch.randn(D_in)).detach() for layer in layers])
            assert outputs.std().item() == pytest.approx(output_spread(D_in), rel=0.05)
