"""The network in PyTorch tensors, with the backward pass still derived by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.tensors import tensors

if TYPE_CHECKING:
    from twolayer.problem import Problem


def fit(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str = torch.float64,
) -> Fit:
    """Fit the network by gradient descent on any device.

    Args:
        problem: The data and the starting weights.
        steps: How many updates to make, 1 or more.
        learning_rate: The step size of the updates, above 0.
        device: Where to compute, ``"cpu"`` or ``"cuda"``.
        dtype: The precision, ``torch.float32`` or ``torch.float64``.

    Returns:
        The losses and the final weights.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If an argument is out of range, or the machine lacks the device.
        DivergedError: If the loss stops being finite.

    Examples:
        >>> from twolayer import random_problem
        >>> losses = fit(random_problem(), steps=101).losses
        >>> print(f"{losses[0]:.3e} {losses[100]:.3e}")
        3.152e+07 3.087e+02
    """
    steps, learning_rate = checks.schedule(steps, learning_rate)
    x, y, w1, w2 = tensors(problem, device, dtype)
    history = LossHistory(learning_rate)
    for _ in range(steps):
        loss, grad_w1, grad_w2 = loss_and_gradients(x, y, w1, w2)
        history.add(loss.item())
        w1 -= learning_rate * grad_w1
        w2 -= learning_rate * grad_w2
    return history.fit(w1.cpu().numpy(), w2.cpu().numpy())


def loss_and_gradients(
    x: torch.Tensor, y: torch.Tensor, w1: torch.Tensor, w2: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Run the forward and the backward pass.

    The gradients follow from the chain rule for ``loss = ((relu(x @ w1) @ w2 - y) ** 2).sum()``;
    ReLU's gradient at exactly 0 is 0.

    Args:
        x: Inputs, shape (N, D_in).
        y: Targets, shape (N, D_out).
        w1: The first layer's weights, shape (D_in, H).
        w2: The second layer's weights, shape (H, D_out).

    Returns:
        The loss, shape (), and its gradients with respect to ``w1`` and ``w2``, with their shapes.

    Examples:
        >>> loss, grad_w1, grad_w2 = loss_and_gradients(
        ...     x=torch.tensor([[1.0, 2.0]]),
        ...     y=torch.tensor([[1.0]]),
        ...     w1=torch.tensor([[1.0, -1.0], [1.0, 0.0]]),
        ...     w2=torch.tensor([[2.0], [5.0]]),
        ... )
        >>> loss
        tensor(25.)
        >>> grad_w1
        tensor([[20.,  0.],
                [40.,  0.]])
        >>> grad_w2
        tensor([[30.],
                [ 0.]])
    """
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).square().sum()

    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h_relu = grad_y_pred.mm(w2.t())
    grad_h = grad_h_relu.clone()
    grad_h[h <= 0] = 0
    grad_w1 = x.t().mm(grad_h)
    return loss, grad_w1, grad_w2
