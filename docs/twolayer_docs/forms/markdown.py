"""Each page of the finished site as Markdown too, at its address with ``.md`` appended.

The Markdown is made from what the page shows: its headings, prose, code, output, tables, formulas
and figures. What only a browser needs (permanent links, buttons, the second drawing of each pair)
is left out. Formulas come back as the TeX that Temml keeps inside its MathML.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from textwrap import indent
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.filter import SoupStrainer
from markdownify import ATX, MarkdownConverter

from twolayer_docs.pages.head import MARKDOWN
from twolayer_docs.paths import CHINESE, is_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LEFT_OUT = ".headerlink, .only-dark, .narrow, .page-links, .other-language, fieldset, form, [aria-hidden=true]"
_RENAMED = {"blockquote": ".admonition", "p": "summary", "b": ".admonition-title, .rubric"}
_WORDS_ALONE = "[href^='#'], .glossary-link, .field-list a:has(> em)"
_DESCRIBED = ".py > *"
_OUTERMOST = ".py:not(dl dl) > *"
_LANGUAGES = {"none": "text", "myst-ansi": "text", "default": "python", "ipython3": "python"}
_TICKS = re.compile(r"(?m)^ *(`{3,})")
_FENCED = re.compile(r"(?ms)^ *(`{3,})[^`\n]*\n(?:.*?\n)?? *\1$")
_SPECIAL = re.compile(r"[\\`*<]|(?<![^\W_])_|_(?![^\W_])|\[(?=[^\]]*\]\()|\$")


def pages(site: Path) -> list[PurePosixPath]:
    """List the pages that have a Markdown copy: all but the search and what is no page of its own."""
    places = (PurePosixPath(path.relative_to(site).as_posix()) for path in site.rglob("*.html"))
    return sorted(place for place in places if is_page(place.as_posix()))


def write(site: Path) -> int:
    """Write a Markdown copy beside each page, and count them."""
    places = pages(site)
    for place in places:
        page = site / place
        markdown = convert(page.read_text("utf-8"), place, frozenset(places))
        page.with_name(page.name + MARKDOWN).write_text(markdown, "utf-8", newline="\n")
    return len(places)


def convert(html: str, place: PurePosixPath, places: frozenset[PurePosixPath]) -> str:
    r"""Write the page at a place as Markdown, with links to the copies of the pages at other places.

    Examples:
        >>> title = '<h1>Loss<a class="headerlink">¶</a></h1>'
        >>> page = f'<article role="main">{title}<p>It is <em>one</em> number.</p></article>'
        >>> convert(page, PurePosixPath("loss.html"), frozenset())
        '# Loss\n\nIt is *one* number.\n'
    """
    found = BeautifulSoup(html, "html.parser", parse_only=SoupStrainer("article", role="main"))
    for selector in ("article", ".headerlink"):
        if found.select_one(selector) is None:
            message = f"{place}: the page has no {selector}, by which its Markdown is told apart"
            raise ValueError(message)
    for element in found.select(_LEFT_OUT):
        element.decompose()
    for name, selector in _RENAMED.items():
        for element in found.select(selector):
            element.name = name
    for title in found.select("b"):
        title.wrap(Tag(name="p"))
    text = _Converter(place, places).convert_soup(found)
    return outside_fences(text.strip("\n"), _tidy) + "\n"


class _Converter(MarkdownConverter):
    """Markdown from what a page of this site shows."""

    def __init__(self, place: PurePosixPath, places: frozenset[PurePosixPath]) -> None:
        super().__init__(heading_style=ATX, bullets="-", wrap=True, wrap_width=None)
        self._place = place
        self._places = places

    def escape(self, text: str, _within: set[str]) -> str:
        """Keep characters of the prose from being taken for Markdown, and others as they are."""
        return _SPECIAL.sub(r"\\\g<0>", text)

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a link, but words alone where it serves a reader of the page only."""
        if el.css.match(_WORDS_ALONE) or not text.strip() or "_noformat" in parent_tags:
            return text
        return f"[{text}]({self._address(str(el.get('href', '')))})"

    def convert_em(self, el: Tag, text: str, **_within: set[str]) -> str:
        """Emphasize words, but not the types of arguments, of which each part would be."""
        return text if el.css.match(".field-list em") else f"*{text}*"

    def convert_pre(self, el: Tag, text: str, **_within: set[str]) -> str:
        """Write code and output in a fence that says which it is."""
        text = el.get_text().strip("\n")
        fence = "`" * max([3, *(len(run) + 1 for run in _TICKS.findall(text))])
        return f"\n\n{fence}{self._language(el)}\n{text}\n{fence}\n\n"

    def convert_math(self, el: Tag, _text: str, **_within: set[str]) -> str:
        """Write a formula as the TeX that it was made from, with the number beside it."""
        annotation = el.find("annotation")
        if annotation is None:
            message = f"{self._place}: a formula doesn't say from which TeX it was made"
            raise ValueError(message)
        tex = annotation.get_text().strip()
        if el.get("display") != "block":
            return f"${tex}$"
        box = el.find_parent(class_="numbered")
        number = box.select_one(".eqno") if box else None
        tag = f" \\tag{{{number.get_text().strip('()')}}}" if number else ""
        return f"\n\n$$\n{tex}{tag}\n$$\n\n"

    def convert_span(self, el: Tag, text: str, **_within: set[str]) -> str:
        """Leave out the number beside a formula, which is in the formula."""
        return "" if el.css.match(".eqno") else text

    def convert_svg(self, el: Tag, _text: str, **_within: set[str]) -> str:
        """Write what a drawing shows."""
        parts = [str(el.get("aria-label", ""))]
        parts += [part.get_text() for name in ("title", "desc") if (part := el.find(name))]
        words = " ".join(". ".join(part.strip().rstrip(".") for part in parts if part).split())
        return f"\n\n> Drawing: {self.escape(words, set())}.\n\n" if words else ""

    def convert_img(self, el: Tag, _text: str, **_within: set[str]) -> str:
        """Write a picture with its words."""
        alt = " ".join(str(el.get("alt", "")).split()).replace("[", r"\[").replace("]", r"\]")
        return f"![{alt}]({el.get('src', '')})"

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a cell, in which a bar doesn't end it."""
        text = text.replace("|", r"\|")
        return super().convert_td(el, text, parent_tags)  # type: ignore[misc, no-any-return]  # not in its stub

    convert_th = convert_td

    def convert_dt(self, el: Tag, text: str, **_within: set[str]) -> str:
        """Write a term as a list's item, those of one meaning in one, and a signature as code."""
        signature = " ".join(el.get_text().split())
        if el.css.match(_OUTERMOST):
            return f"\n\n```python\n{signature}\n```\n\n"
        if el.css.match(_DESCRIBED):
            return f"\n- `{signature}`"
        before, after = el.find_previous_sibling(), el.find_next_sibling()
        chinese = self._place.is_relative_to(CHINESE)
        comma, colon = ("、", "：") if chinese else (", ", ":")
        start = comma if before and before.name == "dt" else "\n- **"
        end = "" if after and after.name == "dt" else f"{colon}**"
        return f"{start}{text.strip().rstrip(':')}{end}"

    def convert_dd(self, el: Tag, text: str, **_within: set[str]) -> str:
        """Write what is said of a term, beside it where it is one paragraph, else below it."""
        if el.css.match(_OUTERMOST):
            return f"\n\n{text.strip()}\n\n"
        inside = [child.name for child in el.find_all(recursive=False)]
        if inside == ["p"] and not el.css.match(_DESCRIBED):
            return f" {text.strip()}\n"
        return f"\n\n{indent(text.strip(), '  ')}\n"

    def _language(self, block: Tag) -> str:
        """Tell what a block holds: output, or the language that its page names."""
        for above in block.parents:
            for name in map(str, above.get_attribute_list("class")):
                if name.startswith("highlight-"):
                    language = name.removeprefix("highlight-").lower()
                    return _LANGUAGES.get(language, language)
        message = f"{self._place}: a block of code doesn't say what it holds: {block.get_text()!r}"
        raise ValueError(message)

    def _address(self, address: str) -> str:
        """Lead to the Markdown copy of a page, where the page has one."""
        parts = urlsplit(address)
        target = posixpath.normpath(posixpath.join(self._place.parent, unquote(parts.path)))
        if parts.scheme or parts.netloc or PurePosixPath(target) not in self._places:
            return address
        return f"{parts.path}{MARKDOWN}{f'#{parts.fragment}' if parts.fragment else ''}"


def outside_fences(markdown: str, change: Callable[[str], str]) -> str:
    r"""Change what stands in no fence of Markdown.

    Examples:
        >>> print(outside_fences("one\n```text\none\n```", str.upper))
        ONE
        ```text
        one
        ```
    """
    parts = []
    end = 0
    for fence in _FENCED.finditer(markdown):
        parts += [change(markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(markdown[end:])])


def _tidy(text: str) -> str:
    """Leave one empty line between blocks."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?m)[^\S\n]+$", "", text))
