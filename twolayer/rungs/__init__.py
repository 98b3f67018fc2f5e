"""The ladder: ways to fit the same network, in the order in which they are taught."""

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
        name: The rung's name: that of its Python module, its gallery page and its tests.
        title: What the page is called.
        removes: What this rung takes away from the work of the rung before.
        folder: The gallery that its page is in.

    Examples:
        >>> RUNGS["autograd"].title
        'Autograd'
        >>> RUNGS["autograd"].page
        'gallery/two_layer/autograd'
    """

    name: str
    title: str
    removes: str
    folder: str = "two_layer"

    @property
    def page(self) -> str:
        """The address of the rung's page on the site, without its ending."""
        return f"gallery/{self.folder}/{self.name}"

    @property
    def fit(self) -> Callable[..., Fit]:
        """The rung's ``fit`` function; its Python module is imported when it is first asked for."""
        return cast("Callable[..., Fit]", import_module(f"{__name__}.{self.name}").fit)


_LADDER = (
    Rung("numpy_by_hand", "NumPy by hand", "nothing: every line is yours"),
    Rung("tensors_by_hand", "Tensors by hand", "NumPy, and being tied to the CPU"),
    Rung("autograd_by_hand", "Autograd by hand", "the backward pass written for this one network"),
    Rung("autograd", "Autograd", "the engine that you wrote"),
    Rung("custom_function", "Custom function", "the built-in ReLU, for one of your own"),
    Rung(
        "nn_sequential", "Layers in a row", "the weights, the products and the formula of the loss"
    ),
    Rung("optimizers", "Optimizers", "the update"),
    Rung("custom_module", "A module of your own", "the fixed row of layers"),
    Rung("dynamic_graph", "A graph that changes", "the fixed graph"),
    Rung("static_graph", "Static graph", "the forward lines from the loop"),
    Rung("data_parallel", "Data parallel", "the one process that has the whole batch", "scaling"),
)

#: The rungs by name, in the ladder's order; read-only.
#:
#: :meta hide-value:
RUNGS: Mapping[str, Rung] = MappingProxyType({rung.name: rung for rung in _LADDER})
