"""What is done to the site that Sphinx wrote before it is published, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bundles
import llms
import markdown_pages
import not_found
import offline_search
import offline_zip
import page_parts
import search_index
import site_address

if TYPE_CHECKING:
    from pathlib import Path

SPHINX_SEARCH = "searchindex.js"
"""What Sphinx's own search needs, and this site does not."""


def finish(site: Path) -> None:
    """Finish a site in place.

    Args:
        site: A copy of what Sphinx wrote.
    """
    known = site_address.settings()
    (site / SPHINX_SEARCH).unlink()
    bundles.write(site)
    markdown_pages.write(site)
    llms.write(site, known.address)
    pages = page_parts.read(site)
    search_index.write(site, pages)
    offline_search.write(site, pages)
    not_found.write(site, known.address)
    site_address.write(site, known)
    offline_zip.write(site)
