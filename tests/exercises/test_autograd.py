"""Exercises on autograd: other right answers, and the mistakes that are named."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable


def layer_loss(x: Any, y: Any, w: Any) -> Any:
    """The loss of one layer."""
    return ((x @ w - y) ** 2).sum()


def network_loss(x: Any, y: Any, w1: Any, w2: Any) -> Any:
    """The loss of the network."""
    return ((torch.relu(x @ w1) @ w2 - y) ** 2).sum()


def step(update: Callable[[Any, float, Any], Any]) -> Callable[..., None]:
    """One step whose update gets w, the learning rate and the gradient."""

    def answer(x: Any, y: Any, w: Any, learning_rate: float) -> None:
        layer_loss(x, y, w).backward()
        with torch.no_grad():
            update(w, learning_rate, w.grad)

    return answer


def step_by_sgd(x: Any, y: Any, w: Any, learning_rate: float) -> None:
    """An optimizer's step."""
    layer_loss(x, y, w).backward()
    torch.optim.SGD([w], lr=learning_rate).step()


def fit(
    clear: Callable[[int, Any, Any], Any], result: Callable[[list[float]], Any] = list
) -> Callable[..., Any]:
    """The fit, clearing what it is told before each backward."""

    def answer(*inputs: Any) -> Any:
        x, y, w1, w2, learning_rate, steps = inputs
        losses = []
        for t in range(steps):
            loss = network_loss(x, y, w1, w2)
            losses.append(loss.item())
            clear(t, w1, w2)
            loss.backward()
            with torch.no_grad():
                for w in (w1, w2):
                    w.sub_(w.grad, alpha=learning_rate)
        return result(losses)

    return answer


def clear_both(_: int, w1: Any, w2: Any) -> None:
    """Forget both gradients."""
    w1.grad = w2.grad = None


def clear_first(_: int, w1: Any, w2: Any) -> None:
    """Forget one gradient."""
    del w2
    w1.grad = None


def clear_second(_: int, w1: Any, w2: Any) -> None:
    """Forget the other gradient."""
    del w1
    w2.grad = None


def fit_by_sgd(*inputs: Any) -> list[float]:
    """An optimizer's fit."""
    x, y, w1, w2, learning_rate, steps = inputs
    optimizer = torch.optim.SGD([w1, w2], lr=learning_rate)
    losses = []
    for _ in range(steps):
        loss = network_loss(x, y, w1, w2)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


def fit_with_zeros(*inputs: Any) -> list[float]:
    """Gradients by torch.autograd.grad, which piles nothing up."""
    x, y, w1, w2, learning_rate, steps = inputs
    losses = []
    for _ in range(steps):
        loss = network_loss(x, y, w1, w2)
        losses.append(loss.item())
        grads = torch.autograd.grad(loss, (w1, w2))
        with torch.no_grad():
            for w, grad in zip((w1, w2), grads, strict=True):
                w -= learning_rate * grad
    return losses


def halves(share: Callable[[Any, Any], Any], *, clear: bool = False) -> Callable[..., Any]:
    """Two backwards, of what ``share`` makes of a half's errors and y."""

    def answer(x: Any, y: Any, w1: Any, w2: Any) -> Any:
        for a, b in zip(x.tensor_split(2), y.tensor_split(2), strict=True):
            if clear:
                w1.grad = w2.grad = None
            share(torch.relu(a @ w1) @ w2 - b, y).backward()
        return w1.grad, w2.grad

    return answer


def scaled_afterwards(x: Any, y: Any, w1: Any, w2: Any) -> Any:
    """Sums first, the division last."""
    halves(lambda error, _: (error**2).sum())(x, y, w1, w2)
    return w1.grad / y.numel(), w2.grad / y.numel()


def summed_by_hand(x: Any, y: Any, w1: Any, w2: Any) -> Any:
    """Each half's gradients by torch.autograd.grad, weighted by its rows."""
    half = len(x) // 2
    total = [torch.zeros_like(w1), torch.zeros_like(w2)]
    for rows in (slice(None, half), slice(half, None)):
        loss = torch.nn.functional.mse_loss(torch.relu(x[rows] @ w1) @ w2, y[rows])
        for entry, grad in zip(total, torch.autograd.grad(loss, (w1, w2)), strict=True):
            entry += grad * len(x[rows]) / len(x)
    return tuple(total)


def clipped(change: Callable[[Any, Any, float], tuple[Any, Any]]) -> Callable[..., None]:
    """A step along what ``change`` makes of both gradients."""

    def answer(*inputs: Any) -> None:
        x, y, w1, w2, learning_rate, largest = inputs
        network_loss(x, y, w1, w2).backward()
        with torch.no_grad():
            grad1, grad2 = change(w1.grad, w2.grad, largest)
            w1 -= learning_rate * grad1
            w2 -= learning_rate * grad2

    return answer


def scaled(scale: Callable[[float, float, float], float]) -> Callable[..., None]:
    """A step with both gradients times what ``scale`` makes of their two lengths."""

    def change(grad1: Any, grad2: Any, largest: float) -> tuple[Any, Any]:
        factor = scale(grad1.norm().item(), grad2.norm().item(), largest)
        return factor * grad1, factor * grad2

    return clipped(change)


