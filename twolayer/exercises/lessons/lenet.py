"""Exercises on a convolutional network: its shapes, its numbers, and how LeNet-5 pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Value
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.draws import Draw

# 1. The shape where the maps end


def shape() -> tuple[int, int, int]:
    """A square of 5 by 5 takes off 4 rows and 4 columns; pooling leaves half."""
    rows, columns = 28, 36
    for _ in range(2):
        rows, columns = (rows - 4) // 2, (columns - 4) // 2
    return 16, rows, columns


def _after(*, padding: int = 0, pools: int = 2, convolutions: int = 2) -> tuple[int, ...]:
    """The shape of a real image on its way, or on another way."""
    maps = torch.zeros(1, 28, 36)
    channels = (1, 6, 16)
    for i in range(2):
        if i < convolutions:
            maps = torch.nn.Conv2d(channels[i], channels[i + 1], 5, padding=padding)(maps)
        if i < pools:
            maps = torch.nn.functional.max_pool2d(maps, 2)
    return tuple(maps.shape)


def _columns_first() -> tuple[int, ...]:
    channels, rows, columns = _after()
    return channels, columns, rows


_SHAPE = Value(
    wanted=_after,
    wrong=(
        (
            _after(padding=2),
            "that is right for padding; without it, a square near the edge must fit",
        ),
        (_after(pools=1), "the second pooling is left out"),
        (_after(convolutions=1), "the second convolution is left out"),
        (_after(pools=0), "both poolings are left out"),
        (_columns_first(), "the last two are swapped; rows come before columns"),
        ((16, 5, 5), "that is the lesson's, for images of another size"),
        ((1, *_after()), "one image is no batch of one here; want three numbers"),
    ),
)

# 2. Numbers in the parameters


def numbers(channels: int, maps: int, side: int, rows: int, columns: int, D_out: int) -> int:
    """How many numbers are in the parameters of both layers."""
    conv = maps * (channels * side**2 + 1)
    rows, columns = (rows - side + 1) // 2, (columns - side + 1) // 2
    linear = D_out * (maps * rows * columns + 1)
    return conv + linear


def _draw_sizes(draw: Draw) -> dict[str, Any]:
    names = "channels", "maps", "side", "rows", "columns", "D_out"
    lows = 1, 2, 3, 8, 14, 6  # no two alike where a mistake could be another's
    highs = 5, 5, 6, 14, 20, 10
    drawn = [int(draw.rng.integers(low, high)) for low, high in zip(lows, highs, strict=True)]
    sizes = dict(zip(names, drawn, strict=True))
    sizes["channels"] += draw.case == 0  # one channel hides what it multiplies
    if draw.case < 2:  # a row and a column more than pooling can pair
        sizes["rows"] += (sizes["rows"] - sizes["side"]) % 2
        sizes["columns"] += (sizes["columns"] - sizes["side"]) % 2
    return sizes


def _built(channels: int, maps: int, side: int, rows: int, columns: int, D_out: int) -> int:
    """Build the network, and count."""
    conv = torch.nn.Conv2d(channels, maps, side)
    pooled = torch.nn.functional.max_pool2d(conv(torch.zeros(channels, rows, columns)), 2)
    linear = torch.nn.Linear(pooled.numel(), D_out)
    return sum(param.numel() for layer in (conv, linear) for param in layer.parameters())


def _count(
    conv: Callable[[int, int, int], int], linear: Callable[[int, int, int, int], float]
) -> Callable[..., float]:
    """Count in another way: conv gets channels, maps, side; linear maps, rows, columns, D_out."""

    def variant(channels: int, maps: int, side: int, rows: int, columns: int, D_out: int) -> float:
        rows, columns = rows - side + 1, columns - side + 1
        return conv(channels, maps, side) + linear(maps, rows, columns, D_out)

    return variant


def _conv(channels: int, maps: int, side: int) -> int:
    return maps * (channels * side**2 + 1)


def _linear(maps: int, rows: int, columns: int, D_out: int) -> int:
    return D_out * (maps * (rows // 2) * (columns // 2) + 1)


_NUMBERS = Computation(
    draw=_draw_sizes,
    wanted=_built,
    returns=("numbers",),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _count(_conv, lambda m, r, c, d: d * (m * r * c + 1)),
            text="the pooling is left out: the linear layer gets a quarter of that, or less",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda channels, maps, side, rows, columns, D_out: (
                _conv(channels, maps, side) + _linear(maps, rows, columns, D_out)
            ),
            text="the square is taken for one that may hang over the edge; it takes side - 1 rows "
            "and columns off",
        ),
        Mistake(
            diagnoses.KNOWN,
            _count(
                lambda channels, maps, side: maps * channels * side**2,
                lambda m, r, c, d: d * m * (r // 2) * (c // 2),
            ),
            text="the biases are left out, in both layers",
        ),
        Mistake(
            diagnoses.KNOWN,
            _count(lambda channels, maps, side: maps * channels * side**2, _linear),
            text="the convolution's biases are left out",
        ),
        Mistake(
            diagnoses.KNOWN,
            _count(_conv, lambda m, r, c, d: d * m * (r // 2) * (c // 2)),
            text="the linear layer's biases are left out",
        ),
        Mistake(
            diagnoses.KNOWN,
            _count(lambda channels, maps, side: maps * channels * (side**2 + 1), _linear),
            text="the convolution has one bias for each map, not one for each channel as well",
        ),
        Mistake(
            diagnoses.KNOWN,
            _count(lambda channels, maps, side: maps * (side**2 + 1), _linear),
            text="a map has a square of weights for each channel that comes in",
        ),
        Mistake(
            diagnoses.KNOWN,
            _count(_conv, lambda m, r, c, d: d * ((r // 2) * (c // 2) + 1)),
            text="the linear layer gets all maps, not one",
        ),
        Mistake(
            diagnoses.KNOWN,
            _count(_conv, lambda m, r, c, d: d * (m * r / 2 * c / 2 + 1)),
            text="pooling takes whole squares of four; a row or column left over is dropped",
        ),
        Mistake(
            diagnoses.KNOWN,
            _count(lambda *_: 0, _linear),
            text="only the linear layer is counted",
        ),
        Mistake(
            diagnoses.KNOWN,
            _count(_conv, lambda *_: 0),
            text="only the convolution is counted",
        ),
    ),
)

# 3. One row for each image


def flat(maps: Tensor) -> Tensor:
    """One row of numbers for each image, of a batch or of one."""
    return torch.flatten(maps, -3)


def _draw_maps(draw: Draw) -> dict[str, Any]:
    N, channels, rows, columns = draw.sizes("N", "channels", "rows", "columns")
    one = channels, rows, columns
    return {"maps": draw.normal(*one) if draw.case % 2 else draw.normal(N, *one)}


def _rows(maps: Tensor) -> Tensor:
    """Entry by entry, in the order in which they lie in memory."""
    return maps.reshape(*maps.shape[: maps.ndim - 3], -1)


_FLAT = Computation(
    draw=_draw_maps,
    wanted=_rows,
    returns=("flat",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda maps: torch.flatten(maps, 1),
            text="of one image, each channel became a row, as if it were an image",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda maps: maps.reshape(-1),
            text="all images of a batch stand in one row; want a row for each",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda maps: torch.flatten(maps, -2),
            text="each channel has a row of its own; an image's channels belong in one row",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda maps: maps.movedim(-3, -1).flatten(-3),
            text="the entries come in another order: all channels of one pixel first, where "
            "PyTorch has all pixels of one channel",
        ),
    ),
)

# 4. The pooling of 1998
#
# LeCun, Bottou, Bengio and Haffner: Gradient-based learning applied to document recognition, section II.B.


def subsample(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Each square of 2 by 2 added up, times its map's coefficient, plus its map's bias."""
    sums = 4 * torch.nn.functional.avg_pool2d(maps, 2)
    return sums * coefficient[:, None, None] + bias[:, None, None]


