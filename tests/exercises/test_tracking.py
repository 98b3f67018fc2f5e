"""Answers to the exercises on tracking whose verdict isn't plain: ways that leave no record, and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from torch import Tensor


def descend(way: str) -> Any:
    """Steps down the gradient, in one of several ways."""

    def answer(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
        own = w if way == "caller's" else w.detach().clone().requires_grad_()
        optimizer = torch.optim.SGD([own], lr=learning_rate)
        for _ in range(steps):
            (own.grad,) = torch.autograd.grad((x @ own - y).pow(2).sum(), own)
            if way == "optimizer":
                optimizer.step()
            elif way == "data":
                own.data -= learning_rate * own.grad
            elif way == "caller's":
                with torch.no_grad():
                    own -= learning_rate * own.grad
            else:
                own = own - learning_rate * own.grad
                own = own if way == "recorded" else own.detach().requires_grad_(way != "untracked")
        return own.detach().requires_grad_() if way == "recorded" else own

    return answer


TRIED = [
    ("optimizer", "right"),
    ("data", "right"),
    ("detached at once", "right"),
    ("recorded", "part of the record"),
    ("caller's", "its input w"),
    ("untracked", "does not require grad"),
]


@pytest.mark.parametrize(("way", "said"), TRIED)
def test_no_update_may_be_on_record(way: str, said: str) -> None:
    """A record that is cut in each step is none; one that is cut at the end has grown before."""
    assert said in check("tracking.1", descend(way), seconds=60, why=True).text


def test_a_look_may_copy_in_any_way() -> None:
    """Numbers may be cut off into a new tensor, and under no_grad."""

    def look(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.exp(x @ w)
        with torch.no_grad():
            shown = torch.minimum(h, torch.ones_like(h))
        return shown, torch.autograd.grad(h.sum(), w)[0]

    assert check("tracking.2", look).right
