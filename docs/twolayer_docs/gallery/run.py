"""How scripts and executed pages run: from a clean start, with warnings as errors, and without a NaN.

sphinx-gallery calls :func:`reset` around each script; :func:`set_up_kernels` does the same for the kernels of
executed pages; :func:`check_outputs` looks at what either of them shows.
"""

from __future__ import annotations

import gc
import os
import random
import re
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

_LOGGER = logging.getLogger(__name__)
_SEED = 0
_caught: list[warnings.catch_warnings[Any]] = []

# Kernels get an IPython folder of their own, so that no setting of the machine's user reaches a page.
KERNEL_STARTUP = """\
import warnings

warnings.resetwarnings()
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message=".*is non-interactive, and thus cannot be shown")
machinery = "IPython|asyncio|ipykernel|jupyter_client|jupyter_core|tornado|traitlets|zmq"
warnings.filterwarnings("ignore", module=rf"({machinery})(\\.|$)")
del machinery, warnings
"""
KERNEL_CONFIG = """\
c = get_config()
c.IPKernelApp.log_level = "ERROR"
"""

PYTHON = {"python", "ipython3"}
"""The languages of code; what a page shows in another language, its code has printed."""
_NO_NUMBER = re.compile(r"\b(?:nan|inf|infinity)\b", re.IGNORECASE)
_VERDICT = re.compile(r"\w+\.\d+: not yet\. ")
_MARKUP = re.compile(r"<[^>]*>|\x1b\[[0-9;]*m")


def reset(_gallery_conf: dict[str, Any], script: str | None, when: str) -> None:
    """Before and after a script, put back what scripts may change; sphinx-gallery calls this."""
    if script is None:  # a folder
        return
    if when == "before":
        reset_libraries()
        if not gc.get_freeze_count():
            # sphinx-gallery collects garbage after each script, which takes long among all of torch.
            gc.freeze()
        _caught.append(warnings.catch_warnings())
        _caught[-1].__enter__()
        warnings.resetwarnings()
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*is non-interactive, and thus cannot be shown")
    else:
        while _caught:
            _caught.pop().__exit__(None, None, None)
        reset_libraries()


def reset_libraries() -> None:
    """Put seeds and settings of Python, NumPy, PyTorch and Matplotlib back to their defaults."""
    # A build in which no script runs shouldn't wait for these.
    import matplotlib.pyplot as plt  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    printing, errors, threads = _defaults()
    sys.excepthook = sys.__excepthook__  # a process group sets one, for good
    random.seed(_SEED)
    np.random.seed(_SEED)  # noqa: NPY002
    np.set_printoptions(**printing)
    np.seterr(**errors)
    torch.manual_seed(_SEED)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_printoptions(profile="default", sci_mode=None)
    torch.set_grad_enabled(True)
    torch.autograd.set_detect_anomaly(mode=False)
    if torch.are_deterministic_algorithms_enabled():
        # Not asked for in vain: it imports torch's compiler.
        torch.use_deterministic_algorithms(False)  # noqa: FBT003
    torch.set_num_threads(threads)
    plt.close("all")
    plt.rcdefaults()
    plt.rcParams["backend"] = "agg"


@cache
def _defaults() -> tuple[dict[str, Any], dict[str, Any], int]:
    """Give NumPy's print options and treatment of errors, and PyTorch's threads, before any script ran."""
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    return {**np.get_printoptions()}, {**np.geterr()}, torch.get_num_threads()


def kernel_settings(folder: Path) -> dict[str, str]:
    """Write an IPython folder for strict kernels, and give the environment that makes kernels use it."""
    profile = folder / "profile_default"
    (profile / "startup").mkdir(parents=True, exist_ok=True)
    (profile / "startup" / "00-strict.py").write_text(KERNEL_STARTUP, "utf-8")
    (profile / "ipython_kernel_config.py").write_text(KERNEL_CONFIG, "utf-8")
    return {
        "IPYTHONDIR": str(folder),
        "MPLBACKEND": "agg",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def set_up_kernels(app: Sphinx, _config: Config) -> None:
    """Set the environment that the kernels of this build inherit."""
    os.environ.update(kernel_settings(Path(app.srcdir, "_build", "ipython")))


def is_output(node: nodes.Node) -> bool:
    """Tell whether a node is no prose and no code, so that code has made it."""
    if isinstance(node, nodes.literal_block):
        return node.get("language", "").lower() not in PYTHON
    is_markdown = isinstance(node, nodes.container) and node.get("mime_type") == "text/markdown"
    return is_markdown or isinstance(node, nodes.raw)


def check_outputs(_app: Sphinx, document: nodes.document) -> None:
    """Warn of each NaN and infinity that a page shows; a verdict on an exercise may speak of them."""
    for node in document.findall(is_output):
        for line in _MARKUP.sub(" ", node.astext()).splitlines():
            if _NO_NUMBER.search(line) and not _VERDICT.match(line.strip()):
                said = "the page shows a number that is none: %s"
                _LOGGER.warning(said, line.strip(), location=node, type="output")


def put_output_first(_app: Sphinx, document: nodes.document) -> None:
    """Put what a cell printed below its code, where sphinx-gallery puts the cell's pictures."""
    for box in list(document.findall(nodes.literal_block)):
        if "sphx-glr-script-out" not in box["classes"]:
            continue
        start = end = box.parent.index(box)
        while start and isinstance(box.parent[start - 1], nodes.image | nodes.raw):
            start -= 1
        siblings = box.parent.children
        siblings[start : end + 1] = [box, *siblings[start:end]]
