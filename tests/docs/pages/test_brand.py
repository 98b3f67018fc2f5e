"""The social card and the icon."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.tools import card

if TYPE_CHECKING:
    from pathlib import Path


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
