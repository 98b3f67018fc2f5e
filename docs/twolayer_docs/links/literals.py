"""Links from literals to what they name.

Gallery text writes plain ``literals``, so that downloads read well. On the site, a literal that
is a name of an API (``torch.relu``, ``np.maximum``) leads to its documentation, and one that is
the name of a gallery page (``autograd``, ``creating``) or of a guide (``all_rungs``) to that page.
A name that the page's own code uses for something else stays a literal, save in the line that says
which page is next.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from twolayer_docs.course import EXERCISES
from twolayer_docs.links.short_names import spell_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class Target(NamedTuple):
    """Where a literal leads."""

    docname: str | None
    """A page of this site, or ``None``."""
    uri: str
    """The anchor on that page, or a whole address elsewhere."""
    title: str
    """What the reader sees on hovering."""


def full_names(text: str) -> Iterator[str]:
    """Give the names that a literal may stand for.

    Args:
        text: The literal's text.

    Yields:
        The dotted name as written, then with a usual short form spelt out.
    """
    name = text.strip().removesuffix("()")
    if _NAME.fullmatch(name) is None:
        return
    yield name
    if "." in name and (full := spell_out(name)) is not None:
        yield full


def find_target(
    text: str, pages: Mapping[str, Target], names: Mapping[str, Target]
) -> Target | None:
    """Find where a literal leads.

    Args:
        text: The literal's text.
        pages: Targets of whole texts, such as the rungs' names.
        names: Targets of full dotted names; one without a dot is not looked up.

    Returns:
        The target, or ``None``.
    """
    if text in pages:
        return pages[text]
    for name in full_names(text):
        if "." in name and name in names:
            return names[name]
    return None


def find_pages(docnames: Iterable[str]) -> dict[str, str]:
    """List the pages that a literal can name: a gallery's by their scripts, exercises, and guides.

    Args:
        docnames: Pages of the site, ``gallery/<folder>/<script>`` and ``a_guide`` among them.

    Returns:
        The page of each name; a name that two pages have leads nowhere, since nothing tells which
        is meant.
    """
    found: dict[str, list[str]] = {}
    for docname in sorted(docnames):
        folder, _, name = docname.rpartition("/")
        in_gallery = folder.count("/") == 1 and folder.startswith("gallery/") and name != "index"
        is_guide = not folder and "_" in name
        if docname == f"gallery/{EXERCISES}/index":
            found.setdefault(EXERCISES, []).append(docname)
        if in_gallery and folder == f"gallery/{EXERCISES}":
            # A lesson's exercises have its name, so theirs is said with the folder.
            name = f"{EXERCISES}/{name}"
        if in_gallery or is_guide:
            found.setdefault(name, []).append(docname)
    return {name: pages[0] for name, pages in found.items() if len(pages) == 1}


def names_in_code(blocks: Iterable[str]) -> set[str]:
    """List the names and short texts that a page's code uses.

    Args:
        blocks: The page's blocks of code and output; those that are not Python are passed over.

    Returns:
        What stands in the code as a name of its own, not after a dot, or as a whole string.
    """
    used: set[str] = set()
    for block in blocks:
        try:
            tree = ast.parse(block)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                used.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                used.add(node.name)
            elif isinstance(node, ast.alias):
                used.add(node.asname or node.name)
            elif isinstance(node, ast.arg):
                used.add(node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
    return used


class LiteralLinks(SphinxPostTransform):
    """Turn the literals of gallery pages into links."""

    default_priority = 4
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Rewrite the literals of one page.

        Args:
            **kwargs: Unused, part of docutils' interface.
        """
        del kwargs
        docname = self.env.current_document.docname
        if not docname.startswith("gallery/"):
            return
        pages, names = self._pages(docname), self._names(docname)
        code = self.document.findall(nodes.literal_block)
        used = names_in_code(block.astext() for block in code)
        unused = {name: page for name, page in pages.items() if name not in used}
        for literal in list(self.document.findall(nodes.literal)):
            if _is_protected(literal):
                continue
            known = pages if _tells_the_next_page(literal) else unused
            target = find_target(literal.astext(), known, names)
            if target is None:
                continue
            link = self._link(docname, target, literal.deepcopy())
            link["classes"].append("literal-link")
            literal.replace_self(link)

    def _pages(self, docname: str) -> dict[str, Target]:
        """List the gallery's pages and the guides by name, without this page."""
        pages = find_pages(self.env.found_docs - {docname})
        return {
            name: Target(page, "", self.env.titles[page].astext()) for name, page in pages.items()
        }

    def _names(self, docname: str) -> dict[str, Target]:
        """List all documented names, here and in the inventories."""
        found: dict[str, Target] = {}
        for kind, entries in InventoryAdapter(self.env).main_inventory.items():
            if kind.startswith("py:"):
                for name, item in entries.items():
                    found[name] = Target(None, item.uri, name)
        for name, entry in self.env.domains.python_domain.objects.items():
            if entry.docname != docname:
                found[name] = Target(entry.docname, entry.node_id, name)
        return found

    def _link(self, docname: str, target: Target, child: nodes.Node) -> nodes.reference:
        """Make a reference to a target."""
        if target.docname is None:
            link = nodes.reference("", "", child, internal=False, refuri=target.uri)
            link["reftitle"] = target.title
            return link
        builder = self.env._app.builder  # noqa: SLF001
        return make_refnode(
            builder, docname, target.docname, target.uri or None, child, target.title
        )


def _tells_the_next_page(literal: nodes.Node) -> bool:
    """Tell whether a literal stands in a paragraph that says where to go on, or back."""
    starts = ("Next: ", "Practise: ", "Back: ")
    return literal.parent is not None and literal.parent.astext().startswith(starts)


def _is_protected(literal: nodes.Node) -> bool:
    """Tell whether a literal stands in a heading or in a link already."""
    node = literal.parent
    while node is not None:
        if isinstance(node, nodes.title | nodes.reference | nodes.caption | nodes.rubric):
            return True
        node = node.parent
    return False
