"""What a site says of its own address, and that it says nothing where it knows none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.dom import minidom

import pytest

from twolayer_docs.pages import address, not_found

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "https://example.org/twolayer/"
REPOSITORY = "https://github.com/someone/twolayer"
SCRIPT = '<ul class="page-links" aria-label="x">\n  <li><a href="../../_downloads/1/autograd.ipynb" download>N</a></li>\n</ul>'
GUIDE = '<ul class="page-links" aria-label="x">\n  <li><a href="_sources/guide.md">Source</a></li>\n</ul>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Make a site with a page of each kind."""
    pages = {
        "index.html": "",
        "guide.html": GUIDE,
        "gallery/two_layer/autograd.html": SCRIPT,
        "search.html": '<meta name="robots" content="noindex">',
        "404.html": "",
    }
    for name, content in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"<html><head>\n</head><body>{content}</body></html>", "utf-8")
    return tmp_path


def contents(site: Path) -> dict[str, str]:
    """Read all files of a site."""
    files = (path for path in sorted(site.rglob("*")) if path.is_file())
    return {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in files}


def test_without_an_address_nothing_changes(site: Path) -> None:
    """A site that doesn't know where it lies names no address, and has no map."""
    before = contents(site)
    address.write(site, address.settings({}))
    assert contents(site) == before


def test_each_page_names_its_address(site: Path) -> None:
    """With an address, each page has its canonical address and what previews need."""
    address.write(site, address.Settings(ADDRESS, None))
    pages = contents(site)

    assert f'<link rel="canonical" href="{ADDRESS}">' in pages["index.html"]
    page = pages["gallery/two_layer/autograd.html"]
    assert f'<link rel="canonical" href="{ADDRESS}gallery/two_layer/autograd.html">' in page
    assert f'<meta property="og:url" content="{ADDRESS}gallery/two_layer/autograd.html">' in page
    assert f'<meta property="og:image" content="{ADDRESS}_static/card.png">' in page
    assert page.index("og:image") < page.index("</head>")


def test_the_map_lists_what_search_engines_may_show(site: Path) -> None:
    """The map has each page but those that no search engine should show, and robots.txt names it."""
    address.write(site, address.Settings(ADDRESS, None))

    text = (site / "sitemap.xml").read_text("utf-8")
    minidom.parseString(text)  # noqa: S318 - our own file
    assert re.findall("<loc>(.*?)</loc>", text) == [
        f"{ADDRESS}gallery/two_layer/autograd.html",
        f"{ADDRESS}guide.html",
        ADDRESS,
    ]
    assert f"Sitemap: {ADDRESS}sitemap.xml" in (site / "robots.txt").read_text("utf-8")


def test_pages_lead_to_a_known_repository(site: Path) -> None:
    """With a repository on GitHub, notebooks open in Colab and pages lead to their source there."""
    address.write(site, address.Settings(None, REPOSITORY))
    pages = contents(site)

    page = pages["gallery/two_layer/autograd.html"]
    place = "github/someone/twolayer/blob/notebooks/gallery/two_layer/autograd.ipynb"
    assert f'<a href="https://colab.research.google.com/{place}">Open in Colab</a>' in page
    assert f'<a href="{REPOSITORY}/blob/main/gallery/two_layer/autograd.py">' in page
    assert f'<a href="{REPOSITORY}/blob/main/docs/guide.md">' in pages["guide.html"]
    assert "colab" not in pages["guide.html"]
    assert page.count("</ul>") == 1


def test_colab_needs_github(site: Path) -> None:
    """A repository elsewhere is linked, but Colab can't open notebooks from there."""
    address.write(site, address.Settings(None, "https://example.org/code/twolayer"))
    page = contents(site)["gallery/two_layer/autograd.html"]
    assert "https://example.org/code/twolayer/blob/main/gallery/" in page
    assert "colab" not in page


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
    assert address.settings(environment) == expected


@pytest.mark.parametrize(
    "value", ["example.org", "ftp://example.org/", "https://a.org/?x=1", "https://"]
)
def test_what_is_no_address_is_an_error(value: str) -> None:
    """An address without scheme or host, or with a query, is refused with the variable's name."""
    with pytest.raises(address.AddressError, match=r"^TWOLAYER_SITE_URL: '.*want an address"):
        address.settings({"TWOLAYER_SITE_URL": value})


def test_the_page_for_missing_addresses_links_from_the_root() -> None:
    """Below any address, its links, styles and scripts lead to the site."""
    html = (
        '<html data-content_root="./"><link href="_static/site.css"><a href="#main"></a>'
        '<a href="./index.html"></a><form action="search.html"><a href="https://a.org/x"></a>'
    )
    assert not_found.anchored(html, ADDRESS) == (
        '<html data-content_root="/twolayer/"><link href="/twolayer/_static/site.css">'
        '<a href="#main"></a><a href="/twolayer/index.html"></a>'
        '<form action="/twolayer/search.html"><a href="https://a.org/x"></a>'
    )
