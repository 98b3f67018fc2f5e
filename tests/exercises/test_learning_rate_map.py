"""Answers to the exercises on the learning-rate map: right ones in other styles, typical mistakes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from twolayer.exercises import check


def by_autograd(x: Any, y: Any, w1: Any, w2: Any, rates: Any) -> Any:
    """All fits through autograd: the sum of all losses has each fit's own gradients."""
    w1, w2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    losses = torch.bmm(torch.bmm(x.expand(len(rates), -1, -1), w1).relu(), w2).sub(y).pow(2)
    losses = losses.flatten(1).sum(1)
    grad_w1, grad_w2 = torch.autograd.grad(losses.sum(), (w1, w2))
    rates = rates[:, None, None]
    return losses.detach(), w1.detach() - rates * grad_w1, w2.detach() - rates * grad_w2


def by_einsum(x: Any, y: Any, w1: Any, w2: Any, rates: Any) -> Any:
    """All fits by einsum."""
    h = torch.einsum("nd,rdh->rnh", x, w1)
    errors = torch.einsum("rnh,rho->rno", h.relu(), w2) - y
    grad_h = torch.einsum("rno,rho->rnh", 2 * errors, w2).masked_fill(h <= 0, 0)
    w1 = w1 - torch.einsum("r,nd,rnh->rdh", rates, x, grad_h)
    w2 = w2 - torch.einsum("r,rnh,rno->rho", rates, h.relu(), 2 * errors)
    return torch.einsum("rno,rno->r", errors, errors), w1, w2


def one_by_one(
    x: Any,
    y: Any,
    w1: Any,
    w2: Any,
    rates: Any,
    *,
    mask: Any = torch.gt,
    late: bool = False,
    rate: Any = lambda rates, r: rates[r],
    total: bool = False,
) -> Any:
    """One fit after the other, right or not."""
    losses, firsts, seconds = [], [], []
    for r in range(len(rates)):
        h = x @ w1[r]
        errors = h.relu() @ w2[r] - y
        losses.append((errors**2).sum())
        second = w2[r] - rate(rates, r) * (h.relu().T @ (2 * errors))
        grad_h = 2 * errors @ (second if late else w2[r]).T * mask(h, torch.zeros(()))
        firsts.append(w1[r] - rate(rates, r) * (x.T @ grad_h))
        seconds.append(second)
    summed = sum(losses) if total else torch.stack(losses)
    return summed, torch.stack(firsts), torch.stack(seconds)


def gradient(loss_of: Any, w: Any) -> tuple[Any, Any]:
    """A leaf and its gradient."""
    leaf = w.clone().requires_grad_()
    return leaf, torch.autograd.grad(loss_of(leaf), leaf)[0]


def without_record(loss_of: Any, w: Any, direction: Any) -> Any:
    """Differentiate a gradient that was not recorded."""
    leaf, first = gradient(loss_of, w)
    return torch.autograd.grad(first, leaf, direction)[0]


def by_backward(loss_of: Any, w: Any, direction: Any, *, clear: bool = True) -> Any:
    """Differentiate twice with backward."""
    w = w.clone().requires_grad_()
    (first,) = torch.autograd.grad(loss_of(w), w, create_graph=True)
    if not clear:
        w.grad = first.detach().clone()
    (first * direction).sum().backward()
    return w.grad


def by_func(loss_of: Any, w: Any, direction: Any) -> Any:
    """The gradient of the gradient's product with the direction, by functions of functions."""
    gradient_of = torch.func.grad(loss_of)
    return torch.func.grad(lambda w: (gradient_of(w) * direction).sum())(w)


def scaled(times: Any, direction: Any, *, steps: int = 80) -> Any:
    """Divide by the largest entry, and end with a direction of length 1."""
    for _ in range(steps):
        direction = times(direction)
        direction = direction / direction.abs().max()
    direction = direction / direction.norm()
    return float((direction * times(direction)).sum())


def built(times: Any, direction: Any) -> Any:
    """Build the matrix, and ask for all eigenvalues."""
    matrix = torch.stack([times(unit) for unit in torch.eye(len(direction)).to(direction)])
    found = torch.linalg.eigvals(matrix).real
    return max(found.tolist(), key=abs)


def length(times: Any, direction: Any) -> Any:
    """The length of the last product."""
    for _ in range(100):
        direction = times(direction / direction.norm())
    return direction.norm().item()


RIGHT: list[tuple[str, Any]] = [
    ("learning_rate_map.1", by_autograd),
    ("learning_rate_map.1", by_einsum),
    ("learning_rate_map.1", one_by_one),
    ("learning_rate_map.2", by_backward),
    ("learning_rate_map.2", by_func),
    ("learning_rate_map.3", scaled),
    ("learning_rate_map.3", built),
]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(id_: str, answer: object) -> None:
    """Answers in other styles are right."""
    verdict = check(id_, answer, why=True)
    assert verdict.right, verdict.text


def diagonal(loss_of: Any, w: Any, direction: Any) -> Any:
    """Only the Hessian's diagonal, entry by entry."""
    units = torch.eye(w.numel()).to(w)
    entries = [by_func(loss_of, w, unit.view_as(w)).flatten() @ unit for unit in units]
    return torch.stack(entries).view_as(w) * direction


