"""Links from literals to what they name.

Gallery text writes plain ``literals``, so that downloads read well. On the site, a literal that is the name of
an API (``torch.relu``) leads to its documentation, and one that is the name of a gallery page (``autograd``,
``creating``) or of a guide (``all_rungs``) becomes a link to that page with the page's title.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.util.nodes import make_refnode

from twolayer_docs.course import EXERCISES
from twolayer_docs.pages.body import within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx


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


def link_literals(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Turn the literals of a gallery page into links."""
    env, builder = app.env, app.builder
    if builder.format != "html" or not docname.startswith("gallery/"):
        return
    pages = find_pages(env.found_docs - {docname})
    apis = ChainMap(*InventoryAdapter(env).main_inventory.values())
    for literal in list(document.findall(nodes.literal)):
        text = literal.astext()
        name = text.removesuffix("()")
        if within(literal, nodes.title | nodes.reference | nodes.caption | nodes.rubric):
            continue
        if text in pages:
            title = nodes.Text(env.titles[pages[text]].astext())
            literal.replace_self(make_refnode(builder, docname, pages[text], None, title))
        elif "." in name and name in apis:
            link = nodes.reference("", "", literal.deepcopy(), refuri=apis[name].uri, reftitle=name)
            link["classes"].append("literal-link")
            literal.replace_self(link)
