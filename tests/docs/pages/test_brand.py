"""The social card and the icon."""

from __future__ import annotations

import re
import struct

import pytest

from twolayer.rungs import RUNGS
from twolayer_docs.course import training_loop
from twolayer_docs.gallery.ladder import kind_of
from twolayer_docs.paths import DOCS, ROOT


@pytest.mark.parametrize(
    ("file", "size", "limit"),
    [("card.png", (1200, 630), 60_000), ("apple-touch-icon.png", (180, 180), 5_000)],
)
def test_pictures_have_the_size_that_others_expect(
    file: str, size: tuple[int, int], limit: int
) -> None:
    """The card and the icon are PNG files of the usual size, and light."""
    content = (DOCS / "_static" / file).read_bytes()

    assert content.startswith(b"\x89PNG\r\n")
    assert size == struct.unpack(">II", content[16:24])
    assert len(content) < limit


def test_the_card_has_each_rungs_loop() -> None:
    """The drawing of the card has a bar for each rung, in order, with the lines of its loop."""
    _, *bars = (DOCS / "_drawings" / "card.svg").read_text("utf-8").split('<rect class="plank"')
    loops = [training_loop(ROOT / f"{rung.page}.py") for rung in RUNGS.values()]

    drawn = [re.findall(r'class="loop (\w+)"', bar) for bar in bars]
    assert drawn == [[*map(kind_of, loop)] for loop in loops]
