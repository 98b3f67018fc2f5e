"""How pages are cut into the parts that searches find."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.forms import offline_search, page_parts, search_index

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """<html><body><nav>navigation</nav><article>
<ul class="page-links"><li>Script</li></ul>
<section id="top"><h1>Title<a class="headerlink">¶</a></h1><p>Opening  text with
<math><mi>x</mi></math> a formula.</p>
<section id="first"><h2>First <em>part</em></h2><p>Says one &lt; two.</p>
<div class="highlight"><pre><span class="n">loss</span><span class="p">.</span><span>backward</span>()</pre></div>
<div class="sphx-glr-script-out"><div class="highlight"><pre>3.14</pre></div></div></section>
<dl><dt class="sig" id="pkg.fit"><span class="sig-prename">pkg.</span><span class="descname">fit</span>(x)</dt>
<dd><p>Fits.</p></dd></dl>
</section><button>Copy</button></article></body></html>"""


def test_parts_have_titles_anchors_text_and_code() -> None:
    """Headings and names begin parts; navigation, formulas, outputs and buttons are left out."""
    page = page_parts.cut("a/b.html", PAGE)

    assert page is not None
    assert page.title == "Title"
    assert page.parts == (
        page_parts.Part("Title", "", "Opening text with a formula.", ""),
        page_parts.Part("First part", "first", "Says one < two.", "loss.backward()"),
        page_parts.Part("fit", "pkg.fit", "Fits.", ""),
    )


def test_pages_without_an_article_are_passed_over() -> None:
    """What is no page of the site has no parts."""
    assert page_parts.cut("a.html", "<html><p>text</p></html>") is None


def test_a_site_is_read_without_its_own_tools(tmp_path: Path) -> None:
    """The index, the search page and the page for missing addresses are not searched."""
    for name in ("index.html", *page_parts.NOT_SEARCHED, "_static/x.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PAGE, "utf-8")

    assert [page.address for page in page_parts.read(tmp_path)] == ["index.html"]


def test_the_index_is_the_same_in_each_build(tmp_path: Path) -> None:
    """Pagefind gives the same files for the same pages, and only those that the site loads."""
    pages = [page_parts.cut(f"{name}.html", PAGE.replace("Title", name)) for name in "abcdef"]
    found = [page for page in pages if page is not None]
    for name in ("one", "two"):
        assert search_index.write(tmp_path / name, found) == 6

    first, second = (
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert first == second
    assert {path.name for path in first if path.suffix == ".js"} == {
        "pagefind.js",
        "pagefind-worker.js",
    }


def test_an_index_that_fails_is_an_error(tmp_path: Path) -> None:
    """Where Pagefind can't write, the build learns why."""
    (tmp_path / "pagefind").write_text("a file where a folder should be", "utf-8")
    with pytest.raises(search_index.SearchIndexError, match="Pagefind ended with status"):
        search_index.write(tmp_path, [])


def test_markup_in_text_stays_text() -> None:
    """What looks like a tag in a page's text is not one in what Pagefind reads."""
    page = page_parts.Page("a.html", "T", (page_parts.Part("<b>", 'x"y', "1 < 2 & 3", "<i>"),))
    html = search_index.simple_html(page)
    assert "<b>" not in html
    assert '<h2 id="x&quot;y">&lt;b&gt;</h2>' in html
    assert "1 &lt; 2 &amp; 3" in html
    assert "&lt;i&gt;</pre>" in html


def test_offline_records_hold_what_is_said() -> None:
    """Each part that says something is a record, with the address of its anchor."""
    page = page_parts.cut("a/b.html", PAGE)
    assert page is not None
    records = offline_search.documents([page])

    assert [record["url"] for record in records] == [
        "a/b.html",
        "a/b.html#first",
        "a/b.html#pkg.fit",
    ]
    assert [record["id"] for record in records] == [0, 1, 2]
    assert {record["page"] for record in records} == {"Title"}


def test_the_offline_search_is_written_with_its_licence(tmp_path: Path) -> None:
    """A site gets the records and the engine in one script, MiniSearch and its licence beside it."""
    library = tmp_path / "npm/node_modules/minisearch"
    (library / "dist/umd").mkdir(parents=True)
    (library / "dist/umd/index.js").write_text("code\n//# sourceMappingURL=index.js.map\n", "utf-8")
    (library / "LICENSE.txt").write_text("MIT", "utf-8")
    page = page_parts.cut("a.html", PAGE)
    assert page is not None

    assert offline_search.write(tmp_path, [page], tmp_path / "npm") == 3
    place = tmp_path / "_static/offline"
    assert (place / "minisearch.js").read_text("utf-8") == "code\n"
    assert (place / "minisearch-LICENSE.txt").read_text("utf-8") == "MIT"
    script = (place / "search.js").read_text("utf-8")
    (records,) = re.findall(r"^window\.twolayerRecords=(.*);$", script, re.MULTILINE)
    assert len(json.loads(records)) == 3
    assert "window.twolayerOfflineSearch" in script
