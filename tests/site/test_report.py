"""Whether the committed figures, which a page shows, are this site's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site import lighthouse, site_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.site.site_report import Rows
    from tests.site.visits import Visit

ADVICE = "the committed figures are not this site's; run: nox -s site -- --write-report"


@pytest.fixture
def reported(request: pytest.FixtureRequest) -> Rows:
    """Give the committed figures, unless they are being written anew."""
    if request.config.option.write_report:
        pytest.skip("the report is being written")
    return site_report.read()


def test_the_report_has_each_page(site: Path, reported: Rows) -> None:
    """The report has a row for each page of the site, whole, and no other."""
    names = site_report.pages(site)

    assert sorted(reported) == names, ADVICE
    assert site_report.missing(reported, names, lighthouse.PAGES) == [], ADVICE


def test_a_pages_row_fits(reported: Rows, page: str, visit: Visit, figures: Rows) -> None:
    """A page's row in the report is what was measured now: weights to a tenth and 1 kB."""
    if page not in reported:
        pytest.skip("the report has no such page, as another test says")
    measured = {name: figures[page][name] for name in site_report.MEASURED}

    assert site_report.differences(reported[visit.page], measured) == [], ADVICE


def test_html_errors_fit(reported: Rows, html_errors: dict[str, list[str]]) -> None:
    """The report has as many errors in each page's HTML as are found now."""
    expected = {page: row["html"] for page, row in reported.items()}

    assert expected == {page: len(html_errors.get(page, ())) for page in reported}, ADVICE


@pytest.mark.parametrize("page", lighthouse.PAGES)
def test_lighthouse_scores_fit(
    reported: Rows, page: str, scores: Callable[[str], lighthouse.Scores]
) -> None:
    """The report has the scores that Lighthouse gives now."""
    if page not in reported:
        pytest.skip("the report has no such page, as another test says")
    assert tuple(reported[page]["lighthouse"]) == scores(page).values, ADVICE
