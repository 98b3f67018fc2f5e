"""A tab of a browser for one test."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@contextmanager
def opened(browser: Browser, place: str, **options: Any) -> Iterator[Page]:
    """Open a page in a tab that shares nothing with others, and close it at the end.

    Args:
        browser: The browser.
        place: The page's address.
        **options: What Playwright's ``new_context`` takes, such as ``java_script_enabled=False``.

    Yields:
        The tab.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    try:
        tab = context.new_page()
        tab.goto(place)
        yield tab
    finally:
        context.close()
