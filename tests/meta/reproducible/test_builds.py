"""The site says the same whoever builds it, wherever and whenever."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MEASURED = re.compile(rb"this build: [^<\n\\]*")


def contents(name: str, data: bytes) -> dict[str, bytes]:
    """Give a file's bytes, or those of an archive's members, without the times that a build measured."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return {name: _MEASURED.sub(b"", data)}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [
            contents(f"{name}/{member}", archive.read(member)) for member in archive.namelist()
        ]
    return {path: data for member in members for path, data in member.items()}


def everything(site: Path) -> dict[str, bytes]:
    """Give the bytes of all files of a site."""
    assert (site / "index.html").is_file()
    files = [path for path in site.rglob("*") if path.is_file()]
    found = [contents(str(path.relative_to(site)), path.read_bytes()) for path in files]
    return {path: data for file in found for path, data in file.items()}


def differences(first: Path, second: Path) -> list[str]:
    """List the files in which two sites differ."""
    one, other = everything(first), everything(second)
    return [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]


def test_two_builds_give_the_same_bytes(sites: tuple[Path, Path]) -> None:
    """Folder, hash seed, date, time zone, language, permissions and width leave no trace."""
    assert not differences(*sites)


def test_a_build_on_what_was_kept_gives_the_same_bytes(
    sites: tuple[Path, Path], again: Path
) -> None:
    """A build that finds its scripts and guides executed makes the site of a fresh one."""
    assert not differences(sites[0], again)
