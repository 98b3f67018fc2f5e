"""What a page's head and top say, and that a site says nothing of an address that it doesn't know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.dom import minidom

import pytest
from docutils import nodes
from sphinx import addnodes

from tests.docs import small_site
from twolayer_docs.pages import body, head
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

ADDRESS = "https://example.org/twolayer/"
REPOSITORY = "https://github.com/someone/twolayer"


def links(page: str, *, repository: str | None, gallery: bool) -> dict[str, str]:
    """Give the links at the top of a gallery page or a guide."""
    files = ["1/a.py", "2/a.ipynb", "3/a.zip"] if gallery else []
    tree = nodes.section(
        "", *(addnodes.download_reference("", "", filename=file) for file in files)
    )
    context = {
        "pathto": lambda place, **_: f"/{place}",
        "repository": repository,
        "markdown": f"{page.rpartition('/')[2]}.html.md",
        "sourcename": f"{page}.{'rst' if gallery else 'md'}",
    }
    return {link.name: link.href for link in head.page_links(page, context, tree)}


def test_pages_lead_to_their_files() -> None:
    """A gallery page leads to its downloads, a guide to its source, both to their Markdown."""
    assert links("gallery/x/a", repository=None, gallery=True) == {
        "Script": "/_downloads/1/a.py",
        "Notebook": "/_downloads/2/a.ipynb",
        "Both, zipped": "/_downloads/3/a.zip",
        "Markdown": "a.html.md",
    }
    assert links("guide", repository=None, gallery=False) == {
        "Source": "/_sources/guide.md",
        "Markdown": "guide.html.md",
    }


def test_pages_lead_to_a_known_repository() -> None:
    """With a repository on GitHub, notebooks open in Colab and pages lead to their source there."""
    page = links("gallery/x/a", repository=REPOSITORY, gallery=True)
    guide = links("guide", repository=REPOSITORY, gallery=False)

    place = "github/someone/twolayer/blob/notebooks/gallery/x/a.ipynb"
    assert page["Open in Colab"] == f"https://colab.research.google.com/{place}"
    assert page["Repository"] == f"{REPOSITORY}/blob/main/gallery/x/a.py"
    assert guide["Repository"] == f"{REPOSITORY}/blob/main/docs/guide.md"
    assert "Open in Colab" not in guide


def test_colab_needs_github() -> None:
    """A repository elsewhere is linked, but Colab can't open notebooks from there."""
    page = links("gallery/x/a", repository="https://example.org/code", gallery=True)

    assert page["Repository"] == "https://example.org/code/blob/main/gallery/x/a.py"
    assert "Open in Colab" not in page


def offer(app: Sphinx) -> None:
    """Offer templates what they ask for."""
    app.connect("html-page-context", body.offer)
    app.connect("html-page-context", head.offer)


@pytest.mark.parametrize("address", [None, ADDRESS])
def test_pages_name_an_address_that_is_known(tmp_path: Path, address: str | None) -> None:
    """With an address, each page has its canonical address and what previews need; without, it has none."""
    pages = {"index": "Home\n====\n", "sub/page": f"Page\n====\n\n{'Text ' * 10}\n"}
    html, warnings = small_site.build(
        tmp_path,
        pages,
        offer,
        html_theme="furo",
        templates_path=[str(DOCS / "_templates")],
        html_baseurl=address or "",
        html_context=head.Settings(address, None)._asdict(),
    )

    assert warnings == ""
    for name, place in (("index", ""), ("sub/page", "sub/page.html")):
        page = (html / f"{name}.html").read_text("utf-8")
        known = bool(address)
        assert page.count(f'<link rel="canonical" href="{ADDRESS}{place}">') == known
        assert page.count(f'<meta property="og:url" content="{ADDRESS}{place}">') == known
        assert page.count(f'content="{ADDRESS}_static/card.png">') == known
    assert f'<meta property="og:description" content="{("Text " * 10).strip()}">' in page
    assert '<meta property="og:title" content="Page">' in page


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Make a site with a page of each kind."""
    for name in ("index.html", "gallery/a.html", "search.html", "404.html", "_static/b.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('<a href="a.html">', "utf-8")
    return tmp_path


def test_without_an_address_there_is_no_map(site: Path) -> None:
    """A site that doesn't know where it lies has no map, and its page for lost readers starts at the root."""
    head.finish(site, None)

    assert not [path for path in site.iterdir() if path.suffix in {".xml", ".txt"}]
    assert (site / "404.html").read_text("utf-8") == '<a href="/a.html">'
    assert (site / "index.html").read_text("utf-8") == '<a href="a.html">'


