"""The index of the site's search, made by Pagefind from the text of the articles."""

from __future__ import annotations

import html
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twolayer_docs.forms.page_parts import Page

FOLDER = "pagefind"
WEIGHTS = {
    "gallery/exercises/": 0.1,
    "gallery/": 2.0,
    "reference/rungs/": 0.3,
    "reference/": 0.7,
    "how_this_site_is_checked": 0.3,
}
"""How much a page's words count, by the first that fits: pages that teach go before those that ask or list.

Others count 1.
"""
_CODE = 0.2
_HEADING = 6.0
_NOT_USED = ("pagefind-*ui.*", "pagefind-highlight.js", "wasm.unknown.pagefind")


class SearchIndexError(RuntimeError):
    """Pagefind could not make the index."""


def weight(address: str) -> float:
    """Say how much a page's words count.

    Args:
        address: Where it lies within the site.

    Returns:
        A factor.

    Examples:
        >>> weight("gallery/networks/lenet.html"), weight("glossary.html")
        (2.0, 1.0)
    """
    return next((w for start, w in WEIGHTS.items() if address.startswith(start)), 1.0)


def simple_html(page: Page, language: str = "en") -> str:
    """Write a page as Pagefind reads it best: headings that carry their anchors, and text.

    Args:
        page: A page cut into parts.
        language: The language that it is written in.

    Returns:
        HTML.
    """
    escaped = html.escape
    lines = [f'<html lang="{language}"><body><main data-pagefind-body>']
    factor = weight(page.address)
    counts, seldom = (f'data-pagefind-weight="{w:g}"' for w in (factor, factor * _CODE))
    # A heading counts more than text by itself, also on a page that counts little, where that is too much.
    heading = f' data-pagefind-weight="{factor * _HEADING:g}"' if factor < 1 else ""
    for part in page.parts:
        name, anchor = ("h2", f' id="{escaped(part.anchor)}"') if part.anchor else ("h1", "")
        lines.append(f"<{name}{anchor}{heading}>{escaped(part.title)}</{name}>")
        lines.append(f"<p {counts}>{escaped(part.text)}</p>")
        if part.code:
            # Code is found too, after text that has the same words.
            lines.append(f"<pre {seldom}>{escaped(part.code)}</pre>")
    return "\n".join([*lines, "</main></body></html>"])


def write(site: Path, pages: list[Page], language: str = "en") -> int:
    """Write the index into the site's folder ``pagefind``.

    Args:
        site: The site's folder.
        pages: Its pages, cut into parts.
        language: The language that they are written in.

    Returns:
        How many pages can be found.

    Raises:
        SearchIndexError: If Pagefind fails.
    """
    target = site / FOLDER
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for page in pages:
            file = Path(folder, page.address)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(simple_html(page, language), "utf-8")
        # Its program, not its library: that one ends before its last files are whole.
        command = [sys.executable, "-m", "pagefind", "--quiet", "--site", folder]
        command += ["--output-path", str(target), "--force-language", language]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        message = f"Pagefind ended with status {done.returncode}: {done.stderr.strip()}"
        raise SearchIndexError(message)
    for pattern in _NOT_USED:
        for file in target.glob(pattern):
            file.unlink()
    return len(pages)
