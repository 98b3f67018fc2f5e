"""Downloads say what they need, and are the same in every build."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from sphinx.errors import ExtensionError

from twolayer_docs.course import read_header
from twolayer_docs.forms import wheel
from twolayer_docs.gallery.downloads import TAG, finish

if TYPE_CHECKING:
    from pathlib import Path

HEADER = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["numpy>=2.0"]\n# ///\n'


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Make what sphinx-gallery makes of a script: a copy and a notebook."""
    copy = tmp_path / "page.py"
    copy.write_text(f'{HEADER}"""Title"""\nprint(1)\n', "utf-8")
    kinds = {"markdown": "# Title", "code": "print(1)"}
    cells = [{"cell_type": kind, "metadata": {}, "source": [text]} for kind, text in kinds.items()]
    copy.with_suffix(".ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    return copy


def test_a_notebook_says_what_it_needs(script: Path) -> None:
    """What a script's header names stands in one cell after the opening, however often it is put."""
    finish(script)
    finish(script)

    cells = json.loads(script.with_suffix(".ipynb").read_text("utf-8"))["cells"]
    assert [cell["metadata"].get("tags") for cell in cells] == [None, [TAG], None]
    assert '%pip install "numpy>=2.0"' in cells[1]["source"][0]


def test_a_changed_header_changes_the_cell(script: Path) -> None:
    """A notebook that an earlier build completed says what the header says now."""
    finish(script)
    script.write_text(script.read_text("utf-8").replace("numpy>=2.0", "torch>=2.9"), "utf-8")
    finish(script)

    notebook = script.with_suffix(".ipynb").read_text("utf-8")
    assert "torch>=2.9" in notebook
    assert "numpy" not in notebook


def test_an_exercise_names_the_wheel_by_the_sites_address(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that imports the package, its notebook and its zip name the site's wheel, however often they are put."""
    monkeypatch.setenv("TWOLAYER_SITE_URL", "https://example.org/twolayer")
    header = HEADER.replace('["numpy>=2.0"]', '[\n#     "numpy>=2.0",\n# ]')
    script.write_text(f'{header}"""Title"""\nfrom twolayer.exercises import check\n', "utf-8")
    finish(script)
    finish(script)

    wanted = f"twolayer @ https://example.org/twolayer/{wheel.name()}"
    assert read_header(script.read_text("utf-8"))["dependencies"] == ["numpy>=2.0", wanted]
    with zipfile.ZipFile(script.with_suffix(".zip")) as archive:
        assert archive.read("page.py") == script.read_bytes()
    cells = json.loads(script.with_suffix(".ipynb").read_text("utf-8"))["cells"]
    assert f'%pip install "numpy>=2.0" "{wanted}"' in cells[1]["source"][0]
    assert "First download" not in cells[1]["source"][0]


def test_without_an_address_an_exercise_says_what_to_download(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site that doesn't know its address leaves the header as it is, and the notebook names the file."""
    monkeypatch.delenv("TWOLAYER_SITE_URL", raising=False)
    text = f'{HEADER}"""Title"""\nfrom twolayer.exercises import check\n'
    script.write_text(text, "utf-8")
    finish(script)

    assert script.read_text("utf-8") == text
    cells = json.loads(script.with_suffix(".ipynb").read_text("utf-8"))["cells"]
    assert f"First download `{wheel.name()}`" in cells[1]["source"][0]
    assert f'%pip install "numpy>=2.0" "./{wheel.name()}"' in cells[1]["source"][0]


def test_a_zip_knows_no_time(script: Path) -> None:
    """A zip has the same bytes when its files were written at another time by another user."""
    finish(script)
    before = script.with_suffix(".zip").read_bytes()
    os.utime(script, (10**9, 10**9))
    script.chmod(0o600)
    finish(script)

    assert script.with_suffix(".zip").read_bytes() == before
    with zipfile.ZipFile(script.with_suffix(".zip")) as archive:
        assert archive.namelist() == ["page.ipynb", "page.py"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_downloads_that_are_whole_are_left_alone(script: Path) -> None:
    """A second build doesn't touch downloads that say what they should, or each page is read anew."""
    finish(script)
    made = [script.with_suffix(".ipynb"), script.with_suffix(".zip")]
    for file in made:
        os.utime(file, (10**9, 10**9))
    finish(script)

    assert [file.stat().st_mtime for file in made] == [10**9, 10**9]


def test_a_script_without_a_header_ends_the_build(script: Path) -> None:
    """A script that doesn't say what it needs is an error that names it."""
    script.write_text("print(1)\n", "utf-8")
    with pytest.raises(ExtensionError, match=r"page\.py: a script begins with"):
        finish(script)
