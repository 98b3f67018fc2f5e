"""The Chinese pages beside the English ones: the same places, nothing left in English, downloads with the same code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from tests.docs.translation.test_scripts import code as plain
from tests.site import static_host
from tests.site.offers import EXERCISES, KINDS, NAMES, cells, download, members, page_names
from tests.site.tabs import opened
from tests.site.test_search import answers
from twolayer_docs.paths import CHINESE, NO_PAGES
from twolayer_docs.translation.catalogues import IN_ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

QUERIES: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("searches_zh.toml").read_text("utf-8")
)
LESSON = "gallery/two_layer/autograd.html"
SAID = ("alt", "aria-label", "title", "placeholder", "data-notice", "content")
"""Attributes that are read out or shown."""
_ENGLISH = re.compile(r"\b[a-z]{3,}(?:,? [a-z]{2,}){3,}")


def pages(site: Path) -> list[str]:
    """List the Chinese pages by what they are called in both languages."""
    names = (name.removeprefix(CHINESE) for name in page_names(site) if name.startswith(CHINESE))
    chinese = (name for name in names if not IN_ENGLISH.fullmatch(name.removesuffix(".html")))
    return [name for name in chinese if name not in NO_PAGES]


def said(element: Tag) -> Iterator[str]:
    """Give what an element says in the page's language: its text, and its attributes that are read out."""
    for child in element.children:
        if type(child) is NavigableString:
            yield " ".join(child.split())
        if not isinstance(child, Tag) or child.get("lang") == "en":
            continue
        yield from (str(child[name]) for name in SAID if child.get(name))
        if child.name not in {"code", "pre", "script", "style", "math", "svg", "option"}:
            yield from said(child)


def test_both_languages_have_the_same_pages(site: Path) -> None:
    """Each page is there in both languages, but the one for missing addresses."""
    names = page_names(site)
    english = {name for name in names if not name.startswith(CHINESE)} - {"404.html"}
    assert {name.removeprefix(CHINESE) for name in names if name.startswith(CHINESE)} == english
    assert len(pages(site)) > 70


def test_anchors_are_the_same_in_both_languages(site: Path) -> None:
    """A link to a place on a page works in the other language too."""
    for name in pages(site):
        ids = [
            set(re.findall(r'\sid="([^"]+)"', (site / place).read_text("utf-8")))
            for place in (name, CHINESE + name)
        ]
        assert ids[0] ^ ids[1] == set(), name


def test_each_page_leads_to_itself_in_the_other_language(site: Path) -> None:
    """A link at the top of a page leads to the same page in the other language."""
    for name in pages(site):
        for place, language in ((name, "zh-CN"), (CHINESE + name, "en")):
            page = site / place
            text = page.read_text("utf-8")
            (other,) = re.findall(
                r'<p class="other-language"><a href="([^"]+)" hreflang="(\S+)"', text
            )
            assert other[1] == language
            target = name if place != name else CHINESE + name
            assert (page.parent / other[0]).resolve() == (site / target).resolve()


def test_nothing_on_a_chinese_page_is_left_in_english(site: Path) -> None:
    """No sentence and no label is English, but where the page says that it is, and titles that are English."""
    titles = {"How this site is checked"}
    guide = BeautifulSoup(
        (site / CHINESE / "error_messages.html").read_text("utf-8"), "html.parser"
    )
    titles |= {" ".join(text.split()) for part in guide.select("h3") for text in part.strings}
    left = {}
    for name in pages(site):
        soup = BeautifulSoup((site / CHINESE / name).read_text("utf-8"), "html.parser")
        texts = (re.sub("“[^”]*”|（[^）]*）", "", text) for text in said(soup))
        if found := [text for text in texts if _ENGLISH.search(text) and text not in titles]:
            left[name] = found
    assert left == {}


def test_pages_without_a_translation_say_so(site: Path) -> None:
    """A page that is in English only says so in Chinese, and marks its content as English."""
    text = (site / CHINESE / "reference" / "fit.html").read_text("utf-8")
    assert '<p class="only-in-english">本页只有英文。</p>\n<div lang="en">' in text


