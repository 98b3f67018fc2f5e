"""The ladder: several implementations, or rungs, of the same fit, in the order of the course."""

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
        name: The rung's name, which its Python module, its gallery page and its tests share.
        title: The title of the page.
        change: What changes from the rung before it.
        folder: The gallery that contains its page.

    Examples:
        >>> RUNGS["autograd"].title
        'Autograd'
        >>> RUNGS["autograd"].page
        'gallery/two_layer/autograd'
    """

    name: str
    title: str
    change: str
    folder: str = "two_layer"

    @property
    def page(self) -> str:
        """The path of the rung's page on the site, without its extension."""
        return f"gallery/{self.folder}/{self.name}"

    @property
    def fit(self) -> Callable[..., Fit]:
        """The rung's ``fit`` function. Its Python module is imported on first use."""
        return cast("Callable[..., Fit]", import_module(f"{__name__}.{self.name}").fit)


_LADDER = (
    Rung("numpy_by_hand", "NumPy by hand", "Every line is yours"),
    Rung("tensors_by_hand", "Tensors by hand", "Tensors replace arrays, on any device"),
    Rung("autograd_by_hand", "Autograd by hand", "An engine that you write runs the backward pass"),
    Rung("autograd", "Autograd", "PyTorch's engine replaces yours"),
    Rung("custom_function", "Custom function", "The engine learns a ReLU of your own"),
    Rung("nn_sequential", "Layers in a row", "Layers store the weights and compute the products"),
    Rung("optimizers", "Optimizers", "An optimizer performs the update"),
    Rung("custom_module", "A module of your own", "Your own module replaces the row of layers"),
    Rung("dynamic_graph", "A graph that changes", "The graph can change at every step"),
    Rung("static_graph", "Static graph", "The forward pass is captured once"),
    Rung("data_parallel", "Data parallel", "Several processes share the batch", "scaling"),
)

#: The rungs by name, in order. Read-only.
#:
#: :meta hide-value:
RUNGS: Mapping[str, Rung] = MappingProxyType({rung.name: rung for rung in _LADDER})