def _draw_subsample(draw: Draw) -> dict[str, Any]:
    N, channels, rows, columns = draw.sizes("N", "channels", "rows", "columns")
    # A row left over, then a column, then neither.
    rows, columns = 2 * rows + (draw.case == 0), 2 * columns + (draw.case == 1)
    draw.named |= {"rows": rows, "columns": columns}
    return {
        "maps": draw.normal(N, channels, rows, columns),
        "coefficient": draw.normal(channels),
        "bias": draw.normal(channels),
    }


def _sums(maps: Tensor) -> Tensor:
    rows, columns = (size // 2 * 2 for size in maps.shape[2:])
    whole = maps[:, :, :rows, :columns]
    return sum(whole[:, :, i::2, j::2] for i in range(2) for j in range(2))  # type: ignore[return-value]


def _pooled(
    formula: Callable[[Tensor, Tensor, Tensor], Tensor],
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Pool in another way: the formula gets coefficient and bias as they meet the maps."""

    def variant(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
        return formula(maps, coefficient.view(-1, 1, 1), bias.view(-1, 1, 1))

    return variant


def _uneven(maps: Tensor) -> Tensor:
    """Sums in which a row or a column left over is pooled too."""
    rows, columns = (size % 2 for size in maps.shape[2:])
    return _sums(torch.nn.functional.pad(maps, (0, columns, 0, rows)))


_SUBSAMPLE = Computation(
    draw=_draw_subsample,
    wanted=_pooled(lambda maps, c, b: _sums(maps) * c + b),
    returns=("pooled",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _pooled(lambda maps, c, b: _sums(maps) / 4 * c + b),
            text="the four are averaged; want their sum",
        ),
        Mistake(
            diagnoses.KNOWN,
            _pooled(lambda maps, c, b: torch.nn.functional.max_pool2d(maps, 2) * c + b),
            text="it keeps the largest of four, as the lesson's network does; want their sum",
        ),
        Mistake(
            diagnoses.FORGOT_TERM, _pooled(lambda maps, c, b: _sums(maps) * c), term="the bias"
        ),
        Mistake(
            diagnoses.FORGOT_TERM,
            _pooled(lambda maps, c, b: _sums(maps) + b),
            term="the coefficient",
        ),
        Mistake(
            diagnoses.KNOWN,
            _pooled(lambda maps, c, b: (_sums(maps) + b) * c),
            text="the bias is multiplied as well; add it last",
        ),
        Mistake(
            diagnoses.KNOWN,
            _pooled(lambda maps, c, b: _sums(maps * c + b)),
            text="the bias is added to each of the four, and so four times",
        ),
        Mistake(
            diagnoses.KNOWN,
            _pooled(lambda maps, c, b: _uneven(maps) * c + b),
            text="a row or a column left over is pooled as well; want it dropped",
        ),
        Mistake(
            diagnoses.KNOWN,
            _pooled(lambda maps, c, b: (_sums(maps) * c + b).sigmoid()),
            text="the sigmoid that followed is in it; it is left out here",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="An image of another size",
        check=_SHAPE,
        hints=(
            "In how many places does a square of 5 fit along a side of 28 pixels? And how many "
            "numbers does pooling keep of them?",
            "Each convolution takes 4 off a side, and each pooling halves what is left. Do this "
            "twice for the rows, twice for the columns; the number of maps is that of conv2.",
        ),
        solution=shape,
        stub="empty",
    ),
    Exercise(
        number=2,
        title="Every weight and every bias",
        check=_NUMBERS,
        hints=(
            "What does one map need: how many squares of weights, and how many biases? And how many "
            "numbers does one output of the linear layer look at?",
            "Neither layer's count depends on the number of images. The convolution's does not depend "
            "on their size, the linear layer's does: it sees all maps, after the square has taken "
            "side - 1 off the rows and off the columns, and pooling, rounding down, has halved both.",
        ),
        solution=numbers,
        stub="known-mistake",
    ),
    Exercise(
        number=3,
        title="A row for each image",
        check=_FLAT,
        hints=(
            "What is dimension 0 of a batch, and what is it of one image?",
            "The three dimensions to join are the last ones in both cases. How do you name the third "
            "from the end?",
        ),
        solution=flat,
        stub="known-mistake",
    ),
    Exercise(
        number=4,
        title="The pooling of 1998",
        check=_SUBSAMPLE,
        hints=(
            "Which kind of pooling does torch.nn.functional have whose result, times one number, is the "
            "sum of four? And with which axis of the maps has the coefficient to line up?",
            "An average of four is a quarter of their sum. Shapes meet from the right, so a vector of "
            "channels lines up with the columns; it takes two axes of 1 behind it to meet the channels.",
        ),
        solution=subsample,
        stub="empty",
    ),
)
"""The exercises, in order."""
