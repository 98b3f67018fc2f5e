"""What readers tick: pages worked through and exercises solved, remembered by their browser alone."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader

from tests.docs import small_site
from tests.site import axe, looks, static_host
from tests.site.tabs import opened
from twolayer_docs.paths import CHINESE, ROOT
from twolayer_docs.translation.page import Marks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

KEY = "twolayer-progress"
LESSON = "gallery/two_layer/autograd"
EXERCISES = "gallery/exercises/made_up"
BOX = "I have worked through this page"
SIDEBAR = ".sidebar-tree .progress-mark"
MARK = ".progress-mark"
# Exercises as their pages have them, among sections that only look alike.
TEXT = """
Exercises on autograd
=====================

Exercise 1: clear the gradient
------------------------------

First.

Exercise 2: freeze a weight
---------------------------

Second, with a part of its own.

A part
~~~~~~

More.

Exercise 4: a number that is not its place
------------------------------------------

Third.

Exercises elsewhere
-------------------

None.

Next: the end.
"""
# What the script would see where the reader's settings forbid storage, and where it is full.
FORBIDDEN = """
Object.defineProperty(window, "localStorage", {get() { throw new DOMException("no", "SecurityError"); }});
"""
FULL = """
Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
"""


class Place(NamedTuple):
    """The site, as a host gives it or as it lies on a disk."""

    base: str
    """The address that pages' names are appended to."""

    def page(self, name: str) -> str:
        """Give a page's address."""
        return f"{self.base}/{name}.html"


def place_for_ticks(body: str, name: str) -> str:
    """Give what the site's template puts below a page's content."""
    templates = Environment(loader=FileSystemLoader(ROOT / "docs/_templates"), autoescape=False)  # noqa: S701
    return templates.get_template("progress.html").render(body=body, pagename=name)


