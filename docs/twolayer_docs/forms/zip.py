"""The finished site as one zip, to be read from a folder without a server.

Pages need no change for that: the ``'self'`` of their Content-Security-Policy covers files beside
them, as Chromium and Firefox see it. Links to files that the zip doesn't hold become plain words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from pathlib import Path

NAME = "twolayer-offline.zip"
FOLDER = "twolayer"
HOSTING = frozenset({".nojekyll", "404.html", "robots.txt", "sitemap.xml"})
"""What only a host needs."""
_LINK = re.compile(rf'(?s)<a\b[^>]*\bhref="[^":]*(?:{re.escape(NAME)}|\.epub)"[^>]*>(.*?)</a>')


def write(site: Path) -> Path:
    """Pack a finished site into a zip inside it."""
    with ZipFile(site / NAME, "w") as archive:
        for name in offered(site):
            content = (site / name).read_bytes()
            if name.endswith(".html"):
                content = _LINK.sub(r"\1", content.decode()).encode()
            add(archive, f"{FOLDER}/{name}", content)
    return site / NAME


def offered(site: Path) -> list[str]:
    """List the files that the zip holds: all but other forms of the whole and what hosts need."""
    files = (path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    return sorted(n for n in files if n not in HOSTING and n != NAME and not n.endswith(".epub"))


def add(archive: ZipFile, name: str, content: bytes, compression: int = ZIP_DEFLATED) -> None:
    """Add a file of which nothing but its name and content shows: no time, no owner's permissions."""
    entry = ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    archive.writestr(entry, content, compression, compresslevel=9)
