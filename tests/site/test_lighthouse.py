"""Lighthouse, as a phone on a slow line."""

from __future__ import annotations

import pytest

from tests.site import lighthouse
from tests.site.looks import KINDS

PAGES = ("index.html", "gallery/two_layer/autograd.html")


@pytest.mark.parametrize(
    "page",
    [
        *PAGES,
        *(pytest.param(page, marks=pytest.mark.weekly) for page in KINDS if page not in PAGES),
    ],
)
def test_lighthouse_gives_full_marks(address: str, page: str) -> None:
    """Accessibility, best practices and SEO, which depend on the page alone, are at 100."""
    found = lighthouse.audit(f"{address}/{page}", [*lighthouse.EXACT])

    assert found.values == dict.fromkeys(lighthouse.EXACT, 100), found.lost


@pytest.mark.parametrize(
    ("runs", "best"),
    [([100], 100), ([97, 100], 100), ([96, 97, 98, 97, 96], 98)],
    ids=["at_once", "later", "never"],
)
def test_the_best_look_counts(monkeypatch: pytest.MonkeyPatch, runs: list[int], best: int) -> None:
    """A page is looked at until its performance is full, five times at most and later each time; the best look counts."""
    found = iter([lighthouse.Scores({"performance": run}, []) for run in runs])
    pauses: list[float] = []
    monkeypatch.setattr(lighthouse, "audit", lambda *_: next(found))
    monkeypatch.setattr("time.sleep", pauses.append)

    assert lighthouse.fastest("http://localhost/").values == {"performance": best}
    assert next(found, None) is None
    assert pauses == [0, 30, 60, 120][: len(runs) - 1]
