"""What the built pages hold."""

from __future__ import annotations

import functools
import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.site.offers import EXERCISES, page_names
from twolayer.rungs import RUNGS
from twolayer_docs.gallery.ladder import kind_of
from twolayer_docs.gallery.loops import loop_of
from twolayer_docs.paths import CHINESE, ROOT

_RESOURCES = {
    "img": ("src", "srcset"),
    "script": ("src",),
    "link": ("href",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "iframe": ("src",),
    "object": ("data",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
}


class Element(NamedTuple):
    """An element's name and attributes."""

    tag: str
    attributes: dict[str, str]


class _Collector(HTMLParser):
    """Collect all elements of a page."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self.elements: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))


@functools.cache
def elements(page: Path) -> tuple[Element, ...]:
    """List the elements of a page."""
    collector = _Collector()
    collector.feed(page.read_text("utf-8"))
    return tuple(collector.elements)


@functools.cache
def anchors(page: Path) -> frozenset[str]:
    """List the ids of a page."""
    return frozenset(e.attributes["id"] for e in elements(page) if "id" in e.attributes)


def pages(site: Path, *, chinese: bool = True) -> list[Path]:
    """List the site's pages, in both languages or in English."""
    return [site / name for name in page_names(site) if chinese or not name.startswith(CHINESE)]


@pytest.mark.parametrize("name", list(RUNGS))
def test_every_rung_can_be_downloaded(site: Path, name: str) -> None:
    """A rung's page offers its script and its notebook."""
    page = site / f"{RUNGS[name].page}.html"
    offered = {
        Path(urlsplit(e.attributes["href"]).path)
        for e in elements(page)
        if e.tag == "a" and "download" in e.attributes
    }

    assert {f"{name}.py", f"{name}.ipynb"} <= {path.name for path in offered}
    assert all((page.parent / path).is_file() for path in offered)


def test_every_gallery_page_leads_on(site: Path) -> None:
    """The line that starts with "Next:" on a gallery page links to the next page."""
    for page in sorted(site.glob("gallery/*/*.html")):
        if page.name == "index.html":
            continue
        (line,) = re.findall(r'<p class="next">Next: .*?</p>', page.read_text("utf-8"), re.DOTALL)
        (target, *_) = re.findall(r'href="([^"#]+\.html)', line)
        assert (page.parent / target).is_file()


def following(page: Path) -> Path:
    """The page that a page's line "Next:" leads to; an index of a gallery has the footer's link."""
    text = page.read_text("utf-8")
    lines = re.findall(r'<p class="next">Next: .*?</p>', text, re.DOTALL)
    links: list[str] = [
        href
        for line in lines
        for link, href in re.findall(r'<a ([^>]*href="([^"#]+\.html)[^>]*)>', line)
        if "glossary-link" not in link
    ] or re.findall(r'<a class="next-page" href="([^"#]+)"', text)
    return (page.parent / links[0]).resolve()


def test_one_way_leads_through_all_pages(site: Path) -> None:
    """From the home page, "next" leads through every guide and lesson to the reference.

    From exercises, which lie beside the way, it leads back onto it.
    """
    page = site.resolve() / "index.html"
    way = [page]
    while page != site.resolve() / "reference" / "index.html":
        page = following(page)
        assert page not in way
        way.append(page)

    taught = {path.resolve() for path in site.glob("gallery/*/*.html") if path.name != "index.html"}
    guides = {site.resolve() / f"{path.stem}.html" for path in ROOT.glob("docs/*.md")}
    guides.remove(site.resolve() / "404.html")
    exercises = {path for path in taught if path.parent.name == EXERCISES}
    assert (taught - exercises) | guides <= set(way)
    assert {following(page) for page in exercises} <= set(way)
    assert exercises


def test_words_of_the_glossary_are_explained(site: Path) -> None:
    """Each page links the words of the glossary that its paragraphs have, each entry once, never in code."""
    source = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    blocks = re.findall(r"(?s)```\{glossary\}\n(.*?)```", source)
    entries = [re.findall(r"(?m)^\S.*", item) for text in blocks for item in text.split("\n\n")]
    entry_of = {word.lower(): entry for entry in entries for word in entry}
    choices = "|".join(map(re.escape, sorted(entry_of, key=len, reverse=True)))
    # Two phrases in which a word means something else.
    word = re.compile(rf"(?i)(?<![\w-])(?:CUDA graph|Python module|{choices})(?![\w-])")
    terms = re.findall(r'(?s)<dt id="([^"]+)">(.*?)<a', (site / "glossary.html").read_text("utf-8"))
    anchors = {html.unescape(name): anchor for anchor, name in terms}
    assert len(anchors) > 90
    for page in pages(site, chinese=False):
        shown = page.read_text("utf-8").partition("<article")[2].partition("</article>")[0]
        links = re.findall(r'<a class="glossary-link[^>]*#([^"]+)"', shown)
        assert len(links) == len(set(links)), page
        assert not re.search(r"(?s)<(pre|code)\b[^>]*>(?:(?!</\1>).)*glossary-link", shown)
        # Code and links are closed, and a card's paragraph has a class.
        shown = re.sub(r"(?s)<(pre|code|a|math)\b.*?</\1>", "|", shown)
        text = " ".join(" ".join(re.findall(r"(?s)<p>(.*?)</p>", shown)).split())
        used = {match[0].lower() for match in word.finditer(text)} & entry_of.keys()
        unlinked = [w for w in used if not any(anchors[v] in links for v in entry_of[w])]
        assert page.stem in {"glossary", "404"} or unlinked == [], page


def test_no_link_stands_in_a_link(site: Path) -> None:
    """No page has an anchor with a target inside another one."""
    for page in pages(site):
        text = page.read_text("utf-8")
        assert not re.search(r"<a [^>]*href=(?:(?!</a>).)*<a [^>]*href=", text, re.DOTALL), page


def test_printed_graphs_are_drawn(site: Path) -> None:
    """Where a page prints a graph, its picture stands beside it, with words for screen readers."""
    for script in sorted((ROOT / "gallery").rglob("*.py")):
        calls = re.findall(r"(?m)^print_graph\(", script.read_text("utf-8"))
        page = site / script.relative_to(ROOT).with_suffix(".html")
        drawn = re.findall(
            r'<div class="graph-picture" tabindex="0">\s*<svg [^>]*aria-label="Graph of \w+,',
            page.read_text("utf-8"),
        )
        assert len(drawn) == len(calls), script.stem


def test_pages_ask_no_other_host(site: Path) -> None:
    """No resource of a page or style sheet lies on another host."""
    foreign = [
        f"{page.relative_to(site)}: <{e.tag} {name}={e.attributes[name]}>"
        for page in pages(site)
        for e in elements(page)
        for name in _RESOURCES.get(e.tag, ())
        if re.match(r"(?:[a-z]+:)?//", e.attributes.get(name, ""))
        and e.attributes.get("rel") not in {"canonical", "author"}
    ]
    foreign += [
        f"{sheet.relative_to(site)}: {address}"
        for sheet in sorted(site.rglob("*.css"))
        for address in re.findall(
            r"url\(\s*[\"']?((?:https?:)?//[^)]+)\)", sheet.read_text("utf-8")
        )
    ]

    assert foreign == []


def test_links_lead_somewhere(site: Path) -> None:
    """Every link inside the site leads to a file, and its anchor to an element."""
    broken = []
    for page in pages(site):
        for element in elements(page):
            target = element.attributes.get("href", "")
            parts = urlsplit(target)
            if element.tag != "a" or parts.scheme or parts.netloc or not target:
                continue
            # The page for missing addresses is shown below any, so its links start at the root.
            here = site if parts.path.startswith("/") and page.name == "404.html" else page.parent
            path = unquote(parts.path).removeprefix("/") if here == site else unquote(parts.path)
            file = (here / path).resolve() if parts.path else page
            anchor = unquote(parts.fragment)
            if not file.is_file():
                broken.append(f"{page.relative_to(site)}: {target}")
            elif anchor and file.suffix == ".html" and anchor not in anchors(file):
                broken.append(f"{page.relative_to(site)}: {target} (anchor)")

    assert broken == []


@pytest.mark.parametrize("name", RUNGS)
def test_a_rungs_loop_is_coloured(site: Path, name: str) -> None:
    """On the page of a rung each line of its loop, and nothing else, has a bar that says what it is for."""
    html = (site / f"{RUNGS[name].page}.html").read_text("utf-8")
    lines = BeautifulSoup(html, "html.parser").select("pre > .loop-line")

    assert [line.get_text().rstrip() for line in lines] == loop_of(name)
    assert [line["class"][1] for line in lines] == [*map(kind_of, loop_of(name))]


def test_every_page_is_described(site: Path) -> None:
    """Every page has a language, a title, a description and a favicon."""
    for page in pages(site):
        found = elements(page)
        names = {e.attributes.get("name") for e in found if e.tag == "meta"}
        icons = [e for e in found if e.tag == "link" and "icon" in e.attributes.get("rel", "")]
        assert {"description", "viewport"} <= names, page
        assert icons, page
        language = "zh-CN" if page.is_relative_to(site / CHINESE) else "en"
        assert next(e for e in found if e.tag == "html").attributes["lang"] == language
        assert any(e.tag == "title" for e in found), page


def test_code_leads_to_the_api(site: Path) -> None:
    """The gallery's code and text lead to the PyTorch and NumPy documentation."""
    for name in RUNGS:
        page = site / f"{RUNGS[name].page}.html"
        links = [e.attributes.get("href", "") for e in elements(page) if e.tag == "a"]
        assert any(
            link.startswith(("https://docs.pytorch.org/", "https://numpy.org/")) for link in links
        ), name
