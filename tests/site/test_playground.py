"""The playground of "Try it": NumPy's numbers in the reader's browser, and controls that can be trusted."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.docs.pages.test_playground import MISTAKES, STANDARD, fit
from tests.site import axe
from twolayer_docs.forms import zip as offline_zip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

SMALL = {"seed": 3, "N": 7, "H": 9, "steps": 200, "rate": 1e-5}
# Of the standard one, the sizes leave no remainder when products are cut into blocks; of the others they do.
PROBLEMS = [
    STANDARD,
    SMALL,
    SMALL | {"seed": 4294967295, "N": 1, "H": 1, "rate": 1e-4},
    SMALL | {"seed": 7, "N": 30, "H": 21, "rate": 3e-6},
    SMALL | {"H": 50, "rate": 3e-5},
    SMALL | {"N": 65, "H": 102, "rate": 5e-6},
]
QUICK = "#N=9&H=10&steps=40&rate=1e-5"
RUN_ALL = """
([source, all]) => Promise.all(all.map((settings) => new Promise((done, fail) => {
  const worker = new Worker(source), points = [];
  worker.onerror = fail;
  worker.onmessage = ({ data }) => {
    points.push(...data.points.map(({ loss, live }) => [String(loss), live]));
    if (data.done) { worker.terminate(); done(points); }
  };
  worker.postMessage(settings);
})))
"""
DRAWS = """
([source, seeds]) => new Promise((done) => {
  const script = document.createElement("script");
  script.onload = () => done(seeds.map((seed) => {
    const draw = network.standardNormal(seed);
    return Array.from({ length: 2000 }, draw);
  }));
  script.src = source;
  document.head.append(script);
})
"""


@pytest.fixture(scope="module")
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """Give the page."""
    tab = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    tab.goto(f"{address}/try_it.html{QUICK}", wait_until="networkidle")
    yield tab
    tab.context.close()


def run(tab: Page, settings: str = QUICK) -> str:
    """Run a fit on the page, and give what it says at the end."""
    tab.evaluate("hash => { location.hash = hash }", settings)
    tab.get_by_role("button", name="Run").click()
    expect(tab.locator(".playground-ended")).not_to_be_empty(timeout=60_000)
    return tab.locator(".playground-ended").inner_text()


def compare(shown: list[tuple[str, float]], wanted: list[tuple[float, float]]) -> None:
    """Compare the fits of browser and NumPy, step by step, to a relative 1e-8."""
    losses = [float(loss.replace("Infinity", "inf")) for loss, _ in shown]
    assert len(losses) == len(wanted)
    finite = np.isfinite([loss for loss, _ in wanted])
    assert np.array_equal(finite, np.isfinite(losses))
    right = np.array([loss for loss, _ in wanted])
    assert np.abs(np.array(losses)[finite] / right[finite] - 1).max() < 1e-8
    assert np.allclose([live for _, live in shown], [live for _, live in wanted], atol=1e-12)


def test_the_browser_draws_numpys_numbers(tab: Page) -> None:
    """A seed gives the standard normal numbers of ``numpy.random.default_rng``, to 1e-13."""
    seeds = [0, 1, 7, 12345, 4294967295]
    shown = tab.evaluate(DRAWS, ["_static/scripts/network.js", seeds])

    for seed, numbers in zip(seeds, shown, strict=True):
        wanted = np.random.default_rng(seed).standard_normal(len(numbers))
        assert np.abs(wanted - numbers).max() < 1e-13


def test_the_fits_are_numpys(tab: Page) -> None:
    """Whatever the settings, losses and live ReLUs are the first rung's at each step, also of fits that explode."""
    shown = tab.evaluate(RUN_ALL, ["_static/scripts/network.js", PROBLEMS])

    for settings, losses in zip(PROBLEMS, shown, strict=True):
        compare(losses, fit(settings))
    assert "Infinity" in {loss for losses in shown for loss, _ in losses}


