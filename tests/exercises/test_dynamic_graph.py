"""What is odd in the exercises on a graph that changes."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.dynamic_graph import DynamicNet, gradient, repeated

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class Recursive(DynamicNet):
    """A forward that calls itself."""

    def forward(self, x: Tensor, repeats: int) -> Any:
        """Go deeper, then to the output."""

        def deeper(h_relu: Tensor, left: int) -> Tensor:
            return deeper(self.middle(h_relu).clamp(min=0), left - 1) if left else h_relu

        return self.output(deeper(torch.relu(self.input(x)), repeats))


def global_numpy(seed: int, steps: int) -> Any:
    """The generator that all of the program draws from."""
    np.random.seed(seed)  # noqa: NPY002 - the mistake
    return np.random.randint(0, 4, steps).tolist()  # noqa: NPY002 - the mistake


def put_back(seed: int, steps: int) -> list[int]:
    """Python's generator, and its state as before."""
    state = random.getstate()
    random.seed(seed)
    drawn = random.choices(range(4), k=steps)  # noqa: S311 - no secret
    random.setstate(state)
    return drawn


def own(draw: Callable[[random.Random, int], Any]) -> Callable[..., Any]:
    """A generator of one's own, used in some way."""
    return lambda seed, steps: draw(random.Random(seed), steps)  # noqa: S311 - no secret


@pytest.mark.parametrize(
    ("number", "answer", "name", "words"),
    [
        (1, Recursive, None, "right"),
        (2, gradient(lambda x, w: (x @ w).relu() @ w), None, "right"),
        (3, gradient(repeated), "forbidden", "a derivation"),
        (4, lambda seed, n: [*np.random.default_rng(seed).integers(4, size=(n,))], None, "right"),
        (4, put_back, None, "right"),
        (4, global_numpy, "known-mistake", "draws of NumPy"),
        (4, own(lambda _, n: [0, 1, 2, 3] * (n // 4)), "known-mistake", "another seed"),
        (4, own(lambda r, n: [r.randint(0, 4) for _ in range(n)]), "known-mistake", "0 to 3"),
        (
            4,
            own(lambda r, n: [r.randint(1, 3) for _ in range(n)]),
            "known-mistake",
            "never holds 0",
        ),
        (4, own(lambda r, n: [float(r.randint(0, 3)) for _ in range(n)]), "known-mistake", "whole"),
        (4, own(lambda r, n: tuple(r.choices(range(4), k=n))), "wrong-type", "want a list"),
        (4, own(lambda r, _: r.choices(range(4), k=400)), "known-mistake", "for 3 steps"),
        (4, own(lambda _r, _: None), "returns-none", "None"),
    ],
    ids=itertools.count(),
)
def test_conditions_hold(number: int, answer: Any, name: str | None, words: str) -> None:
    """Where a derivation is asked autograd is noticed, and depths are drawn as the statement says."""
    verdict = check(f"dynamic_graph.{number}", answer, seconds=60, why=True)
    assert verdict.diagnosis == name, verdict.text
    assert words in verdict.text