@pytest.fixture(scope="module")
def folder(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the site, with a page of exercises in it that the sidebar names."""
    folder = tmp_path_factory.mktemp("progress") / "site"
    left_out = shutil.ignore_patterns("*.zip", "*.epub", "_downloads")
    shutil.copytree(site, folder, ignore=left_out)
    html, _ = small_site.build(
        tmp_path_factory.mktemp("small"), {"index": TEXT}, lambda app: app.add_transform(Marks)
    )
    made = BeautifulSoup((html / "index.html").read_text("utf-8"), "html.parser")
    body = made.select_one("div.body")
    assert body is not None
    content = body.decode_contents()

    entry = '<li class="toctree-l2"><a class="reference internal" href="{}">Exercises</a></li>'
    lesson = re.compile(r'<li class="toctree-l2[^"]*"><a [^>]*href="([^"]*)">Autograd</a></li>')
    for page in sorted(folder.rglob("*.html")):
        up = "../" * (len(page.relative_to(folder).parts) - 1)
        more = rf"\g<0>{entry.format(f'{up}{EXERCISES}.html')}"
        page.write_text(lesson.sub(more, page.read_text("utf-8")), "utf-8")
    text = (folder / f"{LESSON}.html").read_text("utf-8")
    text = text.replace('href="#">Autograd<', f'href="../../{LESSON}.html">Autograd<')
    text = text.replace(f'href="../../{EXERCISES}.html"', 'href="#"')
    text = re.sub(r"(?s)(<article .*?>).*?(</article>)", lambda m: m[1] + content + m[2], text)
    text = re.sub(
        r'<div class="progress[^>]*></div>', lambda _: place_for_ticks(content, EXERCISES), text
    )
    (folder / f"{EXERCISES}.html").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module", params=["host", "disk"])
def place(request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    """Give the site from a host, then from a disk."""
    if request.param == "disk":
        yield Place(folder.absolute().as_uri())
        return
    with static_host.serve(folder, drawn_whole=True) as address:
        yield Place(address)


@pytest.fixture(scope="module")
def hosted(folder: Path) -> Iterator[Place]:
    """Give the site from a host."""
    with static_host.serve(folder, drawn_whole=True) as address:
        yield Place(address)


def kept(tab: Page) -> Any:
    """Read what the browser keeps."""
    return json.loads(tab.evaluate(f"localStorage.getItem('{KEY}')") or "null")


def ticked(pages: dict[str, list[int]]) -> str:
    """Write a script that keeps ticks before a page is shown."""
    text = json.dumps(json.dumps({"version": 1, "pages": pages}))
    return f"localStorage.setItem('{KEY}', {text})"


def names(tab: Page, part: str) -> list[str]:
    """List the pages that are marked in a part of a page, with what a screen reader says of them."""
    links = tab.locator(f"{part} a:has({MARK})").all()
    return [link.aria_snapshot().split('"')[1] for link in links]


def test_a_tick_is_remembered(browser: Browser, place: Place) -> None:
    """What is ticked is ticked after a reload, marks the page's name, and is kept by its name."""
    with opened(browser, place.page(LESSON)) as tab:
        assert tab.locator(MARK).count() == 0
        tab.get_by_label(BOX).check()
        assert tab.get_by_role("status").inner_text() == "Saved in this browser only."
        tab.reload()

        assert tab.get_by_label(BOX).is_checked()
        assert names(tab, ".sidebar-tree") == ["Autograd done"]
        assert tab.locator(SIDEBAR).inner_text().strip() == "✓"
        assert kept(tab) == {"version": 1, "pages": {LESSON: [1, 1]}}


def test_a_tick_is_taken_back(browser: Browser, place: Place) -> None:
    """A box that is no longer ticked leaves no mark, and nothing in the storage."""
    with opened(browser, place.page(LESSON)) as tab:
        tab.get_by_label(BOX).check()
        tab.get_by_label(BOX).uncheck()

        assert tab.locator(MARK).count() == 0
        assert tab.get_by_role("status").inner_text() == ""
        assert tab.evaluate("localStorage.length") == 0


def test_lists_mark_what_is_done(browser: Browser, place: Place) -> None:
    """The ladder of the home page and the cards of a gallery mark ticked pages, and no other."""
    with opened(browser, place.page("genindex")) as tab:
        tab.evaluate(ticked({LESSON: [1, 1], "gallery/two_layer/optimizers": [1, 1]}))
        tab.goto(place.page("index"))
        assert names(tab, ".ladder") == ["Autograd done", "Optimizers done"]
        tab.goto(place.page("gallery/two_layer/index"))
        assert names(tab, ".gallery-cards") == ["Autograd done", "Optimizers done"]
        assert all(mark.is_visible() for mark in tab.locator(f".gallery-cards {MARK}").all())


def test_exercises_are_ticked_one_by_one(browser: Browser, place: Place) -> None:
    """Each exercise has a box at its section's end; the page's mark says how many are solved."""
    with opened(browser, place.page(EXERCISES)) as tab:
        labels = [f"I have solved exercise {number}" for number in (1, 2, 4)]
        assert [label.strip() for label in tab.locator(".tick label").all_inner_texts()] == labels
        ends = "[...document.querySelectorAll('.tick')].every((tick) => tick.matches('section > :last-child'))"
        assert tab.evaluate(ends)
        tab.get_by_label(labels[0]).check()
        tab.get_by_label(labels[2]).check()
        tab.reload()
        assert [box.is_checked() for box in tab.get_by_role("checkbox").all()] == [
            True,
            False,
            True,
        ]
        assert names(tab, ".sidebar-tree") == ["Exercises 2 of 3 done"]
        assert tab.locator(SIDEBAR).inner_text().strip() == "2 of 3"
        assert kept(tab)["pages"] == {EXERCISES: [3, 1, 4]}

        tab.get_by_label(labels[1]).check()
        assert names(tab, ".sidebar-tree") == ["Exercises done"]


def test_a_page_that_lost_an_exercise_is_counted_anew(browser: Browser, hosted: Place) -> None:
    """What is kept of a page is put right when the page has other exercises than it had."""
    with opened(browser, hosted.page("genindex")) as tab:
        tab.evaluate(ticked({EXERCISES: [4, 1, 3]}))
        tab.goto(hosted.page(EXERCISES))
        assert kept(tab)["pages"] == {EXERCISES: [3, 1]}
        assert names(tab, ".sidebar-tree") == ["Exercises 1 of 3 done"]


def test_home_counts(browser: Browser, place: Place, folder: Path) -> None:
    """The home page says how many pages of all that can be ticked are done, if any is."""
    pages = [*folder.glob("*.html"), *folder.glob("gallery/*/*.html")]
    boxes = [p for p in pages if 'class="progress' in p.read_text("utf-8")]
    with opened(browser, place.page("index")) as tab:
        assert tab.locator(".progress").inner_text().strip() == ""
        assert not tab.get_by_text("Clear all ticks").is_visible()
        done = {LESSON: [1, 1], "glossary": [1, 1], EXERCISES: [3, 1, 2], "no/longer/there": [1, 1]}
        tab.evaluate(ticked(done))
        tab.reload()
        said = tab.locator(".progress [role=status]").inner_text()

    assert said == f"2 of {len(boxes) - 1} pages done"


def test_forgetting_leaves_nothing(browser: Browser, place: Place) -> None:
    """The button forgets everything once the reader says yes, and the focus is not lost with it."""
    with opened(browser, place.page("genindex")) as tab:
        tab.evaluate(ticked({LESSON: [1, 1]}))
        tab.goto(place.page("index"))
        button = tab.get_by_text("Clear all ticks")
        tab.once("dialog", lambda dialog: dialog.dismiss())
        button.click()
        assert tab.locator(".ladder " + MARK).count() == 1
        tab.once("dialog", lambda dialog: dialog.accept())
        button.click()

        assert tab.locator(MARK).count() == 0
        assert not button.is_visible()
        assert tab.evaluate("document.activeElement.textContent") == "All ticks cleared"
        assert tab.evaluate("localStorage.length") == 0
        tab.goto(place.page(LESSON))
        assert not tab.get_by_label(BOX).is_checked()


def test_two_tabs_agree(browser: Browser, place: Place) -> None:
    """A tick in one tab shows in another that is open, and neither loses what the other ticked."""
    with opened(browser, place.page(EXERCISES)) as tab:
        other = tab.context.new_page()
        other.goto(place.page(EXERCISES))
        tab.get_by_label("exercise 1").check()
        other.locator(SIDEBAR).wait_for()
        assert other.get_by_label("exercise 1").is_checked()
        other.get_by_label("exercise 2").check()
        tab.get_by_text("2 of 3").wait_for()
        assert tab.get_by_label("exercise 2").is_checked()
        assert kept(tab)["pages"] == {EXERCISES: [3, 1, 2]}


def test_a_tick_loses_no_other(browser: Browser, hosted: Place) -> None:
    """What was kept since the page was opened, unheard of here, is kept with the next tick too."""
    with opened(browser, hosted.page(LESSON)) as tab:
        tab.evaluate(ticked({"glossary": [1, 1]}))
        tab.get_by_label(BOX).check()
        assert kept(tab)["pages"] == {"glossary": [1, 1], LESSON: [1, 1]}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "7",
        "null",
        "[]",
        '{"version": 1}',
        '{"version": 1, "pages": {"gallery/two_layer/autograd": true}}',
        '{"version": 1, "pages": {"gallery/two_layer/autograd": ["<b>", 1]}}',
        '{"version": 1, "pages": {"gallery/two_layer/autograd": null}}',
        '{"version": 2, "pages": {"gallery/two_layer/autograd": [1, 1]}}',
    ],
)
def test_what_is_not_ours_is_no_tick(browser: Browser, hosted: Place, text: str) -> None:
    """Broken and foreign contents are no tick and no error, and a tick takes their place."""
    with opened(browser, hosted.page("genindex")) as tab:
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, text])
        tab.goto(hosted.page(LESSON))
        assert tab.locator(MARK).count() == 0
        assert not tab.get_by_label(BOX).is_checked()
        tab.get_by_label(BOX).check()
        assert kept(tab) == {"version": 1, "pages": {LESSON: [1, 1]}}
        assert errors == []


