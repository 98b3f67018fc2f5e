"""The curves that the reader of "All rungs from one problem" can switch off and on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from twolayer import random_problem
from twolayer.rungs import RUNGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from twolayer import Fit

CHART, CONTROLS = ".curves-chart", ".curves-controls"
# What moves in the page's content: the theme's header may settle as it likes.
LAYOUT_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    for (const { node } of entry.sources)
      if ((node?.parentElement ?? node)?.closest("article")) window.shifts.push(node.textContent);
}).observe({ type: "layout-shift", buffered: true });
"""
# The contrast of each curve with the page, as WCAG 2 defines it.
CONTRASTS = """
() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const page = light(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll(".curves-chart .curve-line")].map((line) => {
    const ink = light(getComputedStyle(line).stroke);
    return (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05);
  });
}
"""


@pytest.fixture(scope="module")
def fits() -> list[Fit]:
    """The fits of the first two rungs; the others' agree with them to a relative 1e-8."""
    problem = random_problem(seed=0)
    return [RUNGS[rung].fit(problem, steps=500, learning_rate=1e-6) for rung in [*RUNGS][:2]]


def opened(browser: Browser, address: str, **options: Any) -> Page:
    """Open the page and wait for its curves."""
    tab = browser.new_context(viewport={"width": 1280, "height": 900}, **options).new_page()
    tab.goto(f"{address}/all_rungs.html", wait_until="networkidle")
    for box in tab.locator(".curves").all():
        box.scroll_into_view_if_needed()
        box.locator(CHART).wait_for()
    return tab


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """Give the page with its curves drawn."""
    tab = opened(browser, address, color_scheme="light")
    yield tab
    tab.context.close()


def values(tab: Page, chart: int = 0) -> list[str]:
    """Read the values that stand beside the curves' names."""
    return tab.locator(".curves").nth(chart).locator(".curve-value").all_inner_texts()


@pytest.mark.parametrize("step", [0, 1, 123, 499])
def test_the_values_are_the_fits(tab: Page, fits: list[Fit], step: int) -> None:
    """At each step the reader sees each rung's loss, to five digits."""
    tab.locator("input[type=range]").first.fill(str(step))

    assert [f"{fits[0].losses[step]:.4e}"] * len(RUNGS) == values(tab)
    assert str(step) == tab.locator(".curves-at").first.inner_text()


def test_the_curves_are_where_their_values_are(tab: Page, fits: list[Fit]) -> None:
    """A curve's line has a point for each step, and its height is the logarithm of the loss."""
    path = tab.locator(f"{CHART} .curve-line").first.get_attribute("d") or ""
    heights = [float(point.split()[1]) for point in path.removeprefix("M").split("L")]

    losses = fits[0].losses
    assert len(losses) == len(heights)
    share = (heights[100] - heights[0]) / (heights[-1] - heights[0])
    decades = [float(losses[0] / losses[k]) for k in (100, -1)]
    assert share == pytest.approx(math.log(decades[0]) / math.log(decades[1]), abs=0.002)


def test_a_curve_is_switched_off_and_on(tab: Page) -> None:
    """A curve that is switched off has no line and no value; switched on, it has them again."""
    place = list(RUNGS).index("autograd")
    line = tab.locator(f"{CHART} .curve-{place + 1}").first
    box = tab.get_by_label("autograd", exact=True).first
    before = values(tab)

    box.uncheck()
    assert not line.is_visible()
    assert values(tab) == [*before[:place], "", *before[place + 1 :]]

    box.check()
    assert line.is_visible()
    assert values(tab) == before


def test_all_and_none(tab: Page) -> None:
    """One button switches every curve off, one every curve on, each in its own chart."""
    buttons = tab.locator(".curves-buttons").first
    buttons.get_by_text("None").click()
    assert set(values(tab)) == {""}
    assert "" not in values(tab, chart=1)

    buttons.get_by_text("All curves").click()
    assert "" not in values(tab)


def test_the_sentence_says_that_curves_agree(tab: Page) -> None:
    """What is read is also said in a sentence, once the reader has stopped: here, that all agree."""
    status = tab.locator(".curves-status").first
    slider = tab.locator("input[type=range]").first
    slider.fill("499")
    said = f"At step 499, the {len(RUNGS)} curves agree to the digits shown: 4.8514e-07."
    expect(status).to_have_text(said)
    assert status.get_attribute("aria-live") == "polite"

    tab.locator(".curves-buttons").first.get_by_text("None").click()
    expect(status).to_have_text("No curve is shown.")


