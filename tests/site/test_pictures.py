"""What each picture of the site has."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class _Pictures(HTMLParser):
    """Collects the attributes of a page's pictures."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a picture."""
        if tag == "img":
            self.found.append(dict(attrs))


def pictures(page: Path) -> list[dict[str, str | None]]:
    """List the pictures of a page, without the signs of Sphinx's own indices."""
    parser = _Pictures()
    parser.feed(page.read_text("utf-8"))
    return [picture for picture in parser.found if picture.get("class") != "toggler"]


def test_pictures_are_files_with_size_and_words(site: Path) -> None:
    """Each picture is a file that is there, with width, height and alt text, and is loaded lazily."""
    problems = []
    seen = 0
    for page in sorted(site.rglob("*.html")):
        for picture in pictures(page):
            seen += 1
            source = picture.get("src") or ""
            wanted = {
                "a file": bool(source) and (page.parent / source).is_file(),
                "a size": all((picture.get(side) or "").isdigit() for side in ("width", "height")),
                "alt text": picture.get("alt"),
                "lazy loading": picture.get("loading") == "lazy",
            }
            name = f"{page.relative_to(site).as_posix()}: {source[:60]}"
            problems += [f"{name} has not {what}" for what, has in wanted.items() if not has]

    assert seen > 60
    assert problems == []


def test_pictures_of_a_page_tell_its_name(site: Path) -> None:
    """The pictures of an executed page are named after it, in each width and theme, in the page's order."""
    for page, count in (("all_rungs", 2), ("is_it_learning", 6)):
        expected = [
            f"_images/{page}_{number}{end}.svg"
            for number in range(1, count + 1)
            for end in ("", "_dark", "_narrow", "_narrow_dark")
        ]
        assert expected == [picture["src"] for picture in pictures(site / f"{page}.html")]


def test_drawings_are_light(site: Path) -> None:
    """No drawing has more than 90 kB."""
    sizes = {path.name: path.stat().st_size for path in (site / "_images").glob("*.svg")}

    assert len(sizes) > 60
    assert {name: size for name, size in sizes.items() if size > 90_000} == {}


def test_text_in_figures_can_be_read_on_a_phone(site: Path) -> None:
    """On a screen of 360 pixels no word in a figure is smaller than 9 pixels."""
    shown = 328  # pixels that such a screen leaves for a figure
    small, seen = {}, 0
    for path in sorted((site / "_images").glob("*_narrow.svg")):
        svg = path.read_text("utf-8")
        (width,) = map(float, re.findall(r'viewBox="0 0 (\S+) ', svg))
        # Matplotlib writes a text of n points as outlines of 100, in a group that is scaled to n.
        sizes = [100 * float(scale) for scale in re.findall(r'"[^"]*scale\((0\.\d+) -', svg)]
        seen += len(sizes)
        pixels = min(sizes) * min(shown / width, 96 / 72)
        if pixels < 9:
            small[path.name] = round(pixels, 1)
    assert seen > 500
    assert small == {}
