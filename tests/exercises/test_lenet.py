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


def recursive(result: Tensor) -> set[Tensor]:
    """Exercise 4 by recursion, as a set."""

    def behind(function: Any) -> set[Tensor]:
        if function is None:
            return set()
        if hasattr(function, "variable"):
            return {function.variable}
        return set().union(*(behind(following) for following, _ in function.next_functions))

    return behind(result.grad_fn)


def by_id(result: Tensor) -> tuple[Tensor, ...]:
    """Exercise 4 with a dictionary, as a tuple, each function visited once."""
    found: dict[int, Tensor] = {}
    seen: set[Any] = set()
    waiting: list[Any] = [result.grad_fn]
    for function in waiting:
        if function is not None and function not in seen:
            seen.add(function)
            if function.name() == "torch::autograd::AccumulateGrad":
                leaf: Tensor = function.variable
                found[id(leaf)] = leaf
            waiting += [following for following, _ in function.next_functions]
    return tuple(found.values())


RIGHT = [
    (1, (16, 4, 6)),
    (1, [16, 4, 6]),
    (1, torch.Size([16, 4, 6])),
    (2, built),
    (2, by_product),
    (3, by_shape),
    (3, by_case),
    (3, torch.nn.Flatten(-3)),
    (4, recursive),
    (4, by_id),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right(
    number: int, answer: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer in another style than the solution's is right."""
    assert check(f"lenet.{number}", answer).right, capsys.readouterr().out


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


def walk(result: Tensor, *, once: bool, make: Callable[[Any], Any]) -> list[Any]:
    """Exercise 4 with duplicates, or with something else than the leaves."""
    found: list[Any] = []
    waiting = [result.grad_fn]
    for function in waiting:
        leaf = getattr(function, "variable", None)
        if leaf is not None and not (once and any(leaf is other for other in found)):
            found.append(make(leaf))
        waiting += [f for f, _ in function.next_functions if f] if function else []
    return found


def without_none(result: Tensor) -> list[Tensor]:
    """Exercise 4 that stumbles over None."""
    found: list[Tensor] = []
    waiting: list[Any] = [result.grad_fn]
    for function in waiting:
        if hasattr(function, "variable"):
            found.append(function.variable)
        waiting += [following for following, _ in function.next_functions]
    return found


def endless(result: Tensor) -> list[Tensor]:
    """Exercise 4 that never goes on."""
    while result.grad_fn is not None:
        pass
    return []


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
    (4, lambda result: walk(result, once=False, make=lambda leaf: leaf), "w1 is found 2 times"),
    (4, lambda result: walk(result, once=True, make=torch.clone), "or a copy of one"),
    (4, lambda result: walk(result, once=True, make=torch.numel), "holds a int"),
    (4, without_none, "AttributeError"),
    (4, [].append, "is None"),
    (4, lambda result: ..., "nothing filled in yet"),
    (4, lambda result: result, "a tensor; want a list"),
]


@pytest.mark.parametrize(("number", "answer", "said"), WRONG)
def test_a_typical_mistake_is_named(number: int, answer: object, said: str) -> None:
    """The verdict names the mistake that the answer makes."""
    verdict = check(f"lenet.{number}", answer)
    assert not verdict.right
    assert said.lower() in verdict.text.lower()


def test_a_walk_without_end_is_stopped() -> None:
    """A loop that never takes the next function is stopped, and the verdict says so."""
    assert check("lenet.4", endless, seconds=0.2).diagnosis == "too-long"
