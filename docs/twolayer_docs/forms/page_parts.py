"""A finished page cut into the parts that its headings name, for the site's searches.

A part begins at a heading, at a name of the reference or at a term of the glossary, each with the anchor
that a link leads to. Only the article counts: no navigation, no formulas, no printed output, no buttons.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bs4 import BeautifulSoup, Tag
from bs4.filter import SoupStrainer

if TYPE_CHECKING:
    from pathlib import Path

_LEFT_OUT = (
    ".headerlink, .page-links, .sphx-glr-footer, .sphx-glr-script-out, .cell_output .highlight, "
    ".sphx-glr-thumbcontainer, script, noscript, style, button, details, #search-page"
)
_DRAWN = re.compile(r"<(svg|math)\b.*?</\1>", re.DOTALL)
_CODE = re.compile(r"(<pre\b[^>]*>)(.*?)(</pre>)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
NOT_SEARCHED = ("search.html", "genindex.html", "404.html")


class Part(NamedTuple):
    """A part of a page."""

    title: str
    """Its heading, a name or a term; the page's title for what stands before all others."""
    anchor: str
    """The anchor that leads there; empty at the top."""
    text: str
    """Its text, in one line."""
    code: str
    """Its code, in one line."""


class Page(NamedTuple):
    """A page cut into parts."""

    address: str
    """Where it lies within the site."""
    title: str
    """Its title."""
    parts: tuple[Part, ...]
    """Its parts, in order."""


def read(site: Path) -> list[Page]:
    """Cut all pages of a site that searches should find.

    Args:
        site: The site's folder.

    Returns:
        The pages, sorted by address.
    """
    found = []
    for path in sorted(site.rglob("*.html")):
        address = path.relative_to(site).as_posix()
        if address in NOT_SEARCHED or address.startswith("_"):
            continue
        page = cut(address, path.read_text("utf-8"))
        if page is not None:
            found.append(page)
    return found


def cut(address: str, html: str) -> Page | None:
    """Cut a page.

    Args:
        address: Where it lies within the site.
        html: Its HTML.

    Returns:
        The page, or ``None`` where it has no article.

    Examples:
        >>> page = cut("a.html", "<article><h1>One</h1>hi<section id=s><h2>Two</h2>ho</section>")
        >>> page.title, [(part.anchor, part.text) for part in page.parts]
        ('One', [('', 'hi'), ('s', 'ho')])
    """
    # Most elements of a page colour its code; without them it is read several times as fast.
    plain = _CODE.sub(lambda code: code[1] + _TAG.sub("", code[2]) + code[3], _DRAWN.sub("", html))
    found = BeautifulSoup(plain, "html.parser", parse_only=SoupStrainer("article")).find("article")
    if not isinstance(found, Tag):
        return None
    for element in found.select(_LEFT_OUT):
        element.decompose()
    heading = found.find("h1")
    title = _words(heading.get_text()) if heading else address
    parts: list[tuple[str, str, list[str], list[str]]] = [(title, "", [], [])]
    for node in found.descendants:
        if isinstance(node, Tag):
            if node.name in _HEADINGS and node is not heading:
                parts.append((_words(node.get_text()), _anchor(node), [], []))
            elif node.name == "dt" and node.get("id"):
                parts.append((_name(node), str(node["id"]), [], []))
        elif not _inside_title(node):
            pre = node.find_parent("pre") is not None
            _, _, text, code = parts[-1]
            (code if pre else text).append(str(node))
    return Page(
        address,
        title,
        tuple(
            Part(name, anchor, _words("".join(text)), _words("".join(code)))
            for name, anchor, text, code in parts
        ),
    )


def _anchor(heading: Tag) -> str:
    """The anchor of a heading: its own, or that of the section which it opens."""
    own = heading.get("id")
    section = heading.find_parent("section")
    return str(own or (section.get("id", "") if section else ""))


def _name(entry: Tag) -> str:
    """What an entry of the reference or the glossary is called."""
    found = entry.select_one(".descname")
    return _words((found or entry).get_text())


def _inside_title(text: object) -> bool:
    """Say whether a text belongs to a heading or to an entry's name."""
    for parent in text.parents:  # type: ignore[attr-defined]
        if parent.name in _HEADINGS or (parent.name == "dt" and parent.get("id")):
            return True
    return False


def _words(text: str) -> str:
    """Write a text in one line."""
    return " ".join(text.split())
