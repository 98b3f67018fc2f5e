"""The exercises on LeNet: answers in other styles, and typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def built(*sizes: int) -> int:
    """Exercise 2 by building the network."""
    channels, maps, side, rows, columns, D_out = sizes
    net = torch.nn.Sequential(
        torch.nn.Conv2d(channels, maps, side),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.LazyLinear(D_out),
    )
    net(torch.zeros(1, channels, rows, columns))
    return sum(param.numel() for param in net.parameters())


def by_product(*sizes: int) -> Any:
    """Exercise 2 as NumPy's number."""
    c, m, s, r, k, d = sizes
    weights = np.prod([m, c, s, s]) + np.prod([d, m, (r - s + 1) // 2, (k - s + 1) // 2])
    return weights + m + d


def by_shape(maps: Tensor) -> Tensor:
    """Exercise 3 with the shape's start kept."""
    return maps.reshape((*maps.shape[:-3], -1))


def by_case(maps: Tensor) -> Tensor:
    """Exercise 3 with a branch for one image."""
    return maps.flatten() if maps.ndim == 3 else maps.flatten(1)


def by_unfolding(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Exercise 4 with the squares as axes of their own."""
    squares = maps.unfold(2, 2, 2).unfold(3, 2, 2)
    return torch.einsum("nchwij,c->nchw", squares, coefficient) + bias.reshape(1, -1, 1, 1)


def by_convolution(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Exercise 4 as a convolution of each map with itself alone."""
    weight = coefficient.view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
    return torch.nn.functional.conv2d(maps, weight, bias, stride=2, groups=len(bias))


def by_slices(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Exercise 4 with the channels moved last, where they meet a vector."""
    last = maps[..., : maps.shape[2] // 2 * 2, : maps.shape[3] // 2 * 2].movedim(1, -1)
    sums = last[:, ::2, ::2] + last[:, 1::2, ::2] + last[:, ::2, 1::2] + last[:, 1::2, 1::2]
    return (sums * coefficient + bias).movedim(-1, 1)


RIGHT = [
    (1, (16, 4, 6)),
    (1, [16, 4, 6]),
    (1, torch.Size([16, 4, 6])),
    (2, built),
    (2, by_product),
    (3, by_shape),
    (3, by_case),
    (3, torch.nn.Flatten(-3)),
    (4, by_unfolding),
    (4, by_convolution),
    (4, by_slices),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right(
    number: int, answer: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer in another style than the solution's is right."""
    assert check(f"lenet.{number}", answer, why=True).right, capsys.readouterr().out


def count(
    conv: Callable[[int, int, int], float],
    linear: Callable[[int, int, int, int], float],
    off: int = 1,
) -> Callable[..., Any]:
    """Exercise 2 with counts of one's own; the linear layer's gets the sides before pooling."""
    return lambda c, m, s, rows, columns, d: (
        conv(c, m, s) + linear(m, rows - off * (s - 1), columns - off * (s - 1), d)
    )


def conv(c: int, m: int, s: int) -> int:
    """The right count of the convolution."""
    return m * c * s * s + m


def linear(m: int, r: int, k: int, d: int) -> int:
    """The right count of the linear layer."""
    return d * m * (r // 2) * (k // 2) + d


def pooled(formula: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """Exercise 4 by a formula of one's own, from sums, coefficient and bias that fit them."""

    def answer(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
        sums = torch.nn.functional.avg_pool2d(maps, 2, divisor_override=1)
        return formula(sums, coefficient[:, None, None], bias[:, None, None])

    return answer


def largest(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Exercise 4 with the lesson's pooling."""
    kept = torch.nn.functional.max_pool2d(maps, 2)
    return kept * coefficient[:, None, None] + bias[:, None, None]


def bias_first(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Exercise 4 with the bias in each of the four."""
    each = maps * coefficient[:, None, None] + bias[:, None, None]
    return torch.nn.functional.avg_pool2d(each, 2, divisor_override=1)


def rest_too(maps: Tensor, coefficient: Tensor, bias: Tensor) -> Tensor:
    """Exercise 4 with a row or a column left over."""
    sums = torch.nn.functional.avg_pool2d(maps, 2, ceil_mode=True, divisor_override=1)
    return sums * coefficient[:, None, None] + bias[:, None, None]


WRONG = [
    (1, (16, 7, 9), "right for padding"),
    (1, (16, 8, 12), "second pooling is left out"),
    (1, (6, 6, 8), "second convolution is left out"),
    (1, (16, 20, 28), "both poolings are left out"),
    (1, (16, 6, 4), "rows come before columns"),
    (1, (16, 5, 5), "the lesson's"),
    (1, (16, 5, 7), "is not the answer"),
    (1, (1, 16, 4, 6), "no batch of one"),
    (1, (4, 6, 16), "another order"),
    (1, 16 * 4 * 6, "want a tuple"),
    (2, count(conv, lambda m, r, k, d: d * (m * r * k + 1)), "pooling is left out"),
    (2, count(conv, linear, off=0), "hang over the edge"),
    (2, count(lambda c, m, s: m * c * s * s, linear), "the convolution's biases"),
    (2, count(conv, lambda m, r, k, d: linear(m, r, k, d) - d), "the linear layer's biases"),
    (2, count(lambda c, m, s: m * c * (s * s + 1), linear), "one bias for each map"),
    (2, count(lambda c, m, s: m * (s * s + 1), linear), "for each channel that comes in"),
    (2, count(conv, lambda m, r, k, d: linear(1, r, k, d)), "all maps, not one"),
    (2, count(conv, lambda m, r, k, d: d * (m * r / 2 * k / 2 + 1)), "left over is dropped"),
    (2, count(lambda *_: 0, linear), "only the linear layer"),
    (2, count(conv, lambda *_: 0), "only the convolution"),
    (3, torch.flatten, "a batch stand in one row"),
    (3, lambda maps: maps.flatten(-2), "a row of its own"),
    (3, lambda maps: maps.movedim(-3, -1).flatten(-3), "another order"),
    (3, lambda maps: by_shape(maps[None] if maps.ndim == 3 else maps), "without the axis of 1"),
    (4, pooled(lambda sums, c, b: sums / 4 * c + b), "averaged"),
    (4, largest, "largest of four"),
    (4, pooled(lambda sums, c, b: sums * c), "the bias, which is left out"),
    (4, pooled(lambda sums, c, b: sums + b), "the coefficient, which is left out"),
    (4, pooled(lambda sums, c, b: (sums + b) * c), "add it last"),
    (4, bias_first, "four times"),
    (4, rest_too, "want it dropped"),
    (4, pooled(lambda sums, c, b: torch.sigmoid(sums * c + b)), "the sigmoid"),
    (4, pooled(lambda sums, c, b: sums * c[:, 0, 0] + b), "raises RuntimeError"),
    (4, lambda maps, c, b: largest(maps, c, b)[:, :, 0], "has shape"),
]


@pytest.mark.parametrize(("number", "answer", "said"), WRONG)
def test_a_typical_mistake_is_named(number: int, answer: object, said: str) -> None:
    """The verdict names the mistake that the answer makes."""
    verdict = check(f"lenet.{number}", answer, why=True)
    assert not verdict.right
    assert said.lower() in verdict.text.lower()
