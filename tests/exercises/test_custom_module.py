"""Answers to the exercises on modules: right ones in other styles, and typical wrong ones."""

from __future__ import annotations

import copy
import io
import itertools
from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class InSequential(torch.nn.Module):
    """The layers in a row of their own."""

    def __init__(self, D_in: int, H: int, D_out: int) -> None:
        super().__init__()
        first = torch.nn.Linear(D_in, H, dtype=torch.float64)
        self.layers = torch.nn.Sequential(first, torch.nn.Linear(H, D_out, dtype=torch.float64))

    def forward(self, x: Tensor) -> Any:
        """Apply them one by one."""
        return self.layers[1](torch.clamp(self.layers[0](x), min=0))


class AddedByName(torch.nn.Module):
    """The layers registered by calls."""

    def __init__(self, D_in: int, H: int, D_out: int) -> None:
        super().__init__()
        layers = torch.nn.Module()
        layers.add_module("0", torch.nn.Linear(D_in, H))
        layers.add_module("1", torch.nn.Linear(H, D_out))
        self.add_module("layers", layers)

    def forward(self, x: Tensor) -> Any:
        """Apply them by name."""
        first, second = self.get_submodule("layers").children()
        return second(torch.nn.functional.relu(first(x)))


class OtherNames(InSequential):
    """Layers that are registered under other names."""

    def __init__(self, D_in: int, H: int, D_out: int) -> None:
        super().__init__(D_in, H, D_out)
        self.stack = self.layers
        del self.layers


class NoRelu(InSequential):
    """The ReLU left out."""

    def forward(self, x: Tensor) -> Any:
        """Apply the layers alone."""
        return self.layers(x)


class ReluAtTheEnd(InSequential):
    """A ReLU on the output."""

    def forward(self, x: Tensor) -> Any:
        """Apply the layers, then ReLU."""
        return self.layers(x).relu()


def slope_module(
    forward: Callable[[Tensor, Tensor], Tensor], *, registers: bool = True
) -> type[torch.nn.Module]:
    """A module of the second exercise, by its forward."""

    class Slope(torch.nn.Module):
        """One slope per hidden unit."""

        def __init__(self, H: int) -> None:
            super().__init__()
            start = torch.full((H,), 0.25, dtype=torch.float64)
            self.slope = torch.nn.Parameter(start) if registers else start

        def forward(self, h: Tensor) -> Tensor:
            """Apply the formula."""
            return forward(h, self.slope)

    return Slope


def in_place(h: Tensor, slope: Tensor) -> Tensor:
    """Write into the input."""
    h[h < 0] *= 0.5
    return torch.where(h > 0, h, slope * h)


def without_slope(h: Tensor, _: Tensor) -> Tensor:
    """Leave the slope out."""
    return h.relu()


def detached(h: Tensor, slope: Tensor) -> Tensor:
    """Lose the slope's record, but not that of the output."""
    return torch.where(h > 0, h, slope.detach() * h) + 0 * slope


def through_a_file(net: torch.nn.Module) -> Any:
    """Save the state, and load it."""
    buffer = io.BytesIO()
    torch.save(net.state_dict(), buffer)
    buffer.seek(0)
    return torch.load(buffer)


def clones(net: torch.nn.Module) -> Any:
    """Clone each tensor."""
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


@pytest.mark.parametrize(
    ("id_", "answer"),
    [
        ("custom_module.1", InSequential),
        ("custom_module.1", AddedByName),
        ("custom_module.2", slope_module(torch.nn.functional.prelu)),
        ("custom_module.2", slope_module(lambda h, s: h.relu() + s * h.clamp(max=0))),
        ("custom_module.2", slope_module(lambda h, s: h * ((h > 0) + s * (h <= 0)))),
        ("custom_module.3", clones),
        ("custom_module.3", through_a_file),
        ("custom_module.3", lambda net: copy.deepcopy(net).state_dict()),
    ],
    ids=itertools.count(),
)
def test_right_answers_in_other_styles(id_: str, answer: Any) -> None:
    """An answer is right however it is written."""
    assert check(id_, answer, why=True).text.startswith(f"{id_}: right")


@pytest.mark.parametrize(
    ("id_", "answer", "name", "words"),
    [
        ("custom_module.1", OtherNames, "wrong-parameters", "stack.0.weight"),
        ("custom_module.1", NoRelu, "forgot-term", "the ReLU"),
        ("custom_module.1", ReluAtTheEnd, "known-mistake", "between the layers"),
        ("custom_module.1", InSequential(2, 3, 2), "not-the-kind", "the class itself"),
        (
            "custom_module.2",
            slope_module(lambda h, s: torch.where(h > 0, h, s * h), registers=False),
            "wrong-parameters",
            "none; want slope",
        ),
        ("custom_module.2", slope_module(without_slope), "detached", "output"),
        ("custom_module.2", slope_module(detached), "known-mistake", "the record"),
        ("custom_module.2", slope_module(lambda h, s: s * h), "known-mistake", "every number"),
        (
            "custom_module.2",
            slope_module(lambda h, s: torch.where(h > 0, s * h, h)),
            "known-mistake",
            "multiplies the positive",
        ),
        (
            "custom_module.2",
            slope_module(lambda h, s: torch.where(h > 0, h, s)),
            "known-mistake",
            "in the number's place",
        ),
        (
            "custom_module.2",
            slope_module(lambda h, s: torch.maximum(h, s * h)),
            "known-mistake",
            "the larger",
        ),
        ("custom_module.2", slope_module(in_place), "modified-input", "input h"),
        ("custom_module.3", lambda net: dict(net.state_dict()), "known-mistake", "shares memory"),
        ("custom_module.3", lambda net: dict(net.named_parameters()), "known-mistake", "left out"),
        ("custom_module.3", lambda net: list(net.parameters()), "wrong-type", "dictionary"),
        ("custom_module.3", lambda net: net.load_state_dict({}), "raises", "RuntimeError"),
        (
            "custom_module.3",
            lambda net: {name: value * 0 for name, value in net.state_dict().items()},
            "known-mistake",
            "not what the network had",
        ),
        (
            "custom_module.3",
            lambda net: {f"net.{name}": v.clone() for name, v in net.state_dict().items()},
            "known-mistake",
            "left out",
        ),
    ],
    ids=itertools.count(),
)
def test_wrong_answers_are_named(id_: str, answer: Any, name: str, words: str) -> None:
    """A typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == name
    assert words in verdict.text
