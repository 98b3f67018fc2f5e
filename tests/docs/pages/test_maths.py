"""Maths: TeX to MathML, and the font that shows it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from twolayer_docs import npm
from twolayer_docs.pages.mathml_characters import characters, italic
from twolayer_docs.pages.maths import (
    Temml,
    TexError,
    held_characters,
    missing_characters,
    prepare_display,
)
from twolayer_docs.tools import font

DOCS = Path(__file__).resolve().parents[3] / "docs"
needs_temml = pytest.mark.skipif(
    not (npm.FOLDER / "node_modules" / "temml").is_dir(), reason="needs python -m twolayer_docs.npm"
)


def running(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@needs_temml
def test_a_formula_becomes_mathml() -> None:
    """TeX becomes a MathML element that needs no script."""
    temml = Temml()
    try:
        mathml = temml.render(r"x \cdot w_1", display=True)
    finally:
        temml.close()

    assert mathml.startswith("<math")
    assert {"𝑥", "⋅", "𝑤", "1"} == characters(mathml)  # noqa: RUF001


@needs_temml
def test_bad_tex_is_an_error_and_the_next_formula_works() -> None:
    """TeX that can't be read raises, and the process goes on."""
    temml = Temml()
    try:
        with pytest.raises(TexError):
            temml.render(r"\frac{1}{")
        assert "<math" in temml.render("y")
    finally:
        temml.close()


@needs_temml
def test_closing_ends_the_process() -> None:
    """No process is left after closing."""
    temml = Temml()
    temml.render("x")
    pid = temml.pid
    assert pid is not None

    temml.close()

    assert temml.pid is None
    assert not running(pid)


@needs_temml
@pytest.mark.parametrize("end", ["raise SystemExit(3)", "os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_no_process_outlives_its_build(end: str) -> None:
    """However the build's process ends, node ends too."""
    code = (
        "import os\n"
        "from twolayer_docs.pages.maths import Temml\nt = Temml(); t.render('x')\nprint(t.pid, flush=True)\n"
        + end
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    pid = int(done.stdout)

    for _ in range(100):
        if not running(pid):
            break
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.05)"], check=True)
    assert done.returncode != 0
    assert not running(pid)


def test_missing_temml_is_a_clear_error(tmp_path: Path) -> None:
    """Where Temml is not installed, the error says which command installs it."""
    with pytest.raises(npm.NpmError, match="Run: python -m twolayer_docs"):
        Temml(folder=tmp_path).render("x")


def test_several_lines_are_aligned() -> None:
    """Lines outside of an environment are put into ``aligned``; others stay as they are."""
    assert prepare_display(r"a \\ b") == "\\begin{aligned}\na \\\\ b\n\\end{aligned}"
    assert (
        prepare_display(r"\begin{cases} a \\ b \end{cases}") == r"\begin{cases} a \\ b \end{cases}"
    )
    assert prepare_display("\nx\n") == "x"


def test_single_letters_need_their_italic_twins() -> None:
    """A one-letter identifier is drawn in italics, a longer or upright one is not."""
    mathml = '<math><mi>x</mi><mi mathvariant="normal">y</mi><mi>max</mi><mo>&lt;</mo></math>'

    assert {"𝑥", "y", "m", "a", "<"} | {"x"} == characters(mathml) | {"x"}  # noqa: RUF001
    assert italic("h") == "ℎ"  # noqa: RUF001
    assert italic("∂") == "𝜕"
    assert italic("α") == "𝛼"  # noqa: RUF001


def test_a_character_that_the_font_lacks_is_named() -> None:
    """A character outside of the font is found."""
    mathml = "<math><mo>⧻</mo><mi>x</mi></math>"

    assert missing_characters(mathml, held_characters()) == ["⧻"]


def test_the_font_holds_its_list() -> None:
    """The committed font holds exactly the characters that its list says."""
    wanted = font.read_list()

    assert wanted <= font.held()
    assert wanted == set(held_characters())


def test_the_font_is_small_and_renamed() -> None:
    """The font is below 15 kB, has a MATH table, its own name, and its licence beside it."""
    assert font.FONT.stat().st_size < 15_000
    with TTFont(font.FONT) as opened:
        assert "MATH" in opened
        assert opened["name"].getDebugName(1) == font.FAMILY
    assert "GUST Font License" in (font.FOLDER / "GUST-FONT-LICENSE.txt").read_text("utf-8")


@needs_temml
def test_the_font_holds_the_maths_of_all_pages() -> None:
    """Every formula in the documentation's Markdown and the gallery can be drawn."""
    root = DOCS.parent
    sources = [*DOCS.glob("*.md"), *DOCS.glob("guides/*.md"), *DOCS.glob("reference/*.md")]
    texts = [path.read_text("utf-8") for path in sources]
    formulas = [tex for text in texts for tex in re.findall(r"\$\$(.+?)\$\$", text, re.DOTALL)]
    formulas += [tex for text in texts for tex in re.findall(r"(?<!\$)\$([^$\n`]+)\$(?!\$)", text)]
    scripts = [path.read_text("utf-8") for path in root.glob("gallery/*/*.py")]
    formulas += [tex for text in scripts for tex in re.findall(r":math:`([^`]+)`", text)]
    held = held_characters()
    temml = Temml()
    try:
        lacking = {c for tex in formulas for c in missing_characters(temml.render(tex), held)}
    finally:
        temml.close()

    assert set() == lacking


def test_a_missing_source_font_is_a_clear_error(tmp_path: Path) -> None:
    """Without the font to cut from, the error says how to get it."""
    with pytest.raises(font.SourceFontError, match=r"fonts-lmodern.*--source"):
        font.find_source(tmp_path / "none.otf")


def test_the_font_can_be_made_anew(tmp_path: Path) -> None:
    """Where the source font is there, making the font again gives the committed one."""
    try:
        source = font.find_source()
    except font.SourceFontError:
        pytest.skip("Latin Modern Math is not on this machine")
    fresh = tmp_path / "fresh.woff2"

    font.make_font(source, font.read_list(), fresh)
    again = shutil.copy(fresh, tmp_path / "first.woff2")
    font.make_font(source, font.read_list(), fresh)

    assert Path(again).read_bytes() == fresh.read_bytes()
    assert font.held() == font.held(fresh)
