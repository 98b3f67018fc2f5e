"""The site's search: its pages cut at their headings, and one script that finds them.

``_static/search_index.js`` holds MiniSearch, ``search_engine.js`` beside this file and the records of all
pages. It is loaded at the first search, and being a script it can be from a folder (``file:``) too.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from bs4.filter import SoupStrainer

from twolayer_docs import npm
from twolayer_docs.paths import CHINESE, is_page

SCRIPT = "_static/search_index.js"
LICENCE = "_static/minisearch-LICENSE.txt"
ENGINE = Path(__file__).with_name("search_engine.js")
WEIGHTS = (
    (r"gallery/exercises/", 0.25),
    (r"(.*/)?index\.html|glossary\.html|cheat_sheet\.html|read_elsewhere\.html", 0.04),
    (r"gallery/labs/|then_and_now\.html", 0.8),
    (r"error_messages\.html", 0.25),
    (r"reference/rungs/", 0.2),
    (r"reference/", 0.3),
    (r"how_this_site_is_checked\.html", 0.1),
    (r"", 1.0),
)
"""How much a page counts, by the first pattern that its address begins with: lessons, reference, lists."""
_LEFT_OUT = (
    ".headerlink, .page-links, .other-language, .curves-controls, form, "
    "details, script, noscript, style, button, [aria-hidden=true]"
)
_OUTPUTS = ".sphx-glr-script-out pre, .cell_output pre"
_DRAWN = re.compile(r"<(svg|math)\b.*?</\1>", re.DOTALL)
_PRE = re.compile(r"(<pre\b[^>]*>)(.*?)(</pre>)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SENTENCE = re.compile(r"Error|Warning|(?:[^\W\d_]{2,}\W+){3}[^\W\d_]{2,}")


@dataclass
class Part:
    """What stands under a heading, a name of the reference or a term of the glossary."""

    title: str
    anchor: str
    text: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)

    def record(self) -> list[str]:
        """List what the engine is told, each in one line."""
        texts = ("".join(self.text), " ".join(self.code), " ".join(self.output))
        return [self.title, self.anchor, *map(_line, texts)]


class Page(NamedTuple):
    """A page cut into parts, the first of which is its opening."""

    address: str
    title: str
    weight: float
    parts: list[Part]


def weight(address: str) -> float:
    """Say how much a page counts.

    >>> weight("gallery/networks/lenet.html"), weight("gallery/networks/index.html")
    (1.0, 0.04)
    """
    return next(counts for pattern, counts in WEIGHTS if re.match(pattern, address))


def cut(address: str, html: str) -> Page | None:
    """Cut a page's article at its headings; without one there is nothing to find.

    >>> page = cut("a.html", "<article><h1>One</h1>hi<section id=s><h2>Two</h2>ho</section>")
    >>> [part.record()[:3] for part in page.parts]
    [['One', '', 'hi'], ['Two', 's', 'ho']]
    """
    # Most elements of a page colour its code; without them it is read several times as fast.
    plain = _PRE.sub(lambda pre: pre[1] + _TAG.sub("", pre[2]) + pre[3], _DRAWN.sub("", html))
    article = BeautifulSoup(plain, "html.parser", parse_only=SoupStrainer("article"))
    for element in article.select(_LEFT_OUT):
        element.decompose()
    heading = article.find("h1")
    if heading is None:
        return None
    title = _line(heading.get_text())
    parts = [Part(title, "")]
    _walk(article, parts, printed={id(pre) for pre in article.select(_OUTPUTS)})
    return Page(address, title, weight(address), parts)


def _walk(element: Tag, parts: list[Part], printed: set[int]) -> None:
    """Give each text below an element to the part that it stands in."""
    for child in element.children:
        if isinstance(child, Tag):
            if child.name in _HEADINGS or (child.name == "dt" and child.get("id")):
                if child.name != "h1":
                    parts.append(_begun(child))
            elif child.name == "pre" and id(child) in printed:
                lines = child.get_text().splitlines()
                parts[-1].output.extend(line for line in lines if _SENTENCE.search(line))
            elif child.name == "pre":
                parts[-1].code.append(child.get_text())
            else:
                _walk(child, parts, printed)
        elif type(child) is NavigableString:
            parts[-1].text.append(child)


def _begun(opening: Tag) -> Part:
    """Begin a part at a heading, which has an anchor or opens a section that has, or at an entry of a list."""
    name = opening.select_one(".descname") or opening
    section = opening if opening.get("id") else opening.find_parent("section")
    return Part(_line(name.get_text()), str(section["id"]) if section else "")


def _line(text: str) -> str:
    """Write a text in one line."""
    return " ".join(text.split())


def pages(site: Path) -> list[Page]:
    """Cut all pages of a language that can be found, sorted by address."""
    found = (
        cut(address, path.read_text("utf-8"))
        for path in sorted(site.rglob("*.html"))
        if is_page(address := path.relative_to(site).as_posix()) and not address.startswith(CHINESE)
    )
    return [page for page in found if page is not None]


def write(site: Path) -> int:
    """Write the search into a site, with its library's licence, and say how many pages it finds."""
    found = pages(site)
    records = [[*page[:3], [part.record() for part in page.parts]] for page in found]
    library = npm.module("minisearch/dist/umd/index.js")
    # Its source map is not published.
    code = re.sub(r"(?m)^//# sourceMappingURL=.*$", "", library.read_text("utf-8"))
    data = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
    parts = (code, f"globalThis.twolayerPages={data};", ENGINE.read_text("utf-8"))
    (site / SCRIPT).parent.mkdir(exist_ok=True)
    (site / SCRIPT).write_text("\n".join(parts), "utf-8")
    shutil.copyfile(npm.module("minisearch/LICENSE.txt"), site / LICENCE)
    return len(found)
