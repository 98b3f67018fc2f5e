"""Exercises on the graph that backward walks: its functions, its leaves, what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import is_tensor, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# Graphs on which answers are tried


def _graphs() -> dict[str, tuple[Tensor, dict[str, Tensor]]]:
    """Results by a description, each with its tracked leaves by name."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    a = torch.full((3,), 0.5, requires_grad=True)
    b = torch.full((3,), 2.0, requires_grad=True)
    x = torch.full((3,), 3.0)
    w1 = torch.full((3, 4), 0.25, requires_grad=True)
    w2 = torch.full((4, 2), 0.75, requires_grad=True)
    twice = a * b
    folded = a
    for _ in range(6):
        folded = folded + folded
    unused = b.detach() * a
    parts = torch.stack([a, b]).unbind()
    return {
        "(a * x).sum()": ((a * x).sum(), {"a": a}),
        "the sum of a * b and the same a * b": ((twice + twice).sum(), {"a": a, "b": b}),
        "the network relu(x @ w1) @ w2": (
            torch.relu(x @ w1) @ w2,
            {"w1": w1, "w2": w2},
        ),
        "a, doubled six times as a + a": (folded.sum(), {"a": a}),
        "b.detach() * a": (unused, {"a": a}),
        "the product of the two parts of an unbind": (parts[0] * parts[1], {"a": a, "b": b}),
    }


# 1. Each function once


def count_functions(result: Tensor) -> int:
    """The number of functions behind a result."""
    seen = set()
    waiting = [result.grad_fn]
    while waiting:
        function = waiting.pop()
        if function is not None and function not in seen:
            seen.add(function)
            waiting += [next_function for next_function, _ in function.next_functions]
    return len(seen)


_SAID = (
    "a function that is reached on two ways is counted twice, and so is all that is behind it",
    "None is counted too: an input that isn't tracked has no function",
    "None is counted too: an input that isn't tracked has no function",
    "AccumulateGrad is left out; it is a function of the graph too",
    "one is left out, perhaps the result's own grad_fn",
    "functions of one name are counted as one; two products are two functions",
    "these are the arrows; want the functions",
)


def _counts(result: Tensor) -> tuple[int, tuple[int, ...]]:
    """The wanted count, and those that known mistakes give, in the order of what is said of them."""
    functions: list[Any] = []
    arrows = nothing = along = 0
    waiting: list[Any] = [result.grad_fn]
    while waiting:
        function = waiting.pop(0)
        along += 1
        following = [following for following, _ in function.next_functions]
        waiting += [following for following in following if following is not None]
        if function not in functions:
            functions.append(function)
            arrows += len(following)
            nothing += following.count(None)
    wanted = len(functions)
    ends = sum(hasattr(function, "variable") for function in functions)
    names = len({type(function).__name__ for function in functions})
    with_none = wanted + nothing, wanted + (nothing > 0)
    return wanted, (along, *with_none, wanted - ends, wanted - 1, names, arrows)


def _count_problem(answer: Callable[[Tensor], Any]) -> Diagnosis | None:
    graphs = {described: result for described, (result, _) in _graphs().items()}
    given = [answer(result) for result in graphs.values()]
    if any(count is Ellipsis or count is None for count in given):
        return diagnoses.EMPTY(what="your function returns no count yet")
    for count in given:
        if isinstance(count, bool) or not isinstance(count, int | np.integer):
            kind = kind_of(count)
            name = "what your function returns"
            return diagnoses.WRONG_TYPE(name=name, given=kind, wanted="whole number")
    counts = [_counts(result) for result in graphs.values()]
    for described, count, (wanted, _) in zip(graphs, given, counts, strict=True):
        if count != wanted:
            name = f"{count} functions behind {described}"
            for said, wrong in zip(_SAID, zip(*(c for _, c in counts), strict=True), strict=True):
                if given == list(wrong):
                    return diagnoses.KNOWN(name=name, text=said)
            return diagnoses.WRONG_VALUE(given=name)
    return None


# 2. Where the graph ends


def leaves_of(result: Tensor) -> list[Tensor]:
    """The tracked leaves that a result was computed from."""
    leaves = []
    seen = set()
    waiting = [result.grad_fn]
    while waiting:
        function: Any = waiting.pop()
        if function is None or function in seen:
            continue
        seen.add(function)
        if hasattr(function, "variable"):
            leaves.append(function.variable)
        waiting += [next_function for next_function, _ in function.next_functions]
    return leaves


def _leaves_problem(answer: Callable[[Tensor], Any]) -> Diagnosis | str | None:
    for described, (result, leaves) in _graphs().items():
        given = answer(result)
        if given is Ellipsis:
            return diagnoses.EMPTY(what="leaves is still `...`")
        if given is None:
            return diagnoses.NONE(name="leaves")
        if not isinstance(given, list | tuple | set | frozenset):
            return diagnoses.WRONG_TYPE(name="leaves", given=kind_of(given), wanted="list")
        if problem := _unlike(list(given), leaves):
            return diagnoses.KNOWN(name=f"the list for {described}", text=problem)
    return None


