"""Names that lead somewhere although Sphinx doesn't know them: short forms of APIs, and files of the finished site.

The package imports what only type hints need for type checkers alone, so ``autodoc`` sees ``np.floating``
and ``NDArray`` as they are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.ext.intersphinx import missing_reference
from sphinx.util.docutils import SphinxRole

from twolayer_docs.translation.catalogues import LANGUAGE

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

ALIASES = {
    "np": "numpy",
    "npt": "numpy.typing",
    "plt": "matplotlib.pyplot",
    "nn": "torch.nn",
    "optim": "torch.optim",
    "F": "torch.nn.functional",
    "autograd": "torch.autograd",
    "Tensor": "torch.Tensor",
}
NAMES = {
    "NDArray": "numpy.typing.NDArray",
    "ArrayLike": "numpy.typing.ArrayLike",
    "DTypeLike": "numpy.typing.DTypeLike",
    "Matrix": "numpy.typing.NDArray",
    "Callable": "collections.abc.Callable",
    "Iterable": "collections.abc.Iterable",
    "Iterator": "collections.abc.Iterator",
    "Mapping": "collections.abc.Mapping",
    "Sequence": "collections.abc.Sequence",
    "Any": "typing.Any",
    "Literal": "typing.Literal",
    "Path": "pathlib.Path",
    "MappingProxyType": "types.MappingProxyType",
    "Tensor": "torch.Tensor",
    "Module": "torch.nn.Module",
    "Optimizer": "torch.optim.Optimizer",
}
SITE_FILE = "site-file"


def spell_out(name: str) -> str | None:
    """Give the full form of a name such as ``np.maximum``, if it is written in a usual short one."""
    head, dot, rest = name.partition(".")
    if dot and head in ALIASES:
        return f"{ALIASES[head]}.{rest}"
    return NAMES.get(name)


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.reference | None:
    """Look up the full form of a reference that leads nowhere."""
    full = spell_out(node["reftarget"])
    if node.get("refdomain") != "py" or full is None:
        return None
    node["reftarget"] = full
    found: nodes.reference | None = missing_reference(app, env, node, contnode)
    return found


class SiteFile(SphinxRole):
    """The role ``site-file``: a link to a file that only the finished site has, from its root.

    Sphinx can't check it; ``tests/site`` does. In a book, which has no such files, the words alone stay.
    """

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Make the link, with the file's name as its text."""
        literal = nodes.literal(self.text, self.text)
        # The Chinese site is in a folder, and the files are in the root.
        up = "../" * (
            self.env.current_document.docname.count("/") + (self.config.language == LANGUAGE)
        )
        link = nodes.reference("", "", literal, refuri=up + self.text, internal=True)
        link["classes"].append(SITE_FILE)
        return [link], []
