"""The site's two files for assistants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twolayer_docs.forms import llms

if TYPE_CHECKING:
    from pathlib import Path

TREE = """
<div class="sidebar-brand-text">net</div>
<div class="sidebar-tree">
<p class="caption">Pages</p><ul><li><a href="a/index.html">All of A</a><ul>
<li><a href="a/one.html">One</a></li></ul></li><li><a href="https://example.org">Away</a></li></ul>
<p class="caption">The project</p><ul><li><a href="api.html">API</a></li></ul>
</div>
"""
PAGES = {"index.html": TREE, "a/index.html": "", "a/one.html": "", "api.html": ""}
COPIES = {
    "index.html": "# Home\n\n[One](a/one.html.md)\n",
    "a/index.html": "# All of A\n",
    "a/one.html": (
        "# One\n\n![A curve](../_images/x.svg), [up](../index.html.md), [out](https://x.org/a)\n\n"
        "```python\nf[0](x)\n```\n"
    ),
    "api.html": "# API\n",
}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Make a finished site of four pages."""
    for name, body in PAGES.items():
        page = tmp_path / name
        page.parent.mkdir(exist_ok=True)
        head = f'<head><meta name="description" content="About {name}: &quot;x&quot;."></head>'
        page.write_text(f"<html>{head}<body>{body}</body></html>", "utf-8")
        page.with_name(f"{page.name}.md").write_text(COPIES[name], "utf-8")
    return tmp_path


def test_llms_lists_the_pages_in_reading_order(made: Path) -> None:
    """The list has the form of llmstxt.org: name, summary, and a link with a line for each page."""
    assert llms.write(made) == 3

    lines = (made / "llms.txt").read_text("utf-8").split("\n")
    assert lines[:3] == ["# net", "", '> About index.html: "x".']
    size = (made / "llms-full.txt").stat().st_size / 1000
    assert lines[6] == f"All lessons are also in [one file](llms-full.txt) of {size:.0f} kB."
    assert lines[-9:] == [
        "## Pages",
        "",
        '- [All of A](a/index.html.md): About a/index.html: "x".',
        '- [One](a/one.html.md): About a/one.html: "x".',
        "",
        "## Optional",
        "",
        '- [API](api.html.md): About api.html: "x".',
        "",
    ]


def test_llms_full_has_the_pages_that_teach(made: Path) -> None:
    """All pages but the project's own stand one after the other, their links from the site's root."""
    llms.write(made)

    text = (made / "llms-full.txt").read_text("utf-8")
    headings = [line for line in text.split("\n") if line.startswith("# ")]
    assert headings == ["# Home", "# All of A", "# One"]
    assert "![A curve](_images/x.svg), [up](index.html.md), [out](https://x.org/a)" in text
    assert "f[0](x)" in text


def test_addresses_are_whole_where_the_site_has_one(made: Path) -> None:
    """With the site's address known, every link of both files starts with it."""
    llms.write(made, "https://net.example/docs/")

    index = (made / "llms.txt").read_text("utf-8")
    assert "(https://net.example/docs/a/one.html.md)" in index
    assert "(https://net.example/docs/llms-full.txt)" in index
    full = (made / "llms-full.txt").read_text("utf-8")
    assert "(https://net.example/docs/_images/x.svg)" in full
    assert "<!-- https://net.example/docs/a/one.html -->" in full


def test_a_home_page_without_navigation_is_refused(made: Path) -> None:
    """If the theme's navigation isn't found, no empty list is written."""
    (made / "index.html").write_text("<p>Home</p>", "utf-8")
    with pytest.raises(ValueError, match="no navigation with a name is found"):
        llms.write(made)
    assert not (made / "llms.txt").exists()


def test_a_page_without_a_description_is_named(made: Path) -> None:
    """A page that says nothing of itself ends the build."""
    (made / "a" / "one.html").write_text("<html><head></head></html>", "utf-8")
    with pytest.raises(ValueError, match=r"^a/one.html: the page has no description"):
        llms.write(made)
