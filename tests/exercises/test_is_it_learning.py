"""Answers to the exercises on learning: right ones in other styles, and typical wrong ones."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.values import Array

Parts = tuple[Any, ...]


def split_with(rows: Callable[[np.random.Generator, int, int], Parts]) -> Callable[..., Parts]:
    """A split by the row numbers of both sets."""

    def split(x: Array, y: Array, held_out: int, seed: int) -> Parts:
        train, fresh = rows(np.random.default_rng(seed), len(x), held_out)
        return x[train], y[train], x[fresh], y[fresh]

    return split


def by_mask(rng: np.random.Generator, count: int, held_out: int) -> Parts:
    """A Boolean array that marks the fresh rows."""
    fresh = np.zeros(count, dtype=bool)
    fresh[rng.choice(count, held_out, replace=False)] = True
    return ~fresh, fresh


def split_together(x: Array, y: Array, held_out: int, seed: int) -> list[Array]:
    """Shuffle inputs and targets as one array."""
    both = np.random.default_rng(seed).permutation(np.hstack([x, y]))
    fresh, train = np.split(both, [held_out])
    width = x.shape[1]
    return [train[:, :width], train[:, width:], fresh[:, :width], fresh[:, width:]]


def split_by_lists(x: Array, y: Array, held_out: int, seed: int) -> Parts:
    """Python's generator and lists."""
    rows = list(range(len(x)))
    random.Random(seed).shuffle(rows)  # noqa: S311 - no secret
    train, fresh = sorted(rows[held_out:]), sorted(rows[:held_out])
    return x[train], y[train], x[fresh], y[fresh]


def with_overlap(rng: np.random.Generator, count: int, held_out: int) -> Parts:
    """Two draws, one for each set."""
    return rng.permutation(count)[held_out:], rng.permutation(count)[:held_out]


def with_repeats(rng: np.random.Generator, count: int, held_out: int) -> Parts:
    """Fresh rows drawn with replacement."""
    order = rng.permutation(count)
    return order[held_out:], rng.choice(order[:held_out], held_out)


def unseeded(_: np.random.Generator, count: int, held_out: int) -> Parts:
    """A generator without the seed."""
    order = np.random.default_rng().permutation(count)
    return order[held_out:], order[:held_out]


def one_seed(_: np.random.Generator, count: int, held_out: int) -> Parts:
    """A generator with a seed of its own."""
    order = np.random.default_rng(0).permutation(count)
    return order[held_out:], order[:held_out]


def at_the_end(_: np.random.Generator, count: int, held_out: int) -> Parts:
    """No draw at all."""
    return np.arange(count - held_out), np.arange(count - held_out, count)


def swapped(rng: np.random.Generator, count: int, held_out: int) -> Parts:
    """Training data and fresh data exchanged."""
    order = rng.permutation(count)
    return order[:held_out], order[held_out:]


def in_other_order(x: Array, y: Array, held_out: int, seed: int) -> Parts:
    """The order that scikit-learn's function has."""
    train, fresh = by_mask(np.random.default_rng(seed), len(x), held_out)
    return x[train], x[fresh], y[train], y[fresh]


def shuffles_its_input(x: Array, y: Array, held_out: int, seed: int) -> Parts:
    """Shuffle both arrays in place, alike."""
    for array in (x, y):
        np.random.default_rng(seed).shuffle(array)
    return x[held_out:], y[held_out:], x[:held_out].copy(), y[:held_out].copy()


def baseline_loop(y_train: Array, y_fresh: Array) -> Any:
    """The baseline, output by output."""
    outputs = range(y_train.shape[1])
    return np.mean([np.mean((y_fresh[:, k] - np.mean(y_train[:, k])) ** 2) for k in outputs])


def baseline_number(y_train: Array, y_fresh: Array) -> float:
    """The baseline by a norm, as a plain number."""
    constant = np.einsum("nd->d", y_train) / len(y_train)
    return float(np.linalg.norm(y_fresh - constant[None]) ** 2 / y_fresh.size)


def scaled_one_by_one(x_train: Array, x_fresh: Array) -> list[Array]:
    """Column by column."""
    results = [np.empty_like(x_train), np.empty_like(x_fresh)]
    for k in range(x_train.shape[1]):
        mean = np.average(x_train[:, k])
        std = np.sqrt(np.average((x_train[:, k] - mean) ** 2))
        for x, result in zip((x_train, x_fresh), results, strict=True):
            result[:, k] = (x[:, k] - mean) / std
    return results


def scaled_in_place(x_train: Array, x_fresh: Array) -> Parts:
    """Right, but it writes into what it got."""
    mean, std = x_train.mean(0), x_train.std(0)
    for x in (x_train, x_fresh):
        x -= mean
        x /= std
    return x_train, x_fresh


def scale(x: Array, rows: Array, **options: Any) -> Any:
    """Inputs shifted and scaled by the numbers of some rows."""
    axis = options.pop("axis", 0)
    return (x - np.mean(rows, axis=axis)) / np.std(rows, axis=axis, **options)


