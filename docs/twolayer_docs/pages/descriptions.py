"""A description for each page, for search engines and link previews: its first paragraph.

What a preview needs besides, the address of the page and of the picture, is known only where the site's
own address is: ``docs/twolayer_docs/pages/address.py`` adds it to the finished site.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from markupsafe import Markup

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_LENGTH = 160
_VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')
_FALLBACK = (
    "One small neural network, built again and again: by hand in NumPy, then with each layer of "
    "PyTorch that takes a piece of the work away."
)


def describe(doctree: nodes.Node | None) -> str:
    """Choose a page's description.

    Args:
        doctree: The page's content, ``None`` for pages like the index.

    Returns:
        The first paragraph that has some length, cut at a word where it is too long.
    """
    if doctree is not None:
        for paragraph in doctree.findall(nodes.paragraph):
            if any(isinstance(parent, nodes.Admonition) for parent in _parents(paragraph)):
                continue
            text = re.sub(r"\s+", " ", paragraph.astext()).strip()
            if len(text) > _LENGTH // 4:
                return _cut(text)
    return _FALLBACK


def _cut(text: str) -> str:
    """Shorten a text at the end of a word."""
    if len(text) <= _LENGTH:
        return text
    return text[: _LENGTH - 1].rpartition(" ")[0].rstrip(",;:.") + "\N{HORIZONTAL ELLIPSIS}"


def _parents(node: nodes.Node) -> list[nodes.Node]:
    """List what a node stands in."""
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def meta_tags(title: str, description: str, *, home: bool) -> str:
    """Write the tags of a page's head that describe it.

    Args:
        title: The page's title, which may hold markup.
        description: What it is about, in plain text.
        home: Whether it is the home page, which stands for the site.

    Returns:
        HTML.
    """
    name = Markup(title).striptags()  # noqa: S704
    values = {
        "og:type": "website" if home else "article",
        "og:site_name": "twolayer",
        "og:title": name,
        "og:description": description,
    }
    tags = [f'<meta name="description" content="{html.escape(description)}">']
    tags += [
        f'<meta property="{key}" content="{html.escape(value)}">' for key, value in values.items()
    ]
    tags.append('<meta name="twitter:card" content="summary_large_image">')
    return "\n    ".join(tags)


def add(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Put the description into the page's head."""
    # docutils names the viewport a second time, after the theme.
    others = _VIEWPORT.sub("", context.get("metatags", ""))
    home = page == app.config.root_doc
    title = context.get("title") or app.config.html_title
    tags = meta_tags(title, describe(doctree), home=home)
    context["metatags"] = f"{others}\n    {tags}"
