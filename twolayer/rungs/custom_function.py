"""The network with a custom ReLU, an operation that you teach autograd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.tensors import descend, tensors, training

if TYPE_CHECKING:
    from twolayer.problem import Problem


class ReLU(torch.autograd.Function):
    """ReLU with a hand-written backward pass. Its gradient at exactly 0 is 0.

    Examples:
        >>> x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
        >>> y = ReLU.apply(x)
        >>> y.detach()
        tensor([0., 0., 2.])
        >>> y.sum().backward()
        >>> x.grad
        tensor([0., 0., 1.])
    """

    @staticmethod
    def forward(x: torch.Tensor) -> torch.Tensor:
        """Replace every negative element with zero.

        Args:
            x: A tensor of any shape.

        Returns:
            A new tensor of the same shape.
        """
        return x.clamp(min=0)

    @staticmethod
    def setup_context(
        ctx: Any,
        inputs: tuple[torch.Tensor],
        output: torch.Tensor,  # noqa: ARG004 - autograd passes it
    ) -> None:
        """Save what the backward pass needs.

        Args:
            ctx: The context to save it in.
            inputs: The arguments of ``forward``.
            output: The return value of ``forward``.
        """
        (x,) = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> torch.Tensor:
        """Pass the gradient on wherever the input was positive.

        Args:
            ctx: The context that ``setup_context`` filled.
            grad_output: The gradient of the loss with respect to the output, with its shape.

        Returns:
            The gradient of the loss with respect to the input, with the same shape.
        """
        (x,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[x <= 0] = 0
        return grad_input


@training()
def fit(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str = torch.float64,
) -> Fit:
    """Fit the network by gradient descent, with this :class:`ReLU` in the forward pass.

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
        y_pred = ReLU.apply(x.mm(w1)).mm(w2)
        loss = (y_pred - y).square().sum()
        history.add(loss.item())
        loss.backward()
        descend((w1, w2), learning_rate)
    return history.fit(w1.numpy(force=True), w2.numpy(force=True))
