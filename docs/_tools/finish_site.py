"""What is done to the site that Sphinx wrote before it is published, in order."""

from __future__ import annotations

from pathlib import Path

import bundles
import llms
import markdown_pages
import not_found
import offline_search
import offline_zip
import page_parts
import search_index
import site_address

KEPT = Path(__file__).resolve().parent.parent / "_build" / "kept"
SPHINX_SEARCH = "searchindex.js"
"""What Sphinx's own search needs, and this site does not."""


def finish(site: Path, folder: Path = KEPT) -> None:
    """Finish a site in place.

    Args:
        site: A copy of what Sphinx wrote.
        folder: Where what is made of each page is kept from build to build.
    """
    known = site_address.settings()
    (site / SPHINX_SEARCH).unlink()
    bundles.write(site)
    markdown_pages.write(site, folder / "markdown")
    llms.write(site, known.address)
    pages = page_parts.read(site, folder / "parts")
    search_index.write(site, pages)
    offline_search.write(site, pages)
    not_found.write(site, known.address)
    site_address.write(site, known)
    offline_zip.write(site)
