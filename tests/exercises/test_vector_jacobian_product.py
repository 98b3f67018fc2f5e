"""The exercises on the vector-Jacobian product: answers in other styles, and typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Function = Callable[[Tensor], Tensor]


def by_backward(x: Tensor, v: Tensor) -> Tensor | None:
    """The product of exercise 1 from backward itself."""
    leaf = x.clone().requires_grad_()
    (leaf * leaf.sum()).backward(v)
    return leaf.grad


def without_matrix(x: Tensor, v: Tensor) -> Tensor:
    """The product of exercise 1 without the Jacobian."""
    return v * x.sum() + torch.dot(v, x)


def entry_by_entry(x: Tensor, v: Tensor) -> Tensor:
    """The product of exercise 1 in loops."""
    result = torch.zeros_like(x)
    for j in range(len(x)):
        for i in range(len(x)):
            result[j] += v[i] * (x[i] + (x.sum() if i == j else 0))
    return result


def tanh_by_autograd(x: Tensor, w: Tensor, v: Tensor) -> tuple[Tensor, ...]:
    """Exercise 2 by autograd."""
    leaves = x.clone().requires_grad_(), w.clone().requires_grad_()
    return torch.autograd.grad(torch.tanh(leaves[0] @ leaves[1]), leaves, v)


def tanh_by_einsum(x: Tensor, w: Tensor, v: Tensor) -> list[Tensor]:
    """Exercise 2 with einsum and the slope from cosh, as a list."""
    slope = torch.cosh(x @ w) ** -2
    grad_x = torch.einsum("nh,nh,dh->nd", v, slope, w)
    return [grad_x, torch.einsum("nd,nh,nh->dh", x, v, slope)]


def jvp_by_matrix(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Exercise 3 with the whole Jacobian."""
    h = x @ w1
    J = w2.T @ torch.diag((h > 0).double()) @ w1.T
    return h.clamp(min=0) @ w2, J @ t


