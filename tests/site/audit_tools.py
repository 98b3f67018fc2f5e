"""The tools that look at the finished site: axe, html-validate and Lighthouse.

The first test that needs one installs what ``tests/site/package-lock.json`` lists into
``docs/_build/audits``, which takes about 15 s and 190 MB, once.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from twolayer_docs import npm
from twolayer_docs.paths import BUILD

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = BUILD / "audits"
LOCK = Path(__file__).with_name("package-lock.json")
# Against hanging, on however slow a machine.
_SECONDS = 600


class AuditError(RuntimeError):
    """A tool did not do its work."""


def module(name: str) -> Path:
    """Find a file of a tool by its path below ``node_modules``; install the tools where they are not there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(FOLDER / "installing.lock"):
        npm.ensure(LOCK, FOLDER)
    return npm.module(name, FOLDER)


def run_node(
    script: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of a tool, by its path below ``node_modules``."""
    return subprocess.run(
        [str(npm.node()), str(module(script)), *arguments],
        capture_output=True,
        check=False,
        cwd=FOLDER,
        encoding="utf-8",
        env=environment,
        timeout=_SECONDS,
    )
