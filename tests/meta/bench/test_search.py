"""How soon the site's search answers the first key."""

from __future__ import annotations

from tests.site import chromium, static_host
from tests.site.offers import built_site
from tests.site.tabs import opened

# From the first key to the first result, measured in the page, so that only the site counts.
CLOCK = """
() => {
    addEventListener("keydown", () => { window.began ??= performance.now(); }, true);
    new MutationObserver(() => {
        if (document.querySelector(".search-results a")) window.ended ??= performance.now();
    }).observe(document.body, {childList: true, subtree: true});
}
"""
ALLOWED = 300


def test_the_first_key_is_answered_at_once() -> None:
    """A reader who goes to the field and types sees results 300 ms after the first key, the index loaded anew."""
    times = []
    with static_host.serve(built_site()) as address, chromium.launch() as browser:
        for _ in range(5):
            with opened(browser, f"{address}/index.html") as tab:
                tab.evaluate(CLOCK)
                tab.focus(".sidebar-search")
                tab.keyboard.type("grad")
                tab.wait_for_selector(".search-results a")
                times.append(tab.evaluate("window.ended - window.began"))
    assert min(times) <= ALLOWED, times
