"""How fast the site's pages are for Lighthouse, which simulates a phone on a slow line."""

from __future__ import annotations

import pytest

from tests.site import lighthouse, static_host
from tests.site.looks import KINDS
from tests.site.offers import built_site


@pytest.mark.weekly
@pytest.mark.parametrize("page", KINDS)
def test_a_page_is_fast(page: str) -> None:
    """A page of each kind of the built site has full marks for performance, in the best of five looks."""
    with static_host.serve(built_site()) as address:
        found = lighthouse.fastest(f"{address}/{page}")

    assert found.values == {lighthouse.PERFORMANCE: 100}, found.lost
