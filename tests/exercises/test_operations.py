"""Answers to the exercises on operations: right ones in other styles, and typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def by_loop(y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The errors, one by one."""
    errors = torch.stack([p[0] - t for p, t in zip(y_pred, y, strict=True)])
    return errors, errors @ errors


def cleared_by_loop(h: Tensor) -> None:
    """Clear row by row."""
    for row in h:
        if row[0] < 0:
            row[1:].zero_()


def cleared_by_product(h: Tensor) -> Tensor:
    """Clear by a factor for each row, and return h, which nobody asked for."""
    h[:, 1:] *= (h[:, :1] >= 0).to(h.dtype)
    return h


def strides_by_loop(shape: tuple[int, ...]) -> list[int]:
    """The strides, the last one first."""
    strides: list[int] = []
    step = 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= size
    return strides


RIGHT: list[tuple[str, Callable[..., Any]]] = [
    ("operations.1", by_loop),
    ("operations.1", lambda y_pred, y: (y_pred[:, 0] - y, (y_pred[:, 0] - y).square().sum())),
    ("operations.1", lambda p, y: (p.squeeze(1) - y, torch.dist(p.squeeze(1), y) ** 2)),
    ("operations.1", lambda p, y: (p.squeeze() - y, (p.squeeze() - y).pow(2).sum())),
    ("operations.2", lambda h: h.t().contiguous().view(-1).clone()),
    ("operations.2", lambda h: h.t().flatten().clone()),
    ("operations.2", lambda h: torch.cat(list(h.t()))),
    ("operations.3", cleared_by_loop),
    ("operations.3", cleared_by_product),
    ("operations.4", strides_by_loop),
    ("operations.4", lambda s: tuple(int(np.prod(s[i + 1 :])) for i in range(len(s)))),
]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(id_: str, answer: Callable[..., Any]) -> None:
    """Answers in other styles are right."""
    verdict = check(id_, answer, why=True)
    assert verdict.right, verdict.text


def rebinding(h: Tensor) -> None:
    """Compute the right rows, and give them a name that ends with the call."""
    h = torch.where(h[:, :1] < 0, torch.zeros_like(h), h)


def whole_rows(h: Tensor) -> None:
    """Clear the first number too."""
    h[h[:, 0] < 0] = 0


def zeros_too(h: Tensor) -> None:
    """Clear rows that begin with 0."""
    h[h[:, 0] <= 0, 1:] = 0


def each_negative(h: Tensor) -> None:
    """Clear numbers in place of rows."""
    h[h < 0] = 0


def other_rows(h: Tensor) -> None:
    """Clear the rows that are to stay."""
    h[h[:, 0] >= 0, 1:] = 0


def by_products(shape: tuple[int, ...], skip: int) -> tuple[int, ...]:
    """Products of the sizes from an axis on."""
    return tuple(int(np.prod(shape[i + skip :])) for i in range(len(shape)))


def columns_first(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of the other order."""
    return tuple(int(np.prod(shape[:i])) for i in range(len(shape)))


WRONG: list[tuple[str, Callable[..., Any], str, str]] = [
    ("operations.1", lambda p, y: (p - y, (p - y).pow(2).sum()), "broadcast", "all pairs"),
    ("operations.1", lambda p, y: (p - y[:, None], (p[:, 0] - y).pow(2).sum()), "kept-dims", "1"),
    ("operations.1", lambda p, y: (p[:, 0] - y, (p[:, 0] - y).pow(2).mean()), "mean-for-sum", ""),
    ("operations.1", lambda p, y: (y - p[:, 0], (p[:, 0] - y).pow(2).sum()), "sign", "errors"),
    ("operations.2", lambda h: h.reshape(-1), "known-mistake", "row by row"),
    ("operations.2", lambda h: h.t().reshape(-1), "aliases-input", "line shares memory"),
    ("operations.2", lambda h: h.t().contiguous().view(-1), "aliases-input", "shares memory"),
    ("operations.2", lambda h: h.t().clone().view(-1), "raises", "view size"),
    ("operations.3", rebinding, "known-mistake", "into a copy, or into a new tensor"),
    ("operations.3", whole_rows, "known-mistake", "first number of a cleared row"),
    ("operations.3", zeros_too, "known-mistake", "exactly 0"),
    ("operations.3", each_negative, "known-mistake", "each negative number"),
    ("operations.3", other_rows, "known-mistake", "other rows"),
    ("operations.4", lambda s: by_products(s, 1)[::-1], "known-mistake", "last axis first"),
    ("operations.4", columns_first, "known-mistake", "in reading order"),
    ("operations.4", lambda s: by_products(s, 0), "known-mistake", "itself"),
    ("operations.4", lambda s: (*s[1:], 1) if s else (), "known-mistake", "the next axis"),
    ("operations.4", lambda s: tuple(8 * n for n in by_products(s, 1)), "known-mistake", "bytes"),
    ("operations.4", lambda s: by_products(s, 1)[:-1], "wrong-count", "one for each axis"),
    ("operations.4", lambda s: tuple(n + 1 for n in by_products(s, 1)), "entry", "(4, 3)"),
    ("operations.4", sum, "wrong-type", "int"),
    ("operations.4", print, "returns-none", ""),
]


@pytest.mark.parametrize(("id_", "answer", "diagnosis", "said"), WRONG, ids=range(len(WRONG)))
def test_mistakes_are_named(
    id_: str, answer: Callable[..., Any], diagnosis: str, said: str
) -> None:
    """Each typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == diagnosis, verdict.text
    assert said in verdict.text
