"""The network as a custom module, with a forward pass of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.layers import arrays, linear_layers
from twolayer.tensors import tensors, training

if TYPE_CHECKING:
    from twolayer.layers import Initialization
    from twolayer.problem import Problem


class TwoLayerNet(torch.nn.Module):
    """Two linear layers with a ReLU between them.

    Args:
        linear1: The first layer, with D_in inputs and H outputs.
        linear2: The second layer, with H inputs and D_out outputs.

    Examples:
        >>> net = TwoLayerNet(torch.nn.Linear(1000, 100), torch.nn.Linear(100, 10))
        >>> net(torch.ones(64, 1000)).shape
        torch.Size([64, 10])
        >>> sorted(net.state_dict())
        ['linear1.bias', 'linear1.weight', 'linear2.bias', 'linear2.weight']
    """

    def __init__(self, linear1: torch.nn.Linear, linear2: torch.nn.Linear) -> None:
        super().__init__()
        self.linear1 = linear1
        self.linear2 = linear2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute predictions.

        Args:
            x: Inputs, shape (N, D_in).

        Returns:
            Predictions, shape (N, D_out).
        """
        y_pred: torch.Tensor = self.linear2(self.linear1(x).relu())
        return y_pred


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
    """Fit ``TwoLayerNet`` with ``torch.optim.SGD``.

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
    model = TwoLayerNet(*linear_layers(start, bias=bias, initialization=initialization, seed=seed))
    loss_fn = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    history = LossHistory(learning_rate)
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        history.add(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history.fit(**arrays({"1": model.linear1, "2": model.linear2}))
