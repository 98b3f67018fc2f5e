"""The two linear layers that the ``nn`` rungs share: make them from a problem, read them as arrays."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch

from twolayer import checks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from twolayer.tensors import Tensors

#: Where the layers' starting weights come from.
Initialization = Literal["problem", "default"]


def linear_layers(
    start: Tensors,
    *,
    bias: bool = False,
    initialization: Initialization = "problem",
    seed: int = 0,
) -> tuple[torch.nn.Linear, torch.nn.Linear]:
    """Make the network's two layers.

    ``torch.nn.Linear`` computes ``x @ weight.T + bias``, so a layer's weight is the transpose of
    the problem's matrix.

    Args:
        start: The problem as tensors. It sets the sizes, the starting weights, the device and the
            dtype.
        bias: Whether the layers add a bias.
        initialization: ``"problem"`` for the problem's weights, with biases of zero. ``"default"``
            for PyTorch's own random values, uniform between plus and minus one over the square root
            of the number of inputs.
        seed: The seed of those random values. The global generator keeps its state.

    Returns:
        The first and the second layer.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If the seed is negative or ``initialization`` is unknown.

    Examples:
        >>> from twolayer import random_problem
        >>> from twolayer.tensors import tensors
        >>> linear1, linear2 = linear_layers(tensors(random_problem(), "cpu", torch.float64))
        >>> linear1.weight.shape, linear2.weight.shape
        (torch.Size([100, 1000]), torch.Size([10, 100]))
    """
    checks.instance("bias", bias, bool)
    checks.one_of("initialization", initialization, get_args(Initialization))
    w1, w2 = start.w1, start.w2
    (D_in, H), D_out = w1.shape, w2.shape[1]
    with seeded(seed):
        linear1 = torch.nn.Linear(D_in, H, bias=bias, dtype=w1.dtype).to(w1.device)
        linear2 = torch.nn.Linear(H, D_out, bias=bias, dtype=w2.dtype).to(w2.device)
    if initialization == "problem":
        with torch.no_grad():
            for linear, w in ((linear1, w1), (linear2, w2)):
                linear.weight.copy_(w.t())
                if bias:
                    linear.bias.zero_()
    return linear1, linear2


def arrays(layers: Mapping[str, torch.nn.Linear]) -> dict[str, NDArray[np.floating[Any]]]:
    """Read layers as arrays, under the names that they have in a ``Fit``.

    Args:
        layers: The layers, each with the ending of its arrays' names: ``{"1": linear}`` becomes
            ``w1``, and ``b1`` if the layer has a bias.

    Returns:
        The weights, transposed to shape (inputs, outputs), and the biases.

    Examples:
        >>> sorted(arrays({"_middle": torch.nn.Linear(3, 3)}))
        ['b_middle', 'w_middle']
    """
    read = {}
    for ending, linear in layers.items():
        read[f"w{ending}"] = linear.weight.t().numpy(force=True)
        if linear.bias is not None:
            read[f"b{ending}"] = linear.bias.numpy(force=True)
    return read


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed PyTorch's CPU generator inside a ``with`` block, and restore its state afterwards.

    Args:
        seed: The seed, 0 or more.

    Yields:
        Nothing.

    Raises:
        TypeError: If the seed is not an integer.
        ValueError: If the seed is negative.

    Examples:
        >>> with seeded(0):
        ...     first = torch.rand(3)
        >>> with seeded(0):
        ...     second = torch.rand(3)
        >>> torch.equal(first, second)
        True
    """
    seed = checks.whole_number("seed", seed, minimum=0)
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also seed the generators of CUDA devices.
        torch.default_generator.manual_seed(seed)
        yield
