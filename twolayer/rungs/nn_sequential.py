"""The network as a sequence of layers, which contain their own weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.layers import arrays, linear_layers
from twolayer.tensors import descend, tensors, training

if TYPE_CHECKING:
    from twolayer.layers import Initialization
    from twolayer.problem import Problem


@training()
def fit(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    bias: bool = False,
    initialization: Initialization = "problem",
    seed: int = 0,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str = torch.float64,
) -> Fit:
    """Fit ``nn.Sequential`` by gradient descent, and update its parameters by hand.

    Args:
        problem: The data and, if ``initialization`` is ``"problem"``, the starting weights.
        steps: How many updates to make, 1 or more.
        learning_rate: The step size of the updates, above 0.
        bias: Whether the layers add a bias.
        initialization: ``"problem"`` to start from the problem's weights, with biases of zero;
            ``"default"`` to start from PyTorch's own random values.
        seed: The seed of those random values.
        device: Where to compute, ``"cpu"`` or ``"cuda"``.
        dtype: The precision, ``torch.float32`` or ``torch.float64``.

    Returns:
        The losses and the final weights. With a bias, ``others`` contains ``b1`` and ``b2``.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If an argument is out of range, ``initialization`` is unknown, or the machine
            lacks the device.
        DivergedError: If the loss stops being finite.

    Examples:
        >>> from twolayer import random_problem
        >>> losses = fit(random_problem(), steps=101).losses
        >>> print(f"{losses[0]:.3e} {losses[100]:.3e}")
        3.152e+07 3.087e+02
    """
    steps, learning_rate = checks.schedule(steps, learning_rate)
    x, y, *_ = start = tensors(problem, device, dtype)
    linear1, linear2 = linear_layers(start, bias=bias, initialization=initialization, seed=seed)
    model = torch.nn.Sequential(linear1, torch.nn.ReLU(), linear2)
    loss_fn = torch.nn.MSELoss(reduction="sum")
    history = LossHistory(learning_rate)
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        history.add(loss.item())
        loss.backward()
        descend(model.parameters(), learning_rate)
    return history.fit(**arrays({"1": linear1, "2": linear2}))
