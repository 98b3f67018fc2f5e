"""Notebook kernels that treat a Python warning as an error and know this project's modules.

Kernels inherit the environment of the build. They get an IPython folder of their own, so that no setting of the machine's user reaches a page.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

STARTUP = """\
import warnings

warnings.resetwarnings()
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message=".*is non-interactive, and thus cannot be shown")
machinery = "IPython|asyncio|ipykernel|jupyter_client|jupyter_core|tornado|traitlets|zmq"
warnings.filterwarnings("ignore", module=rf"({machinery})(\\.|$)")
del machinery, warnings
"""
CONFIG = """\
c = get_config()
c.IPKernelApp.log_level = "ERROR"
"""


def prepare(folder: Path, modules: list[Path]) -> dict[str, str]:
    """Write the kernels' settings and name the environment that makes kernels use it.

    Args:
        folder: Where the kernels' IPython folder goes.
        modules: Folders that kernels import from.

    Returns:
        Environment variables.
    """
    profile = folder / "profile_default"
    (profile / "startup").mkdir(parents=True, exist_ok=True)
    (profile / "startup" / "00-strict.py").write_text(STARTUP, "utf-8")
    (profile / "ipython_kernel_config.py").write_text(CONFIG, "utf-8")
    inherited = os.environ.get("PYTHONPATH")
    paths = [str(path) for path in modules] + ([inherited] if inherited else [])
    unique = list(dict.fromkeys(os.pathsep.join(paths).split(os.pathsep)))
    return {
        "IPYTHONDIR": str(folder),
        "PYTHONPATH": os.pathsep.join(unique),
        "MPLBACKEND": "agg",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def configure(app: Sphinx, _config: Config) -> None:
    """Set the environment for the kernels of this build."""
    docs = Path(app.srcdir)
    modules = [docs.parent, docs]
    os.environ.update(prepare(docs / "_build" / "ipython", modules))