def clipped_by_torch(*inputs: Any) -> None:
    """PyTorch's own function, and an optimizer."""
    x, y, w1, w2, learning_rate, largest = inputs
    network_loss(x, y, w1, w2).backward()
    torch.nn.utils.clip_grad_norm_([w1, w2], largest)
    torch.optim.SGD([w1, w2], lr=learning_rate).step()


def clipped_by_branch(*inputs: Any) -> None:
    """A branch, and the gradients changed in place."""
    x, y, w1, w2, learning_rate, largest = inputs
    network_loss(x, y, w1, w2).backward()
    grads = w1.grad, w2.grad
    length = sum(float((grad**2).sum()) for grad in grads) ** 0.5
    with torch.no_grad():
        for w, grad in zip((w1, w2), grads, strict=True):
            if length > largest:
                grad *= largest / length
            w -= learning_rate * grad


RIGHT = {
    "1, in place": (1, step(lambda w, rate, grad: w.sub_(rate * grad))),
    "1, copied": (1, step(lambda w, rate, grad: w.copy_(w - rate * grad))),
    "1, optimizer": (1, step_by_sgd),
    "2, before": (2, fit(clear_both)),
    "2, zeros": (2, fit(lambda t, w1, w2: t and [w.grad.zero_() for w in (w1, w2)])),
    "2, optimizer": (2, fit_by_sgd),
    "2, grad": (2, fit_with_zeros),
    "3, sum": (3, halves(lambda error, y: error.square().sum() / y.numel())),
    "3, weighted": (3, halves(lambda error, y: error.square().mean() * len(error) / len(y))),
    "3, afterwards": (3, scaled_afterwards),
    "3, by hand": (3, summed_by_hand),
    "4, torch": (4, clipped_by_torch),
    "4, branch": (4, clipped_by_branch),
    "4, hypot": (4, scaled(lambda a, b, largest: min(1, largest / math.hypot(a, b)))),
}


def recorded(x: Any, y: Any, w: Any, learning_rate: float) -> None:
    """Update in place where autograd records."""
    layer_loss(x, y, w).backward()
    w -= learning_rate * w.grad


WRONG: dict[str, tuple[int, Any, str]] = {
    "1, added": (1, step(lambda w, rate, grad: w.add_(rate * grad)), "moved the wrong way"),
    "1, no rate": (1, step(lambda w, rate, grad: w.sub_(grad)), "rate is not applied"),
    "1, rate twice": (1, step(lambda w, rate, grad: w.sub_(rate * rate * grad)), "applied twice"),
    "1, new": (1, step(lambda w, rate, grad: w - rate * grad), "is as it was"),
    "1, recorded": (1, recorded, "leaf Variable"),
    "2, none": (2, fit(lambda *_: None), "w1: gradients of earlier steps"),
    "2, first alone": (2, fit(clear_first), "w2: gradients of earlier steps"),
    "2, second alone": (2, fit(clear_second), "w1: gradients of earlier steps"),
    "2, no losses": (2, fit(clear_both, lambda _: None), "losses is None"),
    "3, means": (3, halves(lambda error, _: error.square().mean()), "the sum of two halves"),
    "3, halved": (3, halves(lambda error, _: error.square().mean() / 2), "each half counts alike"),
    "3, sums": (3, halves(lambda error, _: error.square().sum()), "a sum where the mean"),
    "3, cleared": (
        3,
        halves(lambda error, y: error.square().sum() / y.numel(), clear=True),
        "the first half's gradient is lost",
    ),
    "3, cleared means": (
        3,
        halves(lambda error, _: error.square().mean(), clear=True),
        "with its own mean",
    ),
    "4, not at all": (4, scaled(lambda *_: 1), "isn't shortened"),
    "4, each": (
        4,
        clipped(lambda a, b, top: tuple(g * min(1, top / g.norm()) for g in (a, b))),
        "each gradient has a limit",
    ),
    "4, stretched": (4, scaled(lambda a, b, top: top / math.hypot(a, b)), "is stretched"),
    "4, no root": (4, scaled(lambda a, b, top: min(1, top / (a * a + b * b))), "want its root"),
    "4, added": (4, scaled(lambda a, b, top: min(1, top / (a + b))), "two lengths are added"),
    "4, upside down": (4, scaled(lambda a, b, top: math.hypot(a, b) / top), "upside down"),
    "4, entries": (
        4,
        clipped(lambda a, b, top: (a.clamp(-top, top), b.clamp(-top, top))),
        "each entry has a limit",
    ),
    "4, added step": (4, scaled(lambda a, b, top: -min(1, top / math.hypot(a, b))), "wrong way"),
}


@pytest.mark.parametrize(("number", "answer"), RIGHT.values(), ids=RIGHT)
def test_other_right_answers_pass(number: int, answer: Callable[..., Any]) -> None:
    """Answers in another style are right."""
    verdict = check(f"autograd.{number}", answer, seconds=60, why=True)
    assert verdict.right, verdict.text


@pytest.mark.parametrize(("number", "answer", "said"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake."""
    verdict = check(f"autograd.{number}", answer, seconds=60, why=True)
    assert not verdict.right
    assert said in " ".join(verdict.text.split())
