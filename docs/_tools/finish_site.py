"""What is done to the site that Sphinx wrote before it is published, in order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bundles
import code_links
import code_spans
import llms
import markdown_pages
import not_found
import offline_search
import offline_zip
import package_wheel
import page_parts
import search_index
import site_address

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = Path(__file__).resolve().parent.parent / "_build" / "kept"
SPHINX_SEARCH = "searchindex.js"
"""What Sphinx's own search needs, and this site does not."""


def finish(
    site: Path, folder: Path = KEPT, begin: Callable[[str], None] = lambda _step: None
) -> None:
    """Finish a site in place.

    Args:
        site: A copy of what Sphinx wrote.
        folder: Where what is made of each page is kept from build to build.
        begin: Is told the name of each step before it.
    """
    known = site_address.settings()
    (site / SPHINX_SEARCH).unlink()
    begin("thin out the links and spans of code")
    bundles.rewrite(site, code_links.thinned, code_spans.without)
    begin("join styles and scripts")
    bundles.write(site)
    begin("write Markdown copies")
    markdown_pages.write(site, folder / "markdown")
    begin("write llms.txt")
    llms.write(site, known.address)
    begin("cut pages into parts")
    pages = page_parts.read(site, folder / "parts")
    begin("make the search's index")
    search_index.write(site, pages)
    begin("make the search for folders")
    offline_search.write(site, pages)
    begin("write addresses")
    not_found.write(site, known.address)
    site_address.write(site, known)
    begin("build the wheel")
    package_wheel.write(site)
    begin("pack the zip")
    offline_zip.write(site)
    begin("put the site in place")
