"""The network with gradients from autograd, so without a backward pass of your own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.tensors import descend, tensors, training

if TYPE_CHECKING:
    from twolayer.problem import Problem


@training()
def fit(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str = torch.float64,
) -> Fit:
    """Fit the network by gradient descent, with ``backward`` for the gradients.

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
    w1.requires_grad_()
    w2.requires_grad_()
    history = LossHistory(learning_rate)
    for _ in range(steps):
        y_pred = x.mm(w1).relu().mm(w2)
        loss = (y_pred - y).square().sum()
        history.add(loss.item())
        loss.backward()
        descend((w1, w2), learning_rate)
    return history.fit(w1.numpy(force=True), w2.numpy(force=True))
