"""What each picture of the site has."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font

from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ENDS = {"": "wide only-light", "_dark": "wide only-dark"}
ENDS |= {f"_narrow{end}": kind.replace("wide", "narrow") for end, kind in ENDS.items()}
CHARMAP = FT2Font(findfont("DejaVu Sans")).get_charmap()
LETTERS = {f"{glyph:x}": chr(code) for code, glyph in CHARMAP.items()}


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


def words(drawing: Path) -> str:
    """The words of a drawing, without spaces: each letter is an outline that bears its glyph's number."""
    glyphs = re.findall(r'href="#DejaVuSans-(\w+)"', drawing.read_text("utf-8"))
    letters = "".join(LETTERS.get(glyph, "") for glyph in glyphs)
    return unicodedata.normalize("NFKC", letters).replace(" ", "")


def test_a_page_shows_its_own_figures(site: Path) -> None:
    """An executed page has its figures in their order, in each width and theme, with its name and with their titles."""
    seen = 0
    for expected in sorted((ROOT / "tests/pages/expected").rglob("*.txt")):
        place = f"gallery/{expected.parent.name}/{expected.stem}"
        name, top = f"sphx_glr_{expected.stem}_{{:03}}", "../../"
        if expected.parent.name == "guides":
            place, name, top = expected.stem, f"{expected.stem}_{{}}", ""
        heads = r'(?m)^figure (\d+)(?:, axes \d+)?:(?: "([^"…]+)")?'
        found = re.findall(heads, expected.read_text("utf-8"))
        shown = [p for p in pictures(site / f"{place}.html") if "_images/" in str(p["src"])]
        assert [(" ".join(str(p["class"]).split()[:2]), p["src"]) for p in shown] == [
            (kind, f"{top}_images/{name.format(number)}{end}.svg")
            for number in range(1, len({number for number, _ in found}) + 1)
            for end, kind in ENDS.items()
        ], place
        for number, title in found:
            for end in ENDS:
                drawn = words(site / "_images" / f"{name.format(int(number))}{end}.svg")
                assert title.replace(" ", "") in drawn, (place, number)
                seen += 1
    assert seen > 180


def test_no_drawing_is_another(site: Path) -> None:
    """A dark drawing has the words of the light one in other colours, and no two files are the same."""
    drawings = sorted((site / "_images").glob("*.svg"))
    assert len({path.read_bytes() for path in drawings}) == len(drawings)
    for dark in (site / "_images").glob("*_dark.svg"):
        light = dark.with_name(dark.name.replace("_dark", ""))
        assert words(dark) == words(light), dark.name
        inks = [set(re.findall("#[0-9a-f]{6}", path.read_text("utf-8"))) for path in (dark, light)]
        assert inks[0] - {"#000000"} != inks[1] - {"#000000"}, dark.name


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
