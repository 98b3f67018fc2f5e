"""A problem's arrays as tensors, from which the PyTorch rungs start."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import torch

from twolayer import checks
from twolayer.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Tensors(NamedTuple):
    """The four arrays of a problem as tensors, on one device and with one dtype.

    Args:
        x: Inputs, shape (N, D_in).
        y: Targets, shape (N, D_out).
        w1: Starting weights of the first layer, shape (D_in, H).
        w2: Starting weights of the second layer, shape (H, D_out).
    """

    x: torch.Tensor
    y: torch.Tensor
    w1: torch.Tensor
    w2: torch.Tensor


def tensors(problem: Problem, device: str | torch.device, dtype: torch.dtype | str) -> Tensors:
    """Copy a problem into tensors.

    Args:
        problem: The problem.
        device: The device of the tensors, ``"cpu"`` or ``"cuda"``.
        dtype: Their dtype, ``torch.float32`` or ``torch.float64``.

    Returns:
        Four new tensors. Changing them doesn't change the problem.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If the rungs can't run on the device or with the dtype.

    Examples:
        >>> from twolayer import random_problem
        >>> x, y, w1, w2 = tensors(random_problem(), "cpu", torch.float32)
        >>> x.shape, x.dtype
        (torch.Size([64, 1000]), torch.float32)
    """
    checks.instance("problem", problem, Problem)
    device = checks.torch_device(device)
    dtype = checks.torch_dtype(dtype)
    arrays = (problem.x, problem.y, problem.w1, problem.w2)
    return Tensors(*(torch.tensor(array, device=device, dtype=dtype) for array in arrays))


@contextlib.contextmanager
def training() -> Iterator[None]:
    """Track gradients, whatever mode the caller is in, and restore that mode afterwards.

    It is a ``with`` block, or a decorator of a function. Inside, PyTorch makes new tensors on the CPU,
    unless it is told otherwise.

    Yields:
        Nothing.

    Examples:
        >>> with torch.no_grad(), training():
        ...     print(torch.is_grad_enabled())
        True
    """
    cpu = torch.device("cpu")
    # A default device slows down each call of PyTorch, even if it is the CPU.
    made_on = contextlib.nullcontext() if torch.get_default_device() == cpu else cpu
    with torch.inference_mode(mode=False), torch.enable_grad(), made_on:
        yield


def descend(leaves: Iterable[torch.Tensor], learning_rate: float) -> None:
    """Make one step of gradient descent by hand, in place, and clear the gradients.

    Args:
        leaves: The tensors to update. A tensor without a gradient had no part in the loss, and isn't
            changed.
        learning_rate: The step size.

    Examples:
        >>> w = torch.tensor(3.0, requires_grad=True)
        >>> (w**2).backward()
        >>> descend([w], learning_rate=0.5)
        >>> w.item(), w.grad
        (0.0, None)
    """
    with torch.no_grad():
        for leaf in leaves:
            if leaf.grad is not None:
                leaf -= learning_rate * leaf.grad
                leaf.grad = None
