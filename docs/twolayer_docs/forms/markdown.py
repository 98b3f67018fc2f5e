"""Each page of the finished site as Markdown too, at its address with ``.md`` appended.

The Markdown is made from what the page shows: its headings, prose, code, output, tables, formulas
and figures. What only a browser needs (permanent links, buttons, the second drawing of each pair)
is left out. Formulas come back as the TeX that Temml keeps inside its MathML.
"""

from __future__ import annotations

import posixpath
import re
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from markdownify import ATX, MarkdownConverter

from twolayer_docs.kept import Kept, article

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUFFIX = ".md"
ARTICLE = "article[role=main]"
_NOT_PAGES = frozenset({"404.html", "genindex.html", "search.html"})
_LEFT_OUT = (
    ".headerlink, .sphx-glr-download-link-note, .sphx-glr-footer, .only-dark, .genindex-jumpbox, "
    ".page-links, .domainindex-jumpbox, .toggler, .sphx-glr-thumbnail-title, img[alt=''], [aria-hidden=true], [hidden], script, style, noscript, "
    "template, button, input, select, label, wbr"
)
_UNWRAPPED = (
    "a.glossary-link, .sig a, a:not([href]), a[href^='#'], dl.field-list em, "
    "dl.field-list a:has(> em), .genindextable :is(tr, td, tbody), .domainindex-table tbody"
)
_LANGUAGES = {"none": "text", "myst-ansi": "text", "default": "python", "ipython3": "python"}
_RENAMED = {
    "blockquote": ".admonition",
    "p": ".admonition-title, .rubric, summary, .domainindex-table td",
    "ul": ".sphx-glr-thumbnails, .domainindex-table",
    "li": ".sphx-glr-thumbcontainer, .domainindex-table tr",
    "div": ".genindextable",
}
_FENCE = re.compile(r"(?m)^ *(`{3,})")
_PRE = re.compile(r"(?s)(<pre\b[^>]*>)(.*?)(?=</pre>)")
_EMPTY = "\0"
_EMPTY_LINES = re.compile("(?:\0\n)*\0")
_TAG = re.compile(r"<[^>]+>")
_SPECIAL = re.compile(r"[\\`*<]|(?<![^\W_])_|_(?![^\W_])|\[(?=[^\]]*\]\()|\$")


def pages(site: Path) -> list[PurePosixPath]:
    """List the pages that have a Markdown copy, or will have.

    Args:
        site: The finished site's folder.

    Returns:
        Their places in the site, sorted; the search and what is no page of its own are not there.
    """
    places = (PurePosixPath(path.relative_to(site).as_posix()) for path in site.rglob("*.html"))
    return sorted(
        place
        for place in places
        if place.as_posix() not in _NOT_PAGES and not place.parts[0].startswith("_")
    )


def write(site: Path, folder: Path | None = None) -> int:
    """Write a Markdown copy beside each page, and name it in the page's head.

    Args:
        site: The finished site's folder.
        folder: Where copies are kept from build to build, if they are.

    Returns:
        The number of copies.

    Raises:
        ValueError: If a page has no article or no head.
    """
    places = pages(site)
    there = frozenset(places)
    listed = "\n".join(map(str, places))
    kept = Kept(folder, [__file__], ["beautifulsoup4", "markdownify"])
    for place in places:
        page = site / place
        text = page.read_text("utf-8")
        shown = article(text)
        markdown = kept.get(partial(convert, shown, place, there), shown, str(place), listed)
        page.with_name(page.name + SUFFIX).write_text(markdown, "utf-8", newline="\n")
        link = f'<link rel="alternate" type="text/markdown" href="{place.name}{SUFFIX}">'
        if link not in text:
            before, head, after = text.partition("</head>")
            if not head:
                message = f"{place}: the page has no </head>"
                raise ValueError(message)
            page.write_text(before + link + head + after, "utf-8", newline="")
    kept.forget_others()
    return len(places)


