"""Links to files that only the finished site has: ``{site-file}`twolayer.epub```.

Sphinx knows nothing of them, so it can't check such links; ``tests/site`` does. A book has no such
files beside it: there the role gives the words alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxRole

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message

CLASS = "site-file"


def relative(docname: str, place: str) -> str:
    """Write where a file of the site lies, seen from a page.

    Args:
        docname: The page, such as ``reference/index``.
        place: The file's place in the site.

    Returns:
        The relative address.

    Examples:
        >>> relative("reference/index", "twolayer.epub")
        '../twolayer.epub'
    """
    return "../" * docname.count("/") + place


class SiteFile(SphinxRole):
    """The ``site-file`` role."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Make the link.

        Returns:
            A reference with the file's name as its text, and no messages.
        """
        literal = nodes.literal(self.text, self.text)
        address = relative(self.env.current_document.docname, self.text)
        link = nodes.reference("", "", literal, refuri=address, classes=[CLASS], internal=True)
        return [link], []
