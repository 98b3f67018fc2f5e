"""Maths: TeX to MathML, and the font that shows it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from tests.docs import small_site
from twolayer_docs import npm
from twolayer_docs.pages import font, maths

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx


def built(folder: Path, inline: str) -> tuple[str, str]:
    """Build a page with two formulas; give its HTML, and what Sphinx warned of."""
    try:
        npm.module("temml/dist/temml.cjs")
    except npm.NpmError as error:
        pytest.skip(str(error))

    def register(app: Sphinx) -> None:
        visitors: tuple[Any, Any] = (maths.visit_inline, None), (maths.visit_display, None)
        app.add_html_math_renderer("temml", *visitors)
        app.add_post_transform(maths.Formulas)

    text = f"Page\n====\n\n:math:`{inline}` and\n\n.. math:: x = y\n"
    html, warnings = small_site.build(folder, {"index": text}, register)
    return (html / "index.html").read_text("utf-8"), warnings


def test_formulas_become_mathml(tmp_path: Path) -> None:
    """TeX becomes MathML that needs no script, in a line or on its own."""
    page, warnings = built(tmp_path, r"x \leq w_1")

    assert warnings == ""
    assert page.count("<math") == 2
    assert "<mo>≤</mo>" in page
    assert "<math" in page.partition('<div class="math-scroll" tabindex="0">')[2]


def test_bad_tex_is_a_warning_at_its_place(tmp_path: Path) -> None:
    """TeX that can't be read warns with its line, and the other formulas are there."""
    page, warnings = built(tmp_path, r"\frac{1}{")

    assert "index.rst:6: WARNING: maths: " in warnings
    assert page.count("<math") == 1


@pytest.mark.parametrize(("tex", "named"), [(r"x \gtrsim y", "≳"), ("q", "q"), (r"\text{X}", "X")])
def test_a_character_that_the_font_lacks_is_a_warning(tmp_path: Path, tex: str, named: str) -> None:
    """A character that the font lacks, upright or in italics as it is drawn, is named with its place."""
    _, warnings = built(tmp_path, tex)

    assert f"index.rst:6: WARNING: maths: the font lacks {named} of: " in warnings


def test_the_font_is_small_and_renamed() -> None:
    """The font holds its characters in less than 15 kB, has a MATH table, its own name and its licence."""
    assert maths.FONT.stat().st_size < 15_000
    with TTFont(maths.FONT) as opened:
        held = {chr(code) for code in opened.getBestCmap()}
        assert set(font.CHARACTERS) - held == set()
        assert "MATH" in opened
        assert opened["name"].getDebugName(1) == font.FAMILY
    licence = maths.FONT.with_name("GUST-FONT-LICENSE.txt").read_text("utf-8")
    assert "GUST Font License" in licence


def test_the_script_brings_the_font() -> None:
    """The script for pages with formulas holds the font's very bytes."""
    script = font.SCRIPT.read_text("utf-8")

    assert base64.b64encode(maths.FONT.read_bytes()).decode() in script


@pytest.mark.skipif(not font.SOURCE.is_file(), reason="Latin Modern Math is not on this machine")
def test_the_font_can_be_made_anew(tmp_path: Path) -> None:
    """Making the font again gives the committed one."""
    font.make(font.SOURCE, tmp_path / "font.woff2")

    assert (tmp_path / "font.woff2").read_bytes() == maths.FONT.read_bytes()
