"""What a browser finds on a page: in light and dark, on a phone and on a desk."""

from __future__ import annotations

import os
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.site import axe, chromium
from tests.site.site_report import SHIFT
from tests.site.transfers import Transfer, Transfers, heaviest, requests, weight

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

THEMES = ("light", "dark")
WIDTHS = (360, 1280)
HEIGHT = 800
# A window of 1280 by 1024 pixels, of which the browser shows a quarter at 400 %.
ZOOMED = (320, 256)
# Notes each shift from the start: what shifted, from which place and size to which.
_NOTE_SHIFTS = """
window.__shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(entry => window.__shifts.push({
    value: entry.value,
    what: entry.sources.map(({node, previousRect, currentRect}) => [
        node && (node.getAttribute?.("class") || node.nodeName),
        ...[previousRect, currentRect].map(({x, y, width, height}) => [x, y, width, height]),
    ]),
}))).observe({type: "layout-shift", buffered: true});
"""
# The theme hides what sticks out of the page, and lets the box of the content scroll instead.
_TOO_WIDE = """
Math.max(...[document.documentElement, ...document.querySelectorAll(".main, .content")]
    .map(box => box.scrollWidth - box.clientWidth))
"""
_THE_RIGHT_FIGURES = """
theme => [...document.querySelectorAll("article img.only-light, article img.only-dark")]
    .every(image => (getComputedStyle(image).display !== "none")
                    === image.classList.contains(`only-${theme}`))
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
_PATIENCE = 30_000
_LOOKS = 3


@dataclass
class View:
    """What was found on a page in one theme and one width.

    Args:
        name: Such as ``"dark, 360 px"``.
        problems: Errors and warnings, files that failed, requests to others.
        too_wide: How many pixels the page is wider than the screen.
        too_wide_zoomed: How many pixels it is wider at 400 %, looked at from the phone's view.
        right_figures: Whether the figures of the theme are seen, and no others.
        first: What the first view loaded.
        below: The pictures among it that are below the fold.
        shift: The sum of all shifts of the layout while loading and while scrolling to the end.
        shifted: What shifted.
        violations: What axe says.
    """

    name: str
    problems: list[str] = field(default_factory=list)
    too_wide: int = 0
    too_wide_zoomed: int = 0
    right_figures: bool = True
    first: list[Transfer] = field(default_factory=list)
    below: frozenset[str] = frozenset()
    shift: float = 0.0
    shifted: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def kb(self) -> float:
        """The weight of the first view in kB, pictures below the fold aside."""
        return weight(self.first, self.below)

    @property
    def requests(self) -> int:
        """The number of files that the first view loaded, pictures below the fold among them."""
        return requests(self.first)

    @property
    def heaviest(self) -> str:
        """What weighs most in the first view."""
        return heaviest(self.first, self.below)


@dataclass
class Visit:
    """What was found on a page.

    Args:
        page: The page's path in the site.
        views: What was found in each theme and width.
        later: What the page loads, at each width, after the home page.
        kept: The pictures below the fold, at each width.
    """

    page: str
    views: list[View]
    later: list[list[Transfer]]
    kept: list[frozenset[str]]

    @property
    def first_view(self) -> View:
        """The heaviest first view."""
        return max(self.views, key=lambda view: view.kb)

    @property
    def requests(self) -> int:
        """The most files that a first view loaded."""
        return max(view.requests for view in self.views)

    @property
    def later_kb(self) -> float:
        """The weight of a later view in kB, pictures below the fold aside."""
        return max(weight(*loaded) for loaded in zip(self.later, self.kept, strict=True))

    @property
    def later_heaviest(self) -> str:
        """What weighs most in the heavier later view."""
        pairs = zip(self.later, self.kept, strict=True)
        return heaviest(*max(pairs, key=lambda loaded: weight(*loaded)))

    @property
    def shift(self) -> float:
        """The largest sum of shifts."""
        return max(view.shift for view in self.views)


class Watch:
    """Notes what goes wrong in a tab."""

    def __init__(self, tab: Page, address: str) -> None:
        """Listen to the tab's events.

        Args:
            tab: The tab.
            address: The site's address.
        """
        self.problems: list[str] = []
        self._address = address
        tab.on("console", self.console)
        tab.on("pageerror", lambda error: self.problems.append(str(error)))
        tab.on("request", self.request)
        tab.on("requestfailed", lambda request: self.problems.append(f"failed {request.url}"))
        tab.on("response", self.response)

    def console(self, message: ConsoleMessage) -> None:
        """Note an error or a warning that the page logs."""
        if message.type in {"error", "warning", "assert"}:
            self.problems.append(f"{message.type}: {message.text}")

    def request(self, request: Request) -> None:
        """Note a request to another host."""
        if not request.url.startswith((f"{self._address}/", "data:", "blob:")):
            self.problems.append(f"asks {request.url}")

    def response(self, response: Response) -> None:
        """Note a file that is not there."""
        if response.status >= 400:
            self.problems.append(f"{response.status} {response.url}")


def settle(tab: Page, transfers: Transfers) -> None:
    """Wait until a page is drawn and nothing more is on its way.

    Args:
        tab: The tab, whose page has loaded.
        transfers: What it loads.

    Raises:
        TimeoutError: If the page goes on loading.
    """
    tab.evaluate(_DRAWN)
    quiet = 0
    for _ in range(_PATIENCE // 20):
        tab.wait_for_timeout(20)
        quiet = 0 if transfers.waiting else quiet + 1
        if quiet == 3:
            return
    message = f"{tab.url} goes on loading"
    raise TimeoutError(message)


def _view(browser: Browser, address: str, page: str, theme: str, width: int) -> View:
    """Look at a page in one theme and one width, with an empty cache."""
    view = View(f"{theme}, {width} px")
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
    )
    try:
        context.add_init_script(_NOTE_SHIFTS)
        tab = context.new_page()
        session = context.new_cdp_session(tab)
        transfers, watch = Transfers(session), Watch(tab, address)
        view.problems = watch.problems
        tab.goto(f"{address}/{page}", wait_until="load", timeout=_PATIENCE)
        settle(tab, transfers)
        view.first = list(transfers.done)
        view.below = frozenset(tab.evaluate(_BELOW_THE_FOLD))
        view.too_wide = tab.evaluate(_TOO_WIDE)
        view.right_figures = tab.evaluate(_THE_RIGHT_FIGURES, theme)
        tab.evaluate(_TO_THE_END)
        settle(tab, transfers)
        shifts: list[dict[str, Any]] = tab.evaluate("window.__shifts")
        view.shift = sum(shift["value"] for shift in shifts)
        view.shifted = [str(shift["what"]) for shift in shifts if shift["value"] > 0]
        tab.evaluate(_TO_THE_TOP)
        view.violations = axe.violations(session)
        if width == min(WIDTHS):
            tab.set_viewport_size({"width": ZOOMED[0], "height": ZOOMED[1]})
            view.too_wide_zoomed = tab.evaluate(_TOO_WIDE)
    finally:
        context.close()
    return view


def _steady_view(browser: Browser, address: str, page: str, theme: str, width: int) -> View:
    """Look at a page; where something jumps, three times, and give the look between the other two.

    A browser that gets no time from the machine may draw half a page, whose second half then moves the
    first. What jumps at most loads is the page's own doing.
    """
    view = _view(browser, address, page, theme, width)
    if view.shift < SHIFT:
        return view
    views = [view, *(_view(browser, address, page, theme, width) for _ in range(_LOOKS - 1))]
    return sorted(views, key=lambda view: view.shift)[_LOOKS // 2]


def _later(
    browser: Browser, address: str, before: str, page: str, width: int
) -> tuple[list[Transfer], frozenset[str]]:
    """Give what a page loads after another one, and which of its pictures are below the fold."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT})
    try:
        tab = context.new_page()
        transfers = Transfers(context.new_cdp_session(tab))
        tab.goto(f"{address}/{before}", wait_until="load", timeout=_PATIENCE)
        settle(tab, transfers)
        known = len(transfers.done)
        tab.goto(f"{address}/{page}", wait_until="load", timeout=_PATIENCE)
        settle(tab, transfers)
        return transfers.done[known:], frozenset(tab.evaluate(_BELOW_THE_FOLD))
    finally:
        context.close()


