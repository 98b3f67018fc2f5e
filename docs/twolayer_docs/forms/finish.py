"""What is done to the site that Sphinx wrote before it is published, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twolayer_docs.forms import (
    llms,
    markdown,
    offline_search,
    offline_zip,
    page_parts,
    search_index,
    wheel,
)
from twolayer_docs.pages import head
from twolayer_docs.paths import BUILD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEPT = BUILD / "kept"
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
    address = head.settings().address
    (site / SPHINX_SEARCH).unlink()
    begin("write Markdown copies")
    markdown.write(site, folder / "markdown")
    begin("write llms.txt")
    llms.write(site, address)
    begin("cut pages into parts")
    pages = page_parts.read(site, folder / "parts")
    begin("make the search's index")
    search_index.write(site, pages)
    begin("make the search for folders")
    offline_search.write(site, pages)
    begin("write addresses")
    head.finish(site, address)
    begin("build the wheel")
    wheel.write(site)
    begin("pack the zip")
    offline_zip.write(site)
    begin("put the site in place")
