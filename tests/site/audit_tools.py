"""The tools that look at the finished site: axe, html-validate and Lighthouse.

The first test that needs one installs what ``tests/site/package-lock.json`` lists into
``docs/_build/audits``, which takes about 15 s and 190 MB, once.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from twolayer_docs import npm

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docs" / "_build" / "audits"
PACKAGE = ROOT / "tests" / "site" / "package.json"
LOCK = PACKAGE.with_name("package-lock.json")


class AuditError(npm.NpmError):
    """A tool is not there, can't be installed, or did not do its work."""


def ensure(folder: Path = FOLDER) -> bool:
    """Install the tools unless the wanted ones are there already.

    Args:
        folder: Where npm installs to.

    Returns:
        Whether anything was installed.

    Raises:
        AuditError: If npm fails; the message says what to do.
    """
    wanted = hashlib.sha256(PACKAGE.read_bytes() + LOCK.read_bytes()).hexdigest()
    stamp = folder / "installed.txt"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return False
    node_path()
    stamp.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for file in (PACKAGE, LOCK):
        shutil.copyfile(file, folder / file.name)
    status = npm.run_npm("ci", "--prefix", str(folder))
    if status != 0 or versions(folder) != npm.dependencies(PACKAGE):
        names = ", ".join(npm.dependencies(PACKAGE))
        message = (
            f"npm could not install {names} (exit status {status}). "
            "Check the network, then run: nox -s site"
        )
        raise AuditError(message)
    stamp.write_text(wanted, "utf-8")
    return True


def versions(folder: Path = FOLDER) -> dict[str, str | None]:
    """Read the tools' versions.

    Args:
        folder: The folder that npm installed into.

    Returns:
        Versions by name; ``None`` for a tool that is not there.
    """
    wanted = npm.dependencies(PACKAGE)
    return {name: npm.installed_version(folder, name) for name in wanted}


def module(name: str) -> Path:
    """Find a file of a tool, and install the tools if they are not there.

    Args:
        name: The file's path below ``node_modules``.

    Returns:
        Its path.
    """
    ensure()
    return FOLDER / "node_modules" / name


def node_path() -> Path:
    """Find node.

    Returns:
        The path of the program.

    Raises:
        AuditError: If it is not installed.
    """
    try:
        return npm.node_path("runs the checks of the site", group="site")
    except npm.NpmError as error:
        raise AuditError(*error.args) from error


def run_node(
    script: str, *arguments: str, environment: Mapping[str, str] | None = None, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a program of a tool.

    Args:
        script: The program's path below ``node_modules``.
        arguments: Its arguments.
        environment: All environment variables; this process's own by default.
        seconds: How long it may take.

    Returns:
        What it gave back.
    """
    return subprocess.run(
        [str(node_path()), str(module(script)), *arguments],
        capture_output=True,
        check=False,
        cwd=FOLDER,
        encoding="utf-8",
        env=environment,
        timeout=seconds,
    )
