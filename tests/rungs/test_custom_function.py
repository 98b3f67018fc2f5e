"""The custom Function."""

from __future__ import annotations

import pytest
import torch

from twolayer.rungs.custom_function import ReLU


def test_passes_gradcheck() -> None:
    """PyTorch's own check of a backward pass accepts it in float64."""
    x = torch.tensor([[-2.0, -0.5], [0.5, 3.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(ReLU.apply, x)


def test_is_torchs_relu_also_at_zero() -> None:
    """Values and gradients equal torch.relu's, on both sides of 0 and at 0."""
    ours = torch.tensor([-1.0, -0.0, 0.0, 1.0], requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    ReLU.apply(ours).sum().backward()
    torch.relu(theirs).sum().backward()
    assert torch.equal(ReLU.apply(ours), torch.relu(theirs))
    assert ours.grad is not None
    assert theirs.grad is not None
    assert ours.grad.tolist() == theirs.grad.tolist() == [0, 0, 0, 1]


def test_works_under_torch_func() -> None:
    """Function transforms differentiate it, which takes setup_context."""
    gradient = torch.func.grad(lambda x: ReLU.apply(x).sum())
    assert gradient(torch.tensor([-1.0, 2.0])).tolist() == [0, 1]


def test_is_not_called_but_applied() -> None:
    """An instance refuses to be called."""
    with pytest.raises((RuntimeError, DeprecationWarning)):
        ReLU()(torch.ones(1))
