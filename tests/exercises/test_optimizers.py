"""Answers to the exercises on optimizers: right ones in other styles, and typical wrong ones."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def loop(*order: str, steps: int = 4) -> Callable[..., None]:
    """The loop of the first exercise, with its calls in a given order."""

    def fit(w: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> None:
        optimizer = torch.optim.SGD([w], lr=learning_rate)
        for _ in range(steps):
            loss = torch.nn.functional.mse_loss(x @ w, y, reduction="sum")
            for call in order:
                getattr(loss if call == "backward" else optimizer, call)()

    return fit


def fit_without_optimizer(w: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> None:
    """The loop with the update written out."""
    for _ in range(4):
        (x @ w - y).square().sum().backward()
        assert w.grad is not None
        with torch.no_grad():
            w -= learning_rate * w.grad
        w.grad = None


def momentum_by_optimizer(
    w: Tensor, grads: Tensor, learning_rate: float, momentum: float
) -> Tensor:
    """PyTorch's own momentum."""
    weight = w.clone().requires_grad_()
    optimizer = torch.optim.SGD([weight], lr=learning_rate, momentum=momentum)
    for grad in grads:
        weight.grad = grad.clone()
        optimizer.step()
    return weight


def momentum_with_rate_inside(
    w: Tensor, grads: Tensor, learning_rate: float, momentum: float
) -> Tensor:
    """The learning rate as a part of the velocity, in-place on copies."""
    w = w.clone()
    step = torch.zeros_like(w)
    for grad in grads:
        step.mul_(momentum).add_(grad, alpha=learning_rate)
        w -= step
    return w


