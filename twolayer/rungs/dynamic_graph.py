"""The network with a middle layer that each forward pass can apply any number of times."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Literal

import torch

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.layers import arrays, linear_layers, seeded
from twolayer.tensors import tensors, training

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.layers import Initialization
    from twolayer.problem import Problem


_MOST_REPEATS = 3


class DynamicNet(torch.nn.Module):
    """A two-layer network with one middle layer that is applied any number of times.

    All uses of the middle layer share its weights, so their gradient is the sum over the uses.

    Args:
        linear1: The first layer, with D_in inputs and H outputs.
        middle: The middle layer, with H inputs and H outputs.
        linear2: The last layer, with H inputs and D_out outputs.
        repeats: A function that is called once in each forward pass. It returns how many times to
            apply the middle layer.

    Examples:
        >>> depths = iter([0, 2])
        >>> net = DynamicNet(
        ...     torch.nn.Linear(5, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 1), depths.__next__
        ... )
        >>> shallow, deep = net(torch.ones(3, 5)), net(torch.ones(3, 5))
        >>> shallow.shape == deep.shape
        True
    """

    def __init__(
        self,
        linear1: torch.nn.Linear,
        middle: torch.nn.Linear,
        linear2: torch.nn.Linear,
        repeats: Callable[[], int],
    ) -> None:
        super().__init__()
        self.linear1 = linear1
        self.middle = middle
        self.linear2 = linear2
        self._repeats = repeats

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute predictions, with the middle layer applied ``repeats()`` times.

        Args:
            x: Inputs, shape (N, D_in).

        Returns:
            Predictions, shape (N, D_out).
        """
        h_relu: torch.Tensor = self.linear1(x).relu()
        for _ in range(self._repeats()):
            h_relu = self.middle(h_relu).relu()
        y_pred: torch.Tensor = self.linear2(h_relu)
        return y_pred


@training()
def fit(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    middle_layers: int | Literal["random"] = 0,
    momentum: float = 0.0,
    bias: bool = False,
    initialization: Initialization = "problem",
    seed: int = 0,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str = torch.float64,
) -> Fit:
    """Fit ``DynamicNet`` with ``torch.optim.SGD``.

    Args:
        problem: The data and, if ``initialization`` is ``"problem"``, the starting weights.
        steps: How many updates to make, 1 or more.
        learning_rate: The step size of the updates, above 0.
        middle_layers: How many times each forward pass applies the middle layer, or ``"random"`` for
            a random number from 0 to 3 at every step.
        momentum: The optimizer's momentum, 0 or more.
        bias: Whether the layers add a bias.
        initialization: ``"problem"`` to start from the problem's weights, with biases of zero;
            ``"default"`` to start from PyTorch's own random values.
        seed: The seed of those random values, of the middle layer and of the random depths.
        device: Where to compute, ``"cpu"`` or ``"cuda"``.
        dtype: The precision, ``torch.float32`` or ``torch.float64``.

    Returns:
        The losses and the final weights. ``others`` contains ``w_middle`` and, with a bias, ``b1``,
        ``b2`` and ``b_middle``.

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

    In the best-known form of this network, all of this is random:

        >>> fit(
        ...     random_problem(),
        ...     middle_layers="random",
        ...     momentum=0.9,
        ...     bias=True,
        ...     initialization="default",
        ...     learning_rate=1e-4,
        ... ).others["w_middle"].shape
        (100, 100)
    """
    steps, learning_rate = checks.schedule(steps, learning_rate)
    if middle_layers != "random":
        middle_layers = checks.whole_number("middle_layers", middle_layers, minimum=0)
    momentum = checks.finite_number("momentum", momentum, at_least=0)
    x, y, *_ = start = tensors(problem, device, dtype)
    linear1, linear2 = linear_layers(start, bias=bias, initialization=initialization, seed=seed)
    hidden = linear1.out_features
    with seeded(seed):
        middle = torch.nn.Linear(hidden, hidden, bias=bias, dtype=x.dtype).to(x.device)
    # A separate generator, which neither torch's seed nor a caller's `random.seed` affects.
    depths = random.Random(seed)  # noqa: S311 - depths are no secrets

    def repeats() -> int:
        return depths.randint(0, _MOST_REPEATS) if middle_layers == "random" else middle_layers

    model = DynamicNet(linear1, middle, linear2, repeats)
    loss_fn = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum)
    history = LossHistory(learning_rate)
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        history.add(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history.fit(**arrays({"1": linear1, "2": linear2, "_middle": middle}))
