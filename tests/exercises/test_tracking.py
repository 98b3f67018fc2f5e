"""Answers to the exercises on tracking: right ones in other styles, typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.tracking import leaves

if TYPE_CHECKING:
    from torch import Tensor


def by_detach(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """New leaves by detach."""
    for _ in range(steps):
        (grad,) = torch.autograd.grad((x @ w - y).pow(2).sum(), w)
        w = (w - learning_rate * grad).detach().requires_grad_()
    return w


def by_backward(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """A copy of the weights, changed in place as on the ladder."""
    own = w.detach().clone().requires_grad_()
    for _ in range(steps):
        (x @ own - y).pow(2).sum().backward()
        assert own.grad is not None
        with torch.no_grad():
            own -= learning_rate * own.grad
        own.grad = None
    return own


def by_optimizer(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """A copy of the weights as a parameter, and an optimizer."""
    own = torch.nn.Parameter(w.detach().clone())
    optimizer = torch.optim.SGD([own], lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (x @ own - y).pow(2).sum().backward()
        optimizer.step()
    return own


def by_new_tensor(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Cut off without a change in place."""
    h = torch.exp(x @ w)
    (grad_w,) = torch.autograd.grad(h.sum(), w)
    return h.detach().clamp(max=1), grad_w


def by_no_grad(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Cut off under no_grad, before the gradient."""
    h = torch.exp(x @ w)
    with torch.no_grad():
        shown = torch.minimum(h, torch.ones_like(h))
    return shown, torch.autograd.grad(h.sum(), w)[0]


RIGHT: list[tuple[str, Any]] = [
    ("tracking.1", by_detach),
    ("tracking.1", by_backward),
    ("tracking.1", by_optimizer),
    ("tracking.2", by_new_tensor),
    ("tracking.2", by_no_grad),
    ("tracking.3", {**leaves(), "w + w": False}),
    ("tracking.3", dict(reversed(leaves().items()))),
]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(id_: str, answer: object) -> None:
    """Answers in other styles are right."""
    verdict = check(
        id_, answer, seconds=60, why=True
    )  # an optimizer's first step imports a compiler
    assert verdict.right, verdict.text


def untracked(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """Return a leaf that nobody tracks."""
    return by_detach(x, y, w, learning_rate, steps).detach()


def detached_once(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """Forget to track the new weights before the second step."""
    for _ in range(steps):
        (grad,) = torch.autograd.grad((x @ w - y).pow(2).sum(), w)
        w = (w - learning_rate * grad).detach()
    return w


def in_place(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """Change the caller's weights."""
    for _ in range(steps):
        (grad,) = torch.autograd.grad((x @ w - y).pow(2).sum(), w)
        with torch.no_grad():
            w -= learning_rate * grad
    return w


def in_place_recorded(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """Change the caller's weights, and record it."""
    for _ in range(steps):
        (grad,) = torch.autograd.grad((x @ w - y).pow(2).sum(), w)
        w -= learning_rate * grad
    return w


def at_the_start(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """One gradient for all steps."""
    (grad,) = torch.autograd.grad((x @ w - y).pow(2).sum(), w)
    return (w - steps * learning_rate * grad).detach().requires_grad_()


def too_few(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """One step too few."""
    return by_detach(x, y, w, learning_rate, steps - 1)


def upwards(x: Tensor, y: Tensor, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    """The other direction."""
    return by_detach(x, y, w, -learning_rate, steps)


def detach_only(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Leave out the clone."""
    h = torch.exp(x @ w)
    shown = h.detach()
    shown.clamp_(max=1)
    return shown, torch.autograd.grad(h.sum(), w)[0]


def with_data(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Change the numbers through data."""
    h = torch.exp(x @ w)
    h.data.clamp_(max=1)
    return h.detach(), torch.autograd.grad(h.sum(), w)[0]


def clone_only(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Leave out the detach."""
    h = torch.exp(x @ w)
    return h.clone().clamp_(max=1), torch.autograd.grad(h.sum(), w)[0]


def cut_off_tracked(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Differentiate what is shown."""
    shown = torch.exp(x @ w).clamp(max=1)
    return shown.detach(), torch.autograd.grad(shown.sum(), w)[0]


def not_cut_off(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Clone, and forget to cut off."""
    h = torch.exp(x @ w)
    return h.detach().clone(), torch.autograd.grad(h.sum(), w)[0]


WRONG: list[tuple[str, Any, str, str]] = [
    ("tracking.1", untracked, "known-mistake", "not tracked any more"),
    ("tracking.1", detached_once, "raises", "does not require grad"),
    ("tracking.1", in_place, "modified-input", "its input w"),
    ("tracking.1", in_place_recorded, "raises", "in-place operation"),
    ("tracking.1", at_the_start, "known-mistake", "at the first weights"),
    ("tracking.1", too_few, "known-mistake", "one step too few"),
    ("tracking.1", upwards, "entry", "w_new"),
    ("tracking.2", detach_only, "raises", "modified by an inplace operation"),
    ("tracking.2", with_data, "known-mistake", "data hides the change"),
    ("tracking.2", clone_only, "tracked", "shown"),
    ("tracking.2", cut_off_tracked, "known-mistake", "want that of the sum of h itself"),
    ("tracking.2", not_cut_off, "known-mistake", "shown: it isn't cut off"),
    ("tracking.3", {**leaves(), "x * 2": False}, "known-mistake", "need not be tracked"),
    ("tracking.3", {**leaves(), "w.to(torch.float64)": True}, "known-mistake", "cast"),
]


@pytest.mark.parametrize(("id_", "answer", "diagnosis", "said"), WRONG, ids=range(len(WRONG)))
def test_mistakes_are_named(id_: str, answer: object, diagnosis: str, said: str) -> None:
    """Each typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == diagnosis, verdict.text
    assert said in verdict.text
