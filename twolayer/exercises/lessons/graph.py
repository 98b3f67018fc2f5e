"""Exercises on the graph that backward walks: its functions, its leaves, what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, forgot
from twolayer.exercises.values import is_tensor, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()
FORMULAS = {  # each with its tracked leaves
    "(a * b).exp() + (a * b).exp()": "ab",
    "(s := a * b) + s": "ab",  # doubles among one function's arrows
    "(s := a * b).exp() * s.sin()": "ab",  # doubles over the whole graph, at one depth
    "(s := a * b).exp() + s": "ab",  # and at two
    "torch.relu(torch.outer(a, b) @ a) * b": "ab",  # leaves that are met at several depths
    "(a * x).sum()": "a",  # an input that isn't tracked
    "b.detach() * a": "a",
    "(p := torch.stack([a, b]).unbind())[0] * p[1]": "ab",  # two arrows to results of one function
    "(c * d).exp() * c": "cd",  # leaves of one number each, which are equal
    "(u := (t := (s := a + a) + s) + t) + u": "a",
}


def draw_graph(draw: Draw) -> dict[str, Any]:
    """The result of a formula, and its tracked leaves by name."""
    a, b = (torch.full((3,), number, requires_grad=True) for number in (0.5, 2.0))
    c, d = (torch.full((1,), 1.5, requires_grad=True) for _ in range(2))
    names = {"torch": torch, "x": torch.ones(3), "a": a, "b": b, "c": c, "d": d}
    formula, leaves = list(FORMULAS.items())[draw.case]
    result = eval(formula, names)  # noqa: S307 - lines of this file
    return {"result": result, "leaves": {name: names[name] for name in leaves}}


def reached(result: Tensor) -> int:
    """The number of functions behind a result, on all ways to them."""
    found = set()

    def walk(function: Any) -> None:
        found.add(function)
        for following, _ in function.next_functions:
            if following is not None:
                walk(following)

    walk(result.grad_fn)
    return len(found)


FORGETFUL = (
    ("seen = set()", "seen = []"),
    (" and function not in seen", ""),
    ("seen.add", "seen.append"),
)
FIRST_ARROWS = ("in function.next_functions", "in function.next_functions[:1]")
FOLLOWING = "[next_function for next_function, _ in function.next_functions]"


@lesson.exercise(
    "Each function once",
    draw=lambda draw: {"result": draw_graph(draw)["result"]},
    wanted=reached,
    gives="count",
    cases=len(FORMULAS),
    mistakes=(
        Edit("a function is counted once for each way that leads to it", *FORGETFUL),
        Edit(
            "a function is counted twice if two others lead to it; remember it for the whole walk",
            *FORGETFUL,
            (FOLLOWING, "{f for f, _ in function.next_functions}"),
        ),
        Edit(
            "a function with two results is counted once for each that is used",
            ("[result.grad_fn]", "[(result.grad_fn, 0)]"),
            ("if function is not None", "if function[0] is not None"),
            (FOLLOWING, "function[0].next_functions"),
        ),
        Edit(
            "None is counted too; an untracked input has no function",
            ("function is not None and ", ""),
            ("in function.next_functions", "in getattr(function, 'next_functions', ())"),
        ),
        *(
            Edit(text, ("len(seen)", new))
            for text, new in (
                (
                    "AccumulateGrad is left out, but it is a function of the graph too",
                    "len([f for f in seen if not hasattr(f, 'variable')])",
                ),
                ("one is missing, perhaps the result's own grad_fn", "len(seen) - 1"),
                ("functions with the same name count as one", "len({f.name() for f in seen})"),
                ("this is the number of arrows", "sum(len(f.next_functions) for f in seen)"),
            )
        ),
        Edit("only the first arrow of each function is followed", FIRST_ARROWS),
    ),
    hints=(
        "Draw the graph of ``squares + squares``. How many arrows lead to the function of the product?",
        "Remember the functions that you have met, for example in a set, and continue only from functions "
        "that are new. The answer is the size of the set.",
    ),
    stub="known-mistake",
)
def count_functions(result: Tensor) -> int:
    """The number of functions behind a result."""
    seen = set()
    waiting: list[Any] = [result.grad_fn]
    while waiting:
        function = waiting.pop()
        if function is not None and function not in seen:
            seen.add(function)
            waiting += [next_function for next_function, _ in function.next_functions]
    return len(seen)


def named(answer: Callable[[Tensor], Any], inputs: Inputs) -> tuple[tuple[str, ...]]:
    """Name the leaves that an answer lists."""
    given = answer(inputs["result"])
    if given is Ellipsis:
        raise DiagnosisError(diagnoses.EMPTY(what="leaves is still `...`"))
    if given is None:
        raise DiagnosisError(diagnoses.NONE(name="leaves"))
    if not isinstance(given, list | tuple | set | frozenset):
        raise DiagnosisError(
            diagnoses.WRONG_TYPE(name="leaves", given=kind_of(given), wanted="list")
        )
    names = {id(leaf): name for name, leaf in inputs["leaves"].items()}
    for one in given:
        text = "it contains a tensor that isn't one of the leaves, perhaps a copy"
        if not is_tensor(one):
            text = f"it contains an object of type {kind_of(one)}; list the tensors that belong to the functions"
        elif not one.is_leaf:
            text = "it contains a tensor that is a result, not a leaf"
        if id(one) not in names:
            raise DiagnosisError(diagnoses.KNOWN(name="leaves", text=text))
    return (tuple(sorted(names[id(one)] for one in given)),)


@lesson.exercise(
    "Where the graph ends",
    draw=draw_graph,
    wanted=lambda result, leaves: (tuple(leaves),),
    run=named,
    gives="leaves",
    cases=len(FORMULAS),
    mistakes=(
        Edit("a leaf is listed twice; several arrows lead to it", (" or function in seen", "")),
        Edit("a leaf is missing; follow every arrow", FIRST_ARROWS),
        Edit(
            "a leaf is missing that equals another one; two tensors may hold equal numbers",
            (
                'hasattr(function, "variable")',
                'hasattr(function, "variable") and not any(torch.equal(function.variable, one) for one in leaves)',
            ),
        ),
    ),
    hints=(
        "What does an ``AccumulateGrad`` have that no other function has?",
        "Walk as in the previous exercise, each function once, and collect the attribute ``variable`` of the "
        "functions that have one.",
    ),
)
def leaves_of(result: Tensor) -> list[Tensor]:
    """The tracked leaves that a result was computed from."""
    leaves = []
    seen = set()
    waiting: list[Any] = [result.grad_fn]
    while waiting:
        function = waiting.pop()
        if function is None or function in seen:
            continue
        seen.add(function)
        if hasattr(function, "variable"):
            leaves.append(function.variable)
        waiting += [next_function for next_function, _ in function.next_functions]
    return leaves


def kept(N: int, D_in: int, H: int, D_out: int) -> int:
    """The bytes of the tensors that PyTorch saves."""
    places: dict[int, int] = {}
    alive = []

    def save(tensor: Tensor) -> Tensor:
        alive.append(tensor)  # or its place might be used again
        places[tensor.data_ptr()] = tensor.nbytes
        return tensor

    x, y = torch.ones(N, D_in), torch.ones(N, D_out)
    w1, w2 = torch.ones(D_in, H, requires_grad=True), torch.ones(H, D_out, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
    return sum(places.values())


@lesson.exercise(
    "The bytes that a loss keeps",
    draw=given(N="size", D_in="size", H="size", D_out="size"),
    wanted=kept,
    gives="total",
    mistakes=(
        Edit("this is how many numbers are kept; return bytes", ("4 * (", "(")),
        Edit(
            "ReLU and a product keep the same memory; count it once", ("h_relu +", "2 * h_relu +")
        ),
        Edit("w1 is counted, but x needs no gradient", ("(x +", "(D_in * H + x +")),
        Edit(
            "w1 is counted, which isn't kept, and the hidden layer is counted twice",
            ("(x + h_relu", "(D_in * H + x + 2 * h_relu"),
        ),
        Edit("two arrays (N, D_out) are counted; only one is kept", ("error)", "2 * error)")),
        *(
            Edit(forgot(term), change)
            for term, change in (
                ("x, which the first product needs for w1's gradient", ("(x + ", "(")),
                ("the result of ReLU", (" + h_relu", "")),
                ("the input of the square", (" + error", "")),
                (
                    "w2, which the second product needs for the hidden layer's gradient",
                    (" + w2", ""),
                ),
            )
        ),
    ),
    hints=(
        "There are two products, a ReLU, a difference, a square and a sum. Which of their gradients need no "
        "numbers from the forward pass?",
        "A product keeps a factor if the other factor leads to something tracked. ReLU keeps its result, in "
        "the same memory as a factor of the second product. The square keeps its input. The difference and "
        "the sum keep nothing.",
    ),
)
def kept_bytes(N: int, D_in: int, H: int, D_out: int) -> int:
    """The bytes that the graph of the ladder's loss keeps."""
    x = N * D_in  # kept by the first product, for the gradient of w1
    h_relu = N * H  # by ReLU, and by the second product: the same memory
    w2 = H * D_out  # by the second product, for the gradient that goes back to w1
    error = N * D_out  # by the square
    return 4 * (x + h_relu + w2 + error)
