"""Every page in a browser, on a phone in light or on a desk in dark, most in both; one of each kind in all looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site import looks
from tests.site.offers import built_site, page_names
from twolayer_docs.paths import CHINESE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGES = [name for name in page_names(built_site()) if not name.startswith(CHINESE)]
IN_CHINESE = [f"{CHINESE}{name}" for name in looks.KINDS if not name.startswith("reference/")]
ALIKE = ("gallery/exercises/", "reference/")
"""Pages that are like each other: each is looked at once, in turns, and twice with ``--all``."""


def is_weekly(place: int, page: str, look: int) -> bool:
    """Tell whether a look at a page can wait."""
    return page.startswith(ALIKE) and page not in looks.KINDS and look != place % 2


@pytest.mark.parametrize(
    ("theme", "width", "page"),
    [
        *(
            looks.marked(look, page) if is_weekly(place, page, number) else (*look, page)
            for place, page in enumerate(PAGES)
            for number, look in enumerate(looks.TWO_LOOKS)
        ),
        *((*looks.TWO_LOOKS[place % 2], page) for place, page in enumerate(IN_CHINESE)),
        *((*look, page) for page in looks.KINDS for look in looks.OTHER_LOOKS),
        *(
            looks.marked(look, page)
            for page in PAGES
            if page not in looks.KINDS
            for look in looks.OTHER_LOOKS
        ),
    ],
)
def test_a_page_is_sound(browser: Browser, address: str, page: str, theme: str, width: int) -> None:
    """A page reports no problem, fits the screen, has the theme's figures, is accessible, light, and
    asks no other host for anything; nothing moves while it loads or is read.
    """
    assert looks.faults(browser, address, page, theme, width) == []


@pytest.mark.parametrize(
    "page", [p if p in looks.KINDS else pytest.param(p, marks=pytest.mark.weekly) for p in PAGES]
)
@pytest.mark.parametrize("width", [pytest.param(360, marks=pytest.mark.weekly), 1280])
def test_a_later_view_is_light(browser: Browser, address: str, page: str, width: int) -> None:
    """After the home page a page loads at most 35 kB more, pictures below the fold aside."""
    assert looks.later(browser, address, page, width) == []