def momentum_as_sum(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
    """Each gradient's weight over all steps, in one sum."""
    total = len(grads)
    reach = [sum(momentum**k for k in range(total - t)) for t in range(total)]
    return w - learning_rate * torch.einsum("t,thd->hd", torch.tensor(reach, dtype=w.dtype), grads)


def momentum_but(change: str) -> Callable[..., Tensor]:
    """Momentum with one mistake."""

    def steps(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
        velocity = torch.zeros_like(w)
        for grad in grads:
            part = 1 - momentum if change == "average" else 1
            old, velocity = velocity, momentum * velocity + part * grad
            moved = {"late": old, "none": grad}.get(change, velocity)
            sign = -1 if change == "added" else 1
            w = w - sign * learning_rate * moved
        return w

    return steps


def momentum_in_place(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
    """Right, but it writes into the weight that it got."""
    velocity = torch.zeros_like(w)
    for grad in grads:
        velocity = momentum * velocity + grad
        w -= learning_rate * velocity
    return w


def adam_by_optimizer(w: Tensor, grads: Tensor, *numbers: float) -> Tensor:
    """PyTorch's own Adam."""
    learning_rate, beta1, beta2, eps = numbers
    weight = w.clone().requires_grad_()
    optimizer = torch.optim.Adam([weight], lr=learning_rate, betas=(beta1, beta2), eps=eps)
    for grad in grads:
        weight.grad = grad.clone()
        optimizer.step()
    return weight.detach()


def adam_with_lerp(w: Tensor, grads: Tensor, *numbers: float) -> Tensor:
    """The averages by interpolation, the corrections by products that grow along."""
    learning_rate, beta1, beta2, eps = numbers
    w, m, v = w.clone(), torch.zeros_like(w), torch.zeros_like(w)
    left1 = left2 = 1.0
    for grad in grads:
        m.lerp_(grad, 1 - beta1)
        v.lerp_(grad * grad, 1 - beta2)
        left1, left2 = left1 * beta1, left2 * beta2
        w.sub_(learning_rate / (1 - left1) * m / ((v / (1 - left2)).sqrt() + eps))
    return w


def adam_but(*, first: int = 1, m_right: bool = True, root: str = "right") -> Callable[..., Tensor]:
    """Adam with one mistake."""

    def steps(w: Tensor, grads: Tensor, *numbers: float) -> Tensor:
        learning_rate, beta1, beta2, eps = numbers
        m, v = torch.zeros_like(w), torch.zeros_like(w)
        for t, grad in enumerate(grads, first):
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad.pow(2)
            m_hat = m / (1 - beta1**t) if m_right else m
            v_hat = v / (1 - beta2**t) if root != "raw" else v
            divisor = torch.sqrt(v_hat + eps) if root == "inside" else torch.sqrt(v_hat) + eps
            w = w - learning_rate * m_hat / (v_hat + eps if root == "none" else divisor)
        return w

    return steps


def adamw_by_optimizer(
    w: Tensor, grad: Tensor, learning_rate: float, weight_decay: float, eps: float
) -> Tensor:
    """PyTorch's own AdamW."""
    weight = w.clone().requires_grad_()
    weight.grad = grad
    torch.optim.AdamW([weight], lr=learning_rate, weight_decay=weight_decay, eps=eps).step()
    return weight


def adamw_in_one_line(
    w: Tensor, grad: Tensor, learning_rate: float, weight_decay: float, eps: float
) -> Tensor:
    """Decay and step in one bracket."""
    return w - learning_rate * (weight_decay * w + grad / (grad.square().sqrt() + eps))


def adamw_but(change: str) -> Callable[..., Tensor]:
    """AdamW with one mistake."""

    def step(w: Tensor, grad: Tensor, rate: float, decay: float, eps: float) -> Tensor:
        moved = rate * grad / (grad.abs() + eps)
        return {
            "no rate": w - decay * w - moved,
            "after": (w - moved) * (1 - rate * decay),
            "grows": w + rate * decay * w - moved,
            "no decay": w - moved,
        }[change]

    return step


@pytest.mark.parametrize(
    ("id_", "answer"),
    [
        ("optimizers.1", loop("zero_grad", "backward", "step")),
        ("optimizers.1", loop("backward", "step", "zero_grad")),
        ("optimizers.1", fit_without_optimizer),
        ("optimizers.2", momentum_by_optimizer),
        ("optimizers.2", momentum_with_rate_inside),
        ("optimizers.2", momentum_as_sum),
        ("optimizers.3", adam_by_optimizer),
        ("optimizers.3", adam_with_lerp),
        ("optimizers.4", adamw_by_optimizer),
        ("optimizers.4", adamw_in_one_line),
    ],
    ids=itertools.count(),
)
def test_right_answers_in_other_styles(id_: str, answer: Any) -> None:
    """An answer is right however it is written."""
    assert check(id_, answer, why=True).text.startswith(f"{id_}: right")


@pytest.mark.parametrize(
    ("id_", "answer", "name", "words"),
    [
        ("optimizers.1", loop("backward", "step"), "accumulates", "earlier steps"),
        (
            "optimizers.1",
            loop("backward", "zero_grad", "step"),
            "known-mistake",
            "no gradient to follow",
        ),
        (
            "optimizers.1",
            loop("zero_grad", "backward", "step", steps=1),
            "known-mistake",
            "one step",
        ),
        ("optimizers.2", momentum_but("none"), "forgot-term", "earlier steps"),
        ("optimizers.2", momentum_but("average"), "known-mistake", "1 - momentum"),
        ("optimizers.2", momentum_but("late"), "old-value", "velocity"),
        ("optimizers.2", momentum_but("added"), "added", "the wrong way"),
        ("optimizers.2", momentum_in_place, "modified-input", "input w"),
        ("optimizers.3", adam_but(first=0), "known-mistake", "t = 1"),
        ("optimizers.3", adam_but(m_right=False, root="raw"), "forgot-term", "both averages"),
        ("optimizers.3", adam_but(m_right=False), "forgot-term", "of m"),
        ("optimizers.3", adam_but(root="raw"), "forgot-term", "of v"),
        ("optimizers.3", adam_but(root="inside"), "known-mistake", "under the root"),
        ("optimizers.3", adam_but(root="none"), "known-mistake", "want its root"),
        ("optimizers.4", adamw_but("no rate"), "known-mistake", "weight_decay alone"),
        ("optimizers.4", adamw_but("after"), "known-mistake", "after the step"),
        ("optimizers.4", adamw_but("grows"), "known-mistake", "grow"),
        ("optimizers.4", adamw_but("no decay"), "forgot-term", "the weight decay"),
    ],
    ids=itertools.count(),
)
def test_wrong_answers_are_named(id_: str, answer: Any, name: str, words: str) -> None:
    """A typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == name
    assert words in verdict.text