def _unlike(given: list[Any], leaves: dict[str, Tensor]) -> str | None:
    """Say how a list of tensors differs from the wanted leaves."""
    others = [one for one in given if not is_tensor(one)]
    if others:
        return f"it holds a {kind_of(others[0])}; want the tensors that belong to the functions"
    ids = [id(one) for one in given]
    missing = [name for name, leaf in leaves.items() if id(leaf) not in ids]
    extra = [one for one in given if id(one) not in map(id, leaves.values())]
    if any(not one.is_leaf for one in extra):
        return "it holds a tensor that is a result, not a leaf"
    if extra:
        return "it holds a tensor that is none of the leaves themselves, but a copy perhaps"
    if missing:
        return f"{', '.join(missing)} is missing; let the walk follow every arrow"
    if len(ids) > len(leaves):
        return "a leaf is listed more than once; several arrows may lead to its function"
    return None


# 3. The bytes that a loss keeps


def kept_bytes(N: int, D_in: int, H: int, D_out: int) -> int:
    """The bytes that the graph of the ladder's loss keeps."""
    x = N * D_in  # the first product, for the gradient of w1
    h_relu = N * H  # ReLU, and the second product for the gradient of w2: the same memory
    w2 = H * D_out  # the second product, for the gradient that goes on to w1
    error = N * D_out  # the square
    return 4 * (x + h_relu + w2 + error)


def _kept(N: int, D_in: int, H: int, D_out: int) -> int:
    """The bytes, from the tensors that PyTorch puts aside."""
    import torch  # noqa: PLC0415 - as above

    places: dict[int, int] = {}
    alive = []

    def put_aside(tensor: Tensor) -> Tensor:
        alive.append(tensor)  # or its place might be used again
        places[tensor.data_ptr()] = tensor.nbytes
        return tensor

    x, y = torch.ones(N, D_in), torch.ones(N, D_out)
    w1, w2 = torch.ones(D_in, H, requires_grad=True), torch.ones(H, D_out, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(put_aside, lambda tensor: tensor):
        (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
    return sum(places.values())


def _numbers(
    of: Callable[[dict[str, int]], int], *, itemsize: int = 4
) -> Callable[[int, int, int, int], int]:
    """Count other numbers than those that are kept."""

    def variant(N: int, D_in: int, H: int, D_out: int) -> int:
        sizes = {"x": N * D_in, "h": N * H, "error": N * D_out, "w1": D_in * H, "w2": H * D_out}
        return itemsize * (sizes["x"] + sizes["h"] + sizes["w2"] + sizes["error"] + of(sizes))

    return variant


def _without(left: str) -> Callable[[dict[str, int]], int]:
    return lambda sizes: -sizes[left]


def _draw_sizes(draw: Draw) -> dict[str, Any]:
    names = ("N", "D_in", "H", "D_out")
    return dict(zip(names, draw.sizes(*names), strict=True))


_KEPT_BYTES = Computation(
    draw=_draw_sizes,
    wanted=_kept,
    returns=("total",),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _numbers(lambda sizes: 0, itemsize=1),
            text="this is how many numbers are kept; want bytes",
        ),
        Mistake(
            diagnoses.KNOWN,
            _numbers(lambda sizes: sizes["h"]),
            text="the hidden layer is counted twice; ReLU keeps its result and nothing else of that size, and "
            "the next product keeps the same memory",
        ),
        Mistake(
            diagnoses.KNOWN,
            _numbers(lambda sizes: sizes["w1"]),
            text="w1 is counted; nobody asks for a gradient with respect to x, so it isn't kept",
        ),
        Mistake(
            diagnoses.KNOWN,
            _numbers(lambda sizes: sizes["h"] + sizes["w1"]),
            text="w1 is counted, which nobody needs, and the hidden layer twice",
        ),
        Mistake(
            diagnoses.KNOWN,
            _numbers(lambda sizes: sizes["error"]),
            text="an array of shape (N, D_out) is counted twice; only the square keeps one, its input",
        ),
        *(
            Mistake(diagnoses.FORGOT_TERM, _numbers(_without(left)), term=term)
            for left, term in (
                ("x", "x, which the first product needs for w1's gradient"),
                ("h", "the result of ReLU"),
                ("error", "what the square keeps, its input"),
                ("w2", "w2, which the second product needs for the gradient that goes on to w1"),
            )
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="Each function once",
        check=Predicate(test=_count_problem, after="on graphs of different forms"),
        hints=(
            "Draw the graph of ``squares + squares``. How many arrows lead to the function of the product?",
            "Remember the functions that you have met, in a set say, and go on from a function only if it is "
            "a new one. The answer is then the set's size.",
        ),
        solution=count_functions,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="Where the graph ends",
        check=Predicate(test=_leaves_problem, after="on graphs of different forms"),
        hints=(
            "What does an ``AccumulateGrad`` have that no other function has?",
            "Walk as in the exercise before, each function once, and collect the attribute ``variable`` of those "
            "that have one.",
        ),
        solution=leaves_of,
    ),
    Exercise(
        number=3,
        title="The bytes that a loss keeps",
        check=_KEPT_BYTES,
        hints=(
            "There are two products, a ReLU, a difference, a square and a sum. Which of their gradients can be "
            "computed without knowing any numbers of the forward pass?",
            "The gradient of a factor needs the other one, if the factor leads to something tracked. ReLU keeps its "
            "result, in the same memory as a factor of the second product. The square keeps its input, the difference "
            "and the sum nothing.",
        ),
        solution=kept_bytes,
    ),
)
"""The exercises, in order."""
