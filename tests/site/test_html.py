"""Whether the pages are valid HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.site import html_validate
from tests.site.offers import page_names

if TYPE_CHECKING:
    from pathlib import Path


def test_every_page_is_valid_html(site: Path) -> None:
    """html-validate finds no error in any page."""
    assert html_validate.errors(site / name for name in page_names(site)) == []


def test_an_error_is_found(tmp_path: Path) -> None:
    """A page with a link inside a link has an error at its place."""
    path = tmp_path / "page.html"
    nested = '<a href="#">a<a href="#">b</a></a>'
    path.write_text(
        f'<!doctype html>\n<html lang="en"><head><title>t</title></head><body>{nested}</body></html>'
    )

    (line,) = html_validate.errors([path])
    assert line.startswith(f"{path}: line 2, column 66: element-permitted-content: ")
