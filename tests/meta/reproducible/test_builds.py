"""The site says the same whoever builds it, wherever and whenever."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def differences(first: Path, second: Path) -> str:
    """List the files in which two sites differ."""
    assert (first / "index.html").is_file()
    command = ["diff", "--recursive", "--brief", str(first), str(second)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stdout + done.stderr


def test_two_builds_give_the_same_bytes(sites: tuple[Path, Path]) -> None:
    """Folder, hash seed, date, time zone, language, permissions and width leave no trace."""
    assert not differences(*sites)


def test_a_build_on_what_was_kept_gives_the_same_bytes(
    sites: tuple[Path, Path], again: Path
) -> None:
    """A build that finds its scripts and guides executed makes the site of a fresh one."""
    assert not differences(sites[0], again)
