"""The package as a wheel, for readers of the exercises to install."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_FIXED_TIME = "1580601600"
"""The time of the files in a wheel that nobody gives another: 2 February 2020."""


class WheelError(RuntimeError):
    """The wheel can't be built."""


def name() -> str:
    """Give the wheel's file name, which pip reads, with the version in ``pyproject.toml``.

    Examples:
        >>> name()
        'twolayer-...-py3-none-any.whl'
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return f"{project['name']}-{project['version']}-py3-none-any.whl"


def requirement(address: str | None) -> str:
    """Say what pip installs the wheel by: its place on the site, or a file in the reader's folder.

    Never by the package's name alone, which is on no index: whoever put something there would be installed.

    Examples:
        >>> requirement("https://example.org/twolayer/")
        'twolayer @ https://example.org/twolayer/twolayer-...-py3-none-any.whl'
        >>> requirement(None)
        './twolayer-...-py3-none-any.whl'
    """
    return f"twolayer @ {address}{name()}" if address else f"./{name()}"


def write(folder: Path) -> Path:
    """Build the wheel into a folder by the installed backend; the same sources give the same bytes."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    done = subprocess.run(  # noqa: S603 - the project's own backend
        [*command, "--directory", str(folder.resolve())],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": _FIXED_TIME},
        capture_output=True,
        text=True,
        check=False,
    )
    wheel = folder / name()
    if done.returncode or not wheel.is_file():
        message = f"the package's wheel can't be built: {(done.stderr + done.stdout).strip()}"
        raise WheelError(message)
    return wheel