@pytest.mark.parametrize("name", NAMES)
def test_a_chinese_download_has_the_same_code(site: Path, name: str) -> None:
    """Script, notebook and zip run what the English ones run; their text is Chinese, without raw line breaks."""
    english, chinese = (
        {kind: download(place, f"{name}{kind}").read_bytes() for kind in KINDS}
        for place in (site, site / CHINESE)
    )
    assert plain(chinese[".py"].decode()) == plain(english[".py"].decode())
    code = [
        [plain(cell["source"]) for cell in cells(each[".ipynb"], "code")]
        for each in (english, chinese)
    ]
    own = [plain('import os\nos.environ["TWOLAYER_LANGUAGE"] = "zh"')] * name.startswith(EXERCISES)
    assert code[1] == own + code[0]
    for cell in cells(chinese[".ipynb"], "markdown"):
        assert not re.search(r"[\u4e00-\u9fff，。]\n[\u4e00-\u9fff]", cell["source"])
    stem = name.rpartition("/")[2]
    zipped = members(download(site / CHINESE, f"{name}.zip"))
    assert zipped == {f"{stem}{kind}": chinese[kind] for kind in (".ipynb", ".py")}


@pytest.mark.parametrize("kind", [".py", ".ipynb"])
def test_a_downloaded_exercise_gets_its_verdicts_in_chinese(site: Path, kind: str) -> None:
    """``check`` says in Chinese what is wrong with the answers in a Chinese script and a Chinese notebook."""
    file = download(site / CHINESE, f"{EXERCISES}/numpy_by_hand{kind}")
    done = subprocess.run(
        [sys.executable, "-m", "twolayer", "check", str(file)],
        env={**os.environ, "TWOLAYER_LANGUAGE": "zh"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "numpy_by_hand.2：还不对。" in done.stdout, done.stderr
    assert done.stdout.endswith("4 个答案中有 0 个正确\n")
    assert done.returncode == 1


@pytest.mark.parametrize("name", ["index.html", LESSON, "all_rungs.html"])
def test_a_first_view_costs_no_more_than_in_english(site: Path, name: str) -> None:
    """What a browser loads for a page is within 5 % of the English page."""
    sizes = []
    for place in (name, CHINESE + name):
        page = site / place
        text = page.read_text("utf-8")
        files = {
            (page.parent / f.partition("?")[0]).resolve()
            for f in re.findall(
                r'<(?:script|link rel="stylesheet")[^>]*(?:src|href)="([^"]+)"', text
            )
        }
        sizes.append(
            sum(len(static_host.answer(file, 0, compress=True).body) for file in {page, *files})
        )
    assert sizes[1] <= 1.05 * sizes[0]


@pytest.mark.parametrize("words", QUERIES)
def test_a_chinese_search_finds_a_page_that_helps(site: Path, words: str) -> None:
    """What Chinese learners type, words inside a clause and mixed with English included, finds a page among the first three."""
    (answer,) = answers(site / CHINESE, [words])
    found = [page["url"].removesuffix(".html") for page in answer["pages"]][:3]
    assert {*QUERIES[words]} & {*found}, found


def test_both_fields_search_in_chinese(browser: Browser, address: str) -> None:
    """The dialog and the page for searching find the same Chinese pages, and speak Chinese."""
    with opened(browser, f"{address}/{CHINESE}search.html?q=反向传播") as tab:
        tab.wait_for_selector("#search-page .search-results a")
        on_page = tab.eval_on_selector_all(
            "#search-page .search-results > li > a", "all => all.map(a => a.href)"
        )
        assert tab.inner_text("#search-page [role=status]").endswith(" 页")
    with opened(browser, f"{address}/{CHINESE}index.html") as tab:
        tab.keyboard.press("/")
        tab.keyboard.type("反向传播")
        tab.wait_for_selector(".search-dialog .search-results[aria-busy=false] a")
        shown = tab.eval_on_selector_all(
            ".search-dialog .search-results > li > a", "all => all.map(a => a.href)"
        )
        assert shown == on_page
        assert all(f"/{CHINESE}" in href for href in shown)


def test_the_link_keeps_the_place(browser: Browser, address: str) -> None:
    """From a place on a page the link at the top leads to the same place; ticks are the same."""
    with opened(browser, f"{address}/{CHINESE}{LESSON}#backward") as tab:
        tab.get_by_label("我已学完本页").check()
        tab.click(".other-language a")
        tab.wait_for_url(f"{address}/{LESSON}#backward")
        assert tab.get_by_label("I have worked through this page").is_checked()


def test_names_of_no_pages_are_left_out(site: Path) -> None:
    """What is no page of its own has no Markdown copy in Chinese either."""
    assert not [name for name in NO_PAGES if (site / CHINESE / f"{name}.md").exists()]
