"""The description of a page for search engines."""

from __future__ import annotations

from docutils import nodes
from twolayer_docs.pages.descriptions import describe


def test_a_page_is_described_by_its_first_paragraph() -> None:
    """The description is the first paragraph of some length, cut at a word."""
    long = "word " * 60
    section = nodes.section("", nodes.paragraph(text="Short."), nodes.paragraph(text=long))

    description = describe(section)

    assert len(description) <= 160
    assert description.endswith("word…")
    assert describe(None)
