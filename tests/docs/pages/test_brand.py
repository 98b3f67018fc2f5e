"""The logo, the favicon and the social card."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from twolayer_docs.pages.brand import logo, with_logo

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


@pytest.mark.parametrize(
    ("file", "size", "limit"),
    [("card.png", (1200, 630), 60_000), ("apple-touch-icon.png", (180, 180), 5_000)],
)
def test_pictures_have_the_size_that_others_expect(
    file: str, size: tuple[int, int], limit: int
) -> None:
    """The card and the icon are PNG files of the usual size, and light."""
    content = (ROOT / "docs" / "_static" / file).read_bytes()

    assert content.startswith(b"\x89PNG\r\n")
    assert size == struct.unpack(">II", content[16:24])
    assert len(content) < limit
