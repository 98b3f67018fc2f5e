"""What a reader does: at the keyboard, with the theme button, with copy buttons, without scripts."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

GALLERY = "gallery/two_layer/autograd.html"
PROMPTS = "reference/fit.html"
KINDS = ("index.html", GALLERY, "backward_pass.html", "reference/rungs/dynamic_graph.html")
# What has the focus: the part of the page that it belongs to, and whether it can be seen.
_FOCUS = """
async () => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const parts = {
        "skip link": ".skip-to-content",
        "brand": ".sidebar-brand",
        "search": "[role=search], .sidebar-search-container, #searchbox, search",
        "navigation": ".sidebar-tree",
        "header": ".mobile-header",
        "article": "article",
        "contents": ".toc-drawer",
        "footer": "footer",
    };
    const part = Object.keys(parts).find(name => element.closest(parts[name]));
    element.scrollIntoView({behavior: "instant", block: "nearest"});
    await Promise.all(document.getAnimations().map(animation => animation.finished));
    const box = element.getBoundingClientRect();
    const seen = element.checkVisibility({opacityProperty: true, visibilityProperty: true})
        && box.width > 1 && box.height > 1
        && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
    const name = `${element.tagName.toLowerCase()}.${element.className}`;
    return {part: part || name, name, seen};
}
"""
_CODE_BLOCKS = """
() => [...document.querySelectorAll("article div.highlight pre")].map(block => ({
    text: block.textContent,
    output: Boolean(block.closest(".sphx-glr-script-out, .cell_output, .output")),
    button: block.parentElement.querySelectorAll("button").length,
}))
"""

# Which drawings are shown, and whether what they hold is inside them, and they inside the page.
_DRAWINGS = """
() => {
    const shown = [...document.querySelectorAll(".inline-svg")].filter(box => box.checkVisibility());
    const within = (inner, outer) => inner.x >= outer.x && inner.y >= outer.y
        && inner.x + inner.width <= outer.x + outer.width
        && inner.y + inner.height <= outer.y + outer.height;
    return [
        shown.map(box => box.classList[1]),
        shown.map(box => box.firstElementChild).every(svg =>
            within(svg.getBBox(), svg.viewBox.baseVal)
            && within(svg.getBoundingClientRect(), document.querySelector("article").getBoundingClientRect())),
    ];
}
"""


@contextmanager
def opened(browser: Browser, url: str, width: int = 1280, **options: Any) -> Iterator[Page]:
    """Open a page in a tab of its own.

    Args:
        browser: A browser.
        url: The page's address.
        width: The tab's width.
        options: Further options of the browser's context.

    Yields:
        The tab.
    """
    context = browser.new_context(viewport={"width": width, "height": 800}, **options)
    try:
        tab = context.new_page()
        tab.goto(url, wait_until="load")
        yield tab
    finally:
        context.close()


def steps(tab: Page, limit: int = 400) -> list[dict[str, Any]]:
    """Press Tab until the focus leaves the page.

    Args:
        tab: The tab.
        limit: How often at most.

    Returns:
        What had the focus, in order.
    """
    found: list[dict[str, Any]] = []
    for _ in range(limit):
        tab.keyboard.press("Tab")
        focus = tab.evaluate(_FOCUS)
        if focus is None:
            return found
        found.append(focus)
    message = f"the focus never leaves {tab.url}"
    raise AssertionError(message)


def runs(parts: list[str]) -> list[str]:
    """Leave out what is the same as what stands before it.

    Args:
        parts: Names.

    Returns:
        The names without repetitions in a row.

    Examples:
        >>> runs(["a", "a", "b", "a"])
        ['a', 'b', 'a']
    """
    return [part for before, part in zip([None, *parts], parts, strict=False) if part != before]


@pytest.mark.parametrize("width", [360, 1280])
def test_the_skip_link_comes_first(browser: Browser, address: str, width: int) -> None:
    """The first Tab shows the skip link, and after Enter the next Tab leads into the article."""
    with opened(browser, f"{address}/{GALLERY}", width) as tab:
        tab.keyboard.press("Tab")
        first = tab.evaluate(_FOCUS)
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        then = tab.evaluate(_FOCUS)

    assert first["part"] == "skip link"
    assert first["seen"]
    assert then["part"] == "article"
    assert then["seen"]


def test_the_keyboard_goes_as_the_eye_does(browser: Browser, address: str) -> None:
    """On a desk Tab leads from the brand to search, navigation, article, footer and contents."""
    # Wide enough for the page's contents to stand beside it.
    with opened(browser, f"{address}/{GALLERY}", 1440) as tab:
        parts = runs([step["part"] for step in steps(tab)])

    known = ["skip link", "brand", "search", "navigation", "article", "footer", "contents"]
    assert [part for part in parts if part in known] == known


@pytest.mark.parametrize("page", KINDS)
@pytest.mark.parametrize("width", [360, 1280])
def test_what_has_the_focus_is_seen(browser: Browser, address: str, page: str, width: int) -> None:
    """Whatever takes the focus can be seen, also on a phone, where the drawers are closed."""
    with opened(browser, f"{address}/{page}", width) as tab:
        unseen = [f"{step['part']}: {step['name']}" for step in steps(tab) if not step["seen"]]

    assert unseen == []


@pytest.mark.parametrize("width", [360, 1280])
def test_the_first_scrolled_line_moves_nothing(browser: Browser, address: str, width: int) -> None:
    """The page below the header keeps its place in the document when the reader begins to scroll."""
    place = "document.querySelector('article h1').getBoundingClientRect().top + scrollY"
    with opened(browser, f"{address}/{GALLERY}", width) as tab:
        before = tab.evaluate(place)
        tab.mouse.wheel(0, 200)
        tab.locator(".mobile-header.scrolled").wait_for(state="attached")
        after = tab.evaluate(place)

    assert after == before


def test_parts_of_the_header_come_where_they_stay(browser: Browser, address: str) -> None:
    """On a phone the header's name and boxes have their places before what follows them has come."""
    places = """
        [".header-left", ".header-center .logo", ".header-right"].map((part) => {
            const { left, right, top } = document.querySelector(`.mobile-header ${part}`).getBoundingClientRect();
            return [left, right, top];
        })
    """
    with opened(browser, f"{address}/{GALLERY}", 360) as tab:
        whole = tab.evaluate(places)
        name = tab.evaluate(
            "document.querySelector('.header-center a').getBoundingClientRect().right"
        )
        tab.evaluate("document.querySelector('.header-center .logo').nextSibling.remove()")
        nameless = tab.evaluate(places)
        tab.evaluate(
            "document.querySelectorAll('.mobile-header ~ *').forEach((part) => part.remove())"
        )
        alone = tab.evaluate(places)
        tab.evaluate("document.querySelector('.mobile-header .header-right').replaceChildren()")
        empty = tab.evaluate(places)
        tab.evaluate("document.querySelector('.mobile-header .header-right').remove()")
        without = tab.evaluate(places.replace(', ".header-right"', ""))

    assert whole == nameless == alone == empty
    assert whole[:2] == without
    assert whole[0][1] < whole[1][0]
    assert name < whole[2][0]


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("folder", ["two_layer", "tensors", "exercises"])
def test_cards_come_where_they_stay(
    browser: Browser, address: str, folder: str, width: int
) -> None:
    """However little of a gallery has come, its pictures and titles are where they stay."""
    # Takes part after part from the end, as a browser that waits for them has them.
    moved = """
        (() => {
            const list = document.querySelector("ol.gallery-cards");
            const parts = [...list.querySelectorAll(".thumb, .card-title, .card-text")];
            const place = (part) => [part.getBoundingClientRect().left, part.getBoundingClientRect().top];
            const whole = new Map(parts.map((part) => [part, String(place(part))]));
            const moved = [];
            while (parts.length > 1) {
                const last = parts.pop();
                const card = last.closest("li");
                last.remove();
                if (!card.contains(parts.at(-1))) card.remove();
                moved.push(...parts.filter((part) => String(place(part)) !== whole.get(part)));
            }
            return moved.map((part) => part.getAttribute("class"));
        })()
    """
    with opened(browser, f"{address}/gallery/{folder}/index.html", width) as tab:
        assert tab.evaluate(moved) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_the_theme_button_is_remembered(browser: Browser, address: str, width: int) -> None:
    """The button goes through three themes, and the next page has the one that was chosen."""
    theme = "document.body.dataset.theme"
    with opened(browser, f"{address}/index.html", width) as tab:
        seen = [tab.evaluate(theme)]
        for _ in range(3):
            tab.locator("button.theme-toggle:visible").first.click()
            seen.append(tab.evaluate(theme))
        tab.locator("button.theme-toggle:visible").first.click()
        chosen = tab.evaluate(theme)
        tab.goto(f"{address}/{GALLERY}")
        remembered = tab.evaluate(theme)

    assert sorted(seen[:3]) == ["auto", "dark", "light"]
    assert seen[3] == seen[0]
    assert remembered == chosen != "auto"


