"""The ladder: nine ways to fit the same network, in the order in which they are taught."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twolayer.fit import Fit

__all__ = ["RUNGS", "Rung"]


@dataclass(frozen=True)
class Rung:
    """One way to fit the network.

    Args:
        name: The rung's name: that of its module, its gallery page and its tests.
        title: What the page is called.
        removes: What this rung takes away from the work of the rung before.

    Examples:
        >>> RUNGS["autograd"].title
        'Autograd'
        >>> RUNGS["autograd"].page
        'gallery/two_layer/autograd'
    """

    name: str
    title: str
    removes: str

    @property
    def page(self) -> str:
        """The address of the rung's page on the site, without its ending."""
        return f"gallery/two_layer/{self.name}"

    @property
    def fit(self) -> Callable[..., Fit]:
        """The rung's ``fit`` function; its module is imported when it is first asked for."""
        return cast("Callable[..., Fit]", import_module(f"{__name__}.{self.name}").fit)


_LADDER = (
    Rung("numpy_by_hand", "NumPy by hand", "nothing: every line is yours"),
    Rung("tensors_by_hand", "Tensors by hand", "being tied to the CPU and to one library's arrays"),
    Rung("autograd", "Autograd", "the backward pass"),
    Rung("custom_function", "A custom Function", "the limit to operations that autograd knows"),
    Rung("static_graph", "A static graph", "building the graph anew at every step"),
    Rung("nn_sequential", "nn.Sequential", "the matrix products and their weights"),
    Rung("optimizers", "Optimizers", "the update"),
    Rung("custom_module", "An own Module", "the limit to layers in a row"),
    Rung("dynamic_graph", "A dynamic graph", "the limit to one graph for every step"),
)

#: The rungs by name, in the ladder's order; read-only.
RUNGS: Mapping[str, Rung] = MappingProxyType({rung.name: rung for rung in _LADDER})
