"""What is odd in the exercises on optimizers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.optimizers import adam_steps, adamw_first_step, fit, steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def loop(*order: str) -> Callable[..., None]:
    """The loop of the first exercise, with its calls in a given order."""

    def answer(w: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> None:
        optimizer = torch.optim.SGD([w], lr=learning_rate)
        for _ in range(4):
            loss = torch.nn.functional.mse_loss(x @ w, y, reduction="sum")
            for call in order:
                getattr(loss if call == "backward" else optimizer, call)()

    return answer


def frozen(w: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> None:
    """Take the steps, and stop recording."""
    fit(w, x, y, learning_rate)
    w.requires_grad = False


def momentum_as_sum(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
    """Each gradient's weight over all steps, in one sum."""
    total = len(grads)
    reach = [sum(momentum**k for k in range(total - t)) for t in range(total)]
    return w - learning_rate * torch.einsum("t,thd->hd", torch.tensor(reach, dtype=w.dtype), grads)


def flagged(w: Tensor, *more: Any) -> Any:
    """Let the caller's weight require grad."""
    return adam_steps(w.requires_grad_(), *more)


def into_grad(w: Tensor, grad: Tensor, *more: Any) -> Any:
    """Write into the caller's gradient."""
    found = adamw_first_step(w, grad, *more)
    grad.zero_()
    return found


@pytest.mark.parametrize(
    ("number", "answer", "name", "words"),
    [
        (1, loop("backward", "step", "zero_grad"), None, "right"),
        (1, loop("step", "zero_grad", "backward"), "known-mistake", "the turn before"),
        (1, loop("step", "backward", "zero_grad"), "known-mistake", "no gradient to follow"),
        (1, frozen, "flag", "requires_grad False"),
        (2, momentum_as_sum, None, "right"),
        (
            2,
            lambda w, grads, rate, m: steps(torch.optim.SGD, w, grads, lr=rate, momentum=m),
            None,
            "",
        ),
        (3, flagged, "flag", "requires_grad True"),
        (4, into_grad, "modified-input", "grad"),
    ],
    ids=itertools.count(),
)
def test_conditions_hold(number: int, answer: Any, name: str | None, words: str) -> None:
    """The order of calls is told, and what the caller gave is left as the statement wants it."""
    verdict = check(f"optimizers.{number}", answer, seconds=60, why=True)
    assert verdict.diagnosis == name
    assert words in verdict.text
