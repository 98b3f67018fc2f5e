"""The site's other forms: Markdown, lists for assistants, the book and the zip."""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup, Tag

import twolayer
from twolayer_docs.forms import book, llms, markdown
from twolayer_docs.forms import zip as offline_zip
from twolayer_docs.paths import CHINESE, DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath

    from playwright.sync_api import Browser, ConsoleMessage

XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
SOURCES = ((DOCS, "*.md"), (DOCS, "reference/**/*.md"), (ROOT, "gallery/*/*.*"))


def copies(site: Path) -> dict[PurePosixPath, str]:
    """Read each English page's Markdown copy."""
    places = [place for place in markdown.pages(site) if f"{place.parts[0]}/" != CHINESE]
    return {place: (site / f"{place}.md").read_text("utf-8") for place in places}


def article(site: Path, place: PurePosixPath) -> Tag:
    """Read what a page shows."""
    _, start, rest = (site / place).read_text("utf-8").partition("<article")
    found = BeautifulSoup(start + rest.partition("</article>")[0], "html.parser").article
    assert found is not None, place
    return found


def without_fences(text: str) -> str:
    """Leave out code and output."""
    return re.sub(r"(?ms)^ *(`{3,})[^`\n]*$.*?^ *\1$", "", text)


def links(markdown: str) -> list[str]:
    """List the addresses that Markdown leads to."""
    prose = re.sub(r"`[^`]*`", "", without_fences(markdown))
    return re.findall(r"\]\(([^()\s]+)\)", prose)


def test_markdown_holds_what_the_page_shows(site: Path) -> None:
    """A copy has the page's headings, each block of code and output, each formula and figure."""
    for place, copy in copies(site).items():
        shown = article(site, place)
        for part in shown.select(".headerlink, form"):
            part.decompose()
        flat = re.sub(r"(?m)^ +", "", copy)
        for block in shown.select("pre"):
            code = "\n".join(line.strip() for line in block.get_text().strip("\n").split("\n"))
            assert code in flat, (place, code)
        headings = re.findall(r"(?m)^#+ (.+)$", without_fences(copy))
        assert len(headings) == len(shown.select("h1, h2, h3, h4, h5, h6")), place
        for formula in shown.select("math annotation"):
            assert formula.get_text().strip() in copy, place
        for picture in shown.select("img.only-light:not(.narrow)"):
            words = str(picture["alt"]).replace("[", "\\[").replace("]", "\\]")
            assert " ".join(words.split()) in copy, (place, words)


def test_markdown_holds_nothing_else(site: Path) -> None:
    """A copy has no permanent links, dark pictures, download notes, tags or embedded data."""
    wrong = r"¶|_(?:dark|narrow)\.svg|Go to the end|to download the full example|</?(?:div|span|p|a|img)\b|base64,"
    found = {
        place: match[0]
        for place, copy in copies(site).items()
        if (match := re.search(wrong, without_fences(copy)))
    }
    assert found == {}


def test_links_in_markdown_lead_somewhere(site: Path) -> None:
    """Each link of a copy, and of the lists for assistants, leads to a file of the site."""
    texts = {place.as_posix(): text for place, text in copies(site).items()}
    texts |= {name: (site / name).read_text("utf-8") for name in ("llms.txt", "llms-full.txt")}
    broken = [
        f"{place}: {address}"
        for place, text in texts.items()
        for address in links(text)
        if not urlsplit(address).scheme
        and not (site / place).parent.joinpath(unquote(urlsplit(address).path)).is_file()
    ]
    assert broken == []
    assert sum(len(links(text)) for text in texts.values()) > 1000


