"""As few passes over memory as possible: reused buffers, fused operations, a CUDA graph on a GPU.

The gradients are the same as in ``tensors_by_hand``. They are computed differently:

- Every result has a buffer that is allocated once, so a step allocates nothing.
- The update of a weight is part of the matrix product that computes its gradient
  (:func:`torch.addmm`), so the gradient itself is never stored.
- The second product also subtracts the targets. The factor 2 of ``grad_y_pred`` is part of the
  update.
- The second layer's weights and the errors are stored transposed, because a matrix product with
  few rows is faster than one with few columns.
- The losses of a block of steps are computed together at the end of the block.
- On a CUDA device, a block is captured once as a CUDA graph and then replayed, because launching the
  kernels of a step one by one takes longer than running them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

from twolayer import checks
from twolayer.fit import Fit, LossHistory
from twolayer.tensors import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twolayer.problem import Problem
    from twolayer.tensors import Tensors

#: How many steps a block has. One CUDA graph holds a block, and its losses are read together.
BLOCK = 50

_relu_backward = torch.ops.aten.threshold_backward.grad_input


def fit(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str = torch.float64,
) -> Fit:
    """Fit the network by gradient descent, as fast as PyTorch's own operations allow.

    Args:
        problem: The data and the starting weights.
        steps: How many updates to make, 1 or more.
        learning_rate: The step size of the updates, above 0.
        device: Where to compute: ``"cpu"``, or ``"cuda"`` with a captured CUDA graph.
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
    loop = _Loop(tensors(problem, device, dtype), learning_rate)
    history = LossHistory(learning_rate)
    for losses in _blocks(loop, steps):
        for loss in losses.tolist():
            history.add(loss)
    return history.fit(loop.w1.numpy(force=True), loop.w2_t.t().numpy(force=True))


class _Loop:
    """The current weights, and a buffer for each array that a step computes."""

    def __init__(self, start: Tensors, learning_rate: float) -> None:
        x, y, w1, w2 = start
        (N, D_out), H = y.shape, len(w2)
        self.x, self.x_t, self.w1 = x, x.t(), w1
        self.y_t, self.w2_t = y.t().contiguous(), w2.t().contiguous()
        self.h, self.grad_h = w1.new_empty(N, H), w1.new_empty(N, H)
        self.h_t = self.h.t()
        self.errors, self.squares = w1.new_empty(2, BLOCK, D_out, N)
        self.losses = w1.new_empty(BLOCK)
        self.views = [(error, error.t()) for error in self.errors]
        self.rate, self.on_cuda = -2 * learning_rate, x.is_cuda

    def run(self, steps: int) -> None:
        """Make up to ``BLOCK`` steps, and write their losses into the buffer."""
        errors, squares = self.errors[:steps], self.squares[:steps]
        errors.copy_(self.y_t)
        for error, error_t in self.views[:steps]:
            torch.mm(self.x, self.w1, out=self.h).relu_()
            error.addmm_(self.w2_t, self.h_t, beta=-1)  # y_pred - y, transposed
            torch.mm(error_t, self.w2_t, out=self.grad_h)
            _relu_backward(self.grad_h, self.h, 0, grad_input=self.grad_h)
            self.w2_t.addmm_(error, self.h, alpha=self.rate)
            self.w1.addmm_(self.x_t, self.grad_h, alpha=self.rate)
        torch.mul(errors, errors, out=squares)
        torch.sum(squares, (1, 2), out=self.losses[:steps])


def _blocks(loop: _Loop, steps: int) -> Iterator[torch.Tensor]:
    """Run a loop block by block, and yield the losses of each block."""
    # The first block may be shorter. It runs without a graph, and loads what the capture needs.
    first = (steps - 1) % BLOCK + 1
    loop.run(first)
    yield loop.losses[:first]
    if steps > first:
        run = _captured(loop) if loop.on_cuda else partial(loop.run, BLOCK)
        for _ in range((steps - first) // BLOCK):
            run()
            yield loop.losses


def _captured(loop: _Loop) -> Callable[[], None]:
    """Capture a block as a CUDA graph. The capture itself computes nothing."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.device(loop.x.device), torch.cuda.graph(graph, stream=torch.cuda.Stream()):
        loop.run(BLOCK)
    return graph.replay
