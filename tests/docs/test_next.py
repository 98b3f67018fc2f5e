"""One way through all pages: each says which is next, in the order of the navigation."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from twolayer_docs.course import EXERCISES, page_names, reading_order
from twolayer_docs.links.literals import find_pages
from twolayer_docs.paths import ROOT

DOCS = ROOT / "docs"


def source(page: str) -> str:
    """A page's source, comment signs taken out of a script's text."""
    if page.startswith("gallery/"):
        return (ROOT / f"{page}.py").read_text("utf-8").replace("\n# ", "\n")
    return (DOCS / f"{page}.md").read_text("utf-8")


EXERCISE_PAGES = [f"gallery/{EXERCISES}/{name}" for name in page_names(EXERCISES)]


def named(page: str, word: str = "Next") -> str:
    """The page that a page's line "Next:" leads to, or one that begins with another word."""
    (line,) = re.findall(rf"(?m)^{word}: .*(?:\n(?!\n).*)*", source(page))
    if link := re.search(r"\]\(([^)#]+)\.(?:md|rst)\)", line):
        return link[1]
    literal = re.search(r"``([\w/]+)``", line)
    assert literal is not None, line
    everything = [name for name in (*reading_order(), *EXERCISE_PAGES) if name != page]
    return find_pages(everything)[literal[1]]


def test_every_page_is_in_the_order() -> None:
    """The order holds each guide and each gallery page once, and nothing else.

    Nobody is led to the page for missing addresses.
    """
    order = reading_order()
    gallery = [
        path.relative_to(ROOT).with_suffix("").as_posix()
        for path in (ROOT / "gallery").rglob("*.py")
    ]
    guides = [path.stem for path in DOCS.glob("*.md") if path.stem != "404"]
    assert sorted([*order, *EXERCISE_PAGES]) == sorted([*gallery, *guides, "reference/index"])


@pytest.mark.parametrize("page", EXERCISE_PAGES)
def test_exercises_are_reached_from_their_lesson_and_lead_on(page: str) -> None:
    """A lesson's end leads to its exercises; they lead back to it, and on to where it leads."""
    name = page.rpartition("/")[2]
    (lesson,) = [other for other in reading_order() if other.rpartition("/")[2] == name]
    assert named(lesson, "Practise") == page
    assert named(page, "Back") == lesson
    assert named(page) == named(lesson)


@pytest.mark.parametrize(("page", "following"), [*pairwise(reading_order())])
def test_each_page_leads_to_the_next(page: str, following: str) -> None:
    """A page's line "Next:" names the page that follows, or the start of its gallery."""
    folder = following.rpartition("/")[0]
    starts = {following, f"{folder}/index"} if page.rpartition("/")[0] != folder else {following}
    assert named(page) in starts


@pytest.mark.parametrize(
    "page",
    [p for p in (*reading_order(), *EXERCISE_PAGES) if p not in ("index", "reference/index")],
)
def test_each_page_has_the_parts_that_readers_expect(page: str) -> None:
    """A page says what you'll learn and ends with a summary of three lines and the next page."""
    text = source(page)
    assert "\nWhat you'll learn" in text
    summary = re.split(r"(?m)^(?:## )?Summary\n(?:-------\n)?", text)[-1]
    assert len(re.findall(r"(?m)^- ", summary)) == 3
    assert re.search(r"(?m)^Next: ", summary)
