"""What helps to read: terms explained, long outputs folded, a page's links, print, lost readers."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from tests.site.offers import SCRIPTS, page_names
from tests.site.tabs import opened
from twolayer_docs.pages import body
from twolayer_docs.paths import CHINESE, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

PAGE = "gallery/two_layer/autograd.html"
TERM = "article a.glossary-link"
NOTE = "#glossary-note"


def pages(site: Path, *, chinese: bool = False) -> list[Path]:
    """List the site's pages, in English or in both languages."""
    return [site / name for name in page_names(site) if chinese or not name.startswith(CHINESE)]


@cache
def parsed(page: Path) -> BeautifulSoup:
    """Parse a page."""
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def test_terms_are_explained_on_focus(browser: Browser, address: str) -> None:
    """A term that takes the focus shows its definition, told to screen readers; Escape hides it."""
    with opened(browser, f"{address}/{PAGE}") as tab:
        term = tab.locator(TERM).first
        definition = term.get_attribute("data-definition")
        tab.keyboard.press("Tab")  # from here on the focus is the keyboard's
        term.focus()
        assert tab.inner_text(NOTE) == definition
        assert term.get_attribute("aria-describedby") == NOTE[1:]
        tab.keyboard.press("Escape")
        assert not tab.is_visible(NOTE)
        assert term.get_attribute("aria-describedby") is None


def test_terms_are_explained_on_hovering(browser: Browser, address: str) -> None:
    """A term under the pointer shows its definition, which stays while the pointer is on it."""
    with opened(browser, f"{address}/{PAGE}") as tab:
        tab.locator(TERM).first.hover()
        tab.wait_for_selector(NOTE)
        tab.hover(NOTE)
        tab.wait_for_timeout(400)
        assert tab.is_visible(NOTE)
        tab.hover("h1")
        tab.wait_for_selector(NOTE, state="hidden")


def test_an_explanation_stays_on_the_screen(browser: Browser, address: str) -> None:
    """On a phone an explanation is as wide as fits, and nothing scrolls sideways."""
    with opened(browser, f"{address}/{PAGE}") as tab:
        tab.set_viewport_size({"width": 360, "height": 700})
        tab.keyboard.press("Tab")
        for term in tab.locator(TERM).all():
            term.focus()
            left, right = tab.eval_on_selector(
                NOTE,
                "note => [note.getBoundingClientRect().left, note.getBoundingClientRect().right]",
            )
            assert left >= 0
            assert right <= 360


def test_without_scripts_terms_keep_their_titles(site: Path) -> None:
    """The definition stands in the link's title, which browsers show on hovering by themselves."""
    links = parsed(site / PAGE).select(TERM)
    assert links
    assert all(len(str(link["title"])) > 20 for link in links)


def test_long_outputs_are_folded(site: Path) -> None:
    """Each output of many lines is folded with its length in sight, and no shorter one but a verdict."""
    folded = 0
    for page in pages(site):
        soup = parsed(page)
        for output in soup.select(".sphx-glr-script-out, .output.stream"):
            if output.find_parent("details", class_="answer"):
                continue
            lines = len(output.get_text().strip("\n").splitlines())
            fold = output.find_parent("details")
            assert (fold is not None) == (lines > body.LONGEST), page
            if fold is not None:
                folded += 1
                assert fold.summary is not None
                assert fold.summary.get_text() == f"Output, {lines} lines"
    assert folded


def test_print_unfolds_and_leaves_out_what_is_for_screens(browser: Browser, address: str) -> None:
    """Printed, a page shows folded outputs and neither navigation nor buttons."""
    with opened(browser, f"{address}/gallery/networks/lenet.html") as tab:
        tab.emulate_media(media="print")
        tab.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert tab.evaluate("[...document.querySelectorAll('details')].every(fold => fold.open)")
        for hidden in (".sidebar-drawer", ".toc-drawer", ".page-links", ".related-pages"):
            assert not tab.locator(hidden).first.is_visible(), hidden
        tab.evaluate("dispatchEvent(new Event('afterprint'))")
        assert not tab.evaluate("document.querySelector('details.long-output').open")


def test_gallery_pages_begin_with_their_files(site: Path) -> None:
    """A gallery page leads to its script, its notebook and the zip of both from its top."""
    for script in SCRIPTS:
        name = script.stem
        page = (site / script.relative_to(ROOT)).with_suffix(".html")
        soup = parsed(page)
        links = soup.select("ul.page-links a[download]")
        files = [(page.parent / str(link["href"])).resolve() for link in links]
        assert [file.name for file in files] == [f"{name}.py", f"{name}.ipynb", f"{name}.zip"]
        assert all(file.is_file() for file in files)


