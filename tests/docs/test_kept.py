"""What is made of a page is kept until something that it is made from changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twolayer_docs.forms import markdown
from twolayer_docs.kept import Kept

if TYPE_CHECKING:
    from pathlib import Path

PAGE = '<head></head><nav>{}</nav><article role="main"><h1>Loss</h1><p>{}</p></article>'


@pytest.fixture
def maker(tmp_path: Path) -> Path:
    """Write a file that stands for the code which makes the texts."""
    file = tmp_path / "maker.py"
    file.write_text("1", "utf-8")
    return file


def fail() -> str:
    """Make nothing: a text that is kept is not made."""
    pytest.fail("made anew, though nothing changed")


def test_a_text_is_made_once(tmp_path: Path, maker: Path) -> None:
    """A text is made once for the same parts, by this build or an earlier one, line ends included."""
    folder = tmp_path / "kept"
    made = Kept(folder, [str(maker)]).get(lambda: "λ\r\nβ\n", "a", "b")

    assert made == "λ\r\nβ\n" == Kept(folder, [str(maker)]).get(fail, "a", "b")


@pytest.mark.parametrize("parts", [("a", "c"), ("ab",), ("a", "b", "")])
def test_other_parts_make_another_text(tmp_path: Path, maker: Path, parts: tuple[str, ...]) -> None:
    """A text made from other parts is another, also where their letters are the same."""
    kept = Kept(tmp_path / "kept", [str(maker)])
    kept.get(lambda: "old", "a", "b")

    assert kept.get(lambda: "new", *parts) == "new"


def test_changed_code_makes_all_anew(tmp_path: Path, maker: Path) -> None:
    """When the code that makes the texts changes, none that it made counts."""
    Kept(tmp_path / "kept", [str(maker)]).get(lambda: "old", "a")
    maker.write_text("2", "utf-8")

    assert Kept(tmp_path / "kept", [str(maker)]).get(lambda: "new", "a") == "new"


def test_what_nobody_asks_for_goes(tmp_path: Path, maker: Path) -> None:
    """Texts of pages that are gone, and halves of texts, don't pile up."""
    folder = tmp_path / "kept"
    Kept(folder, [str(maker)]).get(lambda: "gone", "gone")
    (folder / "half.part").touch()
    kept = Kept(folder, [str(maker)])
    kept.get(lambda: "there", "there")
    kept.forget_others()

    assert [file.read_text("utf-8") for file in folder.iterdir()] == ["there"]


def test_the_finishing_steps_give_the_same_from_a_cache(tmp_path: Path) -> None:
    """Markdown is the same from a cache, and follow a page's text and neighbours."""
    link = '<a href="two.html">two</a>'

    def finished(text: str, *, cached: bool, more: bool = False) -> object:
        site = tmp_path / "site"
        site.mkdir(exist_ok=True)
        for file in site.iterdir():
            file.unlink()
        (site / "one.html").write_text(PAGE.format("nav", text), "utf-8")
        if more:
            (site / "two.html").write_text(PAGE.format("nav", "Two."), "utf-8")
        markdown.write(site, tmp_path / "markdown" if cached else None)
        return {f.name: f.read_bytes() for f in site.iterdir()}

    for text, more in [(link, False), (link, False), (link, True), (f"{link} more", True)]:
        assert finished(text, cached=True, more=more) == finished(text, cached=False, more=more)
