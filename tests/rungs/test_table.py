"""The table of rungs, which holds the ladder's order."""

from __future__ import annotations

import pytest

from twolayer.rungs import RUNGS

ORDER = """
    numpy_by_hand tensors_by_hand autograd_by_hand autograd custom_function nn_sequential
    optimizers custom_module dynamic_graph static_graph data_parallel
"""


def test_has_the_rungs_in_order() -> None:
    """The ladder climbs from NumPy by hand to a graph that is captured once, and on to several processes."""
    assert list(RUNGS) == ORDER.split()


def test_is_read_only() -> None:
    """Nobody takes a rung out of the ladder."""
    with pytest.raises(TypeError):
        RUNGS["autograd"] = RUNGS["optimizers"]  # type: ignore[index]


@pytest.mark.parametrize("name", RUNGS)
def test_a_rung_has_one_name(name: str) -> None:
    """A rung's key, name, module and page are the same word."""
    rung = RUNGS[name]
    assert rung.name == name
    assert rung.fit.__module__ == f"twolayer.rungs.{name}"
    assert rung.page == f"gallery/{'scaling' if name == 'data_parallel' else 'two_layer'}/{name}"
