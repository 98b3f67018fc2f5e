"""The results of PyTorch's operations while a reader's code runs."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Watching(TorchDispatchMode):
    """Keep the results of an operation, each time that it runs in a ``with`` block.

    Args:
        name: The operation's name in ``torch.ops.aten``.

    Examples:
        >>> import torch
        >>> with Watching("mul") as watching:
        ...     doubled = 2 * torch.ones(3) + 1
        >>> watching.given
        [tensor([2., 2., 2.])]
    """

    def __init__(self, name: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.name = name
        self.given: list[Any] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, and keep its result if it is the one to watch."""
        del types
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket.__name__ == self.name:
            self.given.append(result)
        return result


# The first operation inside loads PyTorch's compiler, which can take longer than an answer may.
with Watching(""):
    torch.zeros(1)
