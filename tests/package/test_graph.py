"""The walk along ``grad_fn``: what it meets, what it says, what it refuses."""

from __future__ import annotations

import gc
import itertools
import re
import weakref
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.checkpoint import checkpoint

from twolayer.graph import Graph, _name, walk


class Double(torch.autograd.Function):
    """A function of the reader's own that keeps its input and its output."""

    @staticmethod
    def forward(x: torch.Tensor) -> torch.Tensor:
        """Double it."""
        return 2 * x

    @staticmethod
    def setup_context(
        ctx: torch.autograd.function.FunctionCtx, inputs: tuple[torch.Tensor], output: torch.Tensor
    ) -> None:
        """Keep both."""
        ctx.save_for_backward(*inputs, output)

    @staticmethod
    def backward(_ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        """Double the gradient."""
        return 2 * grad


def double(x: torch.Tensor) -> torch.Tensor:
    """Call the function."""
    result: torch.Tensor = Double.apply(x)  # type: ignore[no-untyped-call]
    return result


def ladder(N: int, D_in: int, H: int, D_out: int) -> dict[str, torch.Tensor]:
    """The ladder's tensors and its loss."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(N, D_in, generator=generator)
    w1 = torch.randn(D_in, H, generator=generator).requires_grad_()
    w2 = torch.randn(H, D_out, generator=generator).requires_grad_()
    y = torch.randn(N, D_out, generator=generator)
    loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
    return {"x": x, "y": y, "w1": w1, "w2": w2, "loss": loss}


@given(st.tuples(*[st.integers(1, 50)] * 4))
def test_the_ladders_graph(sizes: tuple[int, int, int, int]) -> None:
    """The functions, the leaves and the kept tensors have the names and shapes of the network."""
    N, D_in, H, D_out = sizes
    tensors = ladder(*sizes)
    graph = walk(tensors["loss"], tensors)

    assert str(graph).splitlines() == [
        "SumBackward0",
        "    PowBackward0",
        "        SubBackward0",
        "            MmBackward0",
        "                ReluBackward0",
        "                    MmBackward0",
        f"                        AccumulateGrad w1 ({D_in}, {H})",
        f"                AccumulateGrad w2 ({H}, {D_out})",
    ]
    kept = {(node.function, str(saved)) for node in graph.nodes for saved in node.saved}
    assert kept == {
        ("PowBackward0", f"self: ({N}, {D_out})"),
        ("MmBackward0", f"mat2: w2 ({H}, {D_out})"),
        ("MmBackward0", f"self: ({N}, {H})"),
        ("ReluBackward0", f"result: ({N}, {H})"),
        ("MmBackward0", f"self: x ({N}, {D_in})"),
    }
    assert (graph.name, graph.shape) == ("loss", ())


def test_inputs_without_a_gradient_have_no_node() -> None:
    """For an input that needs no gradient there is None in its place, and no edge."""
    tensors = ladder(4, 3, 2, 1)
    graph = walk(tensors["loss"])
    (first_product,) = [node for node in graph.nodes if node.inputs[:1] == (None,)]

    assert first_product.function == "MmBackward0"
    assert first_product.inputs[0] is None
    assert [graph.nodes[i].shape for i in first_product.inputs[1:] if i is not None] == [(3, 2)]
    assert len(graph.edges) == sum(i is not None for node in graph.nodes for i in node.inputs)


def test_a_tensor_used_twice_is_one_node() -> None:
    """Two uses of a leaf are two edges to one node, which the text names the second time only."""
    w = torch.ones(3, requires_grad=True)
    graph = walk((w * w).sum(), {"w": w})

    assert [node.function for node in graph.leaves] == ["AccumulateGrad"]
    assert [end for _, end in graph.edges] == [1, 2, 2]
    assert str(graph).splitlines()[2:] == [
        "        AccumulateGrad w (3,)",
        "        AccumulateGrad w (3,) (above)",
    ]


def test_a_function_of_ones_own() -> None:
    """What ``save_for_backward`` kept is listed by position."""
    x = torch.ones(2, 3, requires_grad=True)
    graph = walk(double(x), {"x": x})

    assert [str(node) for node in graph.nodes] == ["DoubleBackward", "AccumulateGrad x (2, 3)"]
    assert [str(saved) for saved in graph.nodes[0].saved] == ["0: x (2, 3)", "1: (2, 3)"]


def test_what_backward_freed_is_called_freed() -> None:
    """After backward the functions are still there, and what they kept is not."""
    x = torch.ones(2, requires_grad=True)
    loss = (double(x) ** 2).sum()
    before = walk(loss)
    loss.backward()
    after = walk(loss)

    assert [node.function for node in before.nodes] == [node.function for node in after.nodes]
    states = {saved.state for node in after.nodes for saved in node.saved}
    assert states == {"freed"}
    assert {saved.state for node in before.nodes for saved in node.saved} == {"held"}
    assert "keeps self: freed" in after.to_dot()


def test_what_was_changed_in_place_is_called_changed() -> None:
    """A kept tensor that was changed since is told from one that was freed."""
    w = torch.ones(2, requires_grad=True)
    square = w**2
    with torch.no_grad():
        w.mul_(10)

    (saved,) = walk(square).nodes[0].saved
    assert (saved.state, saved.shape, str(saved)) == ("changed", None, "self: changed")


def test_what_a_function_of_ones_own_lost() -> None:
    """Kept tensors of such a function are freed or changed together."""
    x = torch.ones(2, requires_grad=True)
    freed, changed = double(x), double(x)
    freed.sum().backward()
    assert [str(saved) for saved in walk(freed).nodes[0].saved] == ["saved_tensors: freed"]
    with torch.no_grad():
        x.mul_(10)
    (saved,) = walk(changed).nodes[0].saved
    assert (saved.state, saved.shape, saved.name) == ("changed", None, None)
    assert str(saved) == "saved_tensors: changed"


def test_lists_of_kept_tensors() -> None:
    """A function that keeps a list of tensors shows each, such as the indices of an indexing."""
    w = torch.ones(4, 3, requires_grad=True)
    rows, columns = torch.tensor([0, 2]), torch.tensor([1, 1])
    graph = walk(w[rows, columns], {"columns": columns})

    saved = graph.nodes[0].saved
    assert [str(kept) for kept in saved] == ["indices[0]: (2,)", "indices[1]: columns (2,)"]
    assert {kept.state for kept in saved} == {"held"}


def test_walking_changes_nothing() -> None:
    """Backward gives the same gradients after a walk as without one, through a checkpoint too."""
    tensors = ladder(5, 4, 3, 2)
    for forward in (
        lambda: (tensors["x"] @ tensors["w1"]).relu().sum(),
        lambda: checkpoint(
            lambda w: (tensors["x"] @ w).sin().square().sum(), tensors["w1"], use_reentrant=False
        ),
    ):
        (expected,) = torch.autograd.grad(forward(), tensors["w1"])
        result = forward()
        walk(result, tensors)
        (actual,) = torch.autograd.grad(result, tensors["w1"])
        assert torch.equal(expected, actual)
    assert tensors["w1"].grad is None


def test_a_graph_keeps_no_tensor_alive() -> None:
    """Once the result is gone its tensors go, though the walk's graph stays."""
    w = torch.ones(3, requires_grad=True)
    middle = w.exp()
    seen = weakref.ref(middle)
    result = middle.sum()
    graph = walk(result, {"middle": middle})
    del middle, result
    gc.collect()

    assert seen() is None
    assert graph.nodes[1].saved[0].name == "middle"


def test_a_long_chain_is_no_problem() -> None:
    """Ten thousand functions in a row are walked and written without recursion."""
    total = torch.zeros((), requires_grad=True)
    result = total
    for _ in range(10_000):
        result = result + 1
    graph = walk(result)

    assert len(graph.nodes) == 10_001
    assert len(str(graph).splitlines()) == 10_001
    assert graph.to_dot().count(" -> ") == 10_001


def test_names_are_of_the_object_first() -> None:
    """Of two names for the same memory, the one of the very tensor counts."""
    w = torch.ones(3, requires_grad=True)
    alias = w.detach()

    (leaf,) = walk(w.sum(), {"alias": alias, "w": w}).leaves
    assert leaf.name == "w"
    (leaf,) = walk(w.sum(), {"alias": alias}).leaves
    assert leaf.name == "alias"
    (leaf,) = walk(w.sum(), {"other": torch.ones(3)}).leaves
    assert leaf.name is None


def test_a_view_that_begins_where_a_tensor_does_has_another_name() -> None:
    """A tensor isn't named after another that only shares its first address."""
    w = torch.ones(2, 2)
    assert _name(w[:], {"w": w}) == "w"
    assert [_name(view, {"w": w}) for view in (w[:1], w.T, w[:0])] == [None] * 3


def test_one_number_in_the_same_memory_is_the_same_tensor() -> None:
    """A tensor of one number is named after another that shows the same memory."""
    w = torch.ones(1, requires_grad=True)
    (leaf,) = walk(w.sum(), {"alias": w.detach()}).leaves
    assert leaf.name == "alias"


def test_tensors_without_memory_are_not_taken_for_each_other() -> None:
    """On the meta device no tensor has numbers, so only the object itself has a name."""
    w = torch.ones(3, device="meta", requires_grad=True)
    (leaf,) = walk(w.sum(), {"other": torch.ones(3, device="meta")}).leaves
    assert leaf.name is None
    (leaf,) = walk(w.sum(), {"w": w}).leaves
    assert leaf.name == "w"


def test_empty_tensors_are_not_taken_for_each_other() -> None:
    """Tensors without numbers share no memory, so one isn't named after another."""
    w = torch.ones(0, requires_grad=True)
    (leaf,) = walk(w.sum(), {"other": torch.ones(0)}).leaves
    assert leaf.name is None


def read(dot: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The nodes of a DOT text with their labels, and its edges."""
    nodes = dict(re.findall(r'(?m)^    (\w+) \[class=.*label="(.*)"\]$', dot))
    edges = re.findall(r"(?m)^    (\w+) -> (\w+)$", dot)
    return nodes, edges


def test_dot_says_what_the_graph_says() -> None:
    """DOT has a node for the result and for each function, and every edge."""
    tensors = ladder(4, 3, 2, 1)
    graph = walk(tensors["loss"], tensors)
    nodes, edges = read(graph.to_dot())

    assert list(nodes) == ["result", *(f"n{i}" for i in range(len(graph.nodes)))]
    assert edges == [("result", "n0"), *((f"n{a}", f"n{b}") for a, b in graph.edges)]
    assert nodes["result"] == "loss ()"
    for i, node in enumerate(graph.nodes):
        assert nodes[f"n{i}"].startswith(node.function)
    assert r"AccumulateGrad\nw1 (3, 2)" in nodes.values()
    assert r"MmBackward0\nkeeps self: x (4, 3)" in nodes.values()


def test_dot_word_for_word() -> None:
    """Without names the result and the leaf are called what they are; classes tell nodes apart."""
    assert walk(torch.ones(3, requires_grad=True).exp()).to_dot().splitlines() == [
        "digraph {",
        "    graph [ranksep=0.3, nodesep=0.2]",
        '    node [shape=box, fontname="Arimo", fontsize=11, margin="0.15,0.06"]',
        "    edge [arrowsize=0.6]",
        '    result [class="result", style=rounded, label="the result (3,)"]',
        r'    n0 [class="operation", label="ExpBackward0\nkeeps result: (3,)"]',
        r'    n1 [class="leaf", style=rounded, label="AccumulateGrad\na tensor (3,)"]',
        "    result -> n0",
        "    n0 -> n1",
        "}",
    ]


def test_dot_escapes_names() -> None:
    """Quotes and backslashes in a name can't end a label."""
    w = torch.ones(1, requires_grad=True)
    dot = walk(w.sum(), {'a"b\\': w}).to_dot()
    assert r"AccumulateGrad\na\"b\\ (1,)" in dot


def test_the_same_text_each_time() -> None:
    """Two walks of two graphs made alike give the same DOT: no address is in it."""
    first, second = (
        walk(tensors["loss"], tensors).to_dot()
        for tensors in (ladder(4, 3, 2, 1), ladder(4, 3, 2, 1))
    )
    assert first == second


def test_a_tensor_without_a_graph_is_refused() -> None:
    """The error says how to get a graph."""
    message = (
        "result: a tensor of shape (2, 3) without a graph given; want one computed from a tensor "
        "that requires a gradient. Call requires_grad_() on that tensor before you compute, and "
        "compute outside torch.no_grad"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        walk(torch.ones(2, 3))
    w = torch.ones(2, 3, requires_grad=True)
    with torch.no_grad():
        untracked = w * 2
    for tensor in (untracked, (w * 2).detach()):
        with pytest.raises(ValueError, match=re.escape(message)):
            walk(tensor)


def test_following_the_advice_helps() -> None:
    """What the error wants is accepted."""
    x = torch.ones(2, 3)
    x.requires_grad_()
    assert isinstance(walk(x * 2), Graph)


def test_a_leaf_is_refused() -> None:
    """A tracked leaf has no graph yet, and the error says so."""
    with pytest.raises(ValueError, match="leaf") as caught:
        walk(torch.ones(3, requires_grad=True))
    assert str(caught.value) == (
        "result: a leaf of shape (3,) given; want a result, so compute something from it, "
        "outside torch.no_grad, and pass that"
    )


@pytest.mark.parametrize("result", [None, 3.0, [torch.ones(1)], "loss"])
def test_only_tensors_have_graphs(result: Any) -> None:
    """Anything but a tensor is a TypeError that names the argument."""
    with pytest.raises(TypeError, match=r"^result: .* want an instance of Tensor$"):
        walk(result)


def test_names_map_strings_to_tensors() -> None:
    """Names of another kind are TypeErrors that quote them."""
    result = torch.ones(1, requires_grad=True).sum()
    with pytest.raises(TypeError, match=r"^names: 1 \(int\) given"):
        walk(result, {1: result})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match=r"^names\['w'\]: 2 \(int\) given"):
        walk(result, {"w": 2})  # type: ignore[dict-item]


def test_nodes_come_in_the_order_of_the_walk() -> None:
    """Each node but the first is met from one that stands before it."""
    tensors = ladder(3, 3, 3, 3)
    graph = walk(tensors["loss"])
    first_met: dict[int, int] = {}
    for start, end in graph.edges:
        first_met.setdefault(end, start)
    assert sorted(first_met) == list(range(1, len(graph.nodes)))
    assert all(start < end for end, start in first_met.items())
    assert all(a <= b for a, b in itertools.pairwise(first_met))
