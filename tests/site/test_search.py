"""The search: what it finds, its keys, its page, from a folder, and without scripts."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.pages.test_error_messages import ENTRIES
from tests.site import static_host
from tests.site.tabs import opened
from twolayer_docs import npm
from twolayer_docs.forms import search

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent
GROUPS: dict[str, dict[str, list[str]]] = tomllib.loads((HERE / "searches.toml").read_text("utf-8"))
ASKED = {words: answer for words, (answer,) in GROUPS.pop("asked").items()}
WANTED = {words: pages for group in GROUPS.values() for words, pages in group.items()}
IN_BROWSERS = ("torch.from_numpy", "mat1 and mat2 shapes", "why does my loss become nan", "tenosr")
LIST = ".search-dialog .search-results"
LESSONS, REFERENCE, LISTS = "gallery/", "reference/", ("glossary.html", "cheat_sheet.html")


def answers(site: Path, queries: list[str]) -> list[dict[str, Any]]:
    """Run the site's own search over queries, in node."""
    command = [npm.node(), HERE / "search.cjs", site / search.SCRIPT]
    done = subprocess.run(
        command, input=json.dumps(queries), capture_output=True, check=True, text=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def found(site: Path) -> dict[str, list[str]]:
    """The pages that each query finds, best first."""
    pairs = zip(WANTED, answers(site, list(WANTED)), strict=True)
    return {words: [page["url"] for page in answer["pages"]] for words, answer in pairs}


@pytest.fixture(scope="module")
def folder(site: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the unpacked zip."""
    target = tmp_path_factory.mktemp("unpacked zip")
    with zipfile.ZipFile(site / "twolayer-offline.zip") as archive:
        archive.extractall(target)
    return (target / "twolayer").as_uri()


@pytest.mark.parametrize("words", WANTED)
def test_a_page_that_helps_is_among_the_first_three(
    found: dict[str, list[str]], words: str
) -> None:
    """What learners type finds a page that teaches it, names it or prints it."""
    assert {f"{page}.html" for page in WANTED[words]} & set(found[words][:3]), found[words]


def test_a_question_that_was_asked_finds_its_answer_first(site: Path) -> None:
    """Questions in the words of those who asked find the page that answers first, and the part that does."""
    missed = {}
    for (words, answer), found in zip(ASKED.items(), answers(site, list(ASKED)), strict=True):
        wanted, _, anchor = answer.partition("#")
        page, *_ = found["pages"]
        shown = [part["url"].partition("#")[2] for part in page["parts"]]
        if page["url"] != f"{wanted}.html" or anchor not in shown:
            missed[words] = (page["url"], shown)
    assert missed == {}


def test_each_error_message_finds_the_page_that_mends_it(site: Path) -> None:
    """The words of each heading of the guide to error messages find the guide first, and that heading in it."""
    titles = [entry.title for entry in ENTRIES]
    found = answers(site, [title.replace("…", " ") for title in titles])
    best = {title: answer["pages"][0] for title, answer in zip(titles, found, strict=True)}
    names = {
        title: [re.findall(r"\w+", part["title"]) for part in page["parts"]]
        for title, page in best.items()
        if page["url"] == "error_messages.html"
    }

    assert [
        title for title in titles if re.findall(r"\w+", title) not in names.get(title, [])
    ] == []


@pytest.mark.parametrize("words", ["LeNet", "momentum", "Jacobian", "in-place", "epoch"])
def test_lessons_come_before_the_reference_and_that_before_lists(site: Path, words: str) -> None:
    """A word that pages of each kind have finds a lesson first, lists last."""
    (answer,) = answers(site, [words])
    pages = [page["url"] for page in answer["pages"]]
    assert pages[0].startswith(LESSONS)
    lists = [pages.index(page) for page in LISTS if page in pages]
    others = [pages.index(page) for page in pages if page.startswith(REFERENCE)]
    assert min(lists, default=99) > max(others, default=0)


def test_results_lead_to_headings_and_mark_the_words(site: Path) -> None:
    """Each result of a page names parts by their anchors, with the words marked in some of their text."""
    (answer,) = answers(site, ["requires_grad <b>"])
    page, *_ = answer["pages"]
    text = (site / page["url"]).read_text("utf-8")
    for part in page["parts"]:
        address, _, anchor = part["url"].partition("#")
        assert address == page["url"]
        assert f'id="{anchor}"' in text
        assert "<mark>" in part["excerpt"]


def test_what_is_nowhere_is_not_found(site: Path) -> None:
    """Words of no page, of the navigation and of the footer alone find nothing."""
    assert [
        answer["count"] for answer in answers(site, ["xylophone", "pradyunsg", "", "梯度"])
    ] == [0] * 4


def test_the_search_loads_little(site: Path) -> None:
    """At most 250 kB come with the first search, as they are sent."""
    script = site / search.SCRIPT
    assert len(static_host.answer(script, 0, compress=True).body) <= 250_000
    assert (site / search.LICENCE).is_file()


def typed(tab: Page, words: str) -> list[str]:
    """Type words into the search that has the focus, and list the pages found."""
    tab.keyboard.type(words)
    tab.wait_for_selector(f"{LIST}[aria-busy=false] a")
    links = tab.query_selector_all(f"{LIST} > li > a")
    return [str(link.get_attribute("href")) for link in links]


@pytest.mark.parametrize("words", IN_BROWSERS)
@pytest.mark.parametrize("place", ["address", "folder"])
def test_server_and_folder_find_the_same(
    browser: Browser, request: pytest.FixtureRequest, site: Path, place: str, words: str
) -> None:
    """On a server and from the unpacked zip a browser shows the same results in the same order."""
    root = request.getfixturevalue(place)
    (answer,) = answers(site, [words])
    with opened(browser, f"{root}/gallery/two_layer/index.html") as tab:
        tab.keyboard.press("/")
        assert typed(tab, words) == [f"{root}/{page['url']}" for page in answer["pages"]]


def test_nothing_is_loaded_before_the_first_search(browser: Browser, address: str) -> None:
    """The index is asked for when the field gets the focus, once, and not before."""
    with opened(browser, f"{address}/index.html") as tab:
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.wait_for_load_state("networkidle")
        assert [url for url in asked if url.endswith(".js")] == []
        tab.keyboard.press("/")
        typed(tab, "graph")
        scripts = [url for url in asked if url.endswith(".js")]
        assert scripts == [f"{address}/{search.SCRIPT}"]


def test_an_index_that_is_not_there_is_said(browser: Browser, address: str) -> None:
    """Where the index can't be loaded, the search leads to the index of names."""
    with opened(browser, f"{address}/index.html") as tab:
        tab.route(f"**/{search.SCRIPT}", lambda route: route.abort())
        tab.keyboard.press("/")
        tab.keyboard.type("graph")
        status = tab.locator(".search-dialog [role=status]")
        status.filter(has_text="can't be loaded").wait_for()
        assert status.locator("a").get_attribute("href") == f"{address}/genindex.html"


@pytest.mark.parametrize("keys", ["/", "Control+k"])
def test_keys_open_the_search(browser: Browser, address: str, keys: str) -> None:
    """A slash and Ctrl-K open the search from anywhere; Escape closes it, the focus goes back."""
    with opened(browser, f"{address}/glossary.html") as tab:
        tab.focus(".sidebar-brand")
        tab.keyboard.press(keys)
        assert tab.evaluate("document.activeElement.closest('dialog').open")
        tab.keyboard.press("Escape")
        assert tab.evaluate("document.activeElement.className") == "sidebar-brand"


def test_the_sidebar_searches_as_you_type(browser: Browser, address: str) -> None:
    """Typing into the sidebar's field shows results with excerpts in which the words are marked."""
    with opened(browser, f"{address}/glossary.html") as tab:
        tab.focus(".sidebar-search")
        assert f"{address}/gallery/networks/lenet.html" in typed(tab, "lenet")[:2]
        marked = tab.eval_on_selector_all(
            ".search-excerpt mark", "all => all.map(m => m.innerText)"
        )
        assert marked
        assert [word for word in marked if "lenet" not in word.lower()] == []


def test_arrows_walk_through_the_results(browser: Browser, address: str) -> None:
    """Arrow keys move from the field to the results and back, Enter opens one."""
    with opened(browser, f"{address}/glossary.html") as tab:
        tab.keyboard.press("/")
        first, *_ = typed(tab, "vector-Jacobian product")
        tab.keyboard.press("ArrowDown")
        assert tab.evaluate("document.activeElement.href") == first
        tab.keyboard.press("ArrowUp")
        assert tab.evaluate("document.activeElement.type") == "search"
        tab.keyboard.press("ArrowDown")
        with tab.expect_navigation():
            tab.keyboard.press("Enter")
        assert tab.url == first


def test_the_search_says_that_nothing_was_found(browser: Browser, address: str) -> None:
    """Where nothing is found, the search says so in words, which a screen reader reads out."""
    with opened(browser, f"{address}/index.html") as tab:
        tab.keyboard.press("/")
        tab.keyboard.type("xylophone")
        status = tab.locator(".search-dialog [role=status]")
        status.filter(has_text="Nothing found for “xylophone”").wait_for()


def test_the_search_page_takes_words_from_its_address(browser: Browser, address: str) -> None:
    """The page search.html shows what was found for the words in its address, and for new ones."""
    with opened(browser, f"{address}/search.html?q=LeNet") as tab:
        tab.wait_for_selector("#search-page .search-results a")
        first = tab.get_attribute("#search-page .search-results a", "href")
        assert first == f"{address}/gallery/networks/lenet.html"
        tab.fill("#search-page input", "momentum")
        tab.wait_for_url("**/search.html?q=momentum")


@pytest.mark.parametrize("page", ["search.html", "gallery/two_layer/autograd.html"])
def test_without_scripts_the_page_points_to_the_index(
    browser: Browser, address: str, page: str
) -> None:
    """Where no scripts run, no field is shown that does nothing: a sentence leads to the index."""
    with opened(browser, f"{address}/{page}", java_script_enabled=False) as tab:
        said = tab.locator("noscript").first.inner_text()
        assert said.startswith("Search needs JavaScript")
        link = tab.locator("noscript a[href$='genindex.html']").first
        assert link.is_visible()
        assert not tab.locator("input[type=search]").first.is_visible()