@pytest.mark.parametrize(
    ("id_", "answer"),
    [
        ("is_it_learning.1", split_with(by_mask)),
        ("is_it_learning.1", split_together),
        ("is_it_learning.1", split_by_lists),
        ("is_it_learning.2", baseline_loop),
        ("is_it_learning.2", baseline_number),
        ("is_it_learning.3", scaled_one_by_one),
        ("is_it_learning.3", lambda train, fresh: [scale(x, train) for x in (train, fresh)]),
        (
            "is_it_learning.4",
            lambda valid, test: (int(valid.argmin()), float(test[valid.argmin()])),
        ),
        (
            "is_it_learning.4",
            lambda valid, test: min(zip(valid, range(99), test, strict=False))[1:],
        ),
    ],
    ids=itertools.count(),
)
def test_right_answers_in_other_styles(id_: str, answer: Any) -> None:
    """An answer is right however it is written."""
    assert check(id_, answer, why=True).text.startswith(f"{id_}: right")


@pytest.mark.parametrize(
    ("id_", "answer", "name", "words"),
    [
        ("is_it_learning.1", split_with(with_overlap), "known-mistake", "in both sets"),
        ("is_it_learning.1", split_with(with_repeats), "known-mistake", "more than once"),
        ("is_it_learning.1", split_with(unseeded), "random", "equal seeds"),
        ("is_it_learning.1", split_with(one_seed), "known-mistake", "another seed"),
        ("is_it_learning.1", split_with(at_the_end), "known-mistake", "at one end"),
        ("is_it_learning.1", split_with(swapped), "swapped", "fresh data are swapped"),
        ("is_it_learning.1", in_other_order, "wrong-order", "x_train, x_fresh"),
        ("is_it_learning.1", shuffles_its_input, "known-mistake", "modified its input"),
        ("is_it_learning.1", lambda x, y, _held, _seed: (x, y), "wrong-count", "2 results"),
        ("is_it_learning.1", lambda x, y, _held, _seed: (x, y, x, y), "wrong-shape", "x_train"),
        (
            "is_it_learning.2",
            lambda _, fresh: np.mean((fresh - fresh.mean(0)) ** 2),
            "known-mistake",
            "fresh targets' own mean",
        ),
        (
            "is_it_learning.2",
            lambda _, fresh: fresh.var(axis=0).mean(),
            "known-mistake",
            "own mean",
        ),
        ("is_it_learning.2", lambda _, fresh: np.mean(fresh**2), "known-mistake", "is 0"),
        (
            "is_it_learning.2",
            lambda train, _: train.var(0).mean(),
            "known-mistake",
            "training targets;",
        ),
        (
            "is_it_learning.2",
            lambda train, fresh: np.mean((fresh - train.mean()) ** 2),
            "known-mistake",
            "one mean of all",
        ),
        (
            "is_it_learning.2",
            lambda train, fresh: np.sum((fresh - train.mean(0)) ** 2),
            "sum-for-mean",
            "M * D_out",
        ),
        (
            "is_it_learning.2",
            lambda train, fresh: np.sum((fresh - train.mean(0)) ** 2, axis=1).mean(),
            "sum-for-mean",
            "not per row",
        ),
        (
            "is_it_learning.2",
            lambda train, fresh: np.mean((fresh.mean(0) - train.mean(0)) ** 2),
            "known-mistake",
            "the two means",
        ),
        (
            "is_it_learning.3",
            lambda train, fresh: (scale(train, train), scale(fresh, fresh)),
            "known-mistake",
            "of its own",
        ),
        (
            "is_it_learning.3",
            lambda train, fresh: (scale(train, fresh), scale(fresh, fresh)),
            "known-mistake",
            "are the fresh data's",
        ),
        (
            "is_it_learning.3",
            lambda train, fresh: (scale(train, train), fresh),
            "known-mistake",
            "as it was",
        ),
        (
            "is_it_learning.3",
            lambda train, fresh: [scale(x, train, axis=None) for x in (train, fresh)],
            "known-mistake",
            "each column's own",
        ),
        (
            "is_it_learning.3",
            lambda train, fresh: [scale(x, train, ddof=1) for x in (train, fresh)],
            "known-mistake",
            "N - 1",
        ),
        (
            "is_it_learning.3",
            lambda train, fresh: (train - train.mean(0), fresh - train.mean(0)),
            "forgot-term",
            "the standard deviation",
        ),
        (
            "is_it_learning.3",
            lambda train, fresh: (train / train.std(0), fresh / train.std(0)),
            "forgot-term",
            "the mean",
        ),
        ("is_it_learning.3", scaled_in_place, "modified-input", "x_train"),
        (
            "is_it_learning.4",
            lambda valid, test: (len(valid) - 1, test[-1]),
            "known-mistake",
            "the last step",
        ),
        (
            "is_it_learning.4",
            lambda valid, _test: (valid.argmin(), valid.min()),
            "known-mistake",
            "the validation loss",
        ),
        (
            "is_it_learning.4",
            lambda valid, test: (valid.argmin(), test.min()),
            "known-mistake",
            "of any step",
        ),
        (
            "is_it_learning.4",
            lambda valid, test: (test[valid.argmin()], valid.argmin()),
            "swapped",
            "step and loss",
        ),
        (
            "is_it_learning.4",
            lambda valid, test: (valid.argmin() + 1, test[valid.argmin()]),
            "known-mistake",
            "from 0",
        ),
    ],
    ids=itertools.count(),
)
def test_wrong_answers_are_named(id_: str, answer: Any, name: str, words: str) -> None:
    """A typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == name
    assert words in verdict.text
