"""Links from literals to what they name.

Gallery text writes plain ``literals``, so that downloads read well. On the site, a literal that
is a name of an API (``torch.relu``, ``np.maximum``) leads to its documentation, and one that is
the name of a gallery page (``autograd``, ``creating``) or of a guide (``all_rungs``) becomes a link
to that page with the page's title.
A name that the page's own code uses for something else stays a literal, save in the line that says
which page is next.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes
from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.util.nodes import make_refnode

from twolayer_docs.course import EXERCISES
from twolayer_docs.links.names import spell_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

LEADS_ON = {"next", "practise", "back"}
"""The classes of paragraphs that say where to go on, or back."""
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class Target(NamedTuple):
    """Where a literal leads."""

    docname: str | None
    """A page of this site, or ``None``."""
    uri: str
    """The anchor on that page, or a whole address elsewhere."""
    title: str
    """The page's title, or what the reader sees on hovering over a name."""


def full_names(text: str) -> Iterator[str]:
    """Give the names that a literal may stand for: as written, then with a usual short form spelt out."""
    name = text.strip().removesuffix("()")
    if _NAME.fullmatch(name) is None:
        return
    yield name
    if "." in name and (full := spell_out(name)) is not None:
        yield full


def find_target(
    text: str, pages: Mapping[str, Target], names: Mapping[str, Target]
) -> Target | None:
    """Find where a literal leads: as a whole to a page, or as a dotted name to its documentation."""
    if text in pages:
        return pages[text]
    for name in full_names(text):
        if "." in name and name in names:
            return names[name]
    return None


def find_pages(docnames: Iterable[str]) -> dict[str, str]:
    """List the pages that a literal can name: a section's by their scripts, exercises, and guides.

    A lesson's exercises have its name, so theirs is said with the folder. A name that two pages have leads
    nowhere, since nothing tells which is meant.
    """
    found: dict[str, list[str]] = {}
    for docname in docnames:
        match docname.split("/"):
            case ["gallery", folder, "index"] if folder == EXERCISES:
                found.setdefault(EXERCISES, []).append(docname)
            case ["gallery", folder, name] if name != "index":
                said = f"{EXERCISES}/{name}" if folder == EXERCISES else name
                found.setdefault(said, []).append(docname)
            case [guide] if "_" in guide:
                found.setdefault(guide, []).append(docname)
    return {name: pages[0] for name, pages in found.items() if len(pages) == 1}


def names_in_code(blocks: Iterable[str]) -> set[str]:
    """List what stands in a page's blocks of Python as a name of its own, not after a dot, or as a whole string."""
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


def link_literals(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Turn the literals of a gallery page into links."""
    env, builder = app.env, app.builder
    if builder.format != "html" or not docname.startswith("gallery/"):
        return
    found = find_pages(env.found_docs - {docname})
    pages = {name: Target(page, "", env.titles[page].astext()) for name, page in found.items()}
    names = _documented_names(env, docname)
    used = names_in_code(block.astext() for block in document.findall(nodes.literal_block))
    unused = {name: page for name, page in pages.items() if name not in used}
    for literal in list(document.findall(nodes.literal)):
        known = pages if _tells_the_next_page(literal) else unused
        target = find_target(literal.astext(), known, names)
        if target is None or _is_protected(literal):
            continue
        place, child = target.docname, literal.deepcopy()
        if place is None:
            link = nodes.reference("", "", child, internal=False, refuri=target.uri)
            link["reftitle"] = target.title
            link["classes"].append("literal-link")
        elif target.uri:
            link = make_refnode(builder, docname, place, target.uri, child, target.title)
            link["classes"].append("literal-link")
        else:
            link = make_refnode(builder, docname, place, None, nodes.Text(target.title))
        literal.replace_self(link)


def _documented_names(env: BuildEnvironment, docname: str) -> dict[str, Target]:
    """List all documented names, in the inventories and on other pages than this one."""
    found = {
        name: Target(None, item.uri, name)
        for kind, entries in InventoryAdapter(env).main_inventory.items()
        if kind.startswith("py:")
        for name, item in entries.items()
    }
    for name, entry in env.domains.python_domain.objects.items():
        if entry.docname != docname:
            found[name] = Target(entry.docname, entry.node_id, name)
    return found


def _tells_the_next_page(literal: nodes.Node) -> bool:
    """Tell whether a literal stands in a paragraph that says where to go on, or back."""
    return isinstance(literal.parent, nodes.Element) and not LEADS_ON.isdisjoint(
        literal.parent["classes"]
    )


def _is_protected(literal: nodes.Node) -> bool:
    """Tell whether a literal stands in a heading or in a link already."""
    node = literal.parent
    while node is not None:
        if isinstance(node, nodes.title | nodes.reference | nodes.caption | nodes.rubric):
            return True
        node = node.parent
    return False
