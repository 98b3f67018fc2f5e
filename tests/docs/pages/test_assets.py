"""Style sheets and scripts that all pages name become one of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sphinx.errors import ExtensionError

from tests.docs import small_site
from twolayer_docs.pages import assets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sphinx.application import Sphinx

PAGES = {
    "index": "Home\n====\n",
    "sub/page": 'Page\n====\n\n.. raw:: html\n\n   <p data-curves="x">',
}


def nothing(*_: Any) -> None:
    """Leave a page as it is."""


def site(folder: Path, change: Callable[..., None] = nothing) -> dict[str, str]:
    """Build two pages with scripts that not all pages need, and give the site's texts."""

    def register(app: Sphinx) -> None:
        app.connect("html-page-context", change)
        app.connect("html-page-context", assets.bundle)
        for name in (assets.SCRIPT, "curves.js"):
            app.builder.add_js_file(name)  # type: ignore[attr-defined]
        app.builder.add_css_file(assets.STYLE)  # type: ignore[attr-defined]

    html, _ = small_site.build(folder, PAGES, register)
    files = (path for path in html.rglob("*.*") if path.suffix in {".html", ".css", ".js"})
    return {path.relative_to(html).as_posix(): path.read_text("utf-8") for path in files}


def test_pages_name_the_joined_files_and_what_they_need(tmp_path: Path) -> None:
    """Each page names the joined files once, with a sum of their content, and no script that it needs not."""
    files = site(tmp_path)

    for name, needs in (("index.html", 0), ("sub/page.html", 1)):
        assert files[name].count("_static/site.css?v=") == 1
        assert files[name].count("_static/site.js?v=") == 1
        assert files[name].count("_static/curves.js") == needs
        assert "basic.css" not in files[name]
        assert "doctools.js" not in files[name]


def test_joined_files_hold_their_parts(tmp_path: Path) -> None:
    """The joined files hold what pages named, without what no page needs."""
    files = site(tmp_path)

    assert files["_static/basic.css"].strip() in files["_static/site.css"]
    assert "DOCUMENTATION_OPTIONS" in files["_static/site.js"]
    assert files["_static/doctools.js"] not in files["_static/site.js"]


def test_a_page_with_files_of_its_own_is_an_error(tmp_path: Path) -> None:
    """What one page alone names can't be joined for all: the build fails and names it."""

    def less(_app: Sphinx, page: str, _: str, context: dict[str, Any], __: object) -> None:
        if page == "sub/page":
            context["css_files"] = context["css_files"][-1:]

    with pytest.raises(ExtensionError, match=r"sub/page: .*basic\.css"):
        site(tmp_path, less)


def test_joined_scripts_stay_apart(tmp_path: Path) -> None:
    """A script that ends in a comment, or without a semicolon, doesn't swallow the next; maps are gone."""
    (tmp_path / "a.js").write_text("first() // no line break after this", "utf-8")
    (tmp_path / "b.js").write_text("(second)\n//# sourceMappingURL=b.js.map", "utf-8")

    assert assets.joined([tmp_path / "a.js", tmp_path / "b.js"]) == (
        "first() // no line break after this\n;\n(second)\n\n"
    )


@pytest.mark.parametrize("address", ["../icon.svg", '"icon.svg"', "'icon.svg'"])
def test_addresses_that_would_lead_elsewhere_are_an_error(tmp_path: Path, address: str) -> None:
    """A sheet of another folder may name data and its own parts, and no file."""
    sheet = tmp_path / "styles" / "a.css"
    sheet.parent.mkdir()
    sheet.write_text('p { mask: url("data:abc"); fill: url(#x) }', "utf-8")
    assert "data:abc" in assets.joined([sheet])

    sheet.write_text(f"p {{ mask: url({address}) }}", "utf-8")
    with pytest.raises(ExtensionError, match=r"a\.css has an address"):
        assets.joined([sheet])
