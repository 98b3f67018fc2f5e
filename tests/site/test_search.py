"""The search: at the keyboard, in the sidebar, on its own page, from a folder, and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site.tabs import opened

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

LIST = ".search-dialog .search-results"
RESULTS = f"{LIST} a"
PLANTED = {
    "vector-Jacobian product": "gallery/autograd/vector_jacobian_product.html",
    "share memory numpy": "gallery/tensors/numpy_interop.html",
    "LeNet": "gallery/networks/lenet.html",
    "torch.compile": "gallery/two_layer/static_graph.html",
    "custom Function forward backward": "gallery/two_layer/custom_function.html",
    "momentum": "gallery/two_layer/optimizers.html",
    "Variable": "then_and_now.html",
    "DivergedError": "reference/fit.html",
    "central differences": "gallery/autograd/gradients.html",
    "learning anything": "is_it_learning.html",
}
"""Words, and the page that has to be among the first three found."""
# An engine that takes its time, and notes what it searches and how much of that at once.
SLOW_ENGINE = """
window.searched = [];
window.most = 0;
let running = 0;
export async function options() {}
export async function init() {}
export async function search(words) {
    window.searched.push(words);
    window.most = Math.max(window.most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 300));
    running--;
    return { results: [] };
}
"""
# From the first key to the first result, measured in the page, so that only the site counts.
CLOCK = """
() => {
    addEventListener("keydown", () => { window.began ??= performance.now(); }, true);
    new MutationObserver(() => {
        if (window.began && document.querySelector(".search-results a")) {
            window.ended ??= performance.now();
        }
    }).observe(document.body, {childList: true, subtree: true});
}
"""


def found(tab: Page, words: str) -> list[str]:
    """Type words into the search that has the focus, and list the pages found."""
    tab.keyboard.type(words)
    tab.wait_for_selector(f"{LIST}[aria-busy=false] a")
    links = tab.query_selector_all(f"{LIST} > li > a")
    return [str(link.get_attribute("href")) for link in links]


@pytest.mark.parametrize("words", PLANTED)
def test_the_search_finds_what_is_there(browser: Browser, address: str, words: str) -> None:
    """Each of ten planted queries finds its page among the first three."""
    with opened(browser, f"{address}/index.html") as tab:
        tab.keyboard.press("/")
        assert f"{address}/{PLANTED[words]}" in found(tab, words)[:3]


@pytest.mark.parametrize("words", PLANTED)
def test_the_search_works_from_a_folder(browser: Browser, site: Path, words: str) -> None:
    """Read from a folder, without a server, the site finds the same pages."""
    with opened(browser, (site / "gallery/two_layer/index.html").as_uri()) as tab:
        tab.keyboard.press("/")
        assert (site / PLANTED[words]).as_uri() in found(tab, words)[:3]


def test_the_first_result_comes_at_once(browser: Browser, address: str) -> None:
    """Once the search is loaded, the first result is there within 300 ms of the first key."""
    with opened(browser, f"{address}/index.html") as tab:
        tab.keyboard.press("/")
        found(tab, "graph")
        tab.keyboard.press("Control+a")
        tab.keyboard.press("Delete")
        tab.wait_for_selector(RESULTS, state="detached")
        tab.evaluate(CLOCK)
        tab.keyboard.type("gradient")
        tab.wait_for_selector(RESULTS)
        assert tab.evaluate("window.ended - window.began") <= 300


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
        assert f"{address}/gallery/networks/lenet.html" in found(tab, "lenet")[:2]
        marked = tab.eval_on_selector_all(
            ".search-excerpt mark", "all => all.map(m => m.innerText)"
        )
        assert marked
        assert [word for word in marked if "lenet" not in word.lower()] == []


def test_the_engine_does_one_search_at_a_time(browser: Browser, address: str) -> None:
    """While one search runs no other begins, and the last one is for all the letters."""
    with opened(browser, f"{address}/glossary.html") as tab:
        engine = {"content_type": "text/javascript", "body": SLOW_ENGINE}
        tab.route("**/pagefind/pagefind.js", lambda route: route.fulfill(**engine))
        tab.keyboard.press("/")
        tab.keyboard.type("lenet")
        tab.wait_for_selector(f"{LIST}[aria-busy=false]", state="attached")
        searched, most = tab.evaluate("[searched, most]")

    assert searched[-1] == "lenet"
    assert most == 1


def test_arrows_walk_through_the_results(browser: Browser, address: str) -> None:
    """Arrow keys move from the field to the results and back, Enter opens one."""
    with opened(browser, f"{address}/glossary.html") as tab:
        tab.keyboard.press("/")
        first, *_ = found(tab, "vector-Jacobian product")
        tab.keyboard.press("ArrowDown")
        assert tab.evaluate("document.activeElement.href") == first
        tab.keyboard.press("ArrowUp")
        assert tab.evaluate("document.activeElement.type") == "search"
        tab.keyboard.press("ArrowDown")
        with tab.expect_navigation():
            tab.keyboard.press("Enter")
        assert tab.url == first


def test_what_is_not_there_is_not_found(browser: Browser, address: str) -> None:
    """Where nothing is found, the search says so in words, which a screen reader reads out."""
    with opened(browser, f"{address}/index.html") as tab:
        tab.keyboard.press("/")
        tab.keyboard.type("xylophone")
        status = tab.locator(".search-dialog [role=status]")
        status.filter(has_text="Nothing found for “xylophone”").wait_for()


def test_only_articles_are_searched(browser: Browser, address: str) -> None:
    """Words of the navigation and the footer, which every page has, find no page for themselves."""
    with opened(browser, f"{address}/index.html") as tab:
        tab.keyboard.press("/")
        tab.keyboard.type("pradyunsg")
        tab.locator(".search-dialog [role=status]").filter(has_text="Nothing found").wait_for()


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
        assert said.startswith("Search needs scripts")
        link = tab.locator("noscript a[href$='genindex.html']").first
        assert link.is_visible()
        assert not tab.locator("input[type=search]").first.is_visible()
