"""Answers to the exercises on learning: splits by chance and not, and rows that don't fit together."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.values import Array


def by(rows: Callable[..., Any]) -> Callable[..., Any]:
    """A split by the numbers of the training rows and of the fresh ones."""

    def split(x: Array, y: Array, held_out: int, seed: int) -> list[Array]:
        train, fresh = rows(np.random.default_rng(seed), len(x), held_out)
        return [x[train], y[train], x[fresh], y[fresh]]

    return split


def by_mask(rng: Any, count: int, held_out: int) -> Any:
    """A Boolean array that marks the fresh rows."""
    fresh = np.isin(np.arange(count), rng.choice(count, held_out, replace=False))
    return ~fresh, fresh


def by_lists(rng: Any, count: int, held_out: int) -> Any:
    """Python's generator and lists."""
    rows = random.Random(int(rng.integers(99))).sample(range(count), count)  # noqa: S311
    return rows[:-held_out], rows[-held_out:]


def in_place(x: Array, y: Array, held_out: int, seed: int) -> Any:
    """Shuffle what was given, alike."""
    for array in (x, y):
        np.random.default_rng(seed).shuffle(array)
    return x[held_out:], y[held_out:], x[:held_out], y[:held_out]


def ends(order: Array, k: int) -> Any:
    """The rows behind the first k of an order, and those."""
    return order[k:], order[:k]


TRIED: list[tuple[Any, str]] = [
    (by(by_mask), "right"),
    (by(by_lists), "right"),
    (in_place, "modified its input x"),
    (by(lambda rng, n, k: (rng.permutation(n)[k:], rng.permutation(n)[:k])), "in both sets"),
    (by(lambda rng, n, k: (ends(rng.permutation(n), k)[0], [0] * k)), "in both sets"),
    (by(lambda _, n, k: (np.arange(n)[k:], np.arange(k) // 2)), "more than once"),
    (by(lambda _, n, k: ends(np.random.default_rng().permutation(n), k)), "equal seeds"),
    (by(lambda _, n, k: ends(rng0().permutation(n), k)), "another seed"),
    (by(lambda _, n, k: ends(np.arange(n), k)), "side by side"),
    (by(lambda rng, n, k: ends(np.roll(np.arange(n), rng.integers(n)), k)), "side by side"),
    (by(lambda rng, n, k: ends(rng.permutation(n), k)[::-1]), "x_fresh, y_fresh, x_train"),
    (
        lambda *given: [by(by_mask)(*given)[i] for i in (0, 2, 1, 3)],
        "y_train and x_fresh are swapped",
    ),
    (lambda *given: [2 * part for part in by(by_mask)(*given)], "the data doesn't have"),
    (lambda *given: [*by(by_mask)(*given)[:3], given[1]], "y_fresh has shape (60"),
    (lambda *given: given[:2], "2 results"),
]


def rng0() -> np.random.Generator:
    """A generator with a seed of its own."""
    return np.random.default_rng(0)


@pytest.mark.parametrize(("answer", "said"), TRIED, ids=range(len(TRIED)))
def test_a_split_holds_each_row_once_by_chance(answer: Any, said: str) -> None:
    """Rows that are torn, repeated, fixed or side by side are told, other ways to draw are right."""
    assert said in check("is_it_learning.1", answer, why=True).text