def test_llms_lists_every_page_of_the_navigation(site: Path) -> None:
    """The list for assistants has each page, and the long file the text of each that teaches."""
    home = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    order = llms.navigation(home)
    listed = [urlsplit(link).path for link in links((site / "llms.txt").read_text("utf-8"))[1:]]
    assert len(order) > 40
    for entry, path in zip(order, listed, strict=True):
        assert path.endswith(f"{entry.place}.md")

    full = (site / "llms-full.txt").read_text("utf-8")
    taught = ["index.html", *(entry.place for entry in order if entry.part != llms.OPTIONAL)]
    starts = [urlsplit(place).path for place in re.findall(r"(?m)^<!-- (\S+) -->$", full)]
    for place, path in zip(taught, starts, strict=True):
        assert path.endswith(place)
        prose = (site / f"{place}.md").read_text("utf-8").split("\n\n")
        assert all(paragraph in full for paragraph in prose if "](" not in paragraph), place


@pytest.fixture(scope="module")
def files(site: Path) -> dict[str, bytes]:
    """Read the book."""
    with zipfile.ZipFile(site / book.NAME) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def dead_links(pages: dict[str, ET.Element], names: set[str]) -> list[str]:
    """List the links from a book's pages to what is not in the book."""
    anchors = {name: {e.get("id") for e in page.iter()} for name, page in pages.items()}
    dead = []
    for name, page in pages.items():
        for link in (e.get("href") or e.get("src") or "" for e in page.iter()):
            parts = urlsplit(link)
            path = posixpath.join(posixpath.dirname(name), unquote(parts.path))
            target = posixpath.normpath(path) if parts.path else name
            found = target in names and (
                not parts.fragment or unquote(parts.fragment) in anchors.get(target, ())
            )
            if link and not parts.scheme and not parts.netloc and not found:
                dead.append(f"{name}: {link}")
    return dead


def test_the_books_pages_are_sound(files: dict[str, bytes]) -> None:
    """Each file that is XML parses, links lead somewhere, formulas and drawings say what they are."""
    parsed = {
        name: ET.fromstring(content)
        for name, content in files.items()
        if name.endswith((".xhtml", ".opf", ".xml", ".svg", ".ncx"))
    }
    pages = {name: page for name, page in parsed.items() if name.endswith(".xhtml")}
    assert dead_links(pages, {*files}) == []
    assert [name for name, page in pages.items() if page.find(f".//{XHTML}script")] == []
    package = parsed["content.opf"]
    listed = {item.attrib["href"]: item.attrib for item in package.iter(f"{OPF}item")}
    assert set(listed) == set(files) - {"mimetype", "META-INF/container.xml", "content.opf"}
    assert sum("cover-image" in item.get("properties", "") for item in listed.values()) == 1
    assert [name for name in files if re.search("_(dark|narrow)", name)] == []
    for name, page in pages.items():
        properties = listed[name].get("properties", "").split()
        assert ("mathml" in properties) == (b"<math" in files[name]), name
        assert ("svg" in properties) == (b"<svg" in files[name]), name
        # In the pages' own namespace a reader draws neither.
        assert {e.tag for e in page.iter()}.isdisjoint({f"{XHTML}math", f"{XHTML}svg"}), name


def test_the_book_has_the_sites_pages_in_order(site: Path, files: dict[str, bytes]) -> None:
    """The book leads through the pages as the site's navigation does, and its contents list them."""
    home = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    order = ["index.html", *(entry.place for entry in llms.navigation(home))]
    package = ET.fromstring(files["content.opf"])
    places = {item.attrib["id"]: item.attrib["href"] for item in package.iter(f"{OPF}item")}
    spine = [places[reference.attrib["idref"]] for reference in package.iter(f"{OPF}itemref")]
    contents = [link.attrib["href"] for link in ET.fromstring(files["nav.xhtml"]).iter(f"{XHTML}a")]
    expected = [f"{place.removesuffix('.html')}.xhtml" for place in order]
    assert spine[: len(expected)] == expected
    assert [name for name in contents if "#" not in name][: len(expected)] == expected


def blocks(markup: str) -> list[str]:
    """The words of each heading, paragraph, block of code and cell."""
    found = re.findall(r"(?s)<(h\d|p|pre|td|th|dt)\b[^>]*>(.*?)</\1>", markup)
    return [" ".join(html.unescape(re.sub("<[^>]+>", "", inner)).split()) for _, inner in found]