def jvp_by_two_vjps(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Exercise 3 with the trick of two vector-Jacobian products."""
    leaf = x.clone().requires_grad_()
    y = torch.relu(leaf @ w1) @ w2
    v = torch.zeros_like(y, requires_grad=True)
    (pulled,) = torch.autograd.grad(y, leaf, v, create_graph=True)
    (moved,) = torch.autograd.grad(pulled, v, t)
    return y.detach(), moved


def jvp_by_forward_mode(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Exercise 3 with PyTorch's own."""
    pair: tuple[Tensor, ...] = torch.func.jvp(lambda x: torch.relu(x @ w1) @ w2, (x,), (t,))
    return pair[0], pair[1]


def jacobian_by_backward(f: Function, x: Tensor) -> Tensor:
    """Exercise 4 with backward on each entry, the input itself made a leaf."""
    x.requires_grad_()
    y = f(x)
    J = torch.empty(len(y), len(x), dtype=x.dtype)
    for i, entry in enumerate(y):
        x.grad = None
        entry.backward(retain_graph=True)
        J[i] = torch.as_tensor(x.grad)
    return J


def jacobian_by_new_graphs(f: Function, x: Tensor) -> Tensor:
    """Exercise 4 with a new graph for each row, written into a matrix."""
    J = torch.empty(len(f(x)), len(x), dtype=x.dtype)
    for i in range(len(J)):
        leaf = x.clone().requires_grad_()
        (J[i],) = torch.autograd.grad(f(leaf)[i], leaf)
    return J


def jacobian_by_vmap(f: Function, x: Tensor) -> Tensor:
    """Exercise 4 with all unit vectors at once."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    units = torch.eye(len(y), dtype=y.dtype)
    return torch.autograd.grad(y, leaf, units, is_grads_batched=True)[0]


RIGHT = [
    (1, by_backward),
    (1, without_matrix),
    (1, entry_by_entry),
    (1, lambda x, v: (x.sum() * torch.eye(len(x)).double() + x.outer(torch.ones_like(x))).T @ v),
    (2, tanh_by_autograd),
    (2, tanh_by_einsum),
    (3, jvp_by_matrix),
    (3, jvp_by_two_vjps),
    pytest.param(
        3,
        jvp_by_forward_mode,
        # What forward mode loads at its first use is deprecated.
        marks=pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
    ),
    (4, jacobian_by_backward),
    (4, jacobian_by_new_graphs),
    (4, jacobian_by_vmap),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right(
    number: int, answer: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer in another style than the solution's is right."""
    assert check(f"vector_jacobian_product.{number}", answer, why=True).right, (
        capsys.readouterr().out
    )


def tanh_with(slope: Function) -> Callable[..., Any]:
    """Exercise 2 with a slope of one's own, from x @ w."""
    return lambda x, w, v: ((v * slope(x @ w)) @ w.T, x.T @ (v * slope(x @ w)))


def jvp_with(through: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Any]:
    """Exercise 3 with a way of one's own through ReLU."""
    return lambda x, w1, w2, t: (torch.relu(x @ w1) @ w2, through(x @ w1, t @ w1) @ w2)


def accumulated(f: Function, x: Tensor, copy: Callable[[Tensor], Tensor]) -> Tensor:
    """Exercise 4 without clearing grad."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for entry in y:
        entry.backward(retain_graph=True)
        rows.append(copy(torch.as_tensor(leaf.grad)))
    return torch.stack(rows)


def cleared_in_place(f: Function, x: Tensor) -> Tensor:
    """Exercise 4 with one grad that is filled with zeros between the rows."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for entry in y:
        if leaf.grad is not None:
            leaf.grad.zero_()
        entry.backward(retain_graph=True)
        rows.append(torch.as_tensor(leaf.grad))
    return torch.stack(rows)


def freed(f: Function, x: Tensor) -> Tensor:
    """Exercise 4 without keeping the graph."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    return torch.stack([torch.autograd.grad(entry, leaf)[0] for entry in y])


def by_ones(f: Function, x: Tensor) -> Tensor:
    """Exercise 4 with one product only."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    return torch.autograd.grad(y, leaf, torch.ones_like(y))[0]


def graphed(f: Function, x: Tensor) -> Tensor:
    """Exercise 4 with a record of the rows."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = [torch.autograd.grad(entry, leaf, create_graph=True)[0] for entry in y]
    return torch.stack(rows)


def diagonal(x: Tensor, v: Tensor) -> Tensor:
    """Exercise 1 as if x.sum() were a constant."""
    return x.sum() * v


WRONG = [
    (1, lambda x, v: (x.sum() * torch.eye(len(x)).double() + x[:, None]) @ v, "it is J @ v"),
    (1, diagonal, "diagonal's share"),
    (1, lambda x, v: v[:, None] * (x.sum() * torch.eye(len(x)).double() + x[:, None]), "a table"),
    (2, tanh_with(torch.ones_like), "the product only"),
    (2, tanh_with(lambda h: 1 - h**2), "yours has x @ w there"),
    (2, tanh_with(torch.tanh), "tanh's value"),
    (2, tanh_with(lambda h: 1 - torch.tanh(h)), "is a square missing"),
    (2, tanh_with(lambda h: 1 - torch.tanh(torch.tanh(h)) ** 2), "a tanh already"),
    (2, tanh_with(lambda h: torch.tanh(h) ** 2 - 1), "sign is flipped"),
    (2, lambda x, w, v: tanh_by_einsum(x, w, v)[::-1], "are swapped"),
    (3, jvp_with(lambda h, t: torch.relu(t)), "applied to the movement"),
    (3, jvp_with(lambda h, t: t), "mask is missing"),
    (3, jvp_with(lambda h, t: t * (h <= 0)), "mask is inverted"),
    (3, jvp_with(lambda h, t: t * (h >= 0)), "exactly 0"),
    (3, jvp_with(lambda h, t: torch.relu(h + t)), "the output at x + t"),
    (3, jvp_with(lambda h, t: torch.relu(h + t) - torch.relu(h)), "a whole t apart"),
    (4, lambda f, x: accumulated(f, x, torch.clone), "the rows before it"),
    (4, lambda f, x: accumulated(f, x, lambda grad: grad), "the sum of all rows"),
    (4, cleared_in_place, "the last one"),
    (4, freed, "RuntimeError"),
    (4, by_ones, "one product with ones"),
    (4, lambda f, x: jacobian_by_new_graphs(f, x).T, "looks transposed"),
    (4, graphed, "recorded by autograd"),
]


@pytest.mark.parametrize(("number", "answer", "said"), WRONG)
def test_a_typical_mistake_is_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake that the answer makes."""
    verdict = check(f"vector_jacobian_product.{number}", answer, why=True)
    assert not verdict.right
    assert said in verdict.text
