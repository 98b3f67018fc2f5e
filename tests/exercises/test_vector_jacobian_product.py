"""Answers to the exercises on the vector-Jacobian product that build a whole Jacobian, or none in odd ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from torch import Tensor


def by_einsum(x: Tensor, w: Tensor, v: Tensor) -> list[Tensor]:
    """Exercise 2 with einsum and the slope from cosh, as a list."""
    slope = torch.cosh(x @ w) ** -2
    grad_x = torch.einsum("nh,nh,dh->nd", v, slope, w)
    return [grad_x, torch.einsum("nd,nh,nh->dh", x, v, slope)]


def by_matrix(x: Tensor, w: Tensor, v: Tensor) -> list[Tensor]:
    """Exercise 2 with whole Jacobians."""
    pair = torch.autograd.functional.jacobian(lambda x, w: torch.tanh(x @ w), (x, w))
    return [torch.einsum("nh,nhij->ij", v, J) for J in pair]


def by_backward(f: Any, x: Tensor, *, keep: Any = torch.clone) -> Tensor:
    """Exercise 4 with backward on each entry, the input itself made a leaf."""
    x.requires_grad_()
    rows = []
    for entry in f(x):
        x.grad = None if keep is torch.clone else x.grad
        entry.backward(retain_graph=True)
        rows.append(keep(x.grad))
    return torch.stack(rows)


def batched(f: Any, x: Tensor) -> Tensor:
    """Exercise 4 with all unit vectors at once."""
    y = f(x.requires_grad_())
    return torch.autograd.grad(y, x, torch.eye(len(y)).double(), is_grads_batched=True)[0]


TRIED: list[tuple[int, Any, str]] = [
    (1, lambda x, v: v * x.sum() + torch.dot(v, x), "right"),
    (2, by_einsum, "right"),
    (2, by_matrix, "calls jacobian"),
    (3, lambda x, w1, w2, t: (torch.relu(x @ w1) @ w2, w2.T * (x @ w1 > 0) @ w1.T @ t), "right"),
    (4, by_backward, "right"),
    (4, batched, "right"),
    (4, lambda f, x: by_backward(f, x, keep=lambda grad: grad), "the sum of all rows"),
    (4, lambda f, x: torch.func.jacrev(f)(x), "calls jacrev"),
]


@pytest.mark.parametrize(("number", "answer", "said"), TRIED, ids=range(len(TRIED)))
def test_products_are_asked_for(number: int, answer: Any, said: str) -> None:
    """Products in any way are right; a whole Jacobian of PyTorch's making is none."""
    assert said in check(f"vector_jacobian_product.{number}", answer, seconds=60, why=True).text