def test_each_line_to_choose_does_what_it_says(tab: Page) -> None:
    """With a line of the menus in its place, NumPy's loop gives the losses that the browser shows."""
    settings = STANDARD | {"steps": 60}
    all_ = [settings | {"lines": dict([choice.split("=")])} for choice in MISTAKES]
    shown = tab.evaluate(RUN_ALL, ["_static/scripts/network.js", all_])

    for (line, mistake), losses in zip(MISTAKES.values(), shown, strict=True):
        compare(losses, fit(settings, (line, mistake["code"])))


def test_a_run_shows_how_it_ends(tab: Page) -> None:
    """After a run the page says how it ended, draws its curve, and keeps its settings in the address."""
    last, live = fit(SMALL | {"seed": 5, "N": 9, "H": 10, "steps": 40})[-1]

    said = run(tab, f"{QUICK}&seed=5")

    assert f"{last:.3e}" in said
    assert f"{100 * live:.1f} %" in said
    path = tab.locator(".playground .curve-line").first.get_attribute("d") or ""
    assert path.count(" ") == 40
    assert tab.evaluate("location.hash").removeprefix("#").split("&")[1] == "seed=5"
    assert tab.locator(".playground-histograms figure").count() == 4


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ("#N=9&H=40&steps=100&rate=1e-5", "learns"),
        ("#N=9&H=10&steps=40&rate=1e-3", "explodes"),
        ("#N=9&H=10&steps=40&rate=1e-8", "too slow"),
        ("#rate=2e-6&steps=60", "dies"),
    ],
)
def test_a_run_is_judged(tab: Page, settings: str, word: str) -> None:
    """The words at the end tell a fit that learns from one that explodes, dies or is too slow."""
    assert word in run(tab, settings)


def test_a_chosen_line_runs_beside_the_right_loop(tab: Page) -> None:
    """Choosing a line runs it immediately, beside the right loop, with a note of what to notice."""
    run(tab)
    tab.locator("select[name=w2]").select_option("none")
    curves = tab.locator(".playground-curves li")
    expect(curves).to_have_count(2, timeout=60_000)
    expect(curves.nth(1)).to_contain_text("pass")
    expect(tab.get_by_role("button", name="Stop")).to_be_disabled(timeout=60_000)

    assert (
        tab.locator(".playground-notice p").first.inner_text() == MISTAKES["w2=none"][1]["notice"]
    )


def test_kept_curves_stay_until_reset(tab: Page) -> None:
    """A kept curve is still there after another run; Reset takes all away, and restores the settings."""
    run(tab)
    tab.get_by_role("button", name="Keep").click()
    run(tab, f"{QUICK}&seed=1")
    assert tab.locator(".playground-curves li").count() == 2

    tab.get_by_role("button", name="Reset").click()

    assert tab.locator(".playground-curves li").count() == 0
    values = {name: tab.locator(f".playground [name={name}]").input_value() for name in STANDARD}
    assert {name: float(value) for name, value in values.items()} == STANDARD
    assert tab.evaluate("location.hash") == ""


def test_stop_stops(tab: Page) -> None:
    """Once Stop is pressed, no further step is shown, and the page says where the fit was stopped."""
    assert stop(tab)