@pytest.mark.parametrize("refusal", [FORBIDDEN, FULL], ids=["forbidden", "full"])
def test_a_storage_that_refuses_is_said(browser: Browser, hosted: Place, refusal: str) -> None:
    """Where nothing can be stored ticks stay while the page does, and the reader is told so."""
    with opened(browser, hosted.page("genindex")) as tab:
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.context.add_init_script(refusal)
        tab.goto(hosted.page(EXERCISES))
        tab.get_by_label("exercise 1").check()
        tab.get_by_label("exercise 2").check()
        assert tab.get_by_label("exercise 1").is_checked()
        assert tab.locator(SIDEBAR).inner_text().strip() == "2 of 3"
        said = tab.get_by_role("status").all_inner_texts()
        assert said == ["This browser can't save it."] * 2 + [""]
        tab.goto(hosted.page("index"))
        assert errors == []


@pytest.mark.parametrize("page", [LESSON, EXERCISES, "index"])
def test_without_scripts_nothing_is_dead(browser: Browser, hosted: Place, page: str) -> None:
    """Without scripts there is no box, no count, no button, and no room left for them."""
    with opened(browser, hosted.page(page), java_script_enabled=False) as tab:
        assert tab.locator(".tick, .progress > *, .progress-mark").count() == 0
        assert tab.locator(".progress").bounding_box()["height"] == 0  # type: ignore[index]
        assert tab.locator("article").is_visible()


