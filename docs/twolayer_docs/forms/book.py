"""The site's pages as one EPUB, by Sphinx's builder, with a theme of its own in ``_themes/book``.

Sphinx lists whatever lies in its output folder. The book holds what its pages need and nothing
else, says which pages hold formulas or drawings, and has a cover. The same pages give the same bytes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from zipfile import ZIP_STORED, ZipFile

from docutils import nodes
from sphinx.builders.epub3 import Epub3Builder
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform

from twolayer_docs.forms.zip import add
from twolayer_docs.links.names import SITE_FILE
from twolayer_docs.pages import head
from twolayer_docs.paths import DOCS

NAME = "twolayer.epub"
MODIFIED = "1980-01-01T00:00:00Z"
"""When the book says it was last modified: it must say something, and builds have no dates."""
_THEME = DOCS / "_themes" / "book"
_OF_THE_SITE = ("fonts/twolayer-math.woff2", "gallery.css")
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PROPERTIES = {
    "{http://www.w3.org/1998/Math/MathML}math": "mathml",
    "{http://www.w3.org/2000/svg}svg": "svg",
}
ET.register_namespace("", _OPF.strip("{}"))
ET.register_namespace("dc", _DC.strip("{}"))


class ForBook(SphinxPostTransform):
    """Leave out of a page what only the site can offer."""

    builders = ("epub",)
    # Before Sphinx copies the pictures that a page still has.
    default_priority = 9

    def run(self, **_options: Any) -> None:
        """Rewrite one page."""
        for_book(self.document, head.settings().address)


class BookBuilder(Epub3Builder):
    """Sphinx's builder, but each book is made from nothing and has no files of the site's."""

    media_types = Epub3Builder.media_types | {".woff2": "font/woff2"}

    def init(self) -> None:
        """Empty the folder, of which Sphinx packs all."""
        shutil.rmtree(self.outdir)
        self.outdir.mkdir()
        super().init()

    def copy_static_files(self) -> None:
        """Copy the book's style, cover and font."""
        static = Path(self.outdir, "_static")
        shutil.copytree(_THEME / "static", static)
        (static / "fonts").mkdir()
        for name in _OF_THE_SITE:
            shutil.copy(DOCS / "_static" / name, static / name)
        self.create_pygments_style_file()

    def build_epub(self) -> None:
        """Pack what was written."""
        assemble(Path(self.outdir), self.files)


def for_book(document: nodes.Element, site: str | None = None) -> None:
    """Leave out dark and narrow pictures, links to files beside pages, and downloads, which are on the site."""
    for picture in list(document.findall(nodes.Element)):
        if {"only-dark", "narrow"} & set(picture["classes"]):
            picture.parent.remove(picture)
    for box in list(document.findall(nodes.Element)):
        classes = box.get("classes", ())
        if "sphx-glr-footer" in classes:
            place = nodes.reference("", "the site", refuri=site) if site else None
            text = "The page's script and notebook can be downloaded from "
            end = nodes.Text("." if place else "this page on the site.")
            box.replace_self(nodes.paragraph("", text, *filter(None, (place, end))))
    for link in list(document.findall(nodes.reference)):
        if SITE_FILE in link["classes"]:
            link.parent.replace(link, link.children)


def assemble(folder: Path, names: list[str]) -> Path:
    """Complete what Sphinx says of a book's files, and pack them."""
    pages = {name: _parse(folder / name) for name in names if name.endswith(".xhtml")}
    package = _parse(folder / "content.opf")
    _complete(package, pages)
    with ZipFile(folder / NAME, "w") as archive:
        add(archive, "mimetype", b"application/epub+zip", ZIP_STORED)
        add(archive, "content.opf", ET.tostring(package, "utf-8", xml_declaration=True))
        for name in ("META-INF/container.xml", "toc.ncx", *names):
            add(archive, name, (folder / name).read_bytes())
    return folder / NAME


def _complete(package: ET.Element, pages: dict[str, ET.Element]) -> None:
    """Say what pages hold, which picture is the cover, and no date of the build."""
    for element in list(package.iter()):
        for date in element.findall(f"{_DC}date"):
            element.remove(date)
        if element.get("property") == "dcterms:modified":
            element.text = MODIFIED
    cover = package.find(f".//{_OPF}meta[@name='cover']")
    for item in package.iter(f"{_OPF}item"):
        page = pages.get(unquote(item.get("href", "")), ET.Element("none"))
        held = {element.tag for element in page.iter()}
        properties = [word for tag, word in _PROPERTIES.items() if tag in held]
        if cover is not None and item.get("id") == cover.get("content"):
            properties.append("cover-image")
        if properties:
            item.set("properties", " ".join(properties))


def _parse(path: Path) -> ET.Element:
    """Parse a file of the book."""
    try:
        return ET.parse(path).getroot()  # noqa: S314 - this build wrote it
    except ET.ParseError as error:
        message = f"{path.name} is not well-formed: {error}"
        raise ExtensionError(message) from error
