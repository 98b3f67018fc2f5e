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
    """The wheel can't be built.

    Args:
        output: What the build said.
    """

    def __init__(self, output: str) -> None:
        super().__init__(f"the package's wheel can't be built: {output.strip()}")


def name() -> str:
    """Say how the wheel's file is named, which pip reads.

    Returns:
        The name, with the version that ``pyproject.toml`` states.

    Examples:
        >>> name()
        'twolayer-...-py3-none-any.whl'
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return f"{project['name']}-{project['version']}-py3-none-any.whl"


def write(folder: Path) -> Path:
    """Build the wheel, by the backend that is installed and without a network.

    Args:
        folder: Where to put it.

    Returns:
        Its path. The same sources give the same bytes.

    Raises:
        WheelError: If it can't be built.
    """
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
        raise WheelError(done.stderr + done.stdout)
    return wheel
