"""Type hints written in a short form lead to the API pages too.

The package imports what only type hints need for type checkers alone, so ``autodoc`` sees
``np.floating`` and ``NDArray`` as they are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx.ext.intersphinx import missing_reference

if TYPE_CHECKING:
    from docutils import nodes
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


def spell_out(name: str) -> str | None:
    """Give the full form of a name that is written in a usual short one.

    Args:
        name: A name such as ``np.maximum``.

    Returns:
        The full name, or ``None`` where no short form is known.
    """
    head, dot, rest = name.partition(".")
    if dot and head in ALIASES:
        return f"{ALIASES[head]}.{rest}"
    return NAMES.get(name)


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.reference | None:
    """Look up the full form of a reference that leads nowhere."""
    if node.get("refdomain") != "py":
        return None
    full = spell_out(node["reftarget"])
    if full is None:
        return None
    node["reftarget"] = full
    found: nodes.reference | None = missing_reference(app, env, node, contnode)
    return found
