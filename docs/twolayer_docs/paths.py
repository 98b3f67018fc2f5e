"""Where things are."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
BUILD = DOCS / "_build"
SITE = ROOT / "_site"
NO_PAGES = frozenset({"404.html", "genindex.html", "search.html"})
"""What the site has beside its pages: no form holds these, and nobody searches for them."""
