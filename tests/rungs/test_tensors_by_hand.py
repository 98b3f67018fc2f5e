"""The tensor rung."""

from __future__ import annotations

import torch

from twolayer import random_problem
from twolayer.rungs.tensors_by_hand import loss_and_gradients
from twolayer.tensors import tensors


def test_the_loss_is_a_tensor_of_shape_nothing() -> None:
    """The loss has shape (), and each gradient the shape of its weights."""
    x, y, w1, w2 = tensors(random_problem(), "cpu", torch.float64)
    loss, grad_w1, grad_w2 = loss_and_gradients(x, y, w1, w2)
    assert loss.shape == ()
    assert grad_w1.shape == w1.shape
    assert grad_w2.shape == w2.shape


def test_needs_no_graph() -> None:
    """Gradients by hand come without a graph behind them."""
    results = loss_and_gradients(*tensors(random_problem(), "cpu", torch.float64))
    assert not any(result.requires_grad for result in results)
