"""Every page in a browser: light and dark, on a phone and on a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

# The theme hides what sticks out of the page, and lets the box of the content scroll instead.
TOO_WIDE = """
Math.max(...[document.documentElement, ...document.querySelectorAll(".main, .content")]
    .map(box => box.scrollWidth - box.clientWidth))
"""
THE_RIGHT_FIGURES = """
theme => [...document.querySelectorAll("article img.only-light, article img.only-dark")]
    .every(image => (getComputedStyle(image).display !== "none")
                    === image.classList.contains(`only-${theme}`))
"""


class Watch:
    """Notes what goes wrong in a tab."""

    def __init__(self, tab: Page, address: str) -> None:
        """Listen to the tab's events."""
        self.problems: list[str] = []
        self.here = ""
        self._address = address
        tab.on("console", self.console)
        tab.on("pageerror", lambda error: self.note(str(error)))
        tab.on("request", self.request)
        tab.on("requestfailed", lambda request: self.note(f"failed {request.url}"))
        tab.on("response", self.response)

    def note(self, problem: str) -> None:
        """Write down a problem with the page that is open."""
        self.problems.append(f"{self.here}: {problem}")

    def console(self, message: ConsoleMessage) -> None:
        """Note an error that the page logs."""
        if message.type == "error":
            self.note(message.text)

    def request(self, request: Request) -> None:
        """Note a request to another host."""
        if not request.url.startswith((self._address, "data:", "blob:")):
            self.note(f"asks {request.url}")

    def response(self, response: Response) -> None:
        """Note a file that is not there."""
        if response.status >= 400:
            self.note(f"{response.status} {response.url}")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_work(browser: Browser, address: str, site: Path, theme: str, width: int) -> None:
    """No page logs an error, asks another host, misses a file or scrolls sideways."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if theme == "dark" else "light",
    )
    tab = context.new_page()
    watch = Watch(tab, address)
    for page in sorted(site.rglob("*.html")):
        if "_static" in page.parts:
            continue
        watch.here = page.relative_to(site).as_posix()
        tab.goto(f"{address}/{watch.here}", wait_until="networkidle")
        wide = tab.evaluate(TOO_WIDE)
        if wide > 0:
            watch.note(f"{wide} px too wide")
        if not tab.evaluate(THE_RIGHT_FIGURES, theme):
            watch.note("figures of the wrong theme")
    context.close()

    assert watch.problems == []


def test_the_theme_button_governs_figures_and_drawing(browser: Browser, address: str) -> None:
    """Whoever chooses a theme on the page gets figures and the drawing in that theme."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    tab = context.new_page()
    ink = "getComputedStyle(document.querySelector('.inline-svg text')).fill"
    try:
        tab.goto(f"{address}/gallery/two_layer/index.html", wait_until="networkidle")
        before = tab.evaluate(ink)
        tab.evaluate("document.body.dataset.theme = 'dark'")
        after = tab.evaluate(ink)
    finally:
        context.close()

    assert before != after
