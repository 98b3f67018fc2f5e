"""The static graph, however it is captured."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from typing import Any
from unittest.mock import MagicMock

import pytest
import torch

from tests.pages.expectations import EXPECTED
from tests.rungs.agreement import assert_same_fit, reference_fit
from twolayer import random_problem
from twolayer.rungs.static_graph import fit


@pytest.mark.parametrize("capture", ["fx", "export", "compile"])
def test_every_capture_agrees_with_numpy(capture: str) -> None:
    """Each way to capture the graph gives NumPy's losses and weights over all 500 steps."""
    assert_same_fit(fit(random_problem(), capture=capture), reference_fit())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "used"),
    [
        ({}, ["fx"]),
        ({"capture": "fx"}, ["fx"]),
        ({"capture": "export"}, ["export"]),
        ({"capture": "compile"}, ["fx", "compile"]),
    ],
)
def test_every_capture_is_by_its_own_tool(
    options: dict[str, Any], used: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name chooses what captures the graph, and ``torch.compile`` is to take all of it."""
    tools = {
        "fx": (torch.fx, "symbolic_trace"),
        "export": (torch.export, "export"),
        "compile": (torch, "compile"),
    }
    spies = {name: MagicMock(wraps=getattr(*tool)) for name, tool in tools.items()}
    for name, (module, attribute) in tools.items():
        monkeypatch.setattr(module, attribute, spies[name])
    fit(random_problem(N=2, D_in=3, H=2, D_out=1), steps=1, **options)
    assert [name for name, spy in spies.items() if spy.called] == used
    if "compile" in used:
        whole = {"backend": "aot_eager", "fullgraph": True, "dynamic": False}
        assert spies["compile"].call_args.kwargs == whole


def test_compiling_for_many_sizes_is_no_problem() -> None:
    """More sizes than torch.compile recompiles one function for still fit."""
    for size in range(1, 13):
        fit(random_problem(N=size, D_in=2, H=size, D_out=1), steps=1, capture="compile")


def test_compiling_keeps_nothing() -> None:
    """After a fit no more graphs are there than before it."""

    def graphs() -> int:
        gc.collect()
        return sum(issubclass(type(each), torch.fx.Graph) for each in gc.get_objects())

    problem = random_problem(N=4, D_in=5, H=3, D_out=2)
    fit(problem, steps=1, capture="compile")
    before = graphs()
    fit(problem, steps=1, capture="compile")
    assert graphs() == before


def test_no_capture_needs_a_compiler() -> None:
    """With no program on the PATH, and so no C++ compiler, every capture works."""
    code = """
from twolayer import random_problem
from twolayer.rungs.static_graph import fit
for capture in ("fx", "export", "compile"):
    fit(random_problem(), steps=2, capture=capture)
"""
    without = {**os.environ, "PATH": "", "CXX": "none"}
    subprocess.run([sys.executable, "-c", code], env=without, check=True)


def test_refuses_an_unknown_capture() -> None:
    """A capture that there isn't is answered with those there are."""
    with pytest.raises(ValueError, match="capture: 'jit' given; want one of 'fx', 'export', 'co"):
        fit(random_problem(), capture="jit")  # type: ignore[arg-type]


class _Product(torch.nn.Module):
    """The network's first product."""

    def forward(self, x: torch.Tensor, w1: torch.Tensor) -> torch.Tensor:
        """Multiply."""
        return x @ w1


class _Halve(torch.nn.Module):
    """A loop whose number of turns depends on the values."""

    def forward(self, h: torch.Tensor) -> tuple[torch.Tensor]:
        """Halve until the norm is at most 1."""
        halved: tuple[torch.Tensor] = torch.while_loop(
            lambda h: h.norm() > 1, lambda h: (h / 2,), (h,)
        )
        return halved


def _printed() -> list[str]:
    """What the page prints, which the tests of the gallery hold it to."""
    return (EXPECTED / "two_layer" / "static_graph.txt").read_text(encoding="utf-8").splitlines()


def test_an_exported_graph_refuses_another_number_of_rows() -> None:
    """An exported graph names the size that it was captured with when it gets another."""
    w1 = torch.ones(3, 2)
    graph = torch.export.export(_Product(), (torch.ones(5, 3), w1)).module()

    assert torch.equal(graph(torch.ones(5, 3), w1), torch.full((5, 2), 3.0))
    with pytest.raises((AssertionError, RuntimeError, ValueError), match=r"\b5\b"):
        graph(torch.ones(4, 3), w1)
    assert "32 rows are refused; the error names 64" in _printed()


def test_a_named_size_stays_open_and_the_same_in_all_inputs() -> None:
    """With a Dim the exported graph takes any number of rows, if all inputs with it agree."""

    class Sum(torch.nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return (x - y).pow(2).sum()

    rows = {0: torch.export.Dim("N")}
    inputs = (torch.ones(5, 3), torch.zeros(5, 3))
    graph = torch.export.export(Sum(), inputs, dynamic_shapes={"x": rows, "y": rows}).module()

    for n in (2, 4, 7):
        assert graph(torch.ones(n, 3), torch.zeros(n, 3)).item() == 3 * n
    with pytest.raises((AssertionError, RuntimeError, ValueError)):
        graph(torch.ones(4, 3), torch.zeros(2, 3))
    assert "32 rows: loss 1.535e+07" in _printed()


@pytest.mark.parametrize(("start", "turns"), [(0.5, 0), (1.5, 1), (1000.0, 10)])
def test_a_while_loop_in_a_graph_runs_on_the_values(start: float, turns: int) -> None:
    """One exported graph with a loop makes as many turns as its input needs."""
    graph = torch.export.export(_Halve(), (torch.tensor([8.0]),))
    names = [node.name for node in graph.graph.nodes if node.op == "call_function"]
    (h,) = graph.module()(torch.tensor([start]))

    assert "while_loop" in names
    assert h.item() == start / 2**turns


def test_torch_export_refuses_a_loop_on_values_in_python() -> None:
    """A Python ``while`` on a tensor's value can't be captured, so it needs the operation."""

    class Loop(torch.nn.Module):
        def forward(self, h: torch.Tensor) -> torch.Tensor:
            while h.norm() > 1:
                h = h / 2
            return h

    with pytest.raises((RuntimeError, ValueError), match="data-dependent"):
        torch.export.export(Loop(), (torch.tensor([8.0]),))


def test_cond_and_while_loop_are_public_prototypes_and_scan_is_not_public() -> None:
    """Of the three operations two have a name in torch, both called prototypes there."""
    assert hasattr(torch, "cond")
    assert hasattr(torch, "while_loop")
    assert not hasattr(torch, "scan")
    for operation in (torch.cond, torch.while_loop):
        assert "prototype" in (operation.__doc__ or "")
    assert "public: cond while_loop" in _printed()
