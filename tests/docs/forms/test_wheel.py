"""The wheel that readers of the exercises install."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.forms import wheel
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_sources_give_the_same_wheel(tmp_path: Path) -> None:
    """Two builds give the same bytes, and the wheel holds the lessons' exercises."""
    folders = [tmp_path / "one", tmp_path / "two"]
    one, two = [wheel.write(folder) for folder in folders]
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert "twolayer/exercises/lessons/numpy_by_hand.py" in archive.namelist()


def test_a_wheel_that_can_not_be_built_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the backend says is in the error."""
    monkeypatch.setattr(wheel, "ROOT", tmp_path)
    monkeypatch.setattr(wheel, "name", lambda: "none.whl")
    with pytest.raises(wheel.WheelError, match=r"can't be built: \S"):
        wheel.write(tmp_path)


def test_the_page_of_exercises_names_the_wheel() -> None:
    """The opening of the exercises offers the wheel of this version, and says how to install it."""
    text = (ROOT / "gallery/exercises/index.rst").read_text("utf-8")
    assert text.count(wheel.name()) == 3
    assert f":site-file:`{wheel.name()}`" in text
