"""The EPUB: what the book's pages have otherwise, and what makes it sound."""

from __future__ import annotations

import base64
import os
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from docutils import nodes

from twolayer_docs.forms import book, book_pages

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title>'
    '<link rel="stylesheet" href="_static/book.css"/></head><body>{}</body></html>'
)
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i"
 prefix="ibooks: http://vocabulary.itunes.apple.com/rdf/ibooks/vocabulary-extensions-1.0/">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>One small network</dc:title>
<dc:description>unknown</dc:description><dc:date>2031-02-03T04:05:06Z</dc:date>
<dc:identifier id="i">urn:x</dc:identifier>
<meta property="dcterms:modified">2031-02-03T04:05:06Z</meta>
<meta property="ibooks:binding">true</meta></metadata>
<manifest><item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="p1" href="a.xhtml" media-type="application/xhtml+xml"/>
<item id="s1" href="_static/unused.css" media-type="text/css"/></manifest>
<spine toc="ncx"><itemref idref="p1"/></spine></package>
"""
MATHS = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>'


def make(folder: Path, body: str) -> Path:
    """Write what Sphinx's builder writes for one page."""
    (folder / "META-INF").mkdir(parents=True)
    (folder / "_static").mkdir()
    files = {
        "META-INF/container.xml": "<container/>",
        "content.opf": PACKAGE,
        "nav.xhtml": PAGE.format('<a href="a.xhtml#top">A</a>'),
        "a.xhtml": PAGE.format(f'<h1 id="top">A</h1>{body}'),
        "x.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "_static/unused.css": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def items(book: Path) -> dict[str, dict[str, str]]:
    """Read a book's manifest by the files' names."""
    with zipfile.ZipFile(book) as archive:
        package = ET.fromstring(archive.read("content.opf"))
    found = package.iter("{http://www.idpf.org/2007/opf}item")
    return {item.attrib["href"]: item.attrib for item in found}


def test_the_book_holds_what_its_pages_need(tmp_path: Path) -> None:
    """Pages, their pictures, style and font are inside and listed with what they are; nothing else."""
    folder = make(tmp_path / "in", f'<p>{MATHS}<img src="x.svg" alt="X"/></p>')
    made = book.assemble(folder, tmp_path / "out.epub")

    listed = items(made)
    assert {name: item.get("properties") for name, item in listed.items()} == {
        "_static/book.css": None,
        "_static/cover.svg": "cover-image",
        "_static/fonts/twolayer-math.woff2": None,
        "a.xhtml": "mathml",
        "nav.xhtml": "nav",
        "x.svg": None,
    }
    with zipfile.ZipFile(made) as archive:
        assert set(archive.namelist()) == {
            "mimetype",
            "META-INF/container.xml",
            "content.opf",
            *listed,
        }


def test_the_books_first_file_says_what_it_is(tmp_path: Path) -> None:
    """A reader finds the type at a fixed place of the file: first, and not compressed."""
    made = book.assemble(make(tmp_path / "in", ""), tmp_path / "out.epub")
    assert made.read_bytes()[30:58] == b"mimetypeapplication/epub+zip"


def test_the_book_tells_no_date(tmp_path: Path) -> None:
    """No date of the build and no file's time is in it: two books of one site are the same."""
    books = []
    for number in (1, 2):
        folder = make(tmp_path / f"in{number}", "")
        package = folder / "content.opf"
        package.write_text(package.read_text("utf-8").replace("2031", f"203{number}"), "utf-8")
        os.utime(folder / "a.xhtml", (number * 10**9, number * 10**9))
        books.append(book.assemble(folder, tmp_path / f"{number}.epub").read_bytes())
    assert books[0] == books[1]
    with zipfile.ZipFile(tmp_path / "1.epub") as archive:
        package_text = archive.read("content.opf").decode()
    assert package_text.count(book.MODIFIED) == 1
    assert "203" not in package_text
    assert "unknown" not in package_text


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<p>open", "a.xhtml is not well-formed"),
        ('<a href="gone.xhtml">x</a>', "a.xhtml links to 'gone.xhtml', which is not in the book"),
        ('<a href="#gone">x</a>', "a.xhtml links to '#gone', which is not in the book"),
        ('<a href="../a.py">x</a>', "a.xhtml links to '../a.py', which is not in the book"),
        ("<script>1</script>", "a.xhtml holds a script"),
    ],
)
def test_a_fault_in_a_page_is_named(tmp_path: Path, body: str, problem: str) -> None:
    """What a reader would stumble over ends the build, and no book is written."""
    folder = make(tmp_path / "in", body)
    with pytest.raises(book.BookError, match=problem):
        book.assemble(folder, tmp_path / "out.epub")
    assert not (tmp_path / "out.epub").exists()


def test_pages_become_xhtml(tmp_path: Path) -> None:
    """What HTML leaves open is closed, formulas say what they are, tooltips of ours are gone."""
    html = '<p>a<br>b<wbr>c<math display="block"><mi>x</mi></math><img src="a.png" alt=""></p>'
    html += '<div class="sphx-glr-thumbcontainer" tooltip="a > b"></div>'
    page = ET.fromstring(f"<div>{book_pages.strict(html, tmp_path, '')}</div>")
    assert page.find(".//{http://www.w3.org/1998/Math/MathML}math") is not None
    assert all("tooltip" not in element.attrib for element in page.iter())


def test_embedded_drawings_become_files(tmp_path: Path) -> None:
    """The light drawing of a pair becomes a file that the page leads to; the dark one goes."""
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    data = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
    html = "".join(f'<img class="only-{t}" src="{data}" alt="X">' for t in ("light", "dark"))

    page = ET.fromstring(f"<p>{book_pages.strict(html, tmp_path / '_images', '../')}</p>")

    (image,) = page.iter("img")
    assert (tmp_path / "deep" / image.attrib["src"]).resolve().read_bytes() == svg


def test_a_book_has_no_downloads() -> None:
    """The note on downloads goes, and where they stood the book says where they are."""
    note = nodes.container("", nodes.paragraph("", "Go"), classes=["sphx-glr-download-link-note"])
    footer = nodes.container("", nodes.paragraph("", "a.py"), classes=["sphx-glr-footer"])
    dark = nodes.image(uri="a_dark.svg", classes=["only-dark"])
    file = nodes.reference("", "the zip", refuri="a.zip", classes=["site-file"])
    page = nodes.section("", note, dark, nodes.paragraph("", "", file), footer)

    book_pages.for_book(page, "https://net.example/")

    assert page.astext() == (
        "the zip\n\nThe page's script and notebook can be downloaded from the site."
    )
    assert [link["refuri"] for link in page.findall(nodes.reference)] == ["https://net.example/"]


def test_a_long_title_takes_several_lines() -> None:
    """A cover's title is broken between words where it is too wide."""
    cover = ET.fromstring(book.cover("Learn PyTorch with one small network", "<svg></svg>"))
    lines = [text.text for text in cover.iter("{http://www.w3.org/2000/svg}text")]
    assert lines == ["Learn PyTorch with", "one small network"]