def test_the_theme_button_governs_figures_and_drawing(browser: Browser, address: str) -> None:
    """Whoever chooses a theme on the page gets figures and the drawing in that theme."""
    ink = "getComputedStyle(document.querySelector('.inline-svg text')).fill"
    with opened(browser, f"{address}/gallery/two_layer/index.html", color_scheme="light") as tab:
        before = tab.evaluate(ink)
        tab.evaluate("document.body.dataset.theme = 'dark'")
        after = tab.evaluate(ink)

    assert before != after


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_drawings_are_seen_whole(browser: Browser, address: str, width: int) -> None:
    """Of each drawing one is shown, which is as wide as its box at most and has nothing cut off."""
    for page in ("index.html", "backward_pass.html", "gallery/two_layer/index.html"):
        with opened(browser, f"{address}/{page}", width) as tab:
            names, inside = tab.evaluate(_DRAWINGS)
        assert names == ["wide" if width > 640 else "narrow"], page
        assert inside, page


def code_of(block: str) -> str:
    r"""Take a block's code out from between prompts and outputs.

    Args:
        block: The block's text.

    Returns:
        What a reader would run.

    Examples:
        >>> code_of(">>> a = 1\n>>> a\n1\n")
        'a = 1\na'
        >>> code_of("a = 1\n")
        'a = 1'
    """
    lines = block.rstrip("\n").split("\n")
    for prompts in ((">>> ", "... "), ("$ ",)):
        if any(line.startswith(prompts[0]) for line in lines):
            return "\n".join(line[len(prompts[0]) :] for line in lines if line.startswith(prompts))
    return "\n".join(lines)


