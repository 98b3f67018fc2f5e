"""The site says the same whoever builds it, wherever and whenever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twolayer_docs.tools import compare_sites

if TYPE_CHECKING:
    from pathlib import Path


def test_two_builds_give_the_same_bytes(sites: tuple[Path, Path]) -> None:
    """Folder, hash seed, date, time zone, language, permissions and width leave no trace."""
    found = compare_sites.differences(*sites)
    assert not found, "\n".join(found)


def test_a_build_on_what_was_kept_gives_the_same_bytes(
    sites: tuple[Path, Path], detour: tuple[Path, Path]
) -> None:
    """A page's new title shows on every page; when it is back, so is the site of a fresh build."""
    changed, back = detour
    pages = [*changed.glob("*.html"), *changed.glob("gallery/*/*.html")]

    assert all("Re-creating tensors" in page.read_text("utf-8") for page in pages)
    found = compare_sites.differences(sites[0], back)
    assert not found, "\n".join(found)