def test_no_difference_is_shown_as_zero(tab: Page, fits: list[Fit]) -> None:
    """Where a rung's loss is the NumPy rung's to the last bit, the difference reads 0."""
    reference, other = (fit.losses for fit in fits)
    same = [step for step in range(500) if reference[step] == other[step]]
    assert same

    tab.locator("input[type=range]").nth(1).fill(str(same[0]))

    assert values(tab, chart=1)[0] == "0"


def test_the_keyboard_moves_the_step(tab: Page) -> None:
    """Arrow keys move the step by one, End to the last, and the reading line with it."""
    slider = tab.locator("input[type=range]").first
    line = tab.locator(f"{CHART} .reading").first
    slider.fill("10")
    before = line.get_attribute("d")

    slider.press("ArrowRight")
    assert slider.input_value() == "11"
    assert line.get_attribute("d") != before

    slider.press("End")
    assert tab.locator(".curves-at").first.inner_text() == "499"


def test_the_pointer_moves_the_step(tab: Page) -> None:
    """The step follows the pointer over the chart, from the first to the last."""
    chart = tab.locator(CHART).first
    size = chart.bounding_box()
    assert size is not None

    chart.hover(position={"x": 20, "y": 80})
    assert tab.locator(".curves-at").first.inner_text() == "0"
    chart.hover(position={"x": size["width"] - 2, "y": 80})
    assert tab.locator(".curves-at").first.inner_text() == "499"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_stand_out_in_both_themes(tab: Page, theme: str) -> None:
    """Each curve has another colour in each theme, with a contrast of 3 to the page."""
    colour = "getComputedStyle(document.querySelector('.curves-chart .curve-line')).stroke"
    other = "dark" if theme == "light" else "light"
    tab.evaluate("theme => document.body.dataset.theme = theme", other)
    before = tab.evaluate(colour)

    tab.evaluate("theme => document.body.dataset.theme = theme", theme)

    assert before != tab.evaluate(colour)
    contrasts = tab.evaluate(CONTRASTS)
    assert len(contrasts) == 2 * len(RUNGS) - 1  # the second chart has no curve of the first rung
    assert min(contrasts) >= 3


def test_without_scripts_the_picture_stands(browser: Browser, address: str) -> None:
    """Without scripts there is the picture, and no control that does nothing."""
    context = browser.new_context(java_script_enabled=False, color_scheme="light")
    tab = context.new_page()
    tab.goto(f"{address}/all_rungs.html")
    shown = [tab.locator(f".curves {place}").first.is_visible() for place in ("img", CONTROLS)]
    context.close()

    assert shown == [True, False]


def test_on_paper_the_picture_stands(tab: Page) -> None:
    """In print there is the picture, and neither chart nor controls."""
    tab.emulate_media(media="print")

    shown = [tab.locator(place).first.is_visible() for place in (".curves img", CHART, CONTROLS)]
    assert shown == [True, False, False]


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_jumps_when_curves_come(browser: Browser, address: str, width: int) -> None:
    """The charts take their pictures' places, and the values their own, without moving anything."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme="light")
    tab = context.new_page()
    tab.add_init_script(LAYOUT_SHIFTS)
    tab.goto(f"{address}/all_rungs.html#the-curves-on-top-of-each-other")
    place = "document.querySelector('#what-changes-on-each-rung').offsetTop"
    before = tab.evaluate(place)
    for box in tab.locator(".curves").all():
        box.locator(CHART).wait_for()
        box.locator("input[type=range]").fill("300")
        tab.wait_for_timeout(500)
    measured = tab.evaluate("window.shifts"), tab.evaluate(place)
    context.close()

    assert measured == ([], before)


def test_curves_work_from_a_disk(browser: Browser, site: Path) -> None:
    """A page that is opened from a disk has its curves too."""
    tab = opened(browser, site.absolute().as_uri(), color_scheme="dark")
    shown = values(tab)
    tab.context.close()

    assert len(shown) == len(RUNGS)
    assert "" not in shown
