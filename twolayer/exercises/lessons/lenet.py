"""Exercises on a convolutional network: its shapes, its numbers, what reaches one, and how LeNet-5 pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises.answers import Value
from twolayer.exercises.lesson import Lesson
from twolayer.exercises.mistakes import Edit, forgot

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.draws import Draw

lesson = Lesson()


def after(*, padding: int = 0, pools: int = 2, convolutions: int = 2) -> tuple[int, ...]:
    """The shape of a real image after these layers, or after others."""
    maps = torch.zeros(1, 28, 36)
    channels = (1, 6, 16)
    for i in range(2):
        if i < convolutions:
            maps = torch.nn.Conv2d(channels[i], channels[i + 1], 5, padding=padding)(maps)
        if i < pools:
            maps = torch.nn.functional.max_pool2d(maps, 2)
    return tuple(maps.shape)


SHAPE = Value(
    wanted=after,
    wrong=(
        (after(padding=2), "that would be right with padding, but these convolutions have none"),
        (after(pools=1), "the second pooling is left out"),
        (after(convolutions=1), "the second convolution is left out"),
        (after(pools=0), "both poolings are left out"),
        ((16, 6, 4), "the last two are swapped; put rows before columns"),
        ((16, 3, 5), "a square of 5 removes 4 rows and columns, not 5"),
        ((6, 4, 6), "6 is the number of maps after the first convolution; the second makes more"),
        ((16, 5, 5), "that is the lesson's shape, for images of a different size"),
        ((1, *after()), "leave out the batch's axis; want three numbers"),
    ),
)


@lesson.checked(
    "An image of a different size",
    SHAPE,
    (
        "In how many positions does a square of 5 fit along a side of 28 pixels? And how many of these does "
        "pooling keep?",
        "Each convolution removes 4 from a side, and each pooling halves what is left. Do this twice for the "
        "rows and twice for the columns. The number of maps is that of the second convolution.",
    ),
)
def shape() -> tuple[int, int, int]:
    """A square of 5 by 5 removes 4 rows and 4 columns, and pooling leaves half."""
    rows, columns = 28, 36
    for _ in range(2):
        rows, columns = (rows - 4) // 2, (columns - 4) // 2
    return 16, rows, columns


def draw_sizes(draw: Draw) -> dict[str, Any]:
    """Sizes of a network, no two alike where a mistake could be another's."""
    names = "channels", "maps", "side", "rows", "columns", "D_out"
    lows = 1, 2, 3, 8, 14, 6
    highs = 5, 5, 6, 14, 20, 10
    drawn = [int(draw.rng.integers(low, high)) for low, high in zip(lows, highs, strict=True)]
    sizes = dict(zip(names, drawn, strict=True))
    sizes["channels"] += draw.case == 0  # one channel hides what it multiplies
    if draw.case < 2:  # a row and a column more than pooling can pair
        sizes["rows"] += (sizes["rows"] - sizes["side"]) % 2
        sizes["columns"] += (sizes["columns"] - sizes["side"]) % 2
    return sizes


def built(channels: int, maps: int, side: int, rows: int, columns: int, D_out: int) -> int:
    """Build the network, and count."""
    conv = torch.nn.Conv2d(channels, maps, side)
    pooled = torch.nn.functional.max_pool2d(conv(torch.zeros(channels, rows, columns)), 2)
    linear = torch.nn.Linear(pooled.numel(), D_out)
    return sum(param.numel() for layer in (conv, linear) for param in layer.parameters())


NO_BIAS = ("channels * side**2 + 1", "channels * side**2")
NO_LINEAR_BIAS = ("rows * columns + 1", "rows * columns")


