"""The exercises on learning and memorising: what their conditions accept and refuse."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest

from twolayer.exercises import check


def by(order: Any) -> Any:
    """Make a split by an order of rows, from a generator, their number and the seed; more are trained on."""

    def answer(x: Any, y: Any, held_out: int, seed: int) -> Any:
        rows = np.asarray(order(np.random.default_rng(seed), len(x), seed))
        fresh, train = rows[:held_out], rows[held_out:]
        return x[train], y[train], x[fresh], y[fresh]

    return answer


def in_place(x: Any, y: Any, held_out: int, seed: int) -> Any:
    """Shuffle both arrays alike, in place."""
    for array in (x, y):
        np.random.default_rng(seed).shuffle(array)
    return tuple(part.copy() for part in (x[held_out:], y[held_out:], x[:held_out], y[:held_out]))


def in_another_order(*inputs: Any) -> Any:
    """A split in the order that scikit-learn's function has."""
    x_train, y_train, x_fresh, y_fresh = by(lambda rng, n, _: rng.permutation(n))(*inputs)
    return x_train, x_fresh, y_train, y_fresh


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        (1, by(lambda rng, n, _: rng.choice(n, n, replace=False)), "right, on 4 data"),
        (1, by(lambda rng, n, _: np.argsort(rng.random(n))), "right"),
        (1, in_place, "modified its input x"),
        (1, in_another_order, "x_train, x_fresh, y_train, y_fresh; want"),
        (1, by(lambda _rng, n, _seed: np.random.default_rng().permutation(n)), "equal seeds hold back different"),
        (1, by(lambda _rng, n, _: np.random.default_rng(0).permutation(n)), "another seed holds"),
        (1, by(lambda _rng, n, _seed: np.arange(n)), "side by side in the data"),
        (1, by(lambda _rng, n, seed: np.roll(np.arange(n), 7 * seed)), "side by side in the data"),
        (1, lambda x, y, *rest: [*by(lambda rng, n, _: rng.permutation(n))(x, y, *rest)[:3], y], "y_fresh has shape (20, 2); want (6, 2)"),
        (1, by(lambda rng, n, _: rng.integers(0, n, n)), "in both sets"),
        (1, by(lambda _rng, n, _seed: np.maximum(np.arange(n), 1)), "more than once"),
        (4, lambda valid, test: (int(valid.argmin()), float(test[valid.argmin()])), "right"),
        (4, lambda valid, test: (float(valid.argmin()), test[valid.argmin()]), "a whole number"),
    ],
    ids=count(),
)  # fmt: skip
def test_conditions(number: int, answer: Any, said: str) -> None:
    """The verdict says what the answer's conditions ask for."""
    assert said in check(f"is_it_learning.{number}", answer, seconds=60, why=True).text
