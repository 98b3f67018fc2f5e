"""Draw the social card and the icon for a phone's home screen.

``python -m twolayer_docs.tools.card`` writes ``docs/_drawings/card.svg`` from the logo, the home page's title
and the training loops of the ladder, and has the system's Chromium turn it into
``docs/_static/card.png``, and the logo into ``docs/_static/apple-touch-icon.png``. Run it when a loop, the
logo or the title has changed: a test compares the drawing with them.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

from twolayer.rungs import RUNGS
from twolayer_docs.course import training_loop
from twolayer_docs.figures.inline import for_page
from twolayer_docs.gallery.ladder import kind_of
from twolayer_docs.paths import DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

DRAWING = DOCS / "_drawings" / "card.svg"
CARD = DOCS / "_static" / "card.png"
ICON = DOCS / "_static" / "apple-touch-icon.png"
LOGO = DOCS / "_static" / "logo.svg"
SIZE = (1200, 630)
"""The size of the card, which previews of links are made for."""
ICON_SIDE = 180
_FONT = "'Liberation Sans', Arimo, Arial, Helvetica, sans-serif"
_STYLE = """
  svg { --drawing-data-edge: #0b5f8a; --drawing-weight-edge: #a3520a; --drawing-soft: #5b6475 }
  .in, .forward { stroke: #0b5f8a; fill: #0b5f8a }
  .out, .update { stroke: #a3520a; fill: #a3520a }
  .edges, .outline { stroke: #7d8696; fill: #7d8696 }
  .backward { stroke: #97326b; fill: #97326b }
  .logo path { fill: none; stroke-width: 3; stroke-linecap: round }
  .plank { fill: #fff; stroke: #d5dbe5; stroke-width: 2 }
  .loop { stroke: none }
"""


def title() -> list[str]:
    """Read the home page's title.

    Returns:
        Its two halves, cut at the space next to the middle.
    """
    page = (DOCS / "index.md").read_text("utf-8")
    (words,) = re.findall(r"(?m)^# (.*)$", page)
    spaces = [place.start() for place in re.finditer(" ", words)]
    middle = min(spaces, key=lambda place: abs(place - len(words) / 2))
    return [words[:middle], words[middle + 1 :]]


def placed_logo(x: int, y: int, side: int) -> str:
    """Take the logo into another drawing.

    Args:
        x: Where its left side is.
        y: Where its top is.
        side: How large it is.

    Returns:
        The SVG.
    """
    place = f'<svg x="{x}" y="{y}" width="{side}" height="{side}"'
    return for_page(LOGO.read_text("utf-8")).replace("<svg", place, 1)


def plank(place: int, loop: list[str]) -> str:
    """Draw one rung of the ladder.

    Args:
        place: Its number, from 0.
        loop: The lines of its training loop.

    Returns:
        The SVG of a plank with a block for each line.
    """
    top = 42 + 55 * place
    blocks = "".join(
        f'<rect class="loop {kind_of(code)}" x="{736 + 24 * number}" y="{top + 10}" '
        f'width="18" height="26"/>'
        for number, code in enumerate(loop)
    )
    return (
        f'<rect class="plank" x="660" y="{top}" width="470" height="46" rx="8"/>'
        f'<text x="694" y="{top + 33}" text-anchor="middle" font-size="28" fill="#1f2430">{place + 1}</text>'
        f"{blocks}\n"
    )


def card() -> str:
    """Draw the card.

    Returns:
        The SVG.
    """
    loops = [training_loop(ROOT / f"{rung.page}.py") for rung in RUNGS.values()]
    logo = placed_logo(72, 104, 132)
    first, second = title()
    width, height = SIZE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="{_FONT}" font-weight="700">\n'
        f"<style>{_STYLE}</style>\n"
        f'<rect width="{width}" height="{height}" fill="#f3f6fa"/>\n'
        f"{logo}\n"
        '<text x="72" y="352" font-size="112" fill="#1f2430">twolayer</text>\n'
        f'<text x="74" y="440" font-size="48" font-weight="400" fill="#3c4454">{first}</text>\n'
        f'<text x="74" y="500" font-size="48" font-weight="400" fill="#3c4454">{second}</text>\n'
        '<path d="M714 30V600" stroke="#0b5f8a" stroke-width="14" stroke-linecap="round"/>\n'
        '<path d="M1102 30V600" stroke="#a3520a" stroke-width="14" stroke-linecap="round"/>\n'
        + "".join(plank(place, loop) for place, loop in enumerate(loops))
        + "</svg>\n"
    )


def icon() -> str:
    """Draw the logo on a ground of its own, since phones show no transparent icon.

    Returns:
        The SVG.
    """
    inner = placed_logo(30, 30, 120)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{ICON_SIDE}" height="{ICON_SIDE}">'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{inner}</svg>\n'
    )


def render(drawings: dict[Path, tuple[str, tuple[int, int]]]) -> None:
    """Turn drawings into pictures of few colours.

    Args:
        drawings: For each file to write, an SVG and its size.
    """
    from PIL import Image  # noqa: PLC0415
    from playwright import sync_api as playwright  # noqa: PLC0415 - only this needs a browser

    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    path = os.environ.get("CHROMIUM") or next(filter(None, found), None)
    if path is None:
        sys.exit("no Chromium found; install one or name its program in CHROMIUM")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for file, (svg, (width, height)) in drawings.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            picture.quantize(64).save(file, optimize=True)
        browser.close()


def main() -> None:
    """Write the drawing and both pictures."""
    DRAWING.write_text(card(), "utf-8")
    render({CARD: (card(), SIZE), ICON: (icon(), (ICON_SIDE, ICON_SIDE))})
    for file in (DRAWING, CARD, ICON):
        print(f"{file.relative_to(ROOT).as_posix()}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
