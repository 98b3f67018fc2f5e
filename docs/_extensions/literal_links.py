"""Links from literals to what they name.

Gallery text writes plain ``literals``, so that downloads read well. On the site, a literal that
is a name of an API (``torch.relu``, ``np.maximum``) leads to its documentation, and one that is
the name of a rung to that page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from short_names import spell_out
from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

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
        for literal in list(self.document.findall(nodes.literal)):
            if _is_protected(literal):
                continue
            target = find_target(literal.astext(), pages, names)
            if target is None:
                continue
            link = self._link(docname, target, literal.deepcopy())
            link["classes"].append("literal-link")
            literal.replace_self(link)

    def _pages(self, docname: str) -> dict[str, Target]:
        """List the guides and the rungs' pages by name, without this page."""
        from twolayer.rungs import RUNGS  # noqa: PLC0415

        guides = (name for name in self.env.found_docs if "/" not in name and "_" in name)
        found = {name: Target(name, "", self.env.titles[name].astext()) for name in guides}
        for name, rung in RUNGS.items():
            if rung.page in self.env.found_docs and rung.page != docname:
                found[name] = Target(rung.page, "", rung.title)
        return found

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


def _is_protected(literal: nodes.Node) -> bool:
    """Tell whether a literal stands in a heading or in a link already."""
    node = literal.parent
    while node is not None:
        if isinstance(node, nodes.title | nodes.reference | nodes.caption | nodes.rubric):
            return True
        node = node.parent
    return False


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform.

    Args:
        app: The Sphinx application.

    Returns:
        What Sphinx wants to know of an extension.
    """
    app.add_post_transform(LiteralLinks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
