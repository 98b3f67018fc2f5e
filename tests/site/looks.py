"""What a browser finds on a page: in light and dark, on a phone and on a desk."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.site import axe
from tests.site.transfers import Transfer, Transfers, over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession, ConsoleMessage, Page

# What a page may cost: kB of 1000 bytes, and requests.
FIRST_KB = 80
LATER_KB = 35
REQUESTS = 20
HEIGHT = 800
WIDTHS = (360, 1280)
TWO_LOOKS = (("light", 360), ("dark", 1280))
OTHER_LOOKS = (("dark", 360), ("light", 1280))
#: One page of each kind, which the browser looks at in each theme and each width.
KINDS = (
    "index.html",
    "backward_pass.html",
    "gallery/two_layer/index.html",
    "gallery/two_layer/autograd.html",
    "gallery/exercises/autograd.html",
    "reference/rungs/dynamic_graph.html",
    "glossary.html",
    "genindex.html",
    "search.html",
)
# A window of 1280 by 1024 pixels, of which the browser shows a quarter at 400 %.
_ZOOMED = (320, 256)
#: Notes each shift of the layout from the start: what shifted, from which place and size to which.
NOTE_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => list.getEntries().filter(entry => entry.value).forEach(entry =>
    window.shifts.push(...entry.sources.map(({node, previousRect, currentRect}) => JSON.stringify([
        node?.getAttribute?.("class") || node?.nodeName,
        ...[previousRect, currentRect].map(({x, y, width, height}) => [x, y, width, height]),
    ]))))).observe({type: "layout-shift", buffered: true});
"""
# The theme hides what sticks out of the page, and lets the box of the content scroll instead.
_TOO_WIDE = """
Math.max(...[document.documentElement, ...document.querySelectorAll(".main, .content")]
    .map(box => box.scrollWidth - box.clientWidth))
"""
_CUT_OFF = """
[...document.querySelectorAll("article pre")]
    .filter(box => box.scrollWidth > box.clientWidth).map(box => box.textContent.slice(0, 60))
"""
_BROKEN_NUMBERS = """
() => {
    const texts = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
    const range = document.createRange(), found = [];
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (text.parentElement.closest("svg")) continue;
        for (const number of text.data.matchAll(/\\d[\\d.]*e[-+]\\d+/g)) {
            range.setStart(text, number.index);
            range.setEnd(text, number.index + number[0].length);
            if (range.getClientRects().length > 1) found.push(number[0]);
        }
    }
    return found;
}
"""
_THE_RIGHT_FIGURES = """
([theme, width]) => [...document.querySelectorAll("article img.only-light, article img.only-dark")]
    .every(image => (getComputedStyle(image).display !== "none")
                    === (image.classList.contains(`only-${theme}`)
                         && image.classList.contains(width)))
"""
_DRAWN = """
() => document.fonts.ready.then(() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(null)))))
"""
# A picture that is seen above the fold too is not below it.
_BELOW_THE_FOLD = """
() => {
    const above = new Set(), below = new Set();
    for (const image of document.images) {
        const set = image.getBoundingClientRect().top >= innerHeight ? below : above;
        if (image.currentSrc) set.add(image.currentSrc);
    }
    return [...below].filter(address => !above.has(address));
}
"""
_TO_THE_END = """
async () => {
    const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const scroll = top => scrollTo({top, behavior: "instant"});
    for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight) {
        scroll(top);
        await new Promise(requestAnimationFrame);
    }
    await drawn();
}
"""
_TO_THE_TOP = "scrollTo({top: 0, behavior: 'instant'})"
# Milliseconds, against hanging.
_PATIENCE = 120_000


def marked(look: tuple[str, int], *rest: object) -> Any:
    """Give a test's arguments for a look that only ``--all`` takes."""
    return pytest.param(*look, *rest, marks=pytest.mark.weekly)


#: For a test that takes a theme and a width.
every_look = pytest.mark.parametrize(
    ("theme", "width"), [*TWO_LOOKS, *(marked(look) for look in OTHER_LOOKS)]
)


