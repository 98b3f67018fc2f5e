"""The finished site as one zip."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.forms import zip as offline_zip

if TYPE_CHECKING:
    from pathlib import Path

LINKS = (
    '<p><a class="site-file reference internal" href="twolayer.epub"><code>book</code></a> '
    '<a class="site-file" href="llms.txt">list</a> <a href="https://net.example/twolayer.epub">kept</a></p>'
)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Make a finished site with a page in a folder and files for hosts."""
    files = {
        "index.html": LINKS,
        "a/b.html": LINKS.replace('href="t', 'href="../t').replace('href="l', 'href="../l'),
    }
    for name in ("llms.txt", "a/b.svg", *offline_zip.HOSTING, "twolayer.epub", offline_zip.NAME):
        files[name] = f"content of {name}"
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_the_zip_holds_the_site_in_one_folder(made: Path) -> None:
    """All files of the site are in it, sorted, but other forms of the site and what hosts need."""
    with zipfile.ZipFile(offline_zip.write(made)) as archive:
        names = archive.namelist()
        assert archive.read("twolayer/a/b.svg") == b"content of a/b.svg"
    expected = ["a/b.html", "a/b.svg", "index.html", "llms.txt"]
    assert names == [f"twolayer/{name}" for name in expected]


def test_the_zip_tells_nothing_of_its_making(made: Path) -> None:
    """Times and permissions of files make no difference to its bytes."""
    first = offline_zip.write(made).read_bytes()
    os.utime(made / "index.html", (10**9, 10**9))
    (made / "llms.txt").chmod(0o600)
    assert offline_zip.write(made).read_bytes() == first


@pytest.mark.parametrize("page", ["index.html", "a/b.html"])
def test_links_to_files_left_out_are_words(made: Path, page: str) -> None:
    """In the zip a link to the book is a word, one to a file that is inside stays; the site's stay."""
    before = (made / page).read_text("utf-8")
    with zipfile.ZipFile(offline_zip.write(made)) as archive:
        text = archive.read(f"twolayer/{page}").decode()
    assert text.startswith("<p><code>book</code> <a ")
    assert ">list</a>" in text
    assert ">kept</a>" in text
    assert (made / page).read_text("utf-8") == before