def test_ticking_asks_for_nothing(browser: Browser, hosted: Place) -> None:
    """Neither ticking, nor taking back, nor forgetting makes a request."""
    with opened(browser, hosted.page(LESSON)) as tab:
        # Figures come as the reader gets to them.
        tab.evaluate("document.querySelectorAll('img').forEach((image) => image.remove())")
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        for _ in range(3):
            tab.get_by_label(BOX).click()
        tab.wait_for_timeout(200)
        assert asked == []
        tab.goto(hosted.page("index"), wait_until="networkidle")
        asked.clear()
        tab.once("dialog", lambda dialog: dialog.accept())
        tab.get_by_text("Clear all ticks").click()
        tab.wait_for_timeout(200)
        assert asked == []
        assert tab.context.cookies() == []


def test_the_keyboard_alone_ticks(browser: Browser, hosted: Place) -> None:
    """Tab reaches the box, where its focus is seen, and the space bar ticks it."""
    with opened(browser, hosted.page(LESSON)) as tab:
        box = tab.get_by_label(BOX)
        tab.locator("article a").last.focus()
        tab.keyboard.press("Tab")
        assert box.evaluate("(box) => box === document.activeElement")
        assert box.evaluate("(box) => getComputedStyle(box).outlineStyle") == "solid"
        tab.keyboard.press("Space")
        assert box.is_checked()


@looks.every_look
@pytest.mark.parametrize("page", [LESSON, EXERCISES, "index", "gallery/two_layer/index"])
def test_ticks_are_accessible_and_move_nothing(
    browser: Browser, hosted: Place, page: str, width: int, theme: str
) -> None:
    """With ticks on them pages break no rule of axe, fit the screen, and nothing moves as they load."""
    options: dict[str, Any] = {"viewport": {"width": width, "height": 800}, "color_scheme": theme}
    some = {LESSON: [1, 1], EXERCISES: [3, 1, 4], "gallery/two_layer/numpy_by_hand": [1, 1]}
    with opened(browser, hosted.page("genindex"), **options) as tab:
        tab.evaluate(ticked(some))
        tab.add_init_script(looks.NOTE_SHIFTS)
        tab.goto(hosted.page(page), wait_until="networkidle")
        assert tab.locator(MARK).count() > 0
        tab.locator(".progress, .related-pages").first.scroll_into_view_if_needed()
        tab.wait_for_timeout(300)
        assert tab.evaluate("window.shifts") == []
        assert tab.evaluate("document.querySelector('.content').scrollWidth") <= width
        if page in (LESSON, EXERCISES):
            tab.get_by_role("checkbox").first.click()
            tab.get_by_role("checkbox").first.click()
        if width < 1280:
            tab.get_by_role("button", name="Site navigation").click()
        assert axe.violations(tab.context.new_cdp_session(tab)) == []


@pytest.mark.parametrize("page", [LESSON, EXERCISES])
def test_boxes_take_the_room_that_was_theirs(browser: Browser, hosted: Place, page: str) -> None:
    """A page is as long before its boxes are made as after."""
    length = "document.documentElement.scrollHeight"
    with opened(browser, hosted.page(page)) as tab:
        with_boxes = tab.evaluate(length)
        tab.evaluate("document.querySelectorAll('.tick').forEach((tick) => tick.remove())")
        assert tab.evaluate(length) == with_boxes


def test_paper_has_no_ticks(browser: Browser, hosted: Place) -> None:
    """In print there are no boxes, marks, count or button."""
    with opened(browser, hosted.page(EXERCISES)) as tab:
        tab.get_by_role("checkbox").first.check()
        tab.emulate_media(media="print")
        assert not any(part.is_visible() for part in tab.locator(f".tick, {MARK}").all())
        tab.goto(hosted.page("index"))
        shown = tab.locator(f".progress, .progress > *, {MARK}").all()
        assert shown
        assert not any(part.is_visible() for part in shown)


def test_pages_that_lead_on_have_a_box(site: Path) -> None:
    """Each page that names the next has a place for ticks with its own name, and no other page."""
    for page in sorted(site.rglob("*.html")):
        text = page.read_text("utf-8")
        # The same page has the same ticks in both languages.
        name = page.relative_to(site).with_suffix("").as_posix().removeprefix(CHINESE)
        expected = [name] if '<p class="next">' in text else []
        found = re.findall(r'<div class="progress(?: lesson)?" data-page="([^"]+)"></div>', text)
        assert found == expected, name
        lesson = '<div class="progress lesson"' in text
        assert lesson == (bool(expected) and name != "index" and 'class="exercise"' not in text), (
            name
        )