def test_the_map_lists_what_search_engines_may_show(site: Path) -> None:
    """The map has each page but those that no search engine should show, and robots.txt names it."""
    head.finish(site, ADDRESS)

    text = (site / "sitemap.xml").read_text("utf-8")
    minidom.parseString(text)  # noqa: S318 - our own file
    assert re.findall("<loc>(.*?)</loc>", text) == [f"{ADDRESS}gallery/a.html", ADDRESS]
    assert f"Sitemap: {ADDRESS}sitemap.xml" in (site / "robots.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, (None, None)),
        ({"TWOLAYER_SITE_URL": ""}, (None, None)),
        ({"TWOLAYER_SITE_URL": "https://a.org/x"}, ("https://a.org/x/", None)),
        ({"READTHEDOCS_CANONICAL_URL": "https://b.org/en/"}, ("https://b.org/en/", None)),
        (
            {"TWOLAYER_SITE_URL": "https://a.org", "READTHEDOCS_CANONICAL_URL": "https://b.org/"},
            ("https://a.org/", None),
        ),
        ({"TWOLAYER_REPOSITORY": f"{REPOSITORY}.git"}, (None, REPOSITORY)),
    ],
)
def test_settings_come_from_the_environment(
    environment: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    """Variables name the addresses; the project's own goes before Read the Docs'."""
    assert head.settings(environment) == expected


@pytest.mark.parametrize(
    "value", ["example.org", "ftp://example.org/", "https://a.org/?x=1", "https://"]
)
def test_what_is_no_address_is_an_error(value: str) -> None:
    """An address without scheme or host, or with a query, is refused with the variable's name."""
    with pytest.raises(head.AddressError, match=r"^TWOLAYER_SITE_URL: '.*want an address"):
        head.settings({"TWOLAYER_SITE_URL": value})


def test_the_page_for_missing_addresses_links_from_the_root() -> None:
    """Below any address, its links, styles and scripts lead to the site."""
    html = (
        '<html data-content_root="./"><link href="_static/site.css"><a href="#main"></a>'
        '<a href="./index.html"></a><form action="search.html"><a href="https://a.org/x"></a>'
    )
    assert head.rooted(html, ADDRESS) == (
        '<html data-content_root="/twolayer/"><link href="/twolayer/_static/site.css">'
        '<a href="#main"></a><a href="/twolayer/index.html"></a>'
        '<form action="/twolayer/search.html"><a href="https://a.org/x"></a>'
    )


def test_a_page_is_described_by_its_first_paragraph_of_some_length() -> None:
    """Short lines and notes are passed over; a long paragraph ends with a sentence, a long sentence with a word."""
    note = nodes.note("", nodes.paragraph("", "note " * 20))
    tree = nodes.section("", nodes.paragraph("", "Short."), note, nodes.paragraph("", "word " * 50))

    assert head.describe(tree) == "word " * 30 + "word word…"[5:]
    sentences = nodes.paragraph(
        "", "A loss of 1.5 is large, says everyone. What now? " + "word " * 50
    )
    assert head.describe(sentences) == "A loss of 1.5 is large, says everyone. What now?"
    assert head.describe(None).startswith("One small neural network")
