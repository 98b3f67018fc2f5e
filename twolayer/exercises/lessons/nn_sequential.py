"""Exercises on layers in a row: their outputs, their parameters and their weights."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, forgot
from twolayer.exercises.values import kind_of, share_memory

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()


@lesson.exercise(
    "How far new outputs spread",
    draw=lambda draw: {"D_in": (6, 100, 2, 1)[draw.case]},
    wanted=lambda D_in: math.sqrt((1 + 1 / D_in) / 3),
    gives="spread",
    mistakes=(
        Edit(forgot("the bias"), (" + variance", "")),
        Edit("it is the variance; want its root", ("math.sqrt", "float")),
        Edit(
            "the bound is taken for the standard deviation; numbers drawn evenly up to a bound spread "
            "less far",
            ("(3 * D_in)", "D_in"),
        ),
        Edit(
            "only one product is counted; an output is a sum of D_in products and the bias",
            ("D_in * variance", "variance"),
        ),
        Edit(
            "the deviations of the products' sum and of the bias are added; of independent numbers it is "
            "the variances that add",
            (" + variance)", ") + math.sqrt(variance)"),
        ),
        Edit(
            "the deviations of the products are added; of independent numbers it is the variances that "
            "add",
            ("math.sqrt(D_in * variance + variance)", "(D_in + 1) * math.sqrt(variance)"),
        ),
        Edit(
            "the interval from -bound to bound is taken for twice as wide; its variance is the square of "
            "bound, over 3",
            ("1 / (3", "4 / (3"),
        ),
    ),
    hints=(
        "The standard deviation of numbers drawn evenly from -bound to bound is on the lesson's "
        "page. An output is the sum of how many independent numbers?",
        "Add variances, not deviations. A weight times an input has the product of their variances, "
        "since both have mean 0. Sum D_in of those, add the bias's, and take the root.",
    ),
)
def output_spread(D_in: int) -> float:
    """The standard deviation of an output of a new linear layer."""
    variance = 1 / (3 * D_in)  # of a weight and of the bias: the square of their bound, over 3
    return math.sqrt(D_in * variance + variance)


def draw_sizes(draw: Draw) -> dict[str, Any]:
    """Rows of one to four layers, one of them without biases."""
    layers = (2, 3, 1, 4)[draw.case]
    sizes = draw.sizes(*(f"size {i}" for i in range(layers + 1)))
    return {"sizes": list(sizes), "bias": draw.case != 1}


def count_built(sizes: list[int], bias: bool) -> int:  # noqa: FBT001 - called by position
    """Build the layers, and count."""
    layers = [torch.nn.Linear(a, b, bias=bias) for a, b in pairwise(sizes)]
    return sum(param.numel() for layer in layers for param in layer.parameters())


@lesson.exercise(
    "Count before you build",
    draw=draw_sizes,
    wanted=count_built,
    gives="count",
    forbids={"reset_parameters": "a count from the sizes; a layer calls that when you build it"},
    mistakes=(
        Edit("the biases are left out", ("count += outputs", "count += 0")),
        Edit(
            "it has a bias for each of a layer's inputs; want one for each output",
            ("count += outputs", "count += inputs"),
        ),
        Edit(
            "it has biases for the network's input too, which no layer puts out",
            ("return count", "return count + bias * sizes[0]"),
        ),
        Edit(
            "it has one number a layer for the bias; want one for each output of the layer",
            ("count += outputs", "count += 1"),
        ),
        Edit("it has biases where bias is false", ("if bias", "if True")),
        Edit(
            "it stops after two layers; want as many as sizes has, less one",
            ("len(sizes) - 1", "min(len(sizes) - 1, 2)"),
        ),
        Edit(
            "the last layer is left out; it stands between the last two sizes",
            ("len(sizes) - 1", "len(sizes) - 2"),
        ),
    ),
    hints=(
        "Between which sizes does each layer stand, and how many layers are there then?",
        "Go over neighbouring pairs of sizes: the weight has an entry for each pair of an input and an "
        "output, the bias one for each output.",
    ),
)
def count_parameters(sizes: list[int], bias: bool) -> int:  # noqa: FBT001 - as above
    """How many numbers the layers hold in their weights and biases."""
    count = 0
    for layer in range(len(sizes) - 1):
        inputs, outputs = sizes[layer], sizes[layer + 1]
        count += inputs * outputs
        if bias:
            count += outputs
    return count


def samples(D_in: int) -> Tensor:
    """Inputs of a network."""
    rng = torch.Generator().manual_seed(D_in)
    return torch.randn(5, D_in, generator=rng, dtype=torch.float64)


def run_network(answer: Any, inputs: Inputs) -> Any:
    """Build the network, look whether it can be trained, and call it."""
    net = answer(*inputs.values())
    if net is None or net is Ellipsis:
        return net
    if not isinstance(net, torch.nn.Module):
        said = f"a function that returns a {kind_of(net)}"
        raise DiagnosisError(diagnoses.NOT_WANTED_KIND(given=said, wanted="one that returns net"))
    for name, param in net.named_parameters():
        for source, value in inputs.items():
            if share_memory(param, value):
                raise DiagnosisError(diagnoses.ALIASES(name=f"net's {name}", input=source))
    trained = sum(param.numel() for param in net.parameters() if param.requires_grad)
    if trained < (wanted := sum(value.numel() for value in inputs.values())):
        text = f"{trained} numbers in it could be trained; want {wanted}, all weights and biases"
        raise DiagnosisError(diagnoses.KNOWN(name="net", text=text))
    return net.double()(samples(len(inputs["w1"])))


FIRST = ("net[0].weight.copy_(w1.T)", "net[0].weight.copy_(w1.reshape(H, D_in))")
SECOND = ("net[2].weight.copy_(w2.T)", "net[2].weight.copy_(w2.reshape(D_out, H))")
NO_B1 = ("net[0].bias.copy_(b1)", "net[0].bias.zero_()")
NO_B2 = ("net[2].bias.copy_(b2)", "net[2].bias.zero_()")


@lesson.exercise(
    "From a network made by hand",
    draw=given(w1="normal D_in H", b1="normal H", w2="normal H D_out", b2="normal D_out"),
    wanted=lambda w1, b1, w2, b2: (samples(len(w1)) @ w1 + b1).relu() @ w2 + b2,
    gives="net(x)",
    run=run_network,
    tensors=True,
    tolerance=1e-5,
    mistakes=(
        *(
            Edit(
                f"{which} has the right shape, but its entries are in the wrong places: reshape keeps "
                "their order, where the transpose exchanges rows and columns",
                *weights,
                *biases,
            )
            for which, weights in (
                ("each weight", (FIRST, SECOND)),
                ("the first layer's weight", (FIRST,)),
                ("the second layer's weight", (SECOND,)),
            )
            for biases in ((NO_B1, NO_B2), ())
        ),
        Edit("the biases are left out", NO_B1, NO_B2),
        Edit(forgot("b1"), NO_B1),
        Edit(forgot("b2"), NO_B2),
        Edit(forgot("the ReLU"), ("torch.nn.ReLU", "torch.nn.Identity")),
    ),
    hints=(
        "A linear layer keeps its weight as (out, in). Which entry of w1 belongs at row 0, column 1 of it?",
        "Copy what has rows and columns exchanged, not what has the same entries in another shape. The "
        "biases have the layer's shape already: copy them in zero_'s place.",
    ),
    stub="known-mistake",
)
def as_layers(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> torch.nn.Module:
    """The network made by hand, as a row of layers."""
    D_in, H = w1.shape
    D_out = b2.shape[0]
    net: Any = torch.nn.Sequential(
        torch.nn.Linear(D_in, H, dtype=torch.float64),
        torch.nn.ReLU(),
        torch.nn.Linear(H, D_out, dtype=torch.float64),
    )
    with torch.no_grad():
        net[0].weight.copy_(w1.T)
        net[0].bias.copy_(b1)
        net[2].weight.copy_(w2.T)
        net[2].bias.copy_(b2)
    return net  # type: ignore[no-any-return]
