"""What each picture of the site has."""

from __future__ import annotations

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
    """The pictures of an executed page are named after it, light and dark, in the page's order."""
    for page, count in (("all_rungs", 2), ("is_it_learning", 6)):
        expected = [
            f"_images/{page}_{number}{theme}.svg"
            for number in range(1, count + 1)
            for theme in ("", "_dark")
        ]
        assert expected == [picture["src"] for picture in pictures(site / f"{page}.html")]


def test_drawings_are_light(site: Path) -> None:
    """No drawing has more than 90 kB."""
    sizes = {path.name: path.stat().st_size for path in (site / "_images").glob("*.svg")}

    assert len(sizes) > 60
    assert {name: size for name, size in sizes.items() if size > 90_000} == {}
