"""The built site, and the environments that its downloads run in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site.downloads.alone import Workplace
from tests.site.offers import built_site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site's folder."""
    return built_site()


@pytest.fixture(scope="session")
def workplace() -> Workplace:
    """The environments, which are kept from run to run."""
    return Workplace()
