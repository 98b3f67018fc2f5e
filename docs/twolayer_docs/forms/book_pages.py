"""What the pages of the EPUB have otherwise than those of the site.

A book has one drawing of each figure, no downloads beside it, no scripts, style sheets of its own,
and pages of strict XHTML, in which nothing stays open. Other builders are not touched.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from twolayer_docs.links.names import SITE_FILE

if TYPE_CHECKING:
    from sphinx.application import Sphinx

BUILDER = "epub"
ADDRESSES = ("TWOLAYER_SITE_URL", "READTHEDOCS_CANONICAL_URL")
"""Environment variables that may say where the site is."""
STYLES = ("_static/pygments.css", "_static/book.css")
_IMAGE = re.compile(r"<img\b([^>]*?)\s*/?>")
_DARK = re.compile(r'\sclass="[^"]*\bonly-dark\b')
_DATA = re.compile(r'(?<=\ssrc=")data:image/svg\+xml;base64,([^"]+)(?=")')
_MATHS = ("<math", '<math xmlns="http://www.w3.org/1998/Math/MathML"')
_TOOLTIP = re.compile(r'(<div class="sphx-glr-thumbcontainer"[^>]*?)\s+tooltip="[^"]*"')
_OPEN = re.compile(r"<(wbr|br|hr)\b([^>]*?)\s*/?>")


class ForBooks(SphinxPostTransform):
    """Leave out of a page what only the site can offer."""

    # Before Sphinx copies the pictures that a page still has.
    default_priority = 9

    def run(self, **kwargs: Any) -> None:
        """Rewrite one page.

        Args:
            **kwargs: Unused, part of docutils' interface.
        """
        del kwargs
        if self.env._app.builder.name != BUILDER:  # noqa: SLF001
            return
        known = (os.environ.get(name) for name in ADDRESSES)
        for_book(self.document, next(filter(None, known), None))


def for_book(document: nodes.Element, address: str | None = None) -> None:
    """Leave out dark figures, downloads, and links to files that a book doesn't hold.

    Args:
        document: A page, which is changed.
        address: The site's address, if it is known; the downloads are there.
    """
    for image in list(document.findall(nodes.image)):
        if "only-dark" in image["classes"]:
            image.parent.remove(image)
    for box in list(document.findall(nodes.Element)):
        classes = box.get("classes", ())
        if "sphx-glr-download-link-note" in classes:
            box.parent.remove(box)
        elif "sphx-glr-footer" in classes:
            box.replace_self(_where_downloads_are(address))
    for link in list(document.findall(nodes.reference)):
        if SITE_FILE in link["classes"]:
            link.parent.replace(link, link.children)


def strict(body: str, pictures: Path, root: str) -> str:
    """Write a page's HTML as XHTML, its embedded drawings as files.

    Args:
        body: The HTML of a page's content.
        pictures: The folder for drawings.
        root: The way from the page to the book's root, such as ``../``.

    Returns:
        XHTML.
    """

    def image(found: re.Match[str]) -> str:
        if _DARK.search(found[1]):
            return ""
        return f"<img{_DATA.sub(save, found[1])} />"

    def save(found: re.Match[str]) -> str:
        content = base64.b64decode(found[1])
        name = f"drawing-{hashlib.sha256(content).hexdigest()[:16]}.svg"
        pictures.mkdir(parents=True, exist_ok=True)
        (pictures / name).write_bytes(content)
        return f"{root}{pictures.name}/{name}"

    closed = _OPEN.sub(r"<\1\2 />", _IMAGE.sub(image, body))
    return _TOOLTIP.sub(r"\1", closed).replace(*_MATHS)


def _where_downloads_are(address: str | None) -> nodes.paragraph:
    """Say in the downloads' place where they are."""
    start = "The page's script and notebook can be downloaded from "
    if address is None:
        return nodes.paragraph("", f"{start}this page on the site.")
    link = nodes.reference("", "the site", refuri=address)
    return nodes.paragraph("", start, link, nodes.Text("."))


def rewrite(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Rewrite a page's head and content."""
    if app.builder.name != BUILDER:
        return
    context["metatags"] = ""
    context["css_files"] = list(STYLES)
    context["script_files"] = []
    if "body" in context:
        pictures = Path(app.outdir) / app.builder.imagedir
        context["body"] = strict(context["body"], pictures, "../" * page.count("/"))