@lesson.exercise(
    "Every weight and every bias",
    draw=draw_sizes,
    wanted=built,
    gives="numbers",
    mistakes=(
        Edit("the pooling is left out; it halves the rows and the columns", (") // 2", ")")),
        Edit("without padding, a convolution removes rows and columns", (" - side + 1", "")),
        Edit("the biases are left out, in both layers", NO_BIAS, NO_LINEAR_BIAS),
        Edit("the convolution's biases are left out", NO_BIAS),
        Edit("the linear layer's biases are left out", NO_LINEAR_BIAS),
        *(
            Edit(f"the convolution has {said}; it needs one for each map", change)
            for said, change in (
                ("a bias for each channel", ("channels * side**2 + 1", "channels * (side**2 + 1)")),
                (
                    "one bias in all",
                    ("maps * (channels * side**2 + 1)", "maps * channels * side**2 + 1"),
                ),
            )
        ),
        Edit(
            "the linear layer has a bias for each input; it needs one for each output",
            ("D_out * (maps * rows * columns + 1)", "(D_out + 1) * maps * rows * columns"),
        ),
        Edit(
            "pooling comes before the convolution; it should come after",
            ("(rows - side + 1) // 2", "rows // 2 - side + 1"),
            ("(columns - side + 1) // 2", "columns // 2 - side + 1"),
        ),
        Edit("a map has one kernel for each input channel", ("channels * side**2", "side**2")),
        Edit("the linear layer gets only one map; it should get all", ("maps * rows", "rows")),
        Edit("a row or column left over is dropped; divide by //, not by /", (") // 2", ") / 2")),
        Edit("only the linear layer is counted", ("conv + linear", "linear")),
        Edit("only the convolution is counted", ("conv + linear", "conv")),
    ),
    hints=(
        "What does one map need: how many kernels, and how many biases? And how many inputs does the linear layer "
        "get?",
        "The linear layer gets all maps. Before that, the convolution has removed side - 1 rows and columns, "
        "and the pooling has halved both, rounding down. Each output has one bias, and so has each map.",
    ),
    stub="known-mistake",
)
def numbers(channels: int, maps: int, side: int, rows: int, columns: int, D_out: int) -> int:
    """How many numbers the parameters of both layers hold."""
    conv = maps * (channels * side**2 + 1)
    rows, columns = (rows - side + 1) // 2, (columns - side + 1) // 2
    linear = D_out * (maps * rows * columns + 1)
    return conv + linear


