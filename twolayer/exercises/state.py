"""The state in which answers are checked: the same for each check, and restored after it."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEED = 0


@contextlib.contextmanager
def known_state() -> Iterator[None]:
    """Start in a known state, and restore the previous one afterwards.

    This covers the generators of Python, NumPy and PyTorch, the default dtype and device, autograd's modes,
    print options, warning filters, NumPy's error settings, the working directory, the environment, the
    recursion limit, ``sys.path`` and the standard streams.

    Examples:
        >>> with known_state():
        ...     random.seed(7)
        ...     np.set_printoptions(precision=1)
        >>> np.get_printoptions()["precision"]
        8
    """
    with contextlib.ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002 - readers use it
        stack.callback(os.chdir, Path.cwd())
        stack.callback(_put_back_environment, dict(os.environ))
        stack.callback(sys.setrecursionlimit, sys.getrecursionlimit())
        for name in ("stdin", "stdout", "stderr"):
            stack.callback(setattr, sys, name, getattr(sys, name))
        stack.callback(sys.path.__setitem__, slice(None), list(sys.path))
        options = np.get_printoptions()
        stack.callback(lambda: np.set_printoptions(**options))
        stack.enter_context(np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("default")
        random.seed(_SEED)
        np.random.seed(_SEED)  # noqa: NPY002 - as above
        if torch := sys.modules.get("torch"):
            _know_torch(stack, torch)
        yield


def _know_torch(stack: contextlib.ExitStack, torch: Any) -> None:
    stack.callback(torch.set_default_dtype, torch.get_default_dtype())
    stack.callback(torch.set_rng_state, torch.get_rng_state())
    stack.callback(torch.set_num_threads, torch.get_num_threads())
    stack.callback(torch.autograd.set_detect_anomaly, torch.is_anomaly_enabled())
    options = torch._tensor_str.PRINT_OPTS  # noqa: SLF001 - PyTorch has no function to read them
    stack.callback(vars(options).update, dict(vars(options)))
    stack.enter_context(torch.inference_mode(mode=False))
    stack.enter_context(torch.enable_grad())
    stack.enter_context(torch.device("cpu"))
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(_SEED)


def _put_back_environment(before: dict[str, str]) -> None:
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)
