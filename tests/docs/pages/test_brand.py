"""The logo, the favicon and the social card."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from twolayer_docs.pages.brand import logo, with_logo
from twolayer_docs.tools import card

ROOT = Path(__file__).resolve().parents[3]


def test_the_logo_takes_the_pages_colours() -> None:
    """Beside the name the logo has no colours of its own and says nothing to screen readers."""
    svg = logo()

    assert svg.startswith('<svg aria-hidden="true"')
    assert "<style" not in svg
    assert with_logo(Markup('<div class="brand">twolayer</div>')).count("<svg") == 1


def test_logo_and_favicon_are_one_drawing() -> None:
    """The favicon has the logo's shapes; only its colours are written down otherwise."""

    def shapes(name: str) -> list[dict[str, str]]:
        root = ET.fromstring((ROOT / "docs" / "_static" / name).read_text("utf-8"))
        drawn = [e for e in root if e.tag.endswith(("path", "circle"))]
        return [{k: v for k, v in e.attrib.items() if k != "class"} for e in drawn]

    assert shapes("favicon.svg") == shapes("logo.svg")


def test_the_card_is_drawn_from_what_the_site_has() -> None:
    """The card's drawing has the title and the loops as they are; card.py writes it anew."""
    assert card.card() == card.DRAWING.read_text("utf-8")


@pytest.mark.parametrize(
    ("file", "size", "limit"),
    [(card.CARD, (1200, 630), 60_000), (card.ICON, (180, 180), 5_000)],
    ids=["card", "icon"],
)
def test_pictures_have_the_size_that_others_expect(
    file: Path, size: tuple[int, int], limit: int
) -> None:
    """The card and the icon are PNG files of the usual size, and light."""
    content = file.read_bytes()

    assert content.startswith(b"\x89PNG\r\n")
    assert size == struct.unpack(">II", content[16:24])
    assert len(content) < limit
