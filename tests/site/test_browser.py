"""Every page in a browser: in light and dark, on a phone and on a desk, first and later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.site import visits
from tests.site.site_report import FIRST_KB, LATER_KB, REQUESTS, SHIFT

if TYPE_CHECKING:
    from tests.site.visits import Visit


def test_a_page_reports_no_problem(visit: Visit) -> None:
    """A page logs no error or warning, misses no file and asks no other host for anything."""
    problems = [f"{view.name}: {problem}" for view in visit.views for problem in view.problems]

    assert problems == []


def test_a_page_fits_the_screen(visit: Visit) -> None:
    """A page doesn't scroll sideways."""
    wide = [
        f"{view.name}: {view.too_wide} px too wide" for view in visit.views if view.too_wide > 0
    ]

    assert wide == []


def test_a_page_fits_the_screen_at_400_percent(visit: Visit) -> None:
    """A page doesn't scroll sideways on a screen of 1280 px that shows it four times as large."""
    wide = [view.too_wide_zoomed for view in visit.views if view.too_wide_zoomed > 0]

    assert wide == []


def test_a_page_shows_the_figures_of_its_theme(visit: Visit) -> None:
    """In the dark the figures drawn for the dark are seen, else the others."""
    wrong = [view.name for view in visit.views if not view.right_figures]

    assert wrong == []


def test_a_page_is_accessible(visit: Visit) -> None:
    """The rules of axe find no violation of any severity."""
    violations = [f"{view.name}: {line}" for view in visit.views for line in view.violations]

    assert violations == []


def test_a_first_view_is_light(visit: Visit) -> None:
    """With an empty cache a page loads at most 70 kB, pictures below the fold aside."""
    view = visit.first_view

    assert view.kb <= FIRST_KB, f"{visit.page} ({view.name}): {view.kb:.1f} kB: {view.heaviest}"


def test_a_first_view_asks_for_few_files(visit: Visit) -> None:
    """With an empty cache a page loads at most 20 files, all pictures among them."""
    names = [transfer.url.split("/", 3)[-1] for transfer in visit.first_view.first]

    assert visit.requests <= REQUESTS, f"{visit.page}: {visit.requests} requests: {names}"


def test_a_later_view_is_light(visit: Visit) -> None:
    """After the home page a page loads at most 25 kB more, pictures below the fold aside."""
    kb = visit.later_kb

    assert kb <= LATER_KB, f"{visit.page}: {kb:.1f} kB after another: {visit.later_heaviest}"


@pytest.mark.parametrize(
    ("shifts", "counted"),
    [([0.0], 0.0), ([0.3, 0.0, 0.0], 0.0), ([0.3, 0.2, 0.0], 0.2), ([0.3, 0.0, 0.4], 0.3)],
    ids=["never", "once", "twice", "twice_but_not_at_once"],
)
def test_what_jumps_at_most_loads_counts(
    monkeypatch: pytest.MonkeyPatch, shifts: list[float], counted: float
) -> None:
    """A page that jumps is looked at three times, and has jumped if it did so in two of them."""
    looks = iter([visits.View("light, 360 px", shift=shift) for shift in shifts])
    monkeypatch.setattr(visits, "_view", lambda *_: next(looks))
    anything: Any = None
    found = visits._steady_view(anything, "", "index.html", "light", 360)

    assert found.shift == counted
    assert next(looks, None) is None


def test_nothing_jumps(visit: Visit) -> None:
    """Nothing moves while a page loads, or while a reader scrolls to its end."""
    jumps = [f"{view.name}: {view.shift}: {view.shifted}" for view in visit.views]

    assert visit.shift < SHIFT, jumps
