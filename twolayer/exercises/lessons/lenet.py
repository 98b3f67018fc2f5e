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
    """The shape of a real image on its way, or on another way."""
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
        (
            after(padding=2),
            "that is right for padding; without it, a square near the edge must fit",
        ),
        (after(pools=1), "the second pooling is left out"),
        (after(convolutions=1), "the second convolution is left out"),
        (after(pools=0), "both poolings are left out"),
        ((16, 6, 4), "the last two are swapped; rows come before columns"),
        ((16, 3, 5), "a square of 5 takes 4 off a side, not 5"),
        ((6, 4, 6), "6 maps come from the first convolution; the second makes more of them"),
        ((16, 5, 5), "that is the lesson's, for images of another size"),
        ((1, *after()), "one image is no batch of one here; want three numbers"),
    ),
)


@lesson.checked(
    "An image of another size",
    SHAPE,
    (
        "In how many places does a square of 5 fit along a side of 28 pixels? And how many numbers does "
        "pooling keep of them?",
        "Each convolution takes 4 off a side, and each pooling halves what is left. Do this twice for the "
        "rows, twice for the columns; the number of maps is that of conv2.",
    ),
)
def shape() -> tuple[int, int, int]:
    """A square of 5 by 5 takes off 4 rows and 4 columns; pooling leaves half."""
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
        Edit(
            "the pooling is left out: the linear layer gets a quarter of that, or less",
            (") // 2", ")"),
        ),
        Edit(
            "the square is taken for one that may hang over the edge; it takes side - 1 rows and columns off",
            (" - side + 1", ""),
        ),
        Edit("the biases are left out, in both layers", NO_BIAS, NO_LINEAR_BIAS),
        Edit("the convolution's biases are left out", NO_BIAS),
        Edit("the linear layer's biases are left out", NO_LINEAR_BIAS),
        Edit(
            "the convolution has one bias for each map, not one for each channel as well",
            ("channels * side**2 + 1", "channels * (side**2 + 1)"),
        ),
        Edit(
            "the convolution has one bias for each map, not one for all of them",
            ("maps * (channels * side**2 + 1)", "maps * channels * side**2 + 1"),
        ),
        Edit(
            "the linear layer has a bias for each output, not for each input",
            ("D_out * (maps * rows * columns + 1)", "(D_out + 1) * maps * rows * columns"),
        ),
        Edit(
            "pooling comes after the convolution, not before",
            ("(rows - side + 1) // 2", "rows // 2 - side + 1"),
            ("(columns - side + 1) // 2", "columns // 2 - side + 1"),
        ),
        Edit(
            "a map has a square of weights for each channel that comes in",
            ("channels * side**2", "side**2"),
        ),
        Edit("the linear layer gets all maps, not one", ("maps * rows", "rows")),
        Edit(
            "pooling takes whole squares of four; a row or column left over is dropped",
            (") // 2", ") / 2"),
        ),
        Edit("only the linear layer is counted", ("conv + linear", "linear")),
        Edit("only the convolution is counted", ("conv + linear", "conv")),
    ),
    hints=(
        "What does one map need: how many squares of weights, and how many biases? And how many numbers does "
        "one output of the linear layer look at?",
        "Neither layer's count depends on the number of images. The convolution's does not depend on their "
        "size, the linear layer's does: it sees all maps, after the square has taken side - 1 off the rows "
        "and off the columns, and pooling, rounding down, has halved both.",
    ),
    stub="known-mistake",
)
def numbers(channels: int, maps: int, side: int, rows: int, columns: int, D_out: int) -> int:
    """How many numbers are in the parameters of both layers."""
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
    "The pixels that reach one number",
    draw=draw_layers,
    wanted=changing,
    gives="mask",
    tensors=True,
    mistakes=(
        Edit(
            "a pixel with a negative gradient is left out; it reaches the number as well",
            ("gradient != 0", "gradient > 0"),
        ),
        Edit(
            "it marks what reaches any number; want the gradient of the one at place",
            ("maps[place]", "maps.sum()"),
        ),
        Edit(
            "it marks what reaches the numbers of all maps there; want one map's",
            ("maps[place]", "maps[:, place[1], place[2]].sum()"),
        ),
        Edit("only the first channel is looked at", (".any(dim=0)", "[0]")),
        Edit(
            "only pixels of which each channel reaches the number are marked; one is enough",
            (".any(", ".all("),
        ),
        Edit(
            "a pixel is left out whose channels' gradients, added up, are below 0",
            ("(gradient != 0).any(dim=0)", "gradient.sum(dim=0) > 0"),
        ),
        Edit(
            "all pixels between the outermost ones are marked; of each four, pooling lets one pass",
            (
                "return (gradient != 0).any(dim=0)",
                "mask = (gradient != 0).any(dim=0)\n"
                "    (i, j), (k, m) = mask.nonzero().amin(0), mask.nonzero().amax(0)\n"
                "    mask[i : k + 1, j : m + 1] = True\n"
                "    return mask",
            ),
        ),
    ),
    hints=(
        "If a small change of a pixel doesn't change the number, what is the number's gradient with respect to "
        "that pixel?",
        "Make a leaf of the image, send it through the layers, and differentiate the one number. A gradient "
        "that isn't 0, be it above or below, marks a pixel; what is left to do is to join the channels.",
    ),
)
def reaching(layers: Any, image: Tensor, place: tuple[int, int, int]) -> Tensor:
    """The pixels that one number after the layers depends on."""
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
        Edit("the four are averaged; want their sum", ("4 * ", "")),
        Edit(
            "it keeps the largest of four, as the lesson's network does; want their sum",
            ("4 * torch.nn.functional.avg", "torch.nn.functional.max"),
        ),
        Edit(forgot("the bias"), (" + bias[:, None, None]", "")),
        Edit(forgot("the coefficient"), (" * coefficient[:, None, None]", "")),
        Edit(
            "the bias is multiplied as well; add it last",
            ("+ bias[:, None, None]", "+ (bias * coefficient)[:, None, None]"),
        ),
        Edit("the bias is added to each of the four, and so four times", ("+ bias", "+ 4 * bias")),
        Edit(
            "a row or a column left over is pooled as well; want it dropped",
            ("(maps, 2)", "(maps, 2, ceil_mode=True, divisor_override=4)"),
        ),
        Edit(
            "the sigmoid that followed is in it; it is left out here",
            ("return sums", "return torch.sigmoid(sums"),
            ("bias[:, None, None]", "bias[:, None, None])"),
        ),
    ),
    hints=(
        "Which kind of pooling does torch.nn.functional have whose result, times one number, is the sum of "
        "four? And with which axis of the maps has the coefficient to line up?",
        "An average of four is a quarter of their sum. Shapes meet from the right, so a vector of channels "
        "lines up with the columns; it takes two axes of 1 behind it to meet the channels.",
    ),
)
def subsample(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Each square of 2 by 2 added up, times its map's coefficient, plus its map's bias."""
    sums = 4 * torch.nn.functional.avg_pool2d(maps, 2)
    return sums * coefficient[:, None, None] + bias[:, None, None]