def stop(tab: Page) -> bool:
    """Start a long fit, press Stop, and tell whether it stopped."""
    tab.evaluate("location.hash = '#steps=2000'")
    tab.get_by_role("button", name="Run").click()
    expect(tab.locator(".playground-now")).to_contain_text("loss", timeout=60_000)
    tab.get_by_role("button", name="Stop").click()
    now = tab.locator(".playground-now").inner_text().partition(":")[0]
    tab.wait_for_timeout(400)

    still = tab.locator(".playground-now").inner_text().partition(":")[0] == now
    return still and "stopped" in tab.locator(".playground-ended").inner_text()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rate", "0", "“0” isn't a number from 1e-9 to 1e-3."),
        ("rate", "fast", "“fast” isn't a number"),
        ("H", "10000", "“10000” isn't a whole number from 1 to 400."),
        ("seed", "1.5", "“1.5” isn't a whole number"),
        ("steps", "1/2", "“1/2” isn't a whole number"),  # elsewhere, a slash opens the search
        ("N", "", "“” isn't a whole number"),
    ],
)
def test_bad_input_gets_a_message(tab: Page, name: str, value: str, message: str) -> None:
    """A value that makes no sense gets a message beside its field, and nothing runs."""
    tab.get_by_role("button", name="Reset").click()
    field = tab.locator(f".playground input[name={name}]:not([type=range])")
    field.clear()
    field.press_sequentially(value)
    field.press("Enter")

    assert message in tab.locator(f"#playground-{name}-error").inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    tab.locator("select[name=mask]").select_option("less")  # runs nothing either
    tab.wait_for_timeout(500)
    assert tab.get_by_role("button", name="Stop").is_disabled()
    assert tab.locator(".playground-now").inner_text() == ""
    tab.get_by_role("button", name="Reset").click()
    assert tab.locator(f"#playground-{name}-error").inner_text() == ""


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_a_run_is_accessible(browser: Browser, address: str, theme: Any, width: int) -> None:
    """Before and after a run nothing violates WCAG or sticks out, and a run loads at most 12 kB."""
    size: Any = {"width": width, "height": 800}
    tab = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce").new_page()
    tab.goto(f"{address}/try_it.html", wait_until="networkidle")
    session = tab.context.new_cdp_session(tab)
    found = axe.violations(session)
    came: dict[str, int] = {}
    tab.on("response", lambda response: came.update({response.url: len(response.body())}))
    run(tab, f"{QUICK}&error=sign")
    expect(tab.get_by_role("button", name="Stop")).to_be_disabled(timeout=60_000)
    right = (tab.locator(".playground .curve-line").first.get_attribute("d") or "").count(" ")
    found += axe.violations(session)
    wide = tab.evaluate("document.documentElement.scrollWidth")
    tab.context.close()

    assert found == []
    assert wide <= width
    assert 0 < sum(came.values()) <= 12_000
    assert right == 40  # the right loop's curve is whole, though the other fit ended first


def test_lessons_have_a_playground(browser: Browser, address: str) -> None:
    """Two lessons have the settings and, after a run, the chart, without the lines."""
    tab = browser.new_page()
    for page in ("two_layer/numpy_by_hand", "labs/learning_rate_map"):
        tab.goto(f"{address}/gallery/{page}.html{QUICK}")
        assert not tab.locator(".playground-charts").is_visible()
        assert "learns" in run(tab, "#N=9&H=40&steps=100&rate=1e-5")
        assert tab.locator(".playground select").count() == 0
    tab.context.close()


def test_without_scripts_a_figure_stands(browser: Browser, address: str) -> None:
    """Without scripts there are three runs in a figure and a table; with scripts, the playground."""
    shown = []
    for scripts in (False, True):
        context = browser.new_context(java_script_enabled=scripts, color_scheme="light")
        tab = context.new_page()
        tab.goto(f"{address}/try_it.html")
        places = (".playground", ".without-scripts img", ".without-scripts table")
        shown.append([tab.locator(place).first.is_visible() for place in places])
        context.close()

    assert shown == [[False, True, True], [True, False, False]]


def test_it_runs_from_the_unpacked_zip(browser: Browser, site: Path, tmp_path: Path) -> None:
    """A page that is opened from a disk may start no worker; it runs and stops the fit itself."""
    zipfile.ZipFile(site / offline_zip.NAME).extractall(tmp_path)
    tab = browser.new_page()
    tab.goto(next(tmp_path.rglob("try_it.html")).as_uri())
    said = run(tab, f"{QUICK}&seed=5")
    assert f"{fit(SMALL | {'seed': 5, 'N': 9, 'H': 10, 'steps': 40})[-1][0]:.3e}" in said
    stopped = stop(tab)
    tab.context.close()

    assert stopped
