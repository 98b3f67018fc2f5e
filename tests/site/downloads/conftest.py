"""The environments that downloads run in."""

from __future__ import annotations

import pytest

from tests.site.downloads.environments import Workplace


@pytest.fixture(scope="session")
def workplace() -> Workplace:
    """The environments, which are kept from run to run."""
    return Workplace()
