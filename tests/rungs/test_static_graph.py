"""The static graph, however it is captured."""

from __future__ import annotations

import subprocess
import sys

import pytest
from agreement import assert_same_fit, reference_fit

from twolayer import random_problem
from twolayer.rungs.static_graph import fit


@pytest.mark.parametrize("capture", ["fx", "export", "compile"])
def test_every_capture_agrees_with_numpy(capture: str) -> None:
    """Each way to capture the graph gives NumPy's losses and weights over all 500 steps."""
    assert_same_fit(fit(random_problem(), capture=capture), reference_fit())  # type: ignore[arg-type]


def test_compiling_for_many_sizes_is_no_problem() -> None:
    """More sizes than torch.compile recompiles one function for still fit."""
    for size in range(1, 13):
        fit(random_problem(N=size, D_in=2, H=size, D_out=1), steps=1, capture="compile")


def test_no_capture_needs_a_compiler() -> None:
    """With no program on the PATH, and so no C++ compiler, every capture works."""
    code = """
from twolayer import random_problem
from twolayer.rungs.static_graph import fit
for capture in ("fx", "export", "compile"):
    fit(random_problem(), steps=2, capture=capture)
"""
    subprocess.run([sys.executable, "-c", code], env={"PATH": "", "CXX": "none"}, check=True)


def test_refuses_an_unknown_capture() -> None:
    """A capture that there isn't is answered with those there are."""
    with pytest.raises(ValueError, match="capture: 'jit' given; want one of 'fx', 'export', 'co"):
        fit(random_problem(), capture="jit")  # type: ignore[arg-type]
