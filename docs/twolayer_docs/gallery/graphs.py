"""Pictures of autograd's graphs, drawn from the objects that a gallery page made.

Where a cell prints a graph with its page's own ``print_graph``, the tensor that it gave is walked with
:mod:`twolayer.graph`, and Graphviz lays the graph out. The style sheet gives the colours, for both themes.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sysconfig
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from twolayer.graph import Graph

CALL = "print_graph"
_SVG = "http://www.w3.org/2000/svg"
# A little less than a browser's 4 / 3: text of 11 points gets 13.75 pixels.
_PIXELS_PER_POINT = 1.25


def scrape(block: Any, block_vars: dict[str, Any], _gallery_conf: dict[str, Any]) -> str:
    """Draw the graphs that a cell printed, for sphinx-gallery, which calls this after each cell."""
    names = printed(block[1])
    if not names:
        return ""
    # Importing torch takes longer than a build in which no script runs.
    from twolayer.graph import walk  # noqa: PLC0415

    page = block_vars["example_globals"]
    parts = []
    for name in names:
        graph = walk(page[name], names_of(page, first=name))
        picture = textwrap.indent(draw(graph), "   ")
        parts.append(f"\n.. raw:: html\n\n{picture}\n\n")
    return "".join(parts)


def printed(code: str) -> list[str]:
    r"""List the variables whose graph a cell prints.

    Examples:
        >>> printed("print_graph(loss)\nprint_graph(other.grad_fn)")
        ['loss', 'other']
    """
    names = []
    for statement in ast.parse(code).body:
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Name(id=called), args=[argument, *_])):
                if isinstance(argument, ast.Attribute) and argument.attr == "grad_fn":
                    argument = argument.value
                if called == CALL and isinstance(argument, ast.Name):
                    names.append(argument.id)
    return names


def names_of(page: Mapping[str, Any], *, first: str) -> dict[str, torch.Tensor]:
    """Name the tensors of a page: variables by their name, ``first`` before all others, parameters by their path."""
    import torch  # noqa: PLC0415  (see scrape)

    names: dict[str, torch.Tensor] = {first: page[first]}
    for name, value in page.items():
        if name.startswith("_"):
            continue
        if isinstance(value, torch.Tensor):
            names.setdefault(name, value)
        elif isinstance(value, torch.nn.Module):
            for path, parameter in value.named_parameters():
                names.setdefault(path, parameter)
    return names


def draw(graph: Graph) -> str:
    """Draw a graph: a box that scrolls, with an SVG without colours of its own."""
    program = Path(sysconfig.get_path("scripts")) / "graphviz-pure"
    done = subprocess.run(  # noqa: S603
        [str(program), "-Tsvg"], input=graph.to_dot(), capture_output=True, text=True, check=True
    )
    # The keyboard can scroll the box, as it can blocks of code.
    return f'<div class="graph-picture" tabindex="0">\n{_for_page(done.stdout, graph)}\n</div>'


def describe(graph: Graph) -> str:
    """Put a graph into words for those who can't see its picture."""
    leaves = ", ".join(f"{leaf.name or 'a tensor'} {leaf.shape}" for leaf in graph.leaves)
    return (
        f"Graph of {graph.name or 'the result'}, drawn from its grad_fn: {len(graph.nodes)} "
        f"functions, {len(graph.edges)} arrows, from {graph.nodes[0].function} down to the "
        f"leaves {leaves}. The text printed beside it lists the functions."
    )


def _for_page(svg: str, graph: Graph) -> str:
    """Take from Graphviz's drawing what the page gives, or what pages must not repeat."""
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)  # noqa: S314 - made here
    for parent in root.iter():
        for child in list(parent):
            is_background = child.tag == f"{{{_SVG}}}polygon" and child.get("fill") == "white"
            if child.tag == f"{{{_SVG}}}title" or is_background:
                parent.remove(child)
    for element in root.iter():
        for attribute in ("id", "font-family", "fill", "stroke"):
            element.attrib.pop(attribute, None)
        for attribute in [name for name in element.attrib if name.startswith("{")]:
            del element.attrib[attribute]
    for side in ("width", "height"):
        points = float(root.attrib[side].removesuffix("pt"))
        root.set(side, f"{points * _PIXELS_PER_POINT:.0f}")
    root.set("role", "img")
    root.set("aria-label", describe(graph))
    text = ET.tostring(root, encoding="unicode")
    return re.sub(r">\s+<", "><", text)
