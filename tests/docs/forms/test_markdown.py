"""The Markdown copies of pages: what each kind of content becomes."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.forms import markdown

if TYPE_CHECKING:
    from pathlib import Path

PLACE = PurePosixPath("gallery/one.html")
PLACES = frozenset({PLACE, PurePosixPath("index.html"), PurePosixPath("gallery/two.html")})


def convert(content: str) -> str:
    """Convert an article's content as a page of a gallery, without the last line feed."""
    article = f'<article role="main"><a class="headerlink">¶</a>{content}</article>'
    return markdown.convert(f"<body><nav>Menu</nav>{article}</body>", PLACE, PLACES).rstrip("\n")


def test_a_page_is_its_article() -> None:
    """Headings and prose come over, a paragraph on one line; menus and permanent links don't."""
    page = '<h1>Loss<a class="headerlink" href="#loss">¶</a></h1><p>It\nis <em>one</em> number.</p>'
    assert convert(page) == "# Loss\n\nIt is *one* number."


@pytest.mark.parametrize(
    ("classes", "language"),
    [
        ("highlight-Python", "python"),
        ("highlight-ipython3", "python"),
        ("highlight-default", "python"),
        ("sphx-glr-script-out highlight-none", "text"),
        ("output stream highlight-myst-ansi", "text"),
        ("highlight-diff", "diff"),
        ("highlight-console", "console"),
    ],
)
def test_a_fence_says_what_it_holds(classes: str, language: str) -> None:
    """Code and output stand in fences, exactly as they are, without colours and links."""
    code = '<span>a</span> &lt; <a href="x">b</a>\n\n\n    c  # *d*\n'
    page = f'<div class="{classes}"><div class="highlight"><pre>{code}</pre></div></div>'
    assert convert(page) == f"```{language}\na < b\n\n\n    c  # *d*\n```"


def test_a_fence_is_longer_than_those_inside() -> None:
    """Code that holds a fence of its own doesn't end the one around it."""
    page = '<div class="highlight-Markdown"><pre>```\nx\n```\n</pre></div>'
    assert convert(page) == "````markdown\n```\nx\n```\n````"


def test_formulas_are_tex() -> None:
    """A formula is the TeX that its MathML carries, untouched, in a line or on its own."""
    tex = r"<semantics><mi>L</mi><annotation>L_\text{a} \* 2</annotation></semantics>"
    assert convert(f"<p>The <math>{tex}</math> falls.</p>") == r"The $L_\text{a} \* 2$ falls."
    assert convert(f'<div><math display="block">{tex}</math></div>') == (
        "$$\nL_\\text{a} \\* 2\n$$"
    )


def test_a_formula_keeps_its_number() -> None:
    """The number that the page shows beside a formula becomes its tag."""
    math = '<math display="block"><semantics><annotation>x</annotation></semantics></math>'
    page = f'<div class="math numbered">{math}<span class="eqno">(3)<a class="headerlink">¶</a></span></div>'
    assert convert(page) == "$$\nx \\tag{3}\n$$"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("two.html", "two.html.md"),
        ("../index.html#place", "../index.html.md#place"),
        ("../search.html", "../search.html"),
        ("../_downloads/one.py", "../_downloads/one.py"),
        ("https://example.org/index.html", "https://example.org/index.html"),
    ],
)
def test_links_lead_to_markdown_where_there_is_some(address: str, expected: str) -> None:
    """A link to a page with a copy leads to the copy; others stay."""
    assert convert(f'<p><a href="{address}" title="Tip">it</a></p>') == f"[it]({expected})"


def test_links_of_the_page_alone_are_words() -> None:
    """Links into the glossary, with their tooltips, and within the page leave their words."""
    page = (
        '<p>The <a class="glossary-link" href="../glossary.html#l" title="Tip">loss</a>, '
        'see <a href="#x">x</a>.</p>'
    )
    assert convert(page) == "The loss, see x."


def test_one_picture_of_each_figure_is_named() -> None:
    """The light and wide picture is there with its words, the others aren't there at all."""
    pair = (
        '<img class="wide only-light" src="../_images/a.svg" alt="A curve [log]">'
        '<img class="narrow only-light" src="../_images/a_narrow.svg" alt="A curve [log]">'
        '<img class="only-dark" src="../_images/a_dark.svg" alt="A curve [log]">'
    )
    assert convert(pair) == r"![A curve \[log\]](../_images/a.svg)"


def test_drawings_are_described() -> None:
    """A drawing inside the page is its label, or its title and description; the narrow one is left out."""
    labelled = '<div><svg aria-label="A graph: 2 nodes."><text>n1</text></svg></div>'
    titled = "<div><svg><title>A net</title><desc>Two layers.</desc></svg></div>"
    narrow = titled.replace("<div>", '<div class="inline-svg narrow">')
    assert convert(labelled) == "> Drawing: A graph: 2 nodes."
    assert convert(titled + narrow) == "> Drawing: A net. Two layers."


