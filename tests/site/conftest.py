"""The built site, its pages, a static host, browsers, and the figures that the tests collect."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.site import chromium, html_validate, lighthouse, site_report, static_host
from tests.site.offers import built_site
from tests.site.visits import Tour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.site.site_report import Rows
    from tests.site.visits import Visit

_FIGURES = pytest.StashKey["Rows"]()
_CHROMIUM = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer ``--write-report``."""
    text = "write the pages' figures to tests/site/report.json, instead of comparing them with it"
    parser.addoption("--write-report", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Begin without figures."""
    config.stash[_FIGURES] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes a ``page`` once for each page."""
    if "page" in metafunc.fixturenames and "page" not in _marked(metafunc):
        try:
            pages = site_report.pages(built_site())
        except FileNotFoundError:
            pages = ["index.html"]  # The site's fixture says what is missing.
        metafunc.parametrize("page", pages)


def _marked(metafunc: pytest.Metafunc) -> set[str]:
    """List what a test's own marks give it."""
    return {mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")}


@pytest.fixture(scope="session")
def site() -> Path:
    """Give the built site's folder: ``TWOLAYER_SITE``, else ``_site``."""
    return built_site()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Serve the site on this machine."""
    with static_host.serve(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a Chromium that can reach nothing but this machine."""
    with chromium.launch() as browser:
        yield browser


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Rows:
    """Collect the figures of pages, which are printed at the end."""
    return request.config.stash[_FIGURES]


@pytest.fixture(scope="session")
def tour(request: pytest.FixtureRequest, address: str) -> Iterator[Tour]:
    """Visit each page that a selected test wants to have visited."""
    chromium.find()
    wanted = [
        str(item.callspec.params["page"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "visit" in item.fixturenames
    ]
    tour = Tour(address, dict.fromkeys(wanted))
    yield tour
    tour.end()
    request.config.stash[_CHROMIUM] = tour.version


@pytest.fixture
def visit(tour: Tour, page: str, figures: Rows) -> Visit:
    """Give what browsers found on a page."""
    found = tour.visit(page)
    figures.setdefault(page, {}).update(
        first_kb=round(found.first_view.kb, 1),
        requests=found.requests,
        later_kb=round(found.later_kb, 1),
        axe=sum(len(view.violations) for view in found.views),
        shift=round(found.shift, 3),
    )
    return found


@pytest.fixture(scope="session")
def html_errors(site: Path) -> dict[str, list[str]]:
    """Give what html-validate says of each page."""
    names = site_report.pages(site)
    found = html_validate.errors(site / name for name in names)
    return {name: found[site / name] for name in names}


@pytest.fixture(scope="session")
def scores(address: str, tour: Tour) -> Callable[[str], lighthouse.Scores]:
    """Let Lighthouse look at pages, once at each, and at nothing while other browsers run."""
    tour.wait()

    @cache
    def look(page: str) -> lighthouse.Scores:
        return lighthouse.audit(f"{address}/{page}")

    return look


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the figures, page by page, and write them if that was asked for."""
    rows = config.stash[_FIGURES]
    if not rows:
        return
    terminalreporter.section("figures, page by page")
    for line in site_report.printed(rows):
        terminalreporter.write_line(line)
    if config.option.write_report:
        names = site_report.pages(built_site())
        if missing := site_report.missing(rows, names, lighthouse.PAGES):
            terminalreporter.write_line(f"no report written: no figures of {', '.join(missing)}")
        else:
            site_report.write(rows, config.stash[_CHROMIUM])
            terminalreporter.write_line("report written to tests/site/report.json")
