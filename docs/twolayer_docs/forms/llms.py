"""``llms.txt`` and ``llms-full.txt``: the site for readers who bring an assistant.

The first lists the Markdown copies of the pages in reading order, in the form that llmstxt.org
proposes; the second holds all pages that teach, one after the other.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from twolayer_docs.forms.markdown import SUFFIX, outside_fences

if TYPE_CHECKING:
    from pathlib import Path

OPTIONAL = "The project"
"""The part of the navigation that teaches nothing."""
_NOTES = (
    "Everything that these pages show was printed by the code above it when the site was built. "
    "Each page is here as Markdown: its address has `.md` after that of the page."
)
_ADDRESS = re.compile(r"(?<=\]\()[^()\s]+(?=\))")


class Entry(NamedTuple):
    """A page in reading order."""

    part: str
    """The heading of the navigation that it stands under."""
    title: str
    """What the navigation calls it."""
    place: str
    """Where its HTML lies in the site."""


def write(site: Path, address: str | None = None) -> int:
    """Write both files for a site whose pages have their Markdown copies.

    Args:
        site: The finished site's folder.
        address: The site's address, if it is known; links are relative without it.

    Returns:
        The number of pages that ``llms.txt`` lists.

    Raises:
        ValueError: If the home page has no navigation, or a page no description or no copy.
    """
    home = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    entries = reading_order(home)
    if not entries:
        message = "index.html: no navigation is found, which llms.txt is made from"
        raise ValueError(message)
    index = summary(home, entries, {e.place: _description(site, e.place) for e in entries}, address)
    (site / "llms.txt").write_text(index, "utf-8", newline="\n")
    taught = ["index.html", *(entry.place for entry in entries if entry.part != OPTIONAL)]
    full = "\n\n".join(_with_address(site, place, address) for place in taught)
    (site / "llms-full.txt").write_text(full, "utf-8", newline="\n")
    return len(entries)


def reading_order(home: Tag) -> list[Entry]:
    """List the pages as the home page's navigation does.

    Args:
        home: The home page.

    Returns:
        The pages, each once, in reading order.
    """
    entries: dict[str, Entry] = {}
    part = ""
    for element in home.select(".sidebar-tree .caption, .sidebar-tree a[href]"):
        words = " ".join(element.get_text().split())
        if element.name != "a":
            part = words
            continue
        place = str(element["href"]).partition("#")[0]
        if place and "://" not in place:
            entries.setdefault(place, Entry(part, words, place))
    return list(entries.values())


def summary(
    home: Tag, entries: list[Entry], descriptions: dict[str, str], address: str | None = None
) -> str:
    """Write the text of ``llms.txt``.

    Args:
        home: The home page, whose name and description open the file.
        entries: The pages in reading order.
        descriptions: What each page says of itself, by place.
        address: The site's address, if it is known.

    Returns:
        Markdown in the form of llmstxt.org.
    """
    name = home.select_one(".sidebar-brand-text") or home.select_one("title")
    lines = [f"# {name.get_text().strip() if name else 'Documentation'}", ""]
    lines += [f"> {_described(home)}", "", _NOTES, ""]
    lines += [f"All pages that teach are also in [one file]({_link('llms-full.txt', address)})."]
    part = None
    for entry in entries:
        if entry.part != part:
            part = entry.part
            lines += ["", "## Optional" if part == OPTIONAL else f"## {part}", ""]
        link = _link(entry.place + SUFFIX, address)
        lines.append(f"- [{entry.title}]({link}): {descriptions[entry.place]}")
    return "\n".join(lines) + "\n"


def _description(site: Path, place: str) -> str:
    """Read what a page says of itself."""
    text = (site / place).read_text("utf-8").partition("</head>")[0]
    description = _described(BeautifulSoup(text, "html.parser"))
    if not description:
        message = f"{place}: the page has no description, which llms.txt needs"
        raise ValueError(message)
    return description


def _described(page: Tag) -> str:
    """Give a page's description, empty if it has none."""
    tag = page.select_one("meta[name=description]")
    return " ".join(str(tag["content"]).split()) if tag else ""


def _with_address(site: Path, place: str, address: str | None) -> str:
    """Read a page's Markdown, with a line before it that says where it comes from."""
    copy = site / f"{place}{SUFFIX}"
    if not copy.is_file():
        message = f"{place}: the page has no Markdown copy; write those first"
        raise ValueError(message)
    text = outside_fences(copy.read_text("utf-8"), lambda line: _from_root(line, place, address))
    return f"<!-- {_link(place, address)} -->\n\n{text}"


def _from_root(line: str, place: str, address: str | None) -> str:
    """Let the links in a line of a page's Markdown start where the file of all pages lies."""

    def moved(found: re.Match[str]) -> str:
        if urlsplit(found[0]).scheme:
            return found[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(place), found[0]))
        return _link(target, address)

    return _ADDRESS.sub(moved, line)


def _link(place: str, address: str | None) -> str:
    """Write where a file lies."""
    return place if address is None else f"{address.rstrip('/')}/{place}"
