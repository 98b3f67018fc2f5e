"""The site's pages as one EPUB: what Sphinx's builder wrote, completed, checked and packed.

Sphinx lists whatever lies in its output folder. The book holds what its pages need and nothing
else, says which pages hold formulas or drawings, and has a cover. Every page is parsed and every
link inside the book is followed. The same pages give the same bytes.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "twolayer.epub"
MODIFIED = "1980-01-01T00:00:00Z"
"""When the book says it was last modified: it must say something, and builds have no dates."""
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_STYLE = DOCS / "_epub" / "book.css"
_FONT = DOCS / "_static" / "fonts" / "twolayer-math.woff2"
_LOGO = DOCS / "_static" / "favicon.svg"
_COVER = "_static/cover.svg"
_OPF = "http://www.idpf.org/2007/opf"
_DC = "http://purl.org/dc/elements/1.1/"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_TYPES = {
    ".css": "text/css",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
}
_MARKED = {
    "mathml": "{http://www.w3.org/1998/Math/MathML}math",
    "svg": "{http://www.w3.org/2000/svg}svg",
}
_URL = re.compile(r"""url\(\s*["']?([^"')]+)""")


class BookError(ValueError):
    """The pages don't make a sound book."""


def assemble(folder: Path, book: Path) -> Path:
    """Put a book together from what Sphinx's EPUB builder wrote.

    Args:
        folder: The builder's output folder, to which the style sheet, font and cover are added.
        book: The file to write.

    Returns:
        That file.

    Raises:
        BookError: If a page isn't well-formed, holds a script, or has a link that leads nowhere.
    """
    _add_static_files(folder)
    package = _parse(folder / "content.opf")
    pages = _pages(folder, package)
    check_links(pages)
    names = sorted({*pages, _COVER, *_needed(folder, pages)})
    ET.register_namespace("", _OPF)
    ET.register_namespace("dc", _DC)
    _list_files(package, names, pages)
    _leave_out(package)
    (folder / "content.opf").write_bytes(ET.tostring(package, "utf-8", xml_declaration=True))
    pack(folder, ["META-INF/container.xml", "content.opf", *names], book)
    return book


def check_links(pages: dict[str, ET.Element]) -> None:
    """Follow every link inside a book.

    Args:
        pages: The book's pages by their names.

    Raises:
        BookError: If a page or a place on a page is not there.
    """
    places = {name: {e.get("id") for e in page.iter()} for name, page in pages.items()}
    for name, page in pages.items():
        for link in page.iter(f"{_XHTML}a"):
            target, anchor = _target(name, link.get("href", ""))
            if target is None:
                continue
            if target not in places or (anchor and anchor not in places[target]):
                message = f"{NAME}: {name} links to {link.get('href')!r}, which is not in the book"
                raise BookError(message)


def cover(title: str, logo: str) -> str:
    """Draw a cover: the logo with the title under it.

    Args:
        title: The book's title.
        logo: An SVG of 32 by 32 units.

    Returns:
        An SVG.

    Examples:
        >>> "<text" in cover("One network", '<svg viewBox="0 0 32 32"><path/></svg>')
        True
    """
    inside = re.sub(
        r"(?s)^.*?<svg[^>]*>|</svg>\s*$|@media[^{]*\{(?:[^{}]*\{[^}]*\})*\s*\}", "", logo
    )
    words, lines = title.split(), [""]
    for word in words:
        if len(f"{lines[-1]} {word}") > 18:  # noqa: PLR2004 - letters that fit across the cover
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    text = "".join(
        f'<text x="600" y="{1080 + 110 * number}">{line}</text>'
        for number, line in enumerate(lines)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 1600" width="1200" height="1600">'
        '<rect width="1200" height="1600" fill="#f4f8fc"/>'
        f'<g transform="translate(200 140) scale(25)">{inside}</g>'
        '<g font-family="sans-serif" font-size="92" font-weight="600" fill="#1f2430" '
        f'text-anchor="middle">{text}</g></svg>\n'
    )


def pack(folder: Path, names: list[str], book: Path) -> None:
    """Pack files into an EPUB whose bytes depend on nothing but theirs.

    Args:
        folder: Where the files lie.
        names: Which of them to pack, in this order.
        book: The file to write.
    """
    with zipfile.ZipFile(book, "w") as archive:
        first = zipfile.ZipInfo("mimetype", _ZIP_TIME)
        first.external_attr = 0o644 << 16
        first.create_system = 3
        archive.writestr(first, "application/epub+zip")
        for name in names:
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (folder / name).read_bytes(), compresslevel=9)


def _add_static_files(folder: Path) -> None:
    """Add what Sphinx doesn't know of: the style sheet, the font and the cover."""
    static = folder / "_static"
    (static / "fonts").mkdir(parents=True, exist_ok=True)
    shutil.copy(_STYLE, static / _STYLE.name)
    shutil.copy(_FONT, static / "fonts" / _FONT.name)
    title = _parse(folder / "content.opf").findtext(f".//{{{_DC}}}title") or ""
    (folder / _COVER).write_text(cover(title, _LOGO.read_text("utf-8")), "utf-8", newline="\n")


def _pages(folder: Path, package: ET.Element) -> dict[str, ET.Element]:
    """Parse the table of contents and the pages that the book leads through."""
    places = {item.get("id"): item.get("href", "") for item in package.iter(f"{{{_OPF}}}item")}
    spine = [places[reference.get("idref")] for reference in package.iter(f"{{{_OPF}}}itemref")]
    pages = {name: _parse(folder / name) for name in ("nav.xhtml", *spine)}
    for name, page in pages.items():
        if next(page.iter(f"{_XHTML}script"), None) is not None:
            message = f"{NAME}: {name} holds a script, which a book can't run"
            raise BookError(message)
    return pages


def _needed(folder: Path, pages: dict[str, ET.Element]) -> Iterator[str]:
    """List the pictures, style sheets and fonts that pages refer to."""
    for name, page in pages.items():
        for element in page.iter():
            if element.tag == f"{_XHTML}a":
                continue
            for attribute in ("src", "href"):
                target, _ = _target(name, element.get(attribute, ""))
                if target is None or target == name:
                    continue
                yield target
                if target.endswith(".css"):
                    found = _URL.findall((folder / target).read_text("utf-8"))
                    yield from (_target(target, address)[0] or "" for address in found)


def _list_files(package: ET.Element, names: list[str], pages: dict[str, ET.Element]) -> None:
    """Write into the package which files there are and what they hold."""
    manifest = _part(package, "manifest")
    # Sphinx numbers what lies in its folder, which has files of earlier runs too.
    numbers = {name: f"file-{number}" for number, name in enumerate(names)}
    places = {item.get("id", ""): item.get("href", "") for item in manifest}
    for reference in _part(package, "spine"):
        reference.set("idref", numbers[places[reference.get("idref", "")]])
    manifest[:] = []
    for name in names:
        attributes = {"id": numbers[name], "href": name}
        attributes["media-type"] = _TYPES[posixpath.splitext(name)[1]]
        properties = ["nav"] if name == "nav.xhtml" else []
        properties += ["cover-image"] if name == _COVER else []
        if name in pages:
            held = {element.tag for element in pages[name].iter()}
            properties += [word for word, tag in _MARKED.items() if tag in held]
        if properties:
            attributes["properties"] = " ".join(properties)
        ET.SubElement(manifest, f"{{{_OPF}}}item", attributes)


def _leave_out(package: ET.Element) -> None:
    """Take out of the package what Sphinx doesn't know, what changes, and what no reader needs."""
    metadata = _part(package, "metadata")
    for element in list(metadata):
        name = element.get("property", "")
        if name == "dcterms:modified":
            element.text = MODIFIED
        elif (
            element.text == "unknown"
            or element.tag == f"{{{_DC}}}date"
            or name.startswith("ibooks:")
        ):
            metadata.remove(element)
    package.attrib.pop("prefix", None)
    # The table of contents of EPUB 2 is not in the book.
    _part(package, "spine").attrib.pop("toc", None)


def _part(package: ET.Element, name: str) -> ET.Element:
    """Find a part of the package."""
    part = package.find(f"{{{_OPF}}}{name}")
    if part is None:
        message = f"{NAME}: Sphinx wrote a package without a {name}"
        raise BookError(message)
    return part


def _target(name: str, address: str) -> tuple[str | None, str]:
    """Resolve an address on a page: a file of the book, ``None`` elsewhere, and a place in it."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address:
        return None, ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
    return (path if parts.path else name), unquote(parts.fragment)


def _parse(path: Path) -> ET.Element:
    """Parse a file of the book."""
    try:
        return ET.parse(path).getroot()  # noqa: S314 - this build wrote it
    except ET.ParseError as error:
        message = f"{NAME}: {path.name} is not well-formed: {error}"
        raise BookError(message) from error