def test_a_page_of_the_book_says_what_the_sites_does(site: Path, files: dict[str, bytes]) -> None:
    """A page has the same words in the book, block for block, beside the line about downloads."""
    seen = 0
    for name, content in files.items():
        page = site / f"{name.removesuffix('.xhtml')}.html"
        if name.endswith(".xhtml") and page.is_file():
            shown = page.read_text("utf-8").partition("<article")[2].partition("</article>")[0]
            said = blocks(
                re.sub(
                    '(?s)<a class="headerlink.*?</a>|<form.*?</form>|<p class="other.*?</p>',
                    "",
                    shown,
                )
            )
            away = "The page's script and notebook can be downloaded from "
            assert [b for b in blocks(content.decode()) if not b.startswith(away)] == said, name
            seen += len(said)
    assert seen > 5000


def test_the_zip_is_the_site(site: Path) -> None:
    """The zip has each source's page and each file of the site, byte for byte where it is no page, but six."""
    with zipfile.ZipFile(site / offline_zip.NAME) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    names = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    names -= {".nojekyll", "404.html", "robots.txt", "sitemap.xml"}
    names -= {"twolayer-offline.zip", "twolayer.epub"}
    assert set(inside) == {f"twolayer/{name}" for name in names}
    sources = {p.relative_to(top) for top, place in SOURCES for p in top.glob(place)}
    made = {path.with_suffix(f".html{end}").as_posix() for path in sources for end in ("", ".md")}
    apart = ("_downloads/", "_images/", "_sources/", "_static/", "recordings/")
    made -= {"404.html", "404.html.md"}
    made |= {"genindex.html", "search.html"}
    chinese = {name.removeprefix(CHINESE) for name in names if name.startswith(CHINESE)}
    assert {name for name in chinese if not name.startswith(apart)} == made
    assert {name for name in names if not name.startswith((*apart, CHINESE))} == made | {
        *("llms.txt", "llms-full.txt", "objects.inv"),
        f"twolayer-{twolayer.__version__}-py3-none-any.whl",
    }
    for name, content in inside.items():
        file = (site / name.removeprefix("twolayer/")).read_bytes()
        assert content == file or (name.endswith(".html") and b"site-file" in file), name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_zip_reads_without_a_server(
    site: Path, browser: Browser, tmp_path: Path, scheme: str
) -> None:
    """Unpacked and opened as files, pages have their styles, figures, formulas and theme button."""
    with zipfile.ZipFile(site / offline_zip.NAME) as archive:
        archive.extractall(tmp_path)
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            problems.append(message.text)

    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    tab = context.new_page()
    tab.on("console", note)
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on("requestfailed", lambda request: problems.append(f"failed {request.url}"))
    try:
        for name in ("index", "backward_pass", "gallery/two_layer/autograd", "read_elsewhere"):
            tab.goto((tmp_path / "twolayer" / f"{name}.html").as_uri(), wait_until="load")
            assert tab.evaluate("getComputedStyle(document.querySelector('article')).fontSize")
            assert tab.evaluate("document.styleSheets.length") > 0
            before = tab.evaluate("document.body.dataset.theme")
            tab.locator("button.theme-toggle:visible").first.click()
            assert tab.evaluate("document.body.dataset.theme") != before
            for image in tab.locator("article img:visible").all():
                image.scroll_into_view_if_needed()
                tab.wait_for_function("image => image.naturalWidth > 0", arg=image.element_handle())
        tab.goto((tmp_path / "twolayer" / "backward_pass.html").as_uri(), wait_until="load")
        tab.wait_for_function("[...document.fonts].some(font => font.status === 'loaded')")
        tab.locator("article a[href$='.html']").first.click()
        tab.wait_for_load_state()
        assert tab.locator("h1").count() == 1
    finally:
        context.close()
    assert problems == []