def visit(browser: Browser, address: str, page: str) -> Visit:
    """Look at a page in each theme and width.

    Args:
        browser: A browser.
        address: The site's address.
        page: The page's path in the site.

    Returns:
        What was found.
    """
    views = [
        _steady_view(browser, address, page, theme, width) for theme in THEMES for width in WIDTHS
    ]
    # Whoever comes home comes from elsewhere.
    before = "reference/index.html" if page == "index.html" else "index.html"
    later = [_later(browser, address, before, page, width) for width in WIDTHS]
    return Visit(page, views, [loaded for loaded, _ in later], [below for _, below in later])


class Tour:
    """Visits pages in several browsers at once, each in a thread of its own."""

    def __init__(self, address: str, pages: Iterable[str]) -> None:
        """Start to visit.

        Args:
            address: The site's address.
            pages: The pages, in the order in which they are wanted.
        """
        #: The browsers' version.
        self.version = ""
        self._address = address
        self._visits: dict[str, Future[Visit]] = {page: Future() for page in pages}
        self._wanted: queue.SimpleQueue[str] = queue.SimpleQueue()
        for page in self._visits:
            self._wanted.put(page)
        number = min(len(self._visits), os.cpu_count() or 1, 4)
        if number:
            axe.source()
        self._threads = [threading.Thread(target=self._work) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def visit(self, page: str) -> Visit:
        """Give what was found on a page, as soon as it has been visited.

        Args:
            page: The page's path in the site.

        Returns:
            What was found.
        """
        return self._visits[page].result()

    def end(self) -> None:
        """Visit no further page, and wait for those being visited."""
        while not self._wanted.empty():
            self._next()
        self.wait()

    def wait(self) -> None:
        """Wait until all pages are visited."""
        for thread in self._threads:
            thread.join()

    def _next(self) -> str | None:
        try:
            return self._wanted.get_nowait()
        except queue.Empty:
            return None

    def _work(self) -> None:
        try:
            with chromium.launch() as browser:
                self.version = browser.version
                for page in iter(self._next, None):
                    self._visit(browser, page)
        except Exception as error:  # noqa: BLE001 - the pages' tests raise it
            for page in iter(self._next, None):
                self._visits[page].set_exception(error)

    def _visit(self, browser: Browser, page: str) -> None:
        try:
            found = visit(browser, self._address, page)
        except Exception as error:  # noqa: BLE001 - the page's tests raise it
            self._visits[page].set_exception(error)
        else:
            self._visits[page].set_result(found)
