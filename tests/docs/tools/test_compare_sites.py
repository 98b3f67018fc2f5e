"""Two sites are compared byte for byte, and a difference is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twolayer_docs.tools import compare_sites

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sites(tmp_path: Path) -> tuple[Path, Path]:
    """Make two sites with the same bytes."""
    for name in ("first", "second"):
        (tmp_path / name / "gallery").mkdir(parents=True)
        (tmp_path / name / "index.html").write_bytes(b"<p>" + b"words " * 20 + b"end</p>")
        (tmp_path / name / "gallery" / "page.zip").write_bytes(b"PK")
    return tmp_path / "first", tmp_path / "second"


def test_equal_sites_have_no_differences(
    sites: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Two sites with the same bytes are the same, and the program ends with status 0."""
    assert compare_sites.differences(*sites) == []
    assert compare_sites.main([str(site) for site in sites]) == 0
    assert "the same, byte for byte" in capsys.readouterr().out


def test_a_difference_is_shown_with_its_place(
    sites: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The first byte that differs is named, with what stands around it in both."""
    page = sites[1] / "index.html"
    page.write_bytes(page.read_bytes().replace(b"end", b"at 10:30"))

    (found,) = compare_sites.differences(*sites)

    assert found.startswith("index.html: differs from byte 123\n")
    assert "words end</p>" in found
    assert "words at 10:30</p>" in found
    assert compare_sites.main([str(site) for site in sites]) == 1
    assert "byte 123" in capsys.readouterr().out


def test_a_file_of_one_site_only_is_named(sites: tuple[Path, Path]) -> None:
    """A file that one of the sites lacks is a difference, whichever it is."""
    (sites[0] / "gallery" / "page.zip").unlink()
    (sites[0] / "extra.html").touch()

    assert compare_sites.differences(*sites) == [
        f"extra.html: only in {sites[0]}",
        f"gallery/page.zip: only in {sites[1]}",
    ]


def test_comparing_needs_two_sites(tmp_path: Path, sites: tuple[Path, Path]) -> None:
    """A folder without files is an error, not a site that equals another such."""
    with pytest.raises(FileNotFoundError, match="there is no site in"):
        compare_sites.differences(sites[0], tmp_path / "nothing")
