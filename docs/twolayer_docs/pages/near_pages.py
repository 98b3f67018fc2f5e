"""The sidebar of a page in a long list of pages: those near it, and the list itself one click away.

The theme puts all pages of the site into the sidebar of each. With a thousand pages in one gallery that is
a million links, which take longer to write than the pages. So where a toctree has more than :data:`LONG`
entries, a page of it names :data:`NEAR` before it and as many after it, and other pages name only the page
that holds the list. The home page names all: ``llms.txt`` is made from it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sphinx import addnodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docutils import nodes
    from sphinx.application import Sphinx

LONG = 20
"""The most entries of a toctree that every page names."""
NEAR = 10
"""How many entries before and after a page are near it."""
_BEFORE_THE_THEME = 400


def near(entries: Sequence[tuple[str | None, str]], page: str) -> list[tuple[str | None, str]]:
    """Pick the entries of a long list that a page names.

    Args:
        entries: The list: a title or ``None``, and a page.
        page: A page, in the list or not.

    Returns:
        The entries near the page, none where it is not in the list.

    Examples:
        >>> many = [(None, f"page_{n}") for n in range(60)]
        >>> [name for _, name in near(many, "page_3")][-1]
        'page_13'
        >>> near(many, "elsewhere")
        []
    """
    place = next((place for place, (_, name) in enumerate(entries) if name == page), None)
    return [] if place is None else list(entries[max(place - NEAR, 0) : place + NEAR + 1])


def long_trees(tocs: Mapping[str, nodes.Node]) -> list[addnodes.toctree]:
    """Find the long lists of a site.

    Args:
        tocs: The table of contents of each page.

    Returns:
        The toctrees that have too many entries to name on every page.
    """
    trees = [tree for _, toc in sorted(tocs.items()) for tree in toc.findall(addnodes.toctree)]
    return [tree for tree in trees if len(tree["entries"]) > LONG]


@contextmanager
def shortened(trees: Sequence[addnodes.toctree], page: str) -> Iterator[None]:
    """Leave of long lists only what is near a page, for a while.

    Args:
        trees: The lists.
        page: The page.

    Yields:
        Nothing; the lists are as they were afterwards.
    """
    whole = [tree["entries"] for tree in trees]
    try:
        for tree, entries in zip(trees, whole, strict=True):
            tree["entries"] = near(entries, page)
        yield
    finally:
        for tree, entries in zip(trees, whole, strict=True):
            tree["entries"] = entries


def find(app: Sphinx, _builder: object = None) -> None:
    """Find the long lists once, when all pages are read."""
    app.near_pages_trees = long_trees(app.env.tocs)  # type: ignore[attr-defined]


def name_near(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Let the theme see of long lists what is near the page."""
    trees: list[addnodes.toctree] = getattr(app, "near_pages_trees", [])
    if not trees or page == app.config.root_doc or "toctree" not in context:
        return
    whole = context["toctree"]

    def toctree(**options: Any) -> Any:
        with shortened(trees, page):
            return whole(**options)

    context["toctree"] = toctree
