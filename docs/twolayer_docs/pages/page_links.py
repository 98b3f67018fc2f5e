"""Links at the top of each page: to its source, its script, its notebook and its Markdown.

Gallery pages lead to what they offer for download, guides and reference pages to the file that they
are written in. The Markdown copy with all outputs is written when the site is finished.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from sphinx import addnodes

from twolayer_docs.forms.markdown import SUFFIX

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_DOWNLOADS = {".py": "Script", ".ipynb": "Notebook", ".zip": "Both, zipped"}


class PageLink(NamedTuple):
    """A link at the top of a page."""

    name: str
    """What it says."""
    href: str
    """Where it leads, seen from the page."""
    download: bool
    """Whether the browser saves the file rather than shows it."""


def downloads(doctree: nodes.Node) -> dict[str, str]:
    """List what a gallery page offers.

    Args:
        doctree: The page's content.

    Returns:
        The addresses of script, notebook and zip within ``_downloads``, by the file's ending.
    """
    found = {}
    for node in doctree.findall(addnodes.download_reference):
        kind = PurePosixPath(node["filename"]).suffix if "filename" in node else ""
        if kind in _DOWNLOADS:
            found[kind] = f"_downloads/{node['filename']}"
    return {kind: found[kind] for kind in _DOWNLOADS if kind in found}


def add(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Offer a page's links to its template."""
    links: list[PageLink] = []
    if doctree is not None:
        to = context["pathto"]
        links = [
            PageLink(_DOWNLOADS[kind], to(place, 1), download=True)
            for kind, place in downloads(doctree).items()
        ]
        source = context.get("sourcename") or ""
        # What sphinx-gallery wrote is nobody's source; on pages without contents nobody looks for it.
        if not links and source.endswith(".md") and "hide-toc" not in (context.get("meta") or {}):
            links.append(PageLink("Source", to(f"_sources/{source}", 1), download=False))
        if links:
            copy = f"{PurePosixPath(app.builder.get_target_uri(page)).name}{SUFFIX}"
            links.append(PageLink("Markdown", copy, download=False))
    context["page_links"] = links
