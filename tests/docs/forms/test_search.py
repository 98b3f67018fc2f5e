"""How pages are cut for the search, and what its engine finds in a site of a few pages."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from twolayer_docs import npm
from twolayer_docs.forms import search
from twolayer_docs.paths import NO_PAGES

HARNESS = Path(__file__).parents[2] / "site" / "search.cjs"
PAGE = """<html><body><nav>navigation</nav><article>
<ul class="page-links"><li>Script</li></ul>
<section id="top"><h1>Title<a class="headerlink">¶</a></h1><p>Opening  text with
<math><mi>x</mi></math> a formula.</p>
<section id="first"><h2>First <em>part</em></h2><p>Says one &lt; two.</p>
<div class="highlight"><pre><span class="n">loss</span><span class="p">.</span><span>backward</span>()</pre></div>
<div class="sphx-glr-script-out"><div class="highlight"><pre>3.14
view size is not compatible
ValueError: 3</pre></div></div></section>
<dl><dt class="sig" id="pkg.fit"><span class="sig-prename">pkg.</span><span class="descname">fit</span>(x)</dt>
<dd><p>Fits.</p></dd></dl>
</section><button>Copy</button></article></body></html>"""
SITE = {
    "gallery/names.html": "torch.nn.BatchNorm2d and torch.Tensor.state_dict",
    "gallery/words.html": "An in-place operation changes the losses of autograd",
    "gallery/most.html": "One page has most of these rare words together",
    "gallery/some.html": "Another has rare words, words, words",
    "gallery/chinese.html": "反向传播计算梯度",
    "reference/names.html": "torch.nn.BatchNorm2d and torch.Tensor.state_dict",
    "glossary.html": "torch.nn.BatchNorm2d and torch.Tensor.state_dict",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of a few pages with its search."""
    npm.ensure()
    folder = tmp_path_factory.mktemp("site")
    for name, text in SITE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"<article><h1>Page</h1><p>{text}</p></article>", "utf-8")
    (folder / "_static").mkdir()
    search.write(folder)
    return folder


def answer(site: Path, words: str) -> dict[str, Any]:
    """What the search says to some words."""
    done = subprocess.run(
        [npm.node(), HARNESS, site / search.SCRIPT],
        input=json.dumps([words]),
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    (found,) = json.loads(done.stdout)
    return dict(found)


def test_parts_have_titles_anchors_text_code_and_sentences_of_outputs() -> None:
    """Headings and names begin parts; navigation, formulas, numbers that were printed and buttons are left out."""
    page = search.cut("a/b.html", PAGE)

    assert page is not None
    assert page.title == "Title"
    printed = "view size is not compatible ValueError: 3"
    assert [part.record() for part in page.parts] == [
        ["Title", "", "Opening text with a formula.", "", ""],
        ["First part", "first", "Says one < two.", "loss.backward()", printed],
        ["fit", "pkg.fit", "Fits.", "", ""],
    ]


def test_pages_without_an_article_are_passed_over() -> None:
    """What is no page of the site has no parts."""
    assert search.cut("a.html", "<html><p>text</p></html>") is None


def test_a_site_is_read_without_its_own_tools(tmp_path: Path) -> None:
    """The index, the search page and the page for missing addresses are not searched."""
    for name in ("index.html", *NO_PAGES, "_static/x.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PAGE, "utf-8")

    assert [page.address for page in search.pages(tmp_path)] == ["index.html"]


def test_the_script_is_the_same_in_each_build(site: Path) -> None:
    """The same pages give the same bytes, and the library's licence lies beside them."""
    before = (site / search.SCRIPT).read_bytes()
    assert search.write(site) == len(SITE)
    assert (site / search.SCRIPT).read_bytes() == before
    assert "sourceMappingURL" not in before.decode()
    assert "Copyright" in (site / search.LICENCE).read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("BatchNorm2d", "gallery/names.html"),
        ("nn.BatchNorm2d", "gallery/names.html"),
        ("batch norm", "gallery/names.html"),
        ("state_dict", "gallery/names.html"),
        ("Tensor.state_d", "gallery/names.html"),
        ("inplace", "gallery/words.html"),
        ("in place", "gallery/words.html"),
        ("loss", "gallery/words.html"),
        ("autogard", "gallery/words.html"),
        ("most rare words xylophone", "gallery/most.html"),
        ("传播", "gallery/chinese.html"),
        ("计算梯度", "gallery/chinese.html"),
        ("梯", "gallery/chinese.html"),
    ],
)
def test_words_are_found(site: Path, words: str, page: str) -> None:
    """Names whole and in parts, words begun, misspelt, in Chinese, or of which no page has all."""
    assert answer(site, words)["pages"][0]["url"] == page


def test_lessons_come_first_and_lists_last(site: Path) -> None:
    """Of pages that say the same, the lesson is found before the reference, and that before a list."""
    urls = [page["url"] for page in answer(site, "BatchNorm2d")["pages"]]
    assert urls == ["gallery/names.html", "reference/names.html", "glossary.html"]


def test_excerpts_are_text_with_marks(tmp_path: Path) -> None:
    """Words are marked however they stand in the text, and what looks like a tag in it is none."""
    (tmp_path / "_static").mkdir()
    text = "If a &lt;b&gt; &amp; c, an in-place change of gradients"
    (tmp_path / "a.html").write_text(f"<article><h1>A</h1>{text}</article>", "utf-8")
    search.write(tmp_path)

    (page,) = answer(tmp_path, "inplace gradient ")["pages"]
    marked = "If a &lt;b&gt; &amp; c, an <mark>in-place</mark> change of <mark>gradients</mark>"
    assert page["excerpt"] == marked


def test_what_is_nowhere_is_not_found(site: Path) -> None:
    """No words, and words that no page has, find nothing."""
    for words in ("", "  ", "xylophone", "...", "中文"):
        assert answer(site, words) == {"count": 0, "pages": []}
