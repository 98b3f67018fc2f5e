"""The EPUB: what the book's pages have otherwise, and what makes it sound."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from docutils import nodes
from sphinx.errors import ExtensionError

from twolayer_docs.forms import book
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title>'
    '<link rel="stylesheet" href="book.css"/></head><body>{}</body></html>'
)
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>One small network</dc:title>
<dc:date>2031-02-03T04:05:06Z</dc:date><dc:identifier id="i">urn:x</dc:identifier>
<meta property="dcterms:modified">2031-02-03T04:05:06Z</meta>
<meta name="cover" content="x"/></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="p1" href="a.xhtml" media-type="application/xhtml+xml"/>
<item id="s1" href="book.css" media-type="text/css"/>
<item id="x" href="x.svg" media-type="image/svg+xml"/></manifest>
<spine><itemref idref="p1"/></spine></package>
"""
NAMES = ["a.xhtml", "book.css", "x.svg", "nav.xhtml"]
MATHS = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>'


def make(folder: Path, body: str) -> Path:
    """Write what Sphinx's builder writes for one page."""
    (folder / "META-INF").mkdir(parents=True)
    files = {
        "META-INF/container.xml": "<container/>",
        "content.opf": PACKAGE,
        "toc.ncx": "<ncx/>",
        "nav.xhtml": PAGE.format('<a href="a.xhtml#top">A</a>'),
        "a.xhtml": PAGE.format(f'<h1 id="top">A</h1>{body}'),
        "x.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "book.css": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def test_the_book_says_what_its_files_hold(tmp_path: Path) -> None:
    """The package says which page has formulas and which picture is the cover; the type comes first."""
    made = book.assemble(make(tmp_path, f'<p>{MATHS}<img src="x.svg" alt="X"/></p>'), NAMES)

    with zipfile.ZipFile(made) as archive:
        package = ET.fromstring(archive.read("content.opf"))
        assert archive.namelist()[0] == "mimetype"
    held = {
        item.attrib["href"]: item.get("properties")
        for item in package.iter("{http://www.idpf.org/2007/opf}item")
    }
    assert held == {
        "nav.xhtml": "nav",
        "a.xhtml": "mathml",
        "book.css": None,
        "x.svg": "cover-image",
    }
    # A reader finds the type at a fixed place of the file, not compressed.
    assert made.read_bytes()[30:58] == b"mimetypeapplication/epub+zip"


def test_the_book_tells_no_date(tmp_path: Path) -> None:
    """No date of the build and no file's time is in it: two books of one site are the same."""
    books = []
    for number in (1, 2):
        folder = make(tmp_path / str(number), "")
        package = folder / "content.opf"
        package.write_text(package.read_text("utf-8").replace("2031", f"203{number}"), "utf-8")
        os.utime(folder / "a.xhtml", (number * 10**9, number * 10**9))
        books.append(book.assemble(folder, NAMES).read_bytes())
    assert books[0] == books[1]


def test_a_page_that_is_not_well_formed_is_named(tmp_path: Path) -> None:
    """What a reading program would refuse ends the build, and no book is written."""
    with pytest.raises(ExtensionError, match=r"a\.xhtml is not well-formed"):
        book.assemble(make(tmp_path, "<p>open"), NAMES)
    assert not (tmp_path / book.NAME).exists()


def test_a_book_has_no_downloads() -> None:
    """Where downloads stood the book says where they are."""
    footer = nodes.container("", nodes.paragraph("", "a.py"), classes=["sphx-glr-footer"])
    dark = nodes.image(uri="a_dark.svg", classes=["wide", "only-dark"])
    narrow = nodes.image(uri="a_narrow.svg", classes=["narrow", "only-light"])
    file = nodes.reference("", "the zip", refuri="a.zip", classes=["site-file"])
    drawing = nodes.raw("", "<svg/>", format="html", classes=["inline-svg", "narrow"])
    page = nodes.section("", dark, narrow, drawing, nodes.paragraph("", "", file), footer)

    book.for_book(page, "https://net.example/")

    assert [*page.findall(nodes.image), *page.findall(nodes.raw)] == []
    assert page.astext() == (
        "the zip\n\nThe page's script and notebook can be downloaded from the site."
    )
    assert [link["refuri"] for link in page.findall(nodes.reference)] == ["https://net.example/"]


def test_the_cover_has_the_title() -> None:
    """The drawn cover says what the book is called."""
    drawing = ET.parse(DOCS / "_themes/book/static/cover.svg")
    lines = [text.text or "" for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert f'epub_title = "{" ".join(lines)}"' in (DOCS / "conf.py").read_text("utf-8")
