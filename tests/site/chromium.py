"""The system's Chromium, which can reach nothing but this machine."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
NOWHERE_ELSE = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromiumError(RuntimeError):
    """There is no Chromium on this machine."""


def find() -> str:
    """Find Chromium.

    Returns:
        The path of its program: what the environment variable ``CHROMIUM`` names, else the first
        of the usual names that is installed.

    Raises:
        NoChromiumError: If there is none; the message says how to install one.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        message = (
            "no Chromium found; install one (on Debian: apt-get install chromium) or name its "
            "program in the environment variable CHROMIUM"
        )
        raise NoChromiumError(message)
    return found


@contextmanager
def launch() -> Iterator[Browser]:
    """Start a Chromium.

    Yields:
        The browser, for the thread that started it.
    """
    from playwright import sync_api  # noqa: PLC0415 - only the checks in a browser need it

    path = find()
    flags = [*FLAGS, f"--host-resolver-rules={NOWHERE_ELSE}"]
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()
