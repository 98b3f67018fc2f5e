"""The page that a host shows for an address that does not exist.

A host shows it below whatever address was asked for, so its links can't be relative: they start with the
path that the site lies under.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "404.html"
_LINK = re.compile(r'(\s(?:href|src|action)=")(?!#|/|[a-z][a-z0-9+.-]*:)([^"]*)"')
_ROOT = re.compile(r'(<html[^>]*\sdata-content_root=")[^"]*"')


def anchored(text: str, address: str | None) -> str:
    """Make a page's links start at the site's root.

    Args:
        text: The HTML of a page that lies at the root.
        address: The site's address; without one, the site lies at the root of its host.

    Returns:
        The HTML, its own anchors and links to other sites as they were.

    Examples:
        >>> anchored('<a href="glossary.html#term-loss">', "https://example.org/twolayer/")
        '<a href="/twolayer/glossary.html#term-loss">'
        >>> anchored('<a href="#top">', None)
        '<a href="#top">'
    """
    path = urlsplit(address).path if address else "/"
    rooted = _LINK.sub(lambda found: f'{found[1]}{path}{found[2].removeprefix("./")}"', text)
    return _ROOT.sub(lambda found: f'{found[1]}{path}"', rooted)


def write(site: Path, address: str | None) -> None:
    """Make the links of a site's page for missing addresses start at its root.

    Args:
        site: The site's folder, changed in place.
        address: The site's address, if known.
    """
    page = site / PAGE
    page.write_text(anchored(page.read_text("utf-8"), address), "utf-8")