def test_tables_keep_their_bars() -> None:
    """A table's cells may hold a bar, and places to break in code leave no trace."""
    head = "<thead><tr><th><p>do</p></th><th><p>gives</p></th></tr></thead>"
    row = "<tr><td><p><code>a | b.<wbr>c</code></p></td><td><p>1</p></td></tr>"
    table = f"<table>{head}<tbody>{row}</tbody></table>"
    assert convert(table) == "| do | gives |\n| --- | --- |\n| `a \\| b.c` | 1 |"


def test_an_api_reads_as_code_and_lists() -> None:
    """A signature is code, its fields are a list, and a method stands below its class."""
    sig = '<dt class="sig"><span>{}</span>(<em>x</em>)<a class="headerlink">¶</a></dt>'
    fields = (
        '<dl class="field-list"><dt>Returns<span>:</span></dt><dd><p>A loss.</p></dd>'
        "<dt>Parameters<span>:</span></dt><dd><ul><li><p><strong>x_1</strong> "
        '(<a href="t.html"><em>Tensor</em></a><em>[</em><em>int</em><em>]</em>) - It.</p></li></ul></dd></dl>'
    )
    method = f'<dl class="py method">{sig.format("add")}<dd><p>Add.</p></dd></dl>'
    page = f'<dl class="py class">{sig.format("Fit")}<dd><p>A fit.</p>{fields}{method}</dd></dl>'
    assert convert(page).split("\n") == [
        "```python",
        "Fit(x)",
        "```",
        "",
        "A fit.",
        "",
        "- **Returns:** A loss.",
        "- **Parameters:**",
        "",
        "  - **x_1** (Tensor[int]) - It.",
        "",
        "- `add(x)`",
        "",
        "  Add.",
    ]


def test_terms_of_one_meaning_share_an_item() -> None:
    """A glossary is a list in which words of one meaning stand together."""
    page = '<dl class="glossary"><dt>held out</dt><dt>held-out</dt><dd><p>Kept.</p></dd></dl>'
    assert convert(page) == "- **held out, held-out:** Kept."


def test_what_only_a_browser_needs_is_left_out() -> None:
    """Controls and links to the page as a file have no place in the text."""
    page = (
        '<ul class="page-links"><li><a href="a.md">Markdown</a></li></ul><p>Text.</p>'
        "<fieldset><legend>Values</legend><button>All</button></fieldset>"
    )
    assert convert(page) == "Text."


def test_a_note_is_a_quotation() -> None:
    """An admonition keeps its title and its text."""
    page = '<div class="admonition note"><p class="admonition-title">Note</p><p>Mind.</p></div>'
    assert convert(page) == "> **Note**\n>\n> Mind."


def test_prose_is_not_taken_for_markup() -> None:
    """Stars, underscores at words' edges, dollars and angles of the prose stay what they are."""
    assert convert("<p>2 * 3, __init__, a_b, $5, &lt;b&gt;</p>") == (
        r"2 \* 3, \_\_init\_\_, a_b, \$5, \<b>"
    )


def test_copies_stand_beside_their_pages(tmp_path: Path) -> None:
    """Each page but the search and the page for what isn't there gets a copy."""
    page = '<html><head><title>T</title></head><body><article role="main"><h1>T<a class="headerlink"></a></h1></article></body></html>'
    for name in ("index.html", "deep/a.html", "search.html", "404.html", "_static/x.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(page, "utf-8")

    assert markdown.write(tmp_path) == 2

    copies = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md"))
    assert copies == ["deep/a.html.md", "index.html.md"]
    assert (tmp_path / "deep" / "a.html.md").read_text("utf-8") == "# T\n"


@pytest.mark.parametrize(
    ("place", "page", "problem"),
    [
        ("one.html", "<p>Text</p>", "one.html: the page has no article"),
        ("one.html", "<article role=main>Text</article>", "one.html: the page has no .headerlink"),
        (
            "one.html",
            "<article role=main><a class=headerlink></a><pre>a = 1</pre></article>",
            "one.html: a block of code doesn't say what it holds: 'a = 1'",
        ),
        (
            "one.html",
            "<article role=main><a class=headerlink></a><math><mi>x</mi></math></article>",
            "one.html: a formula doesn't say from which TeX it was made",
        ),
    ],
)
def test_what_a_page_lacks_is_named(place: str, page: str, problem: str) -> None:
    """Where the names by which parts of a page are found change, the build ends."""
    with pytest.raises(ValueError, match=f"^{problem}"):
        markdown.convert(page, PurePosixPath(place), PLACES)