def signed(times: Any, direction: Any) -> Any:
    """The largest eigenvalue, its size not asked for."""
    matrix = torch.stack([times(unit) for unit in torch.eye(len(direction)).to(direction)])
    return torch.linalg.eigvalsh(matrix).max().item()


def by_gradient(x: Any, y: Any, w1: Any, w2: Any, rates: Any) -> Any:
    """The mask taken from the gradient that arrives."""
    losses, _, second = one_by_one(x, y, w1, w2, rates)
    grad = 2 * ((x @ w1).relu() @ w2 - y) @ w2.mT
    return losses, w1 - rates[:, None, None] * (x.T @ (grad * (grad > 0))), second


def variant(**changes: Any) -> Any:
    """A step of one fit after the other with a mistake."""
    return lambda *inputs: one_by_one(*inputs, **changes)


def shared(x: Any, y: Any, w1: Any, w2: Any, rates: Any) -> Any:
    """The gradients of all fits added up."""
    losses, first, second = one_by_one(x, y, w1, w2, torch.ones_like(rates))
    rates = rates.view(-1, 1, 1)
    return losses, w1 - rates * (w1 - first).sum(0), w2 - rates * (w2 - second).sum(0)


def in_place(x: Any, y: Any, w1: Any, w2: Any, rates: Any) -> Any:
    """Write into the weights."""
    losses, first, second = one_by_one(x, y, w1, w2, rates)
    return losses, w1.copy_(first), w2.copy_(second)


def unshaped(x: Any, y: Any, w1: Any, w2: Any, rates: Any) -> Any:
    """Rates against the last axis."""
    losses, first, second = one_by_one(x, y, w1, w2, torch.ones_like(rates))
    return losses, w1 - rates * (w1 - first), w2 - rates * (w2 - second)


WRONG: list[tuple[str, Any, str, str]] = [
    ("learning_rate_map.1", variant(total=True), "known-mistake", "one loss for each"),
    ("learning_rate_map.1", variant(rate=lambda rates, _: rates[0]), "known-mistake", "its own"),
    ("learning_rate_map.1", shared, "known-mistake", "all fits are added up"),
    ("learning_rate_map.1", variant(late=True), "new-value", "w2 in grad_h"),
    ("learning_rate_map.1", variant(mask=lambda *_: 1), "mask-missing", "w1_new"),
    ("learning_rate_map.1", variant(mask=torch.ge), "mask-includes-zero", "w1_new"),
    ("learning_rate_map.1", variant(mask=torch.le), "mask-inverted", "w1_new"),
    ("learning_rate_map.1", variant(mask=torch.lt), "mask-inverted", "w1_new"),
    ("learning_rate_map.1", variant(rate=lambda rates, r: -rates[r]), "added", "w1_new"),
    ("learning_rate_map.1", by_gradient, "mask-wrong-array", "w1_new"),
    ("learning_rate_map.1", in_place, "modified-input", "w1"),
    ("learning_rate_map.1", unshaped, "raises", "size"),
    ("learning_rate_map.2", lambda f, w, d: gradient(f, w)[1], "known-mistake", "is the gradient;"),
    ("learning_rate_map.2", lambda f, w, d: gradient(f, w)[1] * d, "known-mistake", "not diff"),
    (
        "learning_rate_map.2",
        lambda f, w, d: (gradient(f, w)[1] * d).sum(),
        "known-mistake",
        "slope",
    ),
    (
        "learning_rate_map.2",
        lambda f, w, d: by_func(f, w, torch.ones_like(d)),
        "known-mistake",
        "left out",
    ),
    (
        "learning_rate_map.2",
        lambda f, w, d: by_backward(f, w, d, clear=False),
        "known-mistake",
        "is added",
    ),
    (
        "learning_rate_map.2",
        lambda f, w, d: (by_func(f, w, d) * d).sum(),
        "known-mistake",
        "number",
    ),
    (
        "learning_rate_map.2",
        without_record,
        "raises",
        "does not require grad",
    ),
    ("learning_rate_map.2", diagonal, "known-mistake", "diagonal"),
    ("learning_rate_map.3", signed, "known-mistake", "may be negative"),
    ("learning_rate_map.3", length, "known-mistake", "no sign"),
    ("learning_rate_map.3", lambda times, d: 2 / scaled(times, d), "known-mistake", "the bound"),
    ("learning_rate_map.3", lambda times, d: scaled(times, d, steps=0), "known-mistake", "turned"),
    ("learning_rate_map.3", lambda times, d: scaled(times, d, steps=3), "factor", "curvature"),
    ("learning_rate_map.3", lambda times, d: scaled(times, d) ** 2, "known-mistake", "square"),
    ("learning_rate_map.3", lambda times, d: scaled(times, d) ** 3, "known-mistake", "third"),
    ("learning_rate_map.3", lambda times, d: d, "wrong-shape", "curvature"),
]


@pytest.mark.parametrize(("id_", "answer", "diagnosis", "said"), WRONG, ids=range(len(WRONG)))
def test_mistakes_are_named(id_: str, answer: object, diagnosis: str, said: str) -> None:
    """Each typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == diagnosis, verdict.text
    assert said in verdict.text
