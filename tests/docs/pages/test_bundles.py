"""Style sheets and scripts that all pages name become one of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twolayer_docs.pages import bundles

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """<html><head>
  <link rel="stylesheet" type="text/css" href="{up}_static/a.css?v=1" />
  <link rel="stylesheet" type="text/css" href="{up}_static/styles/b.css?v=2" />
  <link rel="canonical" href="https://example.org/">
</head><body><p>text</p>
<script>inline()</script>
<script src="{up}_static/one.js?v=3"></script>
{more}<script src="{up}_static/scripts/two.js?v=4"></script>
</body></html>
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Make a site of two pages, in two folders."""
    static = tmp_path / "_static"
    for folder in (static / "styles", static / "scripts", static / "fonts", tmp_path / "sub"):
        folder.mkdir(parents=True)
    (static / "a.css").write_text("@font-face { src: url(fonts/own.woff2) }\n", "utf-8")
    (static / "styles/b.css").write_text(
        'p { mask: url("../icon.svg"); fill: url(#x); cursor: url(data:abc) }\n'
        "/*# sourceMappingURL=b.css.map */\n",
        "utf-8",
    )
    (static / "one.js").write_text("first() // no line break after this", "utf-8")
    (static / "scripts/two.js").write_text(
        "// why\n(second)(\n  2 // it\n)\n//# sourceMappingURL=two.js.map\n", "utf-8"
    )
    (static / "curves.js").write_text("third()", "utf-8")
    for name in (
        "icon.svg",
        "fonts/own.woff2",
        "fonts/LICENSE.txt",
        "scripts/two.js.map",
        "old.js",
    ):
        (static / name).write_text("old.js" if name == "old.js" else name, "utf-8")
    (tmp_path / "index.html").write_text(PAGE.format(up="", more=""), "utf-8")
    more = '<script src="../_static/curves.js"></script>\n'
    (tmp_path / "sub/page.html").write_text(PAGE.format(up="../", more=more), "utf-8")
    bundles.write(tmp_path)
    return tmp_path


def test_pages_name_one_sheet_and_one_script(site: Path) -> None:
    """Each page names the joined files once, as seen from its folder, and what it has alone."""
    home, page = ((site / name).read_text("utf-8") for name in ("index.html", "sub/page.html"))

    assert home.count('rel="stylesheet"') == home.count("<script src=") == 1
    assert '<link rel="stylesheet" href="_static/site.css?v=' in home
    assert '<link rel="stylesheet" href="../_static/site.css?v=' in page
    assert '<script src="../_static/site.js?v=' in page
    assert '<script src="../_static/curves.js"></script>' in page
    assert "curves.js" not in home
    assert "canonical" in home
    assert "<script>inline()</script>" in home


def test_joined_styles_find_their_files(site: Path) -> None:
    """Addresses in a joined sheet lead where they led; anchors and data are left alone."""
    styles = (site / "_static/site.css").read_text("utf-8")

    assert 'url("fonts/own.woff2")' in styles
    assert 'url("icon.svg")' in styles
    assert "url(#x)" in styles
    assert "url(data:abc)" in styles
    assert "sourceMappingURL" not in styles


def test_joined_scripts_stay_apart(site: Path) -> None:
    """A script that ends in a comment, or without a semicolon, doesn't swallow the next."""
    script = (site / "_static/site.js").read_text("utf-8")
    assert script.index("first()") < script.index("\n;\n") < script.index("(second)(")
    assert "sourceMappingURL" not in script


def test_joined_scripts_have_no_comments(site: Path) -> None:
    """A script that people wrote loses its indentation and the lines that are comments."""
    script = (site / "_static/site.js").read_text("utf-8")
    assert "why" not in script
    assert "(second)(\n2 // it\n)" in script


def test_what_nothing_names_is_gone(site: Path) -> None:
    """Joined files and those that nobody names are gone; fonts, pictures and licences stay."""
    static = site / "_static"
    left = {p.relative_to(static).as_posix() for p in static.rglob("*") if p.is_file()}
    assert left == {
        "site.css",
        "site.js",
        "curves.js",
        "icon.svg",
        "fonts/own.woff2",
        "fonts/LICENSE.txt",
    }


def test_the_address_changes_with_the_content(site: Path) -> None:
    """Another content has another address, so that no browser keeps an old file."""
    before = (site / "index.html").read_text("utf-8")
    (site / "index.html").write_text(before.replace("<p>", "<p class=a>"), "utf-8")
    (site / "_static/site.css").write_text("p { color: red }", "utf-8")
    bundles.write(site)

    address = before.partition("site.css?v=")[2][:8]
    assert f"site.css?v={address}" not in (site / "index.html").read_text("utf-8")


def test_pages_without_a_common_file_are_an_error(tmp_path: Path) -> None:
    """A page that names no style sheet fails the build, since it would look like no other."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "index.html").write_text("<html></html>", "utf-8")
    with pytest.raises(bundles.BundleError, match=r"no file for site\.css"):
        bundles.write(tmp_path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """A page that names a file which is not in the site fails the build with its name."""
    (tmp_path / "index.html").write_text('<link rel="stylesheet" href="_static/x.css">', "utf-8")
    with pytest.raises(bundles.BundleError, match=r"_static/x\.css"):
        bundles.write(tmp_path)
