"""A clean start for each gallery script: nothing leaks from one to the next.

Before a script runs, seeds and settings of Python, NumPy, PyTorch and Matplotlib are at their
defaults and a Python warning is an error, so that the build names the script and line. After it,
all is put back.
"""

from __future__ import annotations

import gc
import random
import sys
import warnings
from typing import Any

from twolayer_docs.gallery.parallel import guard

_SEED = 0
_saved: list[Any] = []
_NUMPY_PRINTING: dict[str, Any] = {
    "precision": 8,
    "threshold": 1000,
    "edgeitems": 3,
    "linewidth": 75,
    "suppress": False,
    "nanstr": "nan",
    "infstr": "inf",
    "sign": "-",
    "formatter": None,
    "floatmode": "maxprec",
    "legacy": False,
}


def reset(gallery_conf: dict[str, Any], fname: str | None, when: str) -> None:
    """Put global state back to where a fresh interpreter has it.

    Args:
        gallery_conf: sphinx-gallery's configuration.
        fname: The script about to run or having run, ``None`` for a folder.
        when: ``"before"`` or ``"after"`` the script.
    """
    del gallery_conf
    if fname is None:
        return
    if when == "before":
        guard()
        reset_libraries()
        if not gc.get_freeze_count():
            # sphinx-gallery collects garbage after each script, which takes long among all of torch.
            gc.freeze()
        catcher = warnings.catch_warnings()
        catcher.__enter__()
        _saved.append(catcher)
        strict_warnings()
    else:
        while _saved:
            _saved.pop().__exit__(None, None, None)
        reset_libraries()


def strict_warnings() -> None:
    """Make each Python warning an error, but for ``plt.show()`` without a screen."""
    warnings.resetwarnings()
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", message=".*is non-interactive, and thus cannot be shown")


def reset_libraries() -> None:
    """Reset seeds and settings of NumPy, PyTorch and Matplotlib."""
    import matplotlib.pyplot as plt  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    sys.excepthook = sys.__excepthook__  # a process group sets one, for good
    random.seed(_SEED)
    np.random.seed(_SEED)  # noqa: NPY002
    np.set_printoptions(**_NUMPY_PRINTING)
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    torch.manual_seed(_SEED)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_printoptions(profile="default", sci_mode=None)
    torch.set_grad_enabled(True)
    torch.autograd.set_detect_anomaly(mode=False)
    if torch.are_deterministic_algorithms_enabled():
        # Not asked for in vain: it imports torch's compiler.
        torch.use_deterministic_algorithms(False)  # noqa: FBT003
    torch.set_num_threads(_threads())
    plt.close("all")
    plt.rcdefaults()
    plt.rcParams["backend"] = "agg"


def _threads() -> int:
    """Give PyTorch's number of threads as it was before any script ran."""
    import torch  # noqa: PLC0415

    if not _THREADS:
        _THREADS.append(torch.get_num_threads())
    return _THREADS[0]


_THREADS: list[int] = []