def convert(html: str, place: PurePosixPath, places: frozenset[PurePosixPath]) -> str:
    r"""Write a page as Markdown.

    Args:
        html: The page.
        place: Its place in the site.
        places: The places of all pages that have a Markdown copy.

    Returns:
        Markdown that ends with a line feed.

    Raises:
        ValueError: If the page has no article.

    Examples:
        >>> page = '<article role="main"><h1>Loss</h1><p>It is <em>one</em> number.</p></article>'
        >>> convert(page, PurePosixPath("loss.html"), frozenset())
        '# Loss\n\nIt is *one* number.\n'
    """
    found = BeautifulSoup(_PRE.sub(_without_tags, html), "html.parser").select_one(ARTICLE)
    if found is None:
        message = f"{place}: the page has no article, which is what its Markdown is made from"
        raise ValueError(message)
    _prepare(found)
    for link in found.select("a[href]"):
        link["href"] = _markdown_address(str(link["href"]), place, places)
    text = _Converter(heading_style=ATX, bullets="-", wrap=True, wrap_width=None).convert_soup(
        found
    )
    return _tidy(text)


class _Converter(MarkdownConverter):
    """Markdown from a page's article once :func:`_prepare` went through it."""

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Keep characters of the prose from being taken for Markdown, and others as they are."""
        del parent_tags
        return _SPECIAL.sub(r"\\\g<0>", text)

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write code and output in a fence that says which it is."""
        del parent_tags
        text = el.get_text().rstrip("\n").lstrip("\n")
        fence = "`" * max(3, *(len(run) + 1 for run in _FENCE.findall(text)), 3)
        return f"\n\n{fence}{_language(el)}\n{text}\n{fence}\n\n"

    def convert_math(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a formula as the TeX that it was made from."""
        annotation = el.find("annotation")
        if annotation is None:
            return text
        tex = annotation.get_text().strip()
        if el.get("display") == "block":
            return f"\n\n$$\n{tex}{el.get('data-tag', '')}\n$$\n\n"
        del parent_tags
        return f"${tex}$"

    def convert_svg(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write what a drawing shows."""
        del text, parent_tags
        parts = [str(el.get("aria-label", ""))]
        parts += [part.get_text() for name in ("title", "desc") if (part := el.find(name))]
        words = " ".join(". ".join(part.strip().rstrip(".") for part in parts if part).split())
        return f"\n\n> Drawing: {self.escape(words, set())}.\n\n" if words else ""

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a picture with its words, without its data where the page itself holds them."""
        del text, parent_tags
        alt = " ".join(str(el.get("alt", "")).split()).replace("[", r"\[").replace("]", r"\]")
        source = str(el.get("src", ""))
        return f"> Figure: {alt}" if source.startswith("data:") else f"![{alt}]({source})"

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a cell, in which a bar doesn't end it."""
        cell: str = super().convert_td(  # type: ignore[misc]  # not in its stub
            el, text.replace("|", r"\|"), parent_tags
        )
        return cell

    def convert_th(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a cell of a table's head, in which a bar doesn't end it."""
        cell: str = super().convert_th(  # type: ignore[misc]  # not in its stub
            el, text.replace("|", r"\|"), parent_tags
        )
        return cell


def outside_fences(markdown: str, change: Callable[[str], str]) -> str:
    r"""Change the lines of Markdown that stand in no fence.

    Args:
        markdown: The text.
        change: What to make of a line.

    Returns:
        The text with these lines changed.

    Examples:
        >>> print(outside_fences("one\n```text\none\n```", str.upper))
        ONE
        ```text
        one
        ```
    """
    lines = []
    fence = ""
    for line in markdown.split("\n"):
        mark = _FENCE.match(line)
        lines.append(line if fence or mark else change(line))
        if fence:
            fence = "" if line.strip() == fence else fence
        elif mark is not None:
            fence = mark[1]
    return "\n".join(lines)


def _tidy(markdown: str) -> str:
    """Leave one empty line between blocks, and what stands in a fence as it is."""
    marked = outside_fences(markdown.strip("\n"), lambda line: line.rstrip() or _EMPTY)
    return _EMPTY_LINES.sub("", marked) + "\n"


def _without_tags(block: re.Match[str]) -> str:
    """Leave out what colours and links a block of code, which no fence can hold."""
    return block[1] + _TAG.sub("", block[2])


def _prepare(article: Tag) -> None:
    """Turn what HTML alone can say into what Markdown can."""
    for element in article.select(_LEFT_OUT):
        element.decompose()
    for part in article.select(_UNWRAPPED):
        part.unwrap()
    for element in article.select("[title]"):
        del element["title"]
    for name, parts in _RENAMED.items():
        for part in article.select(parts):
            part.name = name
    for title in article.select(".admonition-title, .rubric, summary"):
        _wrap_content(title, "strong")
    _move_numbers(article)
    _join_terms(article)
    for definitions in reversed(article.select("dl")):
        _make_list(definitions)


def _move_numbers(article: Tag) -> None:
    """Put the number beside a formula into the formula."""
    for number in article.select(".eqno"):
        formula = number.parent.find("math") if number.parent else None
        if formula is not None:
            formula["data-tag"] = f" \\tag{{{number.get_text().strip().strip('()')}}}"
        number.decompose()


def _join_terms(article: Tag) -> None:
    """Write terms that share a definition into one."""
    for term in article.select("dl:not(.py) > dt + dt"):
        earlier = term.find_previous_sibling("dt")
        if earlier is not None:
            earlier.extend([", ", *list(term.children)])
            term.decompose()


def _make_list(definitions: Tag) -> None:
    """Write terms and definitions as a list, and what a page of an API describes as code."""
    described = "py" in definitions.get_attribute_list("class")
    outermost = described and definitions.find_parent("dl") is None
    items: list[Tag] = []
    for part in definitions.find_all(["dt", "dd"], recursive=False):
        if part.name == "dt":
            item = _new("div" if outermost else "li")
            items.append(item)
            item.append(_signature(part, block=outermost) if described else _term(part))
            continue
        inside = list(part.children)
        elements = [child for child in inside if isinstance(child, Tag)]
        if not described and len(elements) == 1 and elements[0].name == "p":
            first = items[-1].find("p")
            if isinstance(first, Tag):
                first.append(" ")
                first.extend(list(elements[0].children))
                continue
        items[-1].extend(inside)
    definitions.clear()
    definitions.name = "div" if outermost else "ul"
    definitions.extend(items)


def _signature(term: Tag, *, block: bool) -> Tag:
    """Write a signature as code."""
    text = " ".join(term.get_text().split())
    code = _new("pre" if block else "code")
    code.string = text
    if block:
        return code
    paragraph = _new("p")
    paragraph.append(code)
    return paragraph


def _term(term: Tag) -> Tag:
    """Write a term in bold, with a colon after it."""
    paragraph = _new("p")
    strong = _new("strong")
    strong.extend(list(term.children))
    last = strong.find_all(string=True)[-1:] or [NavigableString("")]
    if not strong.get_text().rstrip().endswith(":"):
        last[0].replace_with(NavigableString(f"{str(last[0]).rstrip()}:"))
    paragraph.append(strong)
    return paragraph


def _wrap_content(element: Tag, name: str) -> None:
    """Put an element's content into a new element inside it."""
    inner = _new(name)
    inner.extend(list(element.children))
    element.append(inner)


def _new(name: str) -> Tag:
    """Make an element."""
    return Tag(name=name, can_be_empty_element=False)


def _language(block: Tag) -> str:
    """Tell what a block holds: output, or the language that its page names."""
    classes = [str(name) for above in block.parents for name in above.get_attribute_list("class")]
    named = [name.removeprefix("highlight-") for name in classes if name.startswith("highlight-")]
    language = _LANGUAGES.get(named[0].lower(), named[0].lower()) if named else "python"
    shown = {"sphx-glr-script-out", "cell_output"} & set(classes)
    return "text" if shown and language == "python" else language


def _markdown_address(address: str, place: PurePosixPath, places: frozenset[PurePosixPath]) -> str:
    """Lead to the Markdown copy of a page, where the page has one."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path.endswith(".html"):
        return address
    target = posixpath.normpath(posixpath.join(place.parent, unquote(parts.path)))
    if PurePosixPath(target) not in places:
        return address
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.path}{SUFFIX}{fragment}"