class Tab(NamedTuple):
    """An open tab, what it loads, and what goes wrong in it."""

    page: Page
    session: CDPSession
    transfers: Transfers
    problems: list[str]

    def go(self, address: str) -> None:
        """Open a page, and wait until it is drawn and nothing more is on its way."""
        self.page.goto(address, wait_until="load", timeout=_PATIENCE)
        self.settle()

    def settle(self) -> None:
        """Wait until the page is drawn and nothing more is on its way."""
        self.page.evaluate(_DRAWN)
        quiet = 0
        for _ in range(_PATIENCE // 20):
            self.page.wait_for_timeout(20)
            quiet = 0 if self.transfers.waiting else quiet + 1
            if quiet == 3:
                return
        message = f"{self.page.url} goes on loading"
        raise TimeoutError(message)


@contextmanager
def new_tab(browser: Browser, address: str, theme: str, width: int) -> Iterator[Tab]:
    """Open a tab with an empty cache, which notes what goes wrong in it."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
    )
    problems: list[str] = []

    def logged(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            problems.append(f"{message.type}: {message.text}")

    try:
        context.add_init_script(NOTE_SHIFTS)
        page = context.new_page()
        page.on("console", logged)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda asked: problems.append(f"failed {asked.url}"))
        page.on("request", lambda asked: problems.extend(_foreign(asked.url, address)))
        page.on("response", lambda r: problems.extend([f"{r.status} {r.url}"][: r.status >= 400]))
        session = context.new_cdp_session(page)
        yield Tab(page, session, Transfers(session), problems)
    finally:
        context.close()


def _foreign(url: str, address: str) -> list[str]:
    return [] if url.startswith((f"{address}/", "data:", "blob:")) else [f"asks {url}"]


def faults(browser: Browser, address: str, page: str, theme: str, width: int) -> list[str]:
    """Look at a page with an empty cache, and say what is wrong with it.

    Args:
        browser: A browser.
        address: The site's address.
        page: The page's path in the site.
        theme: ``"light"`` or ``"dark"``.
        width: The screen's width in pixels.

    Returns:
        Errors and warnings, missing files, requests to others, what sticks out at 100 and (on a
        phone) at 400 %, code and output that is (on a desk) cut off, broken numbers, figures of the other theme or width, a
        first view that is too heavy or of too many files, what moves while the page loads and is
        scrolled to its end, and what axe says.
    """
    with new_tab(browser, address, theme, width) as tab:
        tab.go(f"{address}/{page}")
        first, below = list(tab.transfers.done), tab.page.evaluate(_BELOW_THE_FOLD)
        found = [f"first view: {line}" for line in over(first, FIRST_KB, below)]
        if (asked := sum(each.size > 0 for each in first)) > REQUESTS:
            found.append(f"first view: {asked} requests, at most {REQUESTS}")
        found += _too_wide(tab.page)
        if width == max(WIDTHS):
            found += [f"cut off: {words}" for words in tab.page.evaluate(_CUT_OFF)]
        figures = "wide" if width == max(WIDTHS) else "narrow"
        found += [f"broken: {number}" for number in tab.page.evaluate(_BROKEN_NUMBERS)]
        if not tab.page.evaluate(_THE_RIGHT_FIGURES, [theme, figures]):
            found.append(f"figures that are not {figures} and for {theme}")
        tab.page.evaluate(_TO_THE_END)
        tab.settle()
        found += [f"moves: {what}" for what in tab.page.evaluate("window.shifts")]
        tab.page.evaluate(_TO_THE_TOP)
        found += [f"axe: {line}" for line in axe.violations(tab.session)]
        if width == min(WIDTHS):
            tab.page.set_viewport_size({"width": _ZOOMED[0], "height": _ZOOMED[1]})
            found += [f"at 400 %: {line}" for line in _too_wide(tab.page)]
        return [*tab.problems, *found]


def _too_wide(page: Page) -> list[str]:
    wider = page.evaluate(_TOO_WIDE)
    return [f"{wider} px too wide"] if wider > 0 else []


def later(browser: Browser, address: str, page: str, width: int) -> list[str]:
    """Say by how much a page that is opened after another is too heavy."""
    # Whoever comes home comes from elsewhere.
    before = "reference/index.html" if page == "index.html" else "index.html"
    with new_tab(browser, address, "light", width) as tab:
        tab.go(f"{address}/{before}")
        known: list[Transfer] = list(tab.transfers.done)
        tab.go(f"{address}/{page}")
        loaded = tab.transfers.done[len(known) :]
        return over(loaded, LATER_KB, tab.page.evaluate(_BELOW_THE_FOLD))