@pytest.mark.parametrize("page", [GALLERY, PROMPTS, "all_rungs.html"])
def test_copy_buttons_copy_code(browser: Browser, address: str, page: str) -> None:
    """Each block of code has a button that copies the code alone; no output has a button."""
    rights = ["clipboard-read", "clipboard-write"]
    with opened(browser, f"{address}/{page}", permissions=rights) as tab:
        tab.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        blocks = tab.evaluate(_CODE_BLOCKS)
        copied = []
        for button in tab.locator("article div.highlight button").all():
            tab.evaluate("navigator.clipboard.writeText('nothing')")
            button.scroll_into_view_if_needed()
            button.hover()
            button.click()
            copied.append(tab.evaluate("navigator.clipboard.readText()"))

    assert [block["text"] for block in blocks if block["output"] and block["button"]] == []
    code = [code_of(block["text"]) for block in blocks if not block["output"]]
    assert code
    assert [text.rstrip("\n") for text in copied] == code


@pytest.mark.parametrize("page", KINDS)
def test_a_page_can_be_read_without_scripts(browser: Browser, address: str, page: str) -> None:
    """With scripts off a page has the same text, and all of it is seen."""
    words = "(document.querySelector('article').innerText.match(/\\w+/g) || []).join(' ')"
    with opened(browser, f"{address}/{page}") as tab:
        with_scripts = tab.evaluate(words)
    with opened(browser, f"{address}/{page}", java_script_enabled=False) as tab:
        article = tab.locator("article")
        without = " ".join(re.findall(r"\w+", article.inner_text(), re.ASCII))
        assert article.is_visible()

    assert with_scripts == without
