"""The social card and the icon."""

from __future__ import annotations

import struct

import pytest

from twolayer_docs.paths import DOCS


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
