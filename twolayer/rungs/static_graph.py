"""The network as a graph that is captured once and runs at every step."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal, get_args

import torch

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.tensors import descend, tensors, training

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twolayer.problem import Problem
    from twolayer.tensors import Tensors

#: The ways to capture the graph.
Capture = Literal["fx", "export", "compile"]


@training()
def fit(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str = torch.float64,
    capture: Capture = "fx",
) -> Fit:
    """Fit the network by gradient descent, with a captured graph that computes the loss.

    Args:
        problem: The data and the starting weights.
        steps: How many updates to make, 1 or more.
        learning_rate: The step size of the updates, above 0.
        device: Where to compute, ``"cpu"`` or ``"cuda"``.
        dtype: The precision, ``torch.float32`` or ``torch.float64``.
        capture: How to capture the graph: ``"fx"`` for ``torch.fx.symbolic_trace``, ``"export"`` for
            ``torch.export.export``, or ``"compile"`` for ``torch.compile`` with a backend that needs
            no C++ compiler.

    Returns:
        The losses and the final weights.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If an argument is out of range, ``capture`` is unknown, or the machine lacks the
            device.
        DivergedError: If the loss stops being finite.

    Examples:
        >>> from twolayer import random_problem
        >>> losses = fit(random_problem(), steps=101).losses
        >>> print(f"{losses[0]:.3e} {losses[100]:.3e}")
        3.152e+07 3.087e+02
    """
    steps, learning_rate = checks.schedule(steps, learning_rate)
    checks.one_of("capture", capture, get_args(Capture))
    x, y, w1, w2 = inputs = tensors(problem, device, dtype)
    w1.requires_grad_()
    w2.requires_grad_()
    history = LossHistory(learning_rate)
    with _captured(capture, inputs) as graph:
        for _ in range(steps):
            loss = graph(x, y, w1, w2)
            history.add(loss.item())
            loss.backward()
            descend((w1, w2), learning_rate)
    return history.fit(w1.numpy(force=True), w2.numpy(force=True))


class SquaredError(torch.nn.Module):
    """The network's loss as a module without parameters, which can be captured in each way.

    Examples:
        >>> x, y = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0]])
        >>> w1, w2 = torch.tensor([[1.0], [1.0]]), torch.tensor([[2.0]])
        >>> SquaredError()(x, y, w1, w2)
        tensor(25.)
    """

    def forward(
        self, x: torch.Tensor, y: torch.Tensor, w1: torch.Tensor, w2: torch.Tensor
    ) -> torch.Tensor:
        """Run the forward pass.

        Args:
            x: Inputs, shape (N, D_in).
            y: Targets, shape (N, D_out).
            w1: The first layer's weights, shape (D_in, H).
            w2: The second layer's weights, shape (H, D_out).

        Returns:
            The sum of squared errors, shape ().
        """
        y_pred = x.mm(w1).relu().mm(w2)
        return (y_pred - y).square().sum()


@contextlib.contextmanager
def _captured(capture: Capture, inputs: Tensors) -> Iterator[Callable[..., torch.Tensor]]:
    if capture == "export":
        yield torch.export.export(SquaredError(), tuple(inputs)).module()
        return
    traced = torch.fx.symbolic_trace(SquaredError())
    if capture == "fx":
        yield traced
        return
    # Each traced module has its own code. Otherwise fits of different sizes would count as
    # recompilations of one function, and reach the limit on those.
    try:
        yield torch.compile(traced, backend="aot_eager", fullgraph=True, dynamic=False)
    finally:
        # PyTorch would keep what it compiled. `torch.compiler.reset` would drop the caller's too.
        torch._dynamo.reset_code(type(traced).forward.__code__)  # type: ignore[attr-defined]  # noqa: SLF001
