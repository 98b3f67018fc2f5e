"""The finished site as one zip, to be read from a folder without a server.

Pages need no change for that: the ``'self'`` of their Content-Security-Policy covers files beside
them, as Chromium and Firefox see it. Links to files that the zip doesn't hold become plain words.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "twolayer-offline.zip"
FOLDER = "twolayer"
HOSTING = frozenset({".nojekyll", "404.html", "CNAME", "_headers", "robots.txt", "sitemap.xml"})
"""What only a host needs."""
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_LINK = re.compile(
    r'(?s)<a\b(?=[^>]*\bclass="[^"]*\bsite-file\b)[^>]*\bhref="([^"]+)"[^>]*>(.*?)</a>'
)


def write(site: Path) -> Path:
    """Pack a finished site into a zip inside it.

    Args:
        site: The finished site's folder.

    Returns:
        The zip. The same site gives the same bytes.
    """
    target = site / NAME
    names = offered(site)
    partial = site / f"{NAME}.part"
    with zipfile.ZipFile(partial, "w") as archive:
        for name in names:
            content = (site / name).read_bytes()
            if name.endswith(".html"):
                content = without_absent_files(content.decode(), names).encode()
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", _ZIP_TIME)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    partial.replace(target)
    return target


def offered(site: Path) -> list[str]:
    """List the files that the zip holds.

    Args:
        site: The finished site's folder.

    Returns:
        Their places in the site, sorted: all but other forms of the whole and what hosts need.
    """
    files = (path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    return sorted(
        name
        for name in files
        if name not in HOSTING and name != NAME and not name.endswith((".epub", ".part"))
    )


def without_absent_files(page: str, names: list[str]) -> str:
    """Turn a page's links to files of the hosted site alone into words.

    Args:
        page: The page's HTML.
        names: The files that are there.

    Returns:
        The page.

    Examples:
        >>> link = '<a class="site-file reference" href="../b.epub"><code>b.epub</code></a>'
        >>> without_absent_files(link, [])
        '<code>b.epub</code>'
    """
    there = set(names)

    def kept(link: re.Match[str]) -> str:
        # Such files lie at the root, however far down the page does.
        return link[0] if link[1].removeprefix("./").replace("../", "") in there else link[2]

    return _LINK.sub(kept, page)
