"""The tools that look at the finished site: axe, html-validate and Lighthouse.

The first test that needs one installs what ``package-lock.json`` beside this file lists into
``docs/_build/audits``, which takes about 15 s and 190 MB, once.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from twolayer_docs import npm
from twolayer_docs.paths import BUILD

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = BUILD / "audits"
LOCK = Path(__file__).with_name("package-lock.json")


class AuditError(RuntimeError):
    """A tool did not do its work."""


def versions() -> dict[str, str]:
    """Read the tools' versions, by name."""
    pins: dict[str, str] = json.loads(LOCK.with_name("package.json").read_text("utf-8"))[
        "dependencies"
    ]
    return pins


def module(name: str) -> Path:
    """Find a file of a tool below ``node_modules``, and install the tools if they are not there."""
    npm.ensure(LOCK, FOLDER)
    return npm.module(name, FOLDER)


def run_node(
    script: str, *arguments: str, environment: Mapping[str, str] | None = None, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a program of a tool, by its path below ``node_modules``; without an environment in this one."""
    return subprocess.run(
        [str(npm.node()), str(module(script)), *arguments],
        capture_output=True,
        check=False,
        cwd=FOLDER,
        encoding="utf-8",
        env=environment,
        timeout=seconds,
    )
