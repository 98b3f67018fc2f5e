"""What is done to the site that Sphinx wrote before it is published, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twolayer_docs.forms import llms, markdown, search, wheel
from twolayer_docs.forms import zip as offline_zip
from twolayer_docs.pages import head
from twolayer_docs.paths import CHINESE

if TYPE_CHECKING:
    from pathlib import Path

SPHINX_SEARCH = "searchindex.js"
"""What Sphinx's own search needs, and this site does not."""


def finish(site: Path) -> None:
    """Finish a copy of what Sphinx wrote, in place."""
    address = head.settings().address
    (site / SPHINX_SEARCH).unlink()
    markdown.write(site)
    llms.write(site, address)
    for language in ("", CHINESE):
        search.write(site / language)
    head.finish(site, address)
    wheel.write(site)
    offline_zip.write(site)
