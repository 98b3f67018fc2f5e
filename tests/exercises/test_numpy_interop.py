"""Answers to the exercises on tensors and NumPy: right ones in other styles, typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.numpy_interop import shares

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.values import Array


def by_new_tensors(w: Array, grads: Array, learning_rate: float) -> Array:
    """New weights in each step, so that none are written into."""
    weights = torch.from_numpy(w)
    kept = []
    for grad in torch.from_numpy(grads):
        weights = weights - learning_rate * grad
        kept.append(weights.numpy())
    return np.stack(kept)


def by_clones(w: Array, grads: Array, learning_rate: float) -> Array:
    """A clone at the start and for each row."""
    weights = torch.from_numpy(w).clone()
    kept = []
    for grad in torch.from_numpy(grads):
        weights.sub_(grad, alpha=learning_rate)
        kept.append(weights.clone())
    return torch.stack(kept).numpy()


RIGHT: list[tuple[str, Any]] = [
    ("numpy_interop.1", by_new_tensors),
    ("numpy_interop.1", by_clones),
    ("numpy_interop.1", lambda w, grads, rate: w - rate * grads.cumsum(0)),
    ("numpy_interop.2", {code: np.bool_(value) for code, value in shares().items()}),
    ("numpy_interop.2", {**shares(), "torch.tensor(a)": False}),
    ("numpy_interop.3", lambda x, w: x.astype(np.float32) @ w.detach().numpy()),
    ("numpy_interop.3", lambda x, w: (torch.tensor(x).float() @ w).numpy(force=True)),
    ("numpy_interop.3", lambda x, w: np.asarray(torch.as_tensor(x, dtype=w.dtype) @ w.detach())),
]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(id_: str, answer: object) -> None:
    """Answers in other styles are right."""
    verdict = check(id_, answer, why=True)
    assert verdict.right, verdict.text


def copied_rows_only(w: Array, grads: Array, learning_rate: float) -> Array:
    """Copy what is kept, and go on writing into w."""
    weights = torch.from_numpy(w)
    kept = []
    for grad in torch.from_numpy(grads):
        weights -= learning_rate * grad
        kept.append(weights.numpy().copy())
    return np.stack(kept)


def copied_start_only(w: Array, grads: Array, learning_rate: float) -> Array:
    """Copy w, and keep the one memory again and again."""
    return copied_kept(w, grads, learning_rate, lambda weights: weights)


def copied_kept(
    w: Array, grads: Array, learning_rate: float, keep: Callable[[Tensor], Tensor]
) -> Array:
    """Keep the weights as they come, or a copy."""
    weights = torch.tensor(w)
    kept = []
    for grad in torch.from_numpy(grads):
        weights -= learning_rate * grad
        kept.append(keep(weights))
    return torch.stack(kept).numpy()


def before_each(w: Array, grads: Array, learning_rate: float) -> Array:
    """Keep the weights before the step."""
    return np.stack([w - learning_rate * grads[:i].sum(0) for i in range(len(grads))])


def in_float64(x: Array, w: Tensor) -> Array:
    """Bring the weights to x."""
    return (torch.from_numpy(x) @ w.detach().double()).numpy()


def still_tracked(x: Array, w: Tensor) -> Array:
    """Mend the dtype, and leave the record in the way."""
    return (torch.from_numpy(x).float() @ w).numpy()


FLIPPED = {**shares(), "torch.tensor(a)[0]": True, "torch.as_tensor(a).double()": False}
WRONG: list[tuple[str, Any, str, str]] = [
    ("numpy_interop.1", copied_rows_only, "modified-input", "its input w"),
    ("numpy_interop.1", copied_start_only, "known-mistake", "the last step's weights"),
    ("numpy_interop.1", before_each, "known-mistake", "before its step"),
    ("numpy_interop.1", lambda w, g, r: w - r * g, "known-mistake", "starts from w"),
    ("numpy_interop.1", lambda w, g, r: w + r * g.cumsum(0), "added", ""),
    (
        "numpy_interop.1",
        lambda w, g, r: np.tile(w + 0 * r, (len(g), 1)),
        "known-mistake",
        "the first step",
    ),
    ("numpy_interop.2", {**shares(), "torch.tensor(a)[0]": ...}, "empty", "torch.tensor(a)[0]"),
    ("numpy_interop.2", {"torch.tensor(a)": False}, "not-the-kind", "torch.from_numpy(a.T).t()"),
    ("numpy_interop.2", list(shares()), "not-the-kind", "dictionary"),
    ("numpy_interop.2", {**shares(), "torch.tensor(a)[0]": "no"}, "not-the-kind", "'no'"),
    ("numpy_interop.2", FLIPPED, "known-mistake", "2 of 10 are wrong, first `torch.as_tensor(a).d"),
    ("numpy_interop.3", in_float64, "wrong-dtype", "as the weights have"),
    ("numpy_interop.3", still_tracked, "raises", "detach()"),
    ("numpy_interop.3", lambda x, w: torch.from_numpy(x).float() @ w, "wrong-type", "tensor"),
    ("numpy_interop.3", lambda x, w: w.detach().numpy().T @ x.T.astype("f4"), "transposed", ""),
]


@pytest.mark.parametrize(("id_", "answer", "diagnosis", "said"), WRONG, ids=range(len(WRONG)))
def test_mistakes_are_named(id_: str, answer: object, diagnosis: str, said: str) -> None:
    """Each typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == diagnosis, verdict.text
    assert said in verdict.text
