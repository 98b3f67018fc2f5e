"""The site says the same whoever builds it, wherever and whenever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import compare_sites

if TYPE_CHECKING:
    from pathlib import Path


def test_two_builds_give_the_same_bytes(sites: tuple[Path, Path]) -> None:
    """Folder, hash seed, date, time zone, language, permissions and width leave no trace."""
    found = compare_sites.differences(*sites)
    assert not found, "\n".join(found)
