"""Whether the pages are valid HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.site import html_validate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.site_report import Rows


def test_a_page_is_valid_html(page: str, html_errors: dict[str, list[str]], figures: Rows) -> None:
    """html-validate finds no error in a page."""
    found = html_errors[page]
    figures.setdefault(page, {})["html"] = len(found)

    assert found == []


def test_an_error_is_found(tmp_path: Path) -> None:
    """A page with a link inside a link has an error at its place."""
    path = tmp_path / "page.html"
    nested = '<a href="#">a<a href="#">b</a></a>'
    path.write_text(
        f'<!doctype html>\n<html lang="en"><head><title>t</title></head><body>{nested}</body></html>'
    )

    (line,) = html_validate.errors([path])[path]
    assert line.startswith("line 2, column 66: element-permitted-content: ")
