"""Where things are."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
BUILD = DOCS / "_build"
SITE = ROOT / "_site"
CHINESE = "zh/"
"""Where the site in Chinese is, from the root."""
NO_PAGES = frozenset({"404.html", "genindex.html", "search.html"})
"""What the site has beside its pages, in each language: no form holds these, and nobody searches for them."""


def is_page(address: str) -> bool:
    """Tell whether an HTML file of the site is a page of its own.

    Examples:
        >>> is_page("index.html"), is_page("zh/search.html"), is_page("_static/x.html")
        (True, False, False)
    """
    name = address.removeprefix(CHINESE)
    return name not in NO_PAGES and not name.startswith("_")
