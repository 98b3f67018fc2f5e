"""Autograd's graph, which ``backward`` follows: walk it from ``grad_fn``, then print or draw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch

from twolayer import checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: The name of a tensor that was given no name.
_UNNAMED = "a tensor"


@dataclass(frozen=True)
class Saved:
    """A tensor that a function saves for its part of the backward pass.

    Args:
        argument: The function's name for it, such as ``"self"``, ``"mat2"`` or ``"result"``. For a
            ``torch.autograd.Function`` of your own, its position.
        shape: Its shape, or None if the tensor is no longer available.
        name: Its name among those given to :func:`walk`, or None.
        state: ``"held"``, or ``"freed"`` once ``backward`` has run, or ``"changed"`` if the tensor
            has been changed in place, so that ``backward`` would raise an error.
    """

    argument: str
    shape: tuple[int, ...] | None
    name: str | None
    state: Literal["held", "freed", "changed"]

    def __str__(self) -> str:
        """Describe the saved tensor in one phrase."""
        if self.shape is None:
            return f"{self.argument}: {self.state}"
        return f"{self.argument}: {' '.join(filter(None, [self.name, str(self.shape)]))}"


@dataclass(frozen=True)
class Node:
    """A function in the graph.

    Args:
        function: Its name, such as ``"MmBackward0"``. The function that adds to a leaf's ``grad`` is
            ``"AccumulateGrad"``.
        shape: For ``"AccumulateGrad"``, the leaf's shape. Otherwise None.
        name: For ``"AccumulateGrad"``, the leaf's name among those given to :func:`walk`, if any.
            Otherwise None.
        saved: The tensors that it saves.
        inputs: For each input of the operation, the index in ``Graph.nodes`` of the function that
            made it, or None for an input that needs no gradient.
    """

    function: str
    shape: tuple[int, ...] | None
    name: str | None
    saved: tuple[Saved, ...]
    inputs: tuple[int | None, ...]

    @property
    def is_leaf(self) -> bool:
        """Whether this is a leaf, where the graph ends."""
        return self.shape is not None

    def __str__(self) -> str:
        """Name the function, and its leaf if it has one."""
        return " ".join(map(str, filter(None, [self.function, self.name, self._leaf_shape()])))

    def _leaf_shape(self) -> str:
        return "" if self.shape is None else str(self.shape)


@dataclass(frozen=True)
class Graph:
    """The functions that ``backward`` would call for one result.

    The graph holds names and shapes only, so it keeps no tensor alive.

    Args:
        nodes: The functions. The first one made the result. The others follow breadth first, with
            the inputs of each from left to right.
        shape: The shape of the result.
        name: Its name among those given to :func:`walk`, or None.
    """

    nodes: tuple[Node, ...]
    shape: tuple[int, ...]
    name: str | None

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes at which the graph ends."""
        return tuple(node for node in self.nodes if node.is_leaf)

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Each pair of functions, as indices in ``nodes``, where the first passes a gradient to the second."""
        return tuple(
            (place, target)
            for place, node in enumerate(self.nodes)
            for target in node.inputs
            if target is not None
        )

    def __str__(self) -> str:
        """Write one function per line, indented below the function that passes a gradient to it.

        If a function is reached several times, its own inputs follow only the first time. After
        that, its line ends in ``(above)``.
        """
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        seen: set[int] = set()
        waiting = [(0, 0)]
        while waiting:
            place, depth = waiting.pop()
            node = self.nodes[place]
            yield "    " * depth + str(node) + (" (above)" if place in seen else "")
            if place not in seen:
                seen.add(place)
                targets = [target for target in node.inputs if target is not None]
                waiting += [(target, depth + 1) for target in reversed(targets)]

    def to_dot(self) -> str:
        r"""Write the graph in DOT, the language of Graphviz.

        The result is at the top. The arrows point the way that ``backward`` goes, down to the leaves.
        Each node has a class for style sheets: ``result``, ``operation`` or ``leaf``.

        Returns:
            A ``digraph``. The text is the same in every run.

        Examples:
            >>> w = torch.ones(3, requires_grad=True)
            >>> print(walk((w * w).sum(), {"w": w}).to_dot())
            digraph {
                graph [ranksep=0.3, nodesep=0.2]
                node [shape=box, fontname="Arimo", fontsize=11, margin="0.15,0.06"]
                edge [arrowsize=0.6]
                result [class="result", style=rounded, label="the result ()"]
                n0 [class="operation", label="SumBackward0"]
                n1 [class="operation", label="MulBackward0\nkeeps other: w (3,)\nkeeps self: w (3,)"]
                n2 [class="leaf", style=rounded, label="AccumulateGrad\nw (3,)"]
                result -> n0
                n0 -> n1
                n1 -> n2
                n1 -> n2
            }
        """
        title = _quoted([f"{self.name or 'the result'} {self.shape}"])
        lines = [
            "graph [ranksep=0.3, nodesep=0.2]",
            'node [shape=box, fontname="Arimo", fontsize=11, margin="0.15,0.06"]',
            "edge [arrowsize=0.6]",
            f'result [class="result", style=rounded, label={title}]',
        ]
        for place, node in enumerate(self.nodes):
            words = [node.function, *(f"keeps {saved}" for saved in node.saved)]
            if node.is_leaf:
                words.append(f"{node.name or _UNNAMED} {node.shape}")
            kind = 'class="leaf", style=rounded' if node.is_leaf else 'class="operation"'
            lines.append(f"n{place} [{kind}, label={_quoted(words)}]")
        lines.append("result -> n0")
        lines += [f"n{start} -> n{end}" for start, end in self.edges]
        return "\n".join(["digraph {", *(f"    {line}" for line in lines), "}"])


def walk(result: torch.Tensor, names: Mapping[str, torch.Tensor] | None = None) -> Graph:
    """Walk the graph of a result, from its ``grad_fn`` along ``next_functions`` to the leaves.

    Call it before ``backward``, which frees the saved tensors.

    Args:
        result: The tensor to start from, of any shape.
        names: Names for tensors, to show in the graph. A tensor that isn't in the graph is ignored.

    Returns:
        The graph.

    Raises:
        TypeError: If ``result`` is not a tensor, or ``names`` doesn't map strings to tensors.
        ValueError: If ``result`` has no graph. The message says how to get one.

    Examples:
        >>> x, w = torch.ones(2, 3), torch.ones(3, 1, requires_grad=True)
        >>> loss = (x @ w).pow(2).sum()
        >>> graph = walk(loss, {"x": x, "w": w})
        >>> print(graph)
        SumBackward0
            PowBackward0
                MmBackward0
                    AccumulateGrad w (3, 1)
        >>> [str(saved) for saved in graph.nodes[2].saved]
        ['self: x (2, 3)']
        >>> walk(x)
        Traceback (most recent call last):
            ...
        ValueError: result: a tensor of shape (2, 3) without a graph given; want one computed from a
        tensor that requires a gradient. Call requires_grad_() on that tensor before you compute, and
        compute outside torch.no_grad
    """
    checks.instance("result", result, torch.Tensor)
    known = {} if names is None else dict(names)
    for name, tensor in known.items():
        checks.instance("names", name, str)
        checks.instance(f"names[{name!r}]", tensor, torch.Tensor)
    if result.grad_fn is None:
        raise ValueError(_no_graph(result))

    places: dict[Any, int] = {result.grad_fn: 0}
    functions = [result.grad_fn]
    for function in functions:  # grows while it is walked
        for before, _ in function.next_functions:
            if before is not None and before not in places:
                places[before] = len(functions)
                functions.append(before)
    nodes = tuple(_node(function, places, known) for function in functions)
    return Graph(nodes, tuple(result.shape), _name(result, known))


def _node(function: Any, places: Mapping[Any, int], known: Mapping[str, torch.Tensor]) -> Node:
    leaf = getattr(function, "variable", None)
    return Node(
        function=function.name().rpartition("::")[2],
        shape=None if leaf is None else tuple(leaf.shape),
        name=None if leaf is None else _name(leaf, known),
        saved=tuple(_saved(function, known)),
        inputs=tuple(places.get(before) for before, _ in function.next_functions),
    )


def _saved(function: Any, known: Mapping[str, torch.Tensor]) -> Iterator[Saved]:
    """List what a function saves: built-in functions have an attribute for each tensor."""
    for attribute in dir(function):
        if attribute.startswith("_saved_"):
            argument = attribute.removeprefix("_saved_")
            try:
                value = getattr(function, attribute)
            except RuntimeError as error:
                yield Saved(argument, None, None, _lost(error))
            else:
                yield from _held(argument, value, known)
    if hasattr(type(function), "saved_tensors"):  # a custom Function
        try:
            values = function.saved_tensors
        except RuntimeError as error:
            yield Saved("saved_tensors", None, None, _lost(error))
        else:
            for place, value in enumerate(values):
                yield from _held(str(place), value, known)


def _held(argument: str, value: Any, known: Mapping[str, torch.Tensor]) -> Iterable[Saved]:
    """Describe one attribute: a tensor, several tensors, or something else."""
    if isinstance(value, torch.Tensor):
        return [Saved(argument, tuple(value.shape), _name(value, known), "held")]
    if isinstance(value, list | tuple):
        parts = [(f"{argument}[{i}]", part) for i, part in enumerate(value)]
        return [
            Saved(name, tuple(part.shape), _name(part, known), "held")
            for name, part in parts
            if isinstance(part, torch.Tensor)
        ]
    return []


def _lost(error: RuntimeError) -> Literal["freed", "changed"]:
    return "changed" if "modified by an inplace operation" in str(error) else "freed"


def _name(tensor: torch.Tensor, known: Mapping[str, torch.Tensor]) -> str | None:
    """Find a tensor's name: the same object first, then one that shares its memory."""
    for name, other in known.items():
        if other is tensor:
            return name
    for name, other in known.items():
        if _same_memory(tensor, other):
            return name
    return None


def _same_memory(first: torch.Tensor, second: torch.Tensor) -> bool:
    return (
        first.numel() > 0
        and first.layout == second.layout == torch.strided
        and (first.shape, first.stride()) == (second.shape, second.stride())
        and (first.dtype, first.device) == (second.dtype, second.device)
        and first.device.type != "meta"
        and first.data_ptr() == second.data_ptr()
    )


def _no_graph(tensor: torch.Tensor) -> str:
    shape = tuple(tensor.shape)
    if tensor.requires_grad:
        return (
            f"result: a leaf of shape {shape} given; want a result, so compute something from it, "
            "outside torch.no_grad, and pass that"
        )
    return (
        f"result: a tensor of shape {shape} without a graph given; want one computed from a "
        "tensor that requires a gradient. Call requires_grad_() on that tensor before you compute, "
        "and compute outside torch.no_grad"
    )


def _quoted(lines: list[str]) -> str:
    """Write lines as a DOT string."""
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(escaped) + '"'
