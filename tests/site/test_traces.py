"""The finished site doesn't tell where, when or in which process it was built."""

from __future__ import annotations

import os
import re
import socket
import sys
import tempfile
import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.forms import book
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_PICTURES_AND_FONTS = {".gif", ".ico", ".jpg", ".png", ".ttf", ".woff", ".woff2"}
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIMES = {
    "a time of day": r"(?<![\d:.])\d{1,2}:\d\d:\d\d(?![\d:])",
    "a date": r"(?<![\d-])20[2-9]\d-[01]\d-[0-3]\d(?!\d)",
    "a date in words": rf"\b{_DAY}[a-z]*,? (?:\d+ )?{_MONTH}[a-z]*\b",
    "seconds since 1970": r"(?<![\d.])1[6-9]\d{8}\.\d+",
}


@cache
def texts(site: Path) -> tuple[tuple[str, str], ...]:
    """Read all that a site holds, zips and inventories unpacked.

    Args:
        site: The site's folder.

    Returns:
        Names, and what stands under each.
    """
    return tuple(_texts(site))


def _texts(site: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        yield name, name
        if path.suffix in {".epub", ".zip"}:
            with zipfile.ZipFile(path) as archive:
                for member in archive.namelist():
                    if Path(member).suffix not in _PICTURES_AND_FONTS:
                        text = archive.read(member).decode("utf-8", "replace")
                        yield f"{name}/{member}", text.replace(book.MODIFIED, "")
        elif path.name == "objects.inv":
            *_, packed = path.read_bytes().split(b"\n", 4)
            yield name, zlib.decompress(packed).decode("utf-8", "replace")
        elif path.is_file() and path.suffix not in _PICTURES_AND_FONTS:
            yield name, path.read_bytes().decode("utf-8", "replace")


def found(site: Path, pattern: str) -> list[str]:
    """Find a pattern in all that a site holds.

    Args:
        site: The site's folder.
        pattern: A regular expression.

    Returns:
        The first match in each file, with what stands around it.
    """
    lines = []
    for name, text in texts(site):
        if match := re.search(pattern, text):
            around = text[max(match.start() - 30, 0) : match.end() + 30]
            lines.append(f"{name}: {around!r}")
    return lines


def test_no_file_tells_where_it_was_built(site: Path) -> None:
    """No path of this machine stands in the site, nor its name."""
    places = {ROOT, site, Path.home(), Path(tempfile.gettempdir()), Path(sys.prefix)}
    words = [str(place) + os.sep for place in places] + [str(ROOT), socket.getfqdn()]
    # A name such as "root" or "localhost" may be a word of the text.
    long = [re.escape(word) for word in words if "." in word or os.sep in word]

    assert found(site, "|".join(long)) == []


@pytest.mark.parametrize("kind", _TIMES)
def test_no_file_tells_when_it_was_built(site: Path, kind: str) -> None:
    """No date and no time of day stands in the site, but the dates of recordings."""
    # The page of recorded runs says when each was recorded, as recordings.py does.
    assert found(site, rf"(?<!Recorded on ){_TIMES[kind]}") == []


def test_no_page_shows_an_address_in_memory(site: Path) -> None:
    """No object is shown as the place where it lay, which changes from run to run."""
    places = found(site, r"\b0x[0-9a-fA-F]{6,}\b")
    # The constants of NumPy's generator are no addresses.
    assert [place for place in places if "scripts/network.js: " not in place] == []
