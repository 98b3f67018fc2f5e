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

from twolayer_docs.forms.markdown import outside_fences
from twolayer_docs.pages.head import MARKDOWN

if TYPE_CHECKING:
    from pathlib import Path

OPTIONAL = "The project"
"""The part of the navigation that teaches nothing."""
_NOTES = (
    "Every output on these pages was printed by the code above it when the site was built. "
    "Each page is also here as Markdown: append `.md` to its address."
)
_ADDRESS = re.compile(r"(?<=\]\()[^()\s]+(?=\))")


class Entry(NamedTuple):
    """A page: the navigation's heading above it, what that calls it, where its HTML lies."""

    part: str
    title: str
    place: str


def write(site: Path, address: str | None = None) -> int:
    """Write both files for a site whose pages have their Markdown copies, and count the pages listed.

    Links start with the site's address if it is known; they are relative without it.
    """
    home = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    entries = navigation(home)
    root = f"{address.rstrip('/')}/" if address else ""
    name = home.select_one(".sidebar-brand-text")
    if not entries or name is None:
        message = "index.html: no navigation with a name is found, which llms.txt is made from"
        raise ValueError(message)
    lines = [f"# {name.get_text().strip()}", "", f"> {_description(home, 'index.html')}", ""]
    taught = ["index.html", *(entry.place for entry in entries if entry.part != OPTIONAL)]
    full = "\n\n".join(_with_address(site, place, root) for place in taught)
    (site / "llms-full.txt").write_text(full, "utf-8", newline="\n")
    size = f"{len(full.encode()) / 1000:.0f} kB"
    lines += [_NOTES, "", f"All lessons are also in [one file]({root}llms-full.txt) of {size}."]
    part = None
    for entry in entries:
        if entry.part != part:
            part = entry.part
            lines += ["", "## Optional" if part == OPTIONAL else f"## {part}", ""]
        head = (site / entry.place).read_text("utf-8").partition("</head>")[0]
        said = _description(BeautifulSoup(head, "html.parser"), entry.place)
        lines.append(f"- [{entry.title}]({root}{entry.place}{MARKDOWN}): {said}")
    (site / "llms.txt").write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
    return len(entries)


def navigation(home: Tag) -> list[Entry]:
    """List the pages as the home page's navigation does, each once."""
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


def _description(page: Tag, place: str) -> str:
    """Read what a page says of itself."""
    tag = page.select_one("meta[name=description]")
    if tag is None:
        message = f"{place}: the page has no description, which llms.txt needs"
        raise ValueError(message)
    return " ".join(str(tag["content"]).split())


def _with_address(site: Path, place: str, root: str) -> str:
    """Read a page's Markdown, its links from the site's root, after a line that says whose it is."""

    def moved(found: re.Match[str]) -> str:
        if urlsplit(found[0]).scheme:
            return found[0]
        return root + posixpath.normpath(posixpath.join(posixpath.dirname(place), found[0]))

    copy = (site / f"{place}{MARKDOWN}").read_text("utf-8")
    text = outside_fences(copy, lambda line: _ADDRESS.sub(moved, line))
    return f"<!-- {root}{place} -->\n\n{text}"
