"""Exercises on layers in a row: their loss, their parameters and their weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import Computation
from twolayer.exercises.diagnoses import DiagnosisError, Kind
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import kind_of, share_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

# 1. A step that is far too short


def one_step(weight: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> Tensor:
    """The weight after one step on the sum of squared errors."""
    D_out, D_in = weight.shape
    layer = torch.nn.Linear(D_in, D_out, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(weight)
    loss = torch.nn.MSELoss(reduction="sum")(layer(x), y)
    loss.backward()
    return layer.weight.detach() - learning_rate * layer.weight.grad  # type: ignore[operator]


def _draw_step(draw: Draw) -> dict[str, Any]:
    N, D_in, D_out = draw.sizes("N", "D_in", "D_out")
    return {
        "weight": draw.normal(D_out, D_in),
        "x": draw.normal(N, D_in),
        "y": draw.normal(N, D_out),
        "learning_rate": draw.number(0.01, 0.03),
    }


def _step(divisor: Callable[[Tensor], int]) -> Callable[[Tensor, Tensor, Tensor, float], Tensor]:
    """The step by its formula, on the sum divided by something that y tells."""

    def variant(weight: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> Tensor:
        grad = 2 * (x @ weight.T - y).T @ x
        return weight - learning_rate * grad / divisor(y)

    return variant


_SHORT = Kind(
    diagnoses.MEAN_FOR_SUM.name,
    "{name}: its step is off by the factor 1 / (N * D_out): a mean where the sum is wanted",
)

_STEP = Computation(
    draw=_draw_step,
    wanted=_step(lambda _: 1),
    returns=("weight",),
    starts={"weight": "weight"},
    tensors=True,
    mistakes=(
        Mistake(_SHORT, _step(lambda y: y.numel())),
        Mistake(
            diagnoses.KNOWN,
            _step(lambda y: y.shape[1]),
            text="the step was multiplied by N, but the mean divides by N * D_out",
        ),
        Mistake(
            diagnoses.KNOWN,
            _step(lambda y: y.shape[0]),
            text="its step is divided by N still; want the sum over all elements",
        ),
    ),
)

# 2. How far new outputs spread


def output_spread(D_in: int) -> float:
    """The standard deviation of an output of a new linear layer."""
    variance = 1 / (3 * D_in)  # of a weight and of the bias: the square of their bound, over 3
    return math.sqrt(D_in * variance + variance)


def _draw_inputs(draw: Draw) -> dict[str, Any]:
    return {"D_in": (6, 100, 2, 1)[draw.case]}


def _spread(D_in: int) -> float:
    return math.sqrt((1 + 1 / D_in) / 3)


_SPREAD = Computation(
    draw=_draw_inputs,
    wanted=_spread,
    returns=("spread",),
    mistakes=(
        Mistake(diagnoses.FORGOT_TERM, lambda _: math.sqrt(1 / 3), term="the bias"),
        Mistake(
            diagnoses.KNOWN,
            lambda D_in: _spread(D_in) ** 2,
            text="it is the variance; want its root",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda D_in: math.sqrt(3) * _spread(D_in),
            text="the bound is taken for the standard deviation; numbers drawn evenly up to a bound "
            "spread less far",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda D_in: math.sqrt(2 / (3 * D_in)),
            text="only one product is counted; an output is a sum of D_in products and the bias",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda D_in: math.sqrt(1 / 3) + math.sqrt(1 / (3 * D_in)),
            text="the deviations of the products' sum and of the bias are added; of independent "
            "numbers it is the variances that add",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda D_in: (D_in + 1) / math.sqrt(3 * D_in),
            text="the deviations of the products are added; of independent numbers it is the "
            "variances that add",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda D_in: 2 * _spread(D_in),
            text="the interval from -bound to bound is taken for twice as wide; its variance is the "
            "square of bound, over 3",
        ),
    ),
)

# 3. Count before you build


def count_parameters(sizes: list[int], bias: bool) -> int:  # noqa: FBT001 - called by position
    """How many numbers the layers hold in their weights and biases."""
    count = 0
    for layer in range(len(sizes) - 1):
        inputs, outputs = sizes[layer], sizes[layer + 1]
        count += inputs * outputs
        if bias:
            count += outputs
    return count


def _draw_sizes(draw: Draw) -> dict[str, Any]:
    layers = (2, 3, 1, 4)[draw.case]
    sizes = draw.sizes(*(f"size {i}" for i in range(layers + 1)))
    return {"sizes": list(sizes), "bias": draw.case != 1}


def _built(sizes: list[int], bias: bool) -> int:  # noqa: FBT001 - as above
    layers = [torch.nn.Linear(a, b, bias=bias) for a, b in pairwise(sizes)]
    return sum(param.numel() for layer in layers for param in layer.parameters())


def _weights(sizes: list[int]) -> int:
    return sum(a * b for a, b in pairwise(sizes))


_COUNT = Computation(
    draw=_draw_sizes,
    wanted=_built,
    returns=("count",),
    mistakes=(
        Mistake(diagnoses.FORGOT_TERM, lambda sizes, _: _weights(sizes), term="the biases"),
        Mistake(
            diagnoses.KNOWN,
            lambda sizes, bias: _weights(sizes) + bias * sum(sizes[:-1]),
            text="it has a bias for each of a layer's inputs; want one for each output",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda sizes, bias: _weights(sizes) + bias * sum(sizes),
            text="it has biases for the network's input too, which no layer puts out",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda sizes, bias: _weights(sizes) + bias * (len(sizes) - 1),
            text="it has one number a layer for the bias; want one for each output of the layer",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda sizes, _: _weights(sizes) + sum(sizes[1:]),
            text="it has biases where bias is false",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda sizes, bias: _weights(sizes[:3]) + bias * sum(sizes[1:3]),
            text="it stops after two layers; want as many as sizes has, less one",
        ),
    ),
)

# 4. From a network made by hand


def as_layers(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> torch.nn.Module:
    """The network made by hand, as a row of layers."""
    D_in, H = w1.shape
    D_out = b2.shape[0]
    first = torch.nn.Linear(D_in, H, dtype=torch.float64)
    second = torch.nn.Linear(H, D_out, dtype=torch.float64)
    with torch.no_grad():
        first.weight.copy_(w1.T)
        first.bias.copy_(b1)
        second.weight.copy_(w2.T)
        second.bias.copy_(b2)
    return torch.nn.Sequential(first, torch.nn.ReLU(), second)


@dataclass(frozen=True, kw_only=True)
class Network(Computation):
    """A function of weights that returns a network; the result is what that gives for some inputs."""

    tensors: bool = True

    def _run(self, answer: Any, inputs: Inputs) -> Any:
        net = answer(*inputs.values())
        if net is None or net is Ellipsis:
            return net
        if not isinstance(net, torch.nn.Module):
            given = f"a function that returns a {kind_of(net)}"
            raise DiagnosisError(
                diagnoses.NOT_WANTED_KIND(given=given, wanted="one that returns net")
            )
        for name, param in net.named_parameters():
            for source, value in inputs.items():
                if share_memory(param, value):
                    raise DiagnosisError(diagnoses.ALIASES(name=f"net's {name}", input=source))
        if not list(net.parameters()):
            text = "it has no parameters, so nothing could train it"
            raise DiagnosisError(diagnoses.KNOWN(name="net", text=text))
        return net(_samples(len(inputs["w1"])))


def _samples(D_in: int) -> Tensor:
    """Inputs of a network."""
    rng = torch.Generator().manual_seed(D_in)
    return torch.randn(5, D_in, generator=rng, dtype=torch.float64)


def _draw_weights(draw: Draw) -> dict[str, Any]:
    D_in, H, D_out = draw.sizes("D_in", "H", "D_out")
    return {
        "w1": draw.normal(D_in, H),
        "b1": draw.normal(H),
        "w2": draw.normal(H, D_out),
        "b2": draw.normal(D_out),
    }


def _reshaped(w: Tensor) -> Tensor:
    """The entries in the order in which they lie, in the transposed shape, read as (in, out)."""
    return w.reshape(w.shape[::-1]).T


def _by_hand(
    *,
    first: Callable[[Tensor], Tensor] = torch.clone,
    second: Callable[[Tensor], Tensor] = torch.clone,
    biases: tuple[float, float] = (1.0, 1.0),
    between: Callable[[Tensor], Tensor] = torch.relu,
) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]:
    """The network by its formula, with something else in the weights', the biases' or ReLU's place."""

    def variant(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
        h = _samples(len(w1)) @ first(w1) + biases[0] * b1
        return between(h) @ second(w2) + biases[1] * b2

    return variant


_SCRAMBLED = (
    "{which} has the right shape, but its entries are in the wrong places: reshape keeps their order, "
    "where the transpose exchanges rows and columns"
)

_NETWORK = Network(
    draw=_draw_weights,
    wanted=_by_hand(),
    returns=("net(x)",),
    mistakes=(
        *(
            Mistake(
                diagnoses.KNOWN,
                _by_hand(first=first, second=second, biases=biases),
                text=_SCRAMBLED.format(which=which),
            )
            for first, second, which in (
                (_reshaped, _reshaped, "each weight"),
                (_reshaped, torch.clone, "the first layer's weight"),
                (torch.clone, _reshaped, "the second layer's weight"),
            )
            for biases in ((0.0, 0.0), (1.0, 1.0))
        ),
        *(
            Mistake(diagnoses.FORGOT_TERM, _by_hand(biases=biases), term=term)
            for biases, term in (
                ((0.0, 0.0), "the biases"),
                ((0.0, 1.0), "b1"),
                ((1.0, 0.0), "b2"),
            )
        ),
        Mistake(diagnoses.FORGOT_TERM, _by_hand(between=torch.clone), term="the ReLU"),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="A step that is far too short",
        check=_STEP,
        hints=(
            "What does MSELoss do with the squared errors if you don't say? The lesson prints the ratio.",
            "Either name the reduction that the learning rate is meant for, or make the learning rate fit the "
            "mean: by what does that divide?",
        ),
        solution=one_step,
        stub="mean-for-sum",
    ),
    Exercise(
        number=2,
        title="How far new outputs spread",
        check=_SPREAD,
        hints=(
            "The standard deviation of numbers drawn evenly from -bound to bound is on the lesson's "
            "page. An output is the sum of how many independent numbers?",
            "Add variances, not deviations. A weight times an input has the product of their variances, "
            "since both have mean 0. Sum D_in of those, add the bias's, and take the root.",
        ),
        solution=output_spread,
        stub="empty",
    ),
    Exercise(
        number=3,
        title="Count before you build",
        check=_COUNT,
        hints=(
            "Between which sizes does each layer stand, and how many layers are there then?",
            "Go over neighbouring pairs of sizes: the weight has an entry for each pair of an input and an "
            "output, the bias one for each output.",
        ),
        solution=count_parameters,
    ),
    Exercise(
        number=4,
        title="From a network made by hand",
        check=_NETWORK,
        hints=(
            "A linear layer keeps its weight as (out, in). Which entry of w1 belongs at row 0, column 1 of it?",
            "Copy what has rows and columns exchanged, not what has the same entries in another shape. The "
            "biases have the layer's shape already: copy them in zero_'s place.",
        ),
        solution=as_layers,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
