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
    "The spread of new outputs",
    draw=lambda draw: {"D_in": (6, 100, 2, 1)[draw.case]},
    wanted=lambda D_in: math.sqrt((1 + 1 / D_in) / 3),
    gives="spread",
    mistakes=(
        Edit(forgot("the bias"), (" + variance", "")),
        Edit("this is the variance; take its square root", ("math.sqrt", "float")),
        Edit("the bound isn't the standard deviation of uniform numbers", ("(3 * D_in)", "D_in")),
        Edit("only one product is counted; sum D_in of them", ("D_in * variance", "variance")),
        *(
            Edit(f"the standard deviations of {said} are added; add variances", change)
            for said, change in (
                ("the products' sum and the bias", (" + variance)", ") + math.sqrt(variance)")),
                (
                    "the products",
                    ("math.sqrt(D_in * variance + variance)", "(D_in + 1) * math.sqrt(variance)"),
                ),
            )
        ),
        Edit("the variance is too large; want bound squared over 3", ("1 / (3", "4 / (3")),
    ),
    hints=(
        "The lesson shows the standard deviation of numbers drawn uniformly from -bound to bound. An output "
        "is the sum of how many independent numbers?",
        "Add variances, not standard deviations. The variance of a weight times an input is the product of "
        "their variances, because both have mean 0. Add up D_in of those and the bias's, and take the square "
        "root.",
    ),
)
def output_spread(D_in: int) -> float:
    """The standard deviation of an output of a new linear layer."""
    variance = 1 / (3 * D_in)  # of each weight and of the bias: bound**2 / 3
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
        *(
            Edit(f"a layer has {said}; want one for each output", ("count += outputs", new))
            for said, new in (
                ("a bias for each input", "count += inputs"),
                ("only one bias", "count += 1"),
            )
        ),
        Edit(
            "the network's input has biases too",
            ("return count", "return count + bias * sizes[0]"),
        ),
        Edit("biases are counted although bias is false", ("if bias", "if True")),
        Edit("only two layers are counted", ("len(sizes) - 1", "min(len(sizes) - 1, 2)")),
        Edit("the last layer is left out", ("len(sizes) - 1", "len(sizes) - 2")),
    ),
    hints=(
        "Which two sizes does each layer connect, and how many layers are there then?",
        "Go over neighbouring pairs of sizes. The weight has an element for each pair of an input and an "
        "output, and the bias has one for each output.",
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
    """Build the network, check that it can be trained, and call it."""
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
        text = f"{trained} of its numbers can be trained; want {wanted}, all weights and biases"
        raise DiagnosisError(diagnoses.KNOWN(name="net", text=text))
    return net.double()(samples(len(inputs["w1"])))


FIRST = ("net[0].weight.copy_(w1.T)", "net[0].weight.copy_(w1.reshape(H, D_in))")
SECOND = ("net[2].weight.copy_(w2.T)", "net[2].weight.copy_(w2.reshape(D_out, H))")
NO_B1 = ("net[0].bias.copy_(b1)", "net[0].bias.zero_()")
NO_B2 = ("net[2].bias.copy_(b2)", "net[2].bias.zero_()")


@lesson.exercise(
    "From handwritten weights to layers",
    draw=given(w1="normal D_in H", b1="normal H", w2="normal H D_out", b2="normal D_out"),
    wanted=lambda w1, b1, w2, b2: (samples(len(w1)) @ w1 + b1).relu() @ w2 + b2,
    gives="net(x)",
    run=run_network,
    tensors=True,
    tolerance=1e-5,
    mistakes=(
        *(
            Edit(
                f"{which} has its elements in the wrong places; reshape keeps their order, so transpose "
                "instead",
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
        "A linear layer stores its weight as (out, in). Which element of w1 belongs at row 0 and column 1 of that "
        "weight?",
        "Exchange rows and columns before you copy: a reshape only arranges the same order of elements in a "
        "different shape. The biases already have the layers' shapes, so copy them instead of calling zero_.",
    ),
    stub="known-mistake",
)
def as_layers(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> torch.nn.Module:
    """The network written by hand, as a sequence of layers."""
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
