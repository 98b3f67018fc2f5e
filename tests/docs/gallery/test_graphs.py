"""Pictures of autograd's graphs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import torch

from twolayer.graph import Graph, walk
from twolayer_docs.gallery.graphs import describe, draw, names_of, printed, scrape

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pages.expectations import Run

GALLERY = Path(__file__).resolve().parents[3] / "gallery"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def page() -> dict[str, Any]:
    """The variables of a page that computed a loss."""
    x = torch.ones(4, 3)
    w1 = torch.ones(3, 2, requires_grad=True)
    return {"__name__": "page", "x": x, "w1": w1, "loss": (x @ w1).relu().sum()}


def drawing(graph: Graph) -> ET.Element:
    """A graph's picture, parsed."""
    (svg,) = ET.fromstring(draw(graph))
    return svg


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("print_graph(loss)", ["loss"]),
        ("loss = f(x)\nprint_graph(loss.grad_fn)", ["loss"]),
        ("print_graph(a)\nprint(1)\nprint_graph(b, 'more')", ["a", "b"]),
        ("def print_graph(a):\n    print_graph(a)", []),
        ("print(loss)", []),
        ("print_graph(f(x))", []),
        ("other.print_graph(loss)", []),
    ],
)
def test_cells_that_print_a_graph(code: str, names: list[str]) -> None:
    """A cell's own statements that call ``print_graph`` on a variable are found."""
    assert names == printed(code)


def test_a_cell_is_drawn_from_the_pages_objects(page: dict[str, Any]) -> None:
    """What a cell printed is drawn as raw HTML, with the page's names; other cells give nothing."""
    rst = scrape(("code", "print_graph(loss)", 1), {"example_globals": page}, {})

    assert rst.startswith("\n.. raw:: html\n\n   <div")
    assert "AccumulateGrad</text>" in rst
    assert "w1 (3, 2)" in rst
    assert "keeps self: x (4, 3)" in rst
    assert scrape(("code", "print(1)", 1), {"example_globals": page}, {}) == ""


def test_the_picture_has_every_function_and_arrow(page: dict[str, Any]) -> None:
    """A picture has a box for the result and each function, and an arrow for each edge."""
    graph = walk(page["loss"], page | {"__name__": page["x"]})
    svg = drawing(graph)
    groups = [group.get("class", "").split() for group in svg.iter(f"{SVG}g")]

    assert groups.count(["edge"]) == 1 + len(graph.edges)
    assert groups.count(["node", "result"]) == 1
    assert groups.count(["node", "leaf"]) == len(graph.leaves)
    assert groups.count(["node", "operation"]) == len(graph.nodes) - len(graph.leaves)


def test_the_picture_is_ready_for_a_page(page: dict[str, Any]) -> None:
    """A picture brings no colours, ids, fonts or tooltips of its own, and describes itself."""
    graph = walk(page["loss"], names_of(page, first="loss"))
    svg = drawing(graph)

    assert svg.get("role") == "img"
    assert svg.get("aria-label") == describe(graph)
    own = {"id", "fill", "stroke", "font-family"}
    assert all(own.isdisjoint(element.attrib) for element in svg.iter())
    assert not list(svg.iter(f"{SVG}title"))
    box = svg.get("viewBox", "").split()
    assert float(svg.get("width", "")) == pytest.approx(float(box[2]) * 1.25, abs=1)
    assert float(svg.get("height", "")) == pytest.approx(float(box[3]) * 1.25, abs=1)


def test_the_description_names_ends_and_counts(page: dict[str, Any]) -> None:
    """In words: the result, how many functions and arrows, and the leaves."""
    assert describe(walk(page["loss"], {"loss": page["loss"], "w1": page["w1"]})) == (
        "Graph of loss, drawn from its grad_fn: 4 functions, 3 arrows, from SumBackward0 down to "
        "the leaves w1 (3, 2). The text printed beside it lists the functions."
    )


def test_two_drawings_are_the_same(page: dict[str, Any]) -> None:
    """The same graph gives the same picture each time."""
    graph = walk(page["loss"])
    assert draw(graph) == draw(graph)


def test_names_are_variables_and_paths() -> None:
    """Tensors are named after their variables, parameters after their path in the module."""
    layer = torch.nn.Linear(2, 1)
    loss = layer(torch.ones(1, 2)).sum()
    names = names_of({"_": loss, "net": layer, "loss": loss, "t": 3}, first="loss")
    assert {name: id(tensor) for name, tensor in names.items()} == {
        "loss": id(loss),
        "weight": id(layer.weight),
        "bias": id(layer.bias),
    }


def test_the_pages_walk_as_the_package_does(runs: Callable[[Path], Run]) -> None:
    """The graph that two pages print for the ladder's loss is the one that the package walks."""
    x, y = torch.ones(8, 5), torch.ones(8, 2)
    w1 = torch.ones(5, 4, requires_grad=True)
    w2 = torch.ones(4, 2, requires_grad=True)
    loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
    penalized = loss + w2.pow(2).sum()
    for folder, name, result in (
        ("two_layer", "autograd", loss),
        ("autograd", "graph", loss),
        ("autograd", "graph", penalized),
    ):
        lines = str(walk(result, {"w1": w1, "w2": w2})).splitlines()
        text = "\n".join(line.partition(" (")[0] for line in lines)
        assert f"\n{text}\n" in "\n" + runs(GALLERY / folder / f"{name}.py").done.stdout