def test_code_links_what_has_documentation_of_its_own(site: Path) -> None:
    """In code, names of libraries lead to their documentation, and variables lead nowhere."""
    text = (site / "gallery/two_layer/nn_sequential.html").read_text("utf-8")
    soup = BeautifulSoup(text, "html.parser")
    linked = {link.get_text(): str(link["href"]) for link in soup.select("div.highlight a")}

    assert linked["torch.nn.Sequential"].endswith("torch.nn.Sequential.html#torch.nn.Sequential")
    assert any("net = " in block.get_text() for block in soup.select("div.highlight"))
    assert not {"net", "x", "y", "t", "loss"} & linked.keys()


def test_links_in_code_look_like_links(browser: Browser, address: str) -> None:
    """The words of a link in code have the colour of the link, not of what they name."""
    odd = """
        [...document.querySelectorAll("article .highlight a span")].filter((word) =>
            getComputedStyle(word).color !== getComputedStyle(word.closest("a")).color).length
    """
    for scheme in ("light", "dark"):
        with opened(browser, f"{address}/{PAGE}", color_scheme=scheme) as tab:
            assert tab.locator("article .highlight a span").count()
            assert tab.evaluate(odd) == 0


def test_pages_lead_to_their_markdown(site: Path) -> None:
    """Whatever page has links to its files has one to its copy in Markdown, which is there."""
    seen = 0
    for page in pages(site):
        soup = parsed(page)
        for links in soup.select("ul.page-links"):
            (copy,) = [link for link in links.select("a") if link.get_text() == "Markdown"]
            assert (page.parent / str(copy["href"])).read_text("utf-8").startswith("# ")
            seen += 1
    assert seen > len(SCRIPTS)


def test_guides_lead_to_their_source(site: Path) -> None:
    """A guide and a page of the reference lead to the file that they are written in."""
    for name in ("all_rungs", "glossary", "reference/problem"):
        soup = parsed(site / f"{name}.html")
        (link,) = [a for a in soup.select("ul.page-links a") if a.get_text() == "Source"]
        source = ((site / f"{name}.html").parent / str(link["href"])).resolve()
        assert source.read_bytes() == _written(f"{name}.md")


def _written(name: str) -> bytes:
    """Read a page's source in the repository."""
    return (ROOT / "docs" / name).read_bytes()


@pytest.mark.parametrize("lost", ["no/such/page.html", "gallery/two_layer/gone.html"])
def test_lost_readers_find_home(browser: Browser, address: str, lost: str) -> None:
    """Below any address, the page for missing ones has its styles, searches the site, and leads home."""
    with opened(browser, f"{address}/index.html") as tab:
        failed: list[str] = []
        tab.on("response", lambda r: failed.append(r.url) if r.status >= 400 else None)
        response = tab.goto(f"{address}/{lost}")
        assert response is not None
        assert response.status == 404
        assert failed == [f"{address}/{lost}"]
        assert tab.inner_text("h1").startswith("There is no such page")
        tab.fill("#search-page input", "momentum")
        tab.wait_for_selector(f"#search-page .search-results a[href^='{address}/gallery/']")
        tab.click("article a >> text=home page")
        assert tab.url == f"{address}/index.html"


def test_pages_are_described_for_previews(site: Path) -> None:
    """Each page has a title, a description and a kind for link previews, and no address it guesses."""
    for page in pages(site, chinese=True):
        text = page.read_text("utf-8")
        named = dict(re.findall(r'<meta property="(og:\w+)" content="([^"]+)">', text))
        assert {"og:title", "og:description", "og:type", "og:site_name"} == named.keys(), page
        assert named["og:description"] in text.replace("og:description", "", 1)
        assert 'rel="canonical"' not in text


def test_pages_allow_no_script_of_others(site: Path) -> None:
    """Each page's policy, before anything it governs, allows this site's files and one script, by its hash."""
    for page in pages(site, chinese=True):
        text = page.read_text("utf-8")
        (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
        (script,) = re.findall(r"(?s)<script>(.*?)</script>", text)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert html.unescape(policy) == (
            f"default-src 'none'; script-src 'self' 'sha256-{digest}'; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'"
        )
        assert text.index("Content-Security-Policy") < min(
            text.index("<script"), text.index("<link")
        )
        assert not re.search(r"<[^>]+\son[a-z]+=", text), page


def test_the_policy_is_enforced(browser: Browser, address: str) -> None:
    """A script that somebody puts into a page does not run."""
    with opened(browser, f"{address}/index.html") as tab:
        tab.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=x: onerror=\"window.hit = 1\">')"
        )
        tab.evaluate("setTimeout(() => {}, 0)")
        tab.wait_for_timeout(200)
        assert tab.evaluate("window.hit") is None