def draw_layers(draw: Draw) -> dict[str, Any]:
    """Layers with weights of 0 among others, an image, and the place of a number above 0."""
    maps, side = draw.sizes("maps", "side")
    conv1, conv2 = torch.nn.Conv2d(2, 4, 3), torch.nn.Conv2d(4, maps, 3)
    relu, pool = torch.nn.ReLU(), torch.nn.MaxPool2d(2)
    layers = torch.nn.Sequential(conv1, relu, pool, conv2, relu, pool).double()
    with torch.no_grad():
        for parameter in layers.parameters():
            kept = draw.rng.random(parameter.shape) < 0.6
            parameter.copy_(torch.from_numpy(kept * draw.normal(*parameter.shape)))
    image = draw.normal(2, 16 + side, 20 + side)
    places = layers(torch.from_numpy(image)).detach().gt(0.1).nonzero().tolist()
    return {"layers": layers, "image": image, "place": tuple(places[len(places) // 2])}


def changing(layers: Any, image: Tensor, place: tuple[int, int, int]) -> Tensor:
    """Change each pixel a little, and see whether the number changes."""
    count = image.numel()
    changed = image + 1e-5 * torch.eye(count + 1, count).double().view(-1, *image.shape)
    with torch.no_grad():
        found = layers(changed)[:, *place]
    reached: Tensor = (found[:-1] - found[-1]).abs().view(image.shape).amax(0) > 1e-10
    return reached


@lesson.exercise(
    "The pixels that affect one output",
    draw=draw_layers,
    wanted=changing,
    gives="mask",
    tensors=True,
    mistakes=(
        Edit("a negative gradient marks a pixel as well", ("gradient != 0", "gradient > 0")),
        Edit(
            "it marks pixels that affect any element; want only the one at place",
            ("maps[place]", "maps.sum()"),
        ),
        Edit(
            "it marks pixels that affect any map there; want only one map",
            ("place]", ":, place[1], place[2]].sum()"),
        ),
        Edit("it looks only at the first channel; look at all", (".any(dim=0)", "[0]")),
        Edit("all channels of a pixel must affect the output; one is enough", (".any(", ".all(")),
        Edit(
            "pixels are left out whose channels' gradients have a negative sum",
            ("(gradient != 0).any(dim=0)", "gradient.sum(dim=0) > 0"),
        ),
        Edit(
            "all pixels between the outermost ones are marked, but pooling lets only one of four through",
            (
                "return (gradient != 0).any(dim=0)",
                "mask = (gradient != 0).any(dim=0)\n    (i, j), (k, m) = mask.nonzero().amin(0), "
                "mask.nonzero().amax(0)\n    mask[i : k + 1, j : m + 1] = True\n    return mask",
            ),
        ),
    ),
    hints=(
        "If a small change of a pixel doesn't change the output, what is the output's gradient with respect "
        "to that pixel?",
        "Make a leaf from the image, pass it through the layers, and differentiate the one element. A "
        "gradient other than 0, positive or negative, marks a pixel. Then combine the channels.",
    ),
)
def reaching(layers: Any, image: Tensor, place: tuple[int, int, int]) -> Tensor:
    """The pixels that one element of the layers' output depends on."""
    pixels = image.clone().requires_grad_()
    maps = layers(pixels)
    (gradient,) = torch.autograd.grad(maps[place], pixels)
    return (gradient != 0).any(dim=0)


def draw_maps(draw: Draw) -> dict[str, Any]:
    """Maps with a row left over, then a column, then neither."""
    N, channels, rows, columns = draw.sizes("N", "channels", "rows", "columns")
    rows, columns = 2 * rows + 8 + (draw.case == 0), 2 * columns + 8 + (draw.case == 1)
    draw.named |= {"rows": rows, "columns": columns}
    return {
        "maps": draw.normal(N, channels, rows, columns),
        "coefficient": draw.normal(channels),
        "bias": draw.normal(channels),
    }


def by_slices(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Add up four slices, each of every other row and column."""
    rows, columns = (size // 2 * 2 for size in maps.shape[2:])
    sums = sum(maps[:, :, i:rows:2, j:columns:2] for i in range(2) for j in range(2))
    return torch.einsum("nchw,c->nchw", sums, coefficient) + bias.view(-1, 1, 1)


# LeCun, Bottou, Bengio and Haffner: Gradient-based learning applied to document recognition, section II.B.
@lesson.exercise(
    "The pooling of 1998",
    draw=draw_maps,
    wanted=by_slices,
    gives="pooled",
    tensors=True,
    mistakes=(
        Edit("this is the average of four; compute their sum", ("4 * ", "")),
        Edit(
            "this keeps the largest of four, as in the lesson; compute their sum",
            ("4 * torch.nn.functional.avg", "torch.nn.functional.max"),
        ),
        Edit(forgot("the bias"), (" + bias[:, None, None]", "")),
        Edit(forgot("the coefficient"), (" * coefficient[:, None, None]", "")),
        Edit(
            "the bias is multiplied by the coefficient; add it last",
            ("+ bias", "+ coefficient[:, None, None] * bias"),
        ),
        Edit("the bias is added four times; add it to the sum, once", ("+ bias", "+ 4 * bias")),
        Edit(
            "a row or a column left over is pooled; drop it",
            ("maps, 2)", "maps, 2, ceil_mode=True, divisor_override=4)"),
        ),
        Edit(
            "it includes the sigmoid; leave that out here",
            ("return sums", "return torch.sigmoid(sums"),
            ("bias[:, None, None]", "bias[:, None, None])"),
        ),
    ),
    hints=(
        "Which pooling in torch.nn.functional returns the sum of four, except for a factor? And which axis of "
        "the maps should the coefficient line up with?",
        "An average of four is a quarter of their sum. Broadcasting aligns shapes from the right, so a vector "
        "of channels would line up with the columns. Give it two axes of 1 behind its own.",
    ),
)
def subsample(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """The sum of each square of 2 by 2, times a coefficient, plus a bias."""
    sums = 4 * torch.nn.functional.avg_pool2d(maps, 2)
    return sums * coefficient[:, None, None] + bias[:, None, None]
