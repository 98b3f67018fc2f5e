"""The built site, a static host for it, and a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site import chromium, static_host
from tests.site.offers import built_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def site() -> Path:
    """Give the built site's folder: ``TWOLAYER_SITE``, else ``_site``."""
    return built_site()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Serve the site on this machine, to be drawn once all of a page has come."""
    with static_host.serve(site, drawn_whole=True) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a Chromium that can reach nothing but this machine."""
    with chromium.launch() as browser:
        yield browser
