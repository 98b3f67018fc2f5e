"""What a site says about where it lies, once it knows.

A build on a reader's machine has no address, and its pages name none. Where the environment names one,
pages get a canonical address and what link previews need, and the site a map for search engines. Where it
names the repository, pages lead to it, and notebooks can be opened in Colab.
"""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

_HEAD = re.compile(r"(?=\s*</head>)")
_LINKS = re.compile(r'(<ul class="page-links".*?)(\s*</ul>)', re.DOTALL)
_NOTEBOOK = re.compile(r'href="[^"]*\.ipynb"')
_SOURCE = re.compile(r'href="[^"]*_sources/([^"]+)"')
_NOT_INDEXED = re.compile(r'<meta name="robots" content="noindex">')
CARD = "_static/card.png"
NOTEBOOKS = "notebooks"
"""The branch of the repository that holds the notebooks of the deployed site."""


class AddressError(ValueError):
    """An address that is none."""


class Settings(NamedTuple):
    """What the environment says about a site."""

    address: str | None
    """Where the site lies, such as ``https://example.org/twolayer/``."""
    repository: str | None
    """Where its source lies, such as ``https://github.com/someone/twolayer``."""


def settings(environment: dict[str, str] | None = None) -> Settings:
    """Read the site's and the repository's address.

    ``TWOLAYER_SITE_URL`` names the first, and Read the Docs' ``READTHEDOCS_CANONICAL_URL`` does;
    ``TWOLAYER_REPOSITORY`` names the second.

    Args:
        environment: The environment's variables; this process's if left out.

    Returns:
        Both, ``None`` where one is not named.

    Raises:
        AddressError: If one is not an address.

    Examples:
        >>> settings({"TWOLAYER_SITE_URL": "https://example.org/twolayer"})
        Settings(address='https://example.org/twolayer/', repository=None)
    """
    known = dict(os.environ) if environment is None else environment
    site = _address("TWOLAYER_SITE_URL", known) or _address("READTHEDOCS_CANONICAL_URL", known)
    repository = _address("TWOLAYER_REPOSITORY", known)
    return Settings(
        site and site.rstrip("/") + "/",
        repository and repository.rstrip("/").removesuffix(".git"),
    )


def _address(name: str, environment: dict[str, str]) -> str | None:
    """Read an address from a variable."""
    value = environment.get(name, "").strip()
    if not value:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        message = f"{name}: {value!r} given; want an address such as https://example.org/twolayer/"
        raise AddressError(message)
    return value


def write(site: Path, known: Settings) -> None:
    """Write what follows from the addresses into a finished site.

    Args:
        site: The site's folder, changed in place.
        known: The addresses.
    """
    indexed = []
    for page in sorted(site.rglob("*.html")):
        place = page.relative_to(site).as_posix()
        if place.startswith("_"):
            continue
        text = page.read_text("utf-8")
        if place != "404.html" and not _NOT_INDEXED.search(text):
            indexed.append(place)
        page.write_text(placed(text, place, known), "utf-8")
    if known.address is not None:
        (site / "sitemap.xml").write_text(sitemap(known.address, indexed), "utf-8")
        (site / "robots.txt").write_text(
            f"User-agent: *\nAllow: /\n\nSitemap: {known.address}sitemap.xml\n", "utf-8"
        )


def placed(text: str, place: str, known: Settings) -> str:
    """Write into a page what follows from the addresses.

    Args:
        text: The page's HTML.
        place: Its file within the site.
        known: The addresses.

    Returns:
        The HTML.
    """
    address, repository = known
    if address is not None:
        text = _HEAD.sub(lambda _: f"\n    {head(address, place)}", text, count=1)
    if repository is not None:
        text = _LINKS.sub(lambda found: _with_links(found, place, repository), text)
    return text


def public(address: str, place: str) -> str:
    """Give a page's address as the world should know it.

    Args:
        address: The site's address.
        place: The page's file within the site.

    Returns:
        The address; that of the home page has no file name.

    Examples:
        >>> public("https://example.org/", "index.html")
        'https://example.org/'
        >>> public("https://example.org/", "gallery/tensors/index.html")
        'https://example.org/gallery/tensors/index.html'
    """
    return address if place == "index.html" else address + place


def head(address: str, place: str) -> str:
    """Write what a page's head says about its address.

    Args:
        address: The site's address.
        place: The page's file within the site.

    Returns:
        HTML.
    """
    here = html.escape(public(address, place))
    card = html.escape(address + CARD)
    lines = [
        f'<link rel="canonical" href="{here}">',
        f'<meta property="og:url" content="{here}">',
        f'<meta property="og:image" content="{card}">',
        '<meta property="og:image:width" content="1200">',
        '<meta property="og:image:height" content="630">',
        '<meta property="og:image:alt" content="twolayer: learn PyTorch with one small network">',
    ]
    return "\n    ".join(lines)


def sitemap(address: str, places: list[str]) -> str:
    """Write a map for search engines.

    Args:
        address: The site's address.
        places: The pages that they may show, within the site.

    Returns:
        XML in the form of sitemaps.org.
    """
    lines = [f"  <url><loc>{html.escape(public(address, place))}</loc></url>" for place in places]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
            *lines,
            "</urlset>",
            "",
        ]
    )


def colab(repository: str, place: str) -> str | None:
    """Give the address that opens a gallery page's notebook in Colab.

    Colab reads notebooks from GitHub. They are made by the build, so the deployment puts them on a branch
    of their own, :data:`NOTEBOOKS`.

    Args:
        repository: The repository's address.
        place: The page's file within the site.

    Returns:
        The address, or ``None`` for a repository that does not lie on GitHub.

    Examples:
        >>> colab("https://github.com/someone/twolayer", "gallery/tensors/creating.html")
        'https://colab.research.google.com/github/someone/twolayer/blob/notebooks/gallery/tensors/creating.ipynb'
    """
    parts = urlsplit(repository)
    if parts.netloc != "github.com":
        return None
    notebook = Path(place).with_suffix(".ipynb").as_posix()
    return f"https://colab.research.google.com/github{parts.path}/blob/{NOTEBOOKS}/{notebook}"


def _with_links(links: re.Match[str], place: str, repository: str) -> str:
    """Add a page's links to the repository, and to Colab where it has a notebook."""
    added = []
    source = _SOURCE.search(links[1])
    if _NOTEBOOK.search(links[1]):
        opened = colab(repository, place)
        if opened is not None:
            added.append((opened, "Open in Colab"))
        added.append(
            (f"{repository}/blob/main/{Path(place).with_suffix('.py').as_posix()}", "Repository")
        )
    elif source:
        added.append((f"{repository}/blob/main/docs/{source[1]}", "Repository"))
    items = "".join(
        f'\n  <li><a href="{html.escape(href)}">{name}</a></li>' for href, name in added
    )
    return f"{links[1].rstrip()}{items}\n</ul>"
