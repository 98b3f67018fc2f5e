"""Answers to the exercises on a graph that changes: right ones in other styles, and typical wrong ones."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def net_with(
    forward: Callable[[Any, Tensor, int], Any], *, middle: bool = True
) -> type[torch.nn.Module]:
    """A module of the first exercise, by its forward."""

    class Net(torch.nn.Module):
        """Three layers."""

        def __init__(self, D_in: int, H: int, D_out: int) -> None:
            super().__init__()
            self.input = torch.nn.Linear(D_in, H)
            self.output = torch.nn.Linear(H, D_out)
            if middle:
                self.middle = torch.nn.Linear(H, H)

        def forward(self, x: Tensor, repeats: int) -> Any:
            """Run the function."""
            return forward(self, x, repeats)

    return Net


def loop(
    times: Callable[[int], int], *, relu: bool = True, fed_back: bool = True
) -> Callable[[Any, Tensor, int], Any]:
    """A forward whose loop runs another number of times, or does something else."""

    def forward(net: Any, x: Tensor, repeats: int) -> Any:
        first = h_relu = net.input(x).relu()
        for _ in range(times(repeats)):
            h = net.middle(h_relu if fed_back else first)
            h_relu = h.relu() if relu else h
        return net.output(h_relu)

    return forward


def in_a_row(net: Any, x: Tensor, repeats: int) -> Any:
    """The layers in a row that is built at each call."""
    middle = (net.middle, torch.nn.ReLU()) * repeats
    return torch.nn.Sequential(net.input, torch.nn.ReLU(), *middle, net.output)(x)


def recursion(net: Any, x: Tensor, repeats: int) -> Any:
    """A function that calls itself."""

    def deeper(h_relu: Tensor, left: int) -> Tensor:
        return deeper(net.middle(h_relu).clamp(min=0), left - 1) if left else h_relu

    return net.output(deeper(torch.relu(net.input(x)), repeats))


def new_layers(net: Any, x: Tensor, repeats: int) -> Any:
    """A new layer at each repeat."""
    h_relu = net.input(x).relu()
    for _ in range(repeats):
        size = h_relu.shape[1]
        h_relu = torch.nn.Linear(size, size, dtype=x.dtype)(h_relu).relu()
    return net.output(h_relu)


def by_autograd(x: Tensor, y: Tensor, w: Tensor, repeats: int | None = None) -> Tensor:
    """Leave the work to autograd."""
    leaf = w.clone().requires_grad_()
    out = x
    for use in range(repeats or 2):
        out = out @ leaf if repeats is None and use else (out @ leaf).relu()
    (out - y).square().sum().backward()
    assert leaf.grad is not None
    return leaf.grad


def two_copies(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """Two weights, and the sum of their gradients."""
    first, second = w.clone().requires_grad_(), w.clone().requires_grad_()
    loss = ((x @ first).relu() @ second - y).square().sum()
    one, two = torch.autograd.grad(loss, (first, second))
    return one + two


def two_uses(
    *,
    first: float = 1,
    second: float = 1,
    mask: Callable[[Tensor, Tensor], Tensor] = lambda h, _: h > 0,
    transposed: bool = True,
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The backward pass of the second exercise, with one mistake."""

    def backward(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
        h1 = x @ w
        grad_h2 = 2 * (h1.clamp(min=0) @ w - y)
        grad_h1_relu = grad_h2 @ (w.T if transposed else w)
        grad_h1 = torch.where(mask(h1, grad_h1_relu).bool(), grad_h1_relu, 0)
        return first * torch.einsum("ni,nj->ij", x, grad_h1) + second * h1.relu().T @ grad_h2

    return backward


def loop_back(change: str = "") -> Callable[[Tensor, Tensor, Tensor, int], Tensor]:
    """The backward pass of the third exercise, with one mistake or none."""

    def backward(x: Tensor, y: Tensor, w: Tensor, repeats: int) -> Tensor:
        inputs, hidden = [], []
        out = x
        for _ in range(repeats):
            inputs.append(out)
            hidden.append(out @ w)
            out = hidden[-1].relu()
        grad, total = 2 * (out - y), torch.zeros_like(w)
        while inputs:
            last = len(hidden) == repeats
            h, before = hidden.pop(), inputs.pop()
            if change != "no mask" and not (change == "no last mask" and last):
                grad = grad * (h >= 0 if change == "zero" else h > 0)
            part = (x if change == "same" else before).T @ grad
            total = part if change == "overwrites" else total + part
            grad = grad @ (w if change == "not transposed" else w.T)
            if change == "last only":
                break
        return total

    return backward


def by_numpy(seed: int, steps: int) -> list[int]:
    """NumPy's generator."""
    return list(np.random.default_rng(seed).integers(4, size=steps))


def by_random(seed: int, steps: int) -> list[int]:
    """Python's generator."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    return [rng.randrange(4) for _ in range(steps)]


def by_choices(seed: int, steps: int) -> list[int]:
    """Python's generator, all at once."""
    return random.Random(seed).choices(range(4), k=steps)  # noqa: S311 - no secret


def global_random(seed: int, steps: int) -> list[int]:
    """The generator that all of the program draws from."""
    random.seed(seed)
    return [random.randint(0, 3) for _ in range(steps)]  # noqa: S311 - no secret


def global_torch(seed: int, steps: int) -> Any:
    """The same of torch."""
    torch.manual_seed(seed)
    return torch.randint(4, (steps,)).tolist()


def global_numpy(seed: int, steps: int) -> Any:
    """The same of NumPy."""
    np.random.seed(seed)  # noqa: NPY002 - the mistake
    return np.random.randint(0, 4, steps).tolist()  # noqa: NPY002 - the mistake


def own(draw: Callable[[random.Random, int], Any], *, seeded: bool = True) -> Callable[..., Any]:
    """A generator of one's own, used in some way."""
    return lambda seed, steps: draw(random.Random(seed if seeded else 0), steps)  # noqa: S311 - no secret


@pytest.fixture(autouse=True)
def _same_generators() -> Any:
    """Leave the generators as they were."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002 - the state of others
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002 - as above
    torch.set_rng_state(states[2])


@pytest.mark.parametrize(
    ("id_", "answer"),
    [
        ("dynamic_graph.1", net_with(in_a_row)),
        ("dynamic_graph.1", net_with(recursion)),
        ("dynamic_graph.2", by_autograd),
        ("dynamic_graph.2", two_copies),
        ("dynamic_graph.2", two_uses()),
        ("dynamic_graph.3", by_autograd),
        ("dynamic_graph.3", loop_back()),
        ("dynamic_graph.4", by_numpy),
        ("dynamic_graph.4", by_random),
        ("dynamic_graph.4", by_choices),
    ],
    ids=itertools.count(),
)
def test_right_answers_in_other_styles(id_: str, answer: Any) -> None:
    """An answer is right however it is written."""
    assert check(id_, answer, why=True).text.startswith(f"{id_}: right")


@pytest.mark.parametrize(
    ("id_", "answer", "name", "words"),
    [
        ("dynamic_graph.1", net_with(loop(lambda _: 2)), "known-mistake", "runs twice"),
        ("dynamic_graph.1", net_with(loop(lambda r: r + 1)), "known-mistake", "three times"),
        ("dynamic_graph.1", net_with(loop(lambda r: r - 1)), "known-mistake", "runs once"),
        ("dynamic_graph.1", net_with(loop(lambda r: r, relu=False)), "forgot-term", "the ReLU"),
        (
            "dynamic_graph.1",
            net_with(loop(lambda r: r, fed_back=False)),
            "known-mistake",
            "each time on the input layer",
        ),
        (
            "dynamic_graph.1",
            net_with(new_layers, middle=False),
            "wrong-parameters",
            "middle.weight",
        ),
        ("dynamic_graph.2", two_uses(second=0), "forgot-term", "the second use"),
        ("dynamic_graph.2", two_uses(first=0.5, second=0.5), "known-mistake", "the mean"),
        ("dynamic_graph.2", two_uses(first=-1), "known-mistake", "the first use's part is sub"),
        ("dynamic_graph.2", two_uses(second=-1), "known-mistake", "the second use's part is sub"),
        (
            "dynamic_graph.2",
            two_uses(mask=lambda h, _: torch.ones_like(h)),
            "mask-missing",
            "mask is missing",
        ),
        ("dynamic_graph.2", two_uses(mask=lambda h, _: h < 0), "mask-inverted", "inverted"),
        ("dynamic_graph.2", two_uses(mask=lambda h, _: h >= 0), "mask-includes-zero", "exactly 0"),
        ("dynamic_graph.2", two_uses(mask=lambda _, g: g > 0), "mask-wrong-array", "those of h"),
        ("dynamic_graph.2", two_uses(transposed=False), "known-mistake", "transpose"),
        ("dynamic_graph.3", loop_back("last only"), "known-mistake", "the last use's part alone"),
        ("dynamic_graph.3", loop_back("overwrites"), "known-mistake", "overwrites"),
        ("dynamic_graph.3", loop_back("same"), "known-mistake", "one and the same input"),
        ("dynamic_graph.3", loop_back("no mask"), "mask-missing", "mask is missing"),
        ("dynamic_graph.3", loop_back("no last mask"), "mask-missing", "mask is missing"),
        ("dynamic_graph.3", loop_back("zero"), "mask-includes-zero", "exactly 0"),
        ("dynamic_graph.3", loop_back("not transposed"), "known-mistake", "transpose"),
        ("dynamic_graph.4", global_random, "known-mistake", "draws of random"),
        ("dynamic_graph.4", global_torch, "known-mistake", "draws of torch"),
        ("dynamic_graph.4", global_numpy, "known-mistake", "draws of NumPy"),
        (
            "dynamic_graph.4",
            own(lambda rng, steps: [rng.randint(0, 3) for _ in range(steps)], seeded=False),
            "known-mistake",
            "another seed",
        ),
        (
            "dynamic_graph.4",
            own(lambda rng, steps: [rng.randint(0, 4) for _ in range(steps)]),
            "known-mistake",
            "want 0 to 3",
        ),
        (
            "dynamic_graph.4",
            own(lambda rng, steps: [rng.randint(1, 3) for _ in range(steps)]),
            "known-mistake",
            "never holds 0",
        ),
        (
            "dynamic_graph.4",
            own(lambda rng, steps: [3 * rng.random() for _ in range(steps)]),
            "known-mistake",
            "whole numbers",
        ),
        ("dynamic_graph.4", own(lambda rng, _: rng.randint(0, 3)), "wrong-type", "want a list"),
        (
            "dynamic_graph.4",
            own(lambda rng, _: rng.choices(range(4), k=400)),
            "known-mistake",
            "3 steps",
        ),
        ("dynamic_graph.4", own(lambda _rng, _: None), "returns-none", "None"),
    ],
    ids=itertools.count(),
)
def test_wrong_answers_are_named(id_: str, answer: Any, name: str, words: str) -> None:
    """A typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == name
    assert words in verdict.text
