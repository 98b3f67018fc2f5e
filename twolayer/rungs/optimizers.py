"""The network with an optimizer from ``torch.optim`` for the update."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.layers import arrays, linear_layers
from twolayer.tensors import tensors, training

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twolayer.layers import Initialization
    from twolayer.problem import Problem


#: The optimizers by name. Each is a function of the parameters and the learning rate. Read-only.
OPTIMIZERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = MappingProxyType(
    {
        "sgd": torch.optim.SGD,
        "momentum": partial(torch.optim.SGD, momentum=0.9),
        "adagrad": torch.optim.Adagrad,
        "rmsprop": torch.optim.RMSprop,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }
)


@training()
def fit(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    optimizer: str = "sgd",
    bias: bool = False,
    initialization: Initialization = "problem",
    seed: int = 0,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str = torch.float64,
) -> Fit:
    """Fit the network with one of PyTorch's optimizers.

    Args:
        problem: The data and, if ``initialization`` is ``"problem"``, the starting weights.
        steps: How many updates to make, 1 or more.
        learning_rate: The optimizer's learning rate, above 0. With ``initialization="default"``, Adam,
            AdamW and RMSprop need about 1e-4.
        optimizer: A name in ``OPTIMIZERS``; ``"momentum"`` is SGD with momentum 0.9.
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
        ValueError: If an argument is out of range, a name is unknown, or the machine
            lacks the device.
        DivergedError: If the loss stops being finite.

    Examples:
        >>> from twolayer import random_problem
        >>> losses = fit(random_problem(), steps=101).losses
        >>> print(f"{losses[0]:.3e} {losses[100]:.3e}")
        3.152e+07 3.087e+02
    """
    steps, learning_rate = checks.schedule(steps, learning_rate)
    checks.one_of("optimizer", optimizer, OPTIMIZERS)
    x, y, *_ = start = tensors(problem, device, dtype)
    linear1, linear2 = linear_layers(start, bias=bias, initialization=initialization, seed=seed)
    model = torch.nn.Sequential(linear1, torch.nn.ReLU(), linear2)
    loss_fn = torch.nn.MSELoss(reduction="sum")
    updater = OPTIMIZERS[optimizer](model.parameters(), lr=learning_rate)
    history = LossHistory(learning_rate)
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        history.add(loss.item())
        updater.zero_grad()
        loss.backward()
        updater.step()
    return history.fit(**arrays({"1": linear1, "2": linear2}))
