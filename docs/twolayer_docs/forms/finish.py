"""What is done to the site that Sphinx wrote before it is published, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twolayer_docs.forms import (
    llms,
    markdown,
    offline_zip,
    search,
    wheel,
)
from twolayer_docs.pages import address, bundles, code_links, code_spans, not_found
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
    known = address.settings()
    (site / SPHINX_SEARCH).unlink()
    begin("thin out the links and spans of code")
    bundles.rewrite(site, code_links.thinned, code_spans.without)
    begin("join styles and scripts")
    bundles.write(site)
    begin("write Markdown copies")
    markdown.write(site, folder / "markdown")
    begin("write llms.txt")
    llms.write(site, known.address)
    begin("make the search")
    search.write(site)
    begin("write addresses")
    not_found.write(site, known.address)
    address.write(site, known)
    begin("build the wheel")
    wheel.write(site)
    begin("pack the zip")
    offline_zip.write(site)
    begin("put the site in place")
