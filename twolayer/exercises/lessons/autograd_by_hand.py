"""Exercises on an engine of one's own: a new operation, contributions that add up, the order of the walk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import Array, as_array, copied, kind_of, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

    Graph = dict[str, list[tuple[str, float]]]

# 1. A backward for tanh


def tanh(data: Array, grad: Array) -> tuple[Array, Array]:
    """The result of tanh, and the gradient of its input."""
    result = np.tanh(data)
    grad_data = grad * (1 - result**2)
    return result, grad_data


def _draw_tanh(draw: Draw) -> dict[str, Any]:
    N, H = draw.sizes("N", "H")
    return {"data": draw.normal(N, H), "grad": draw.normal(N, H)}


def _by_torch(data: Array, grad: Array) -> tuple[Array, Array]:
    """Result and gradient, by autograd."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    leaf = torch.tensor(data, requires_grad=True)
    result = torch.tanh(leaf)
    result.backward(torch.tensor(grad))
    assert leaf.grad is not None
    return as_array(result), leaf.grad.numpy()


_SLOPES: tuple[tuple[Callable[[Array, Array], Array], str], ...] = (
    (
        lambda data, _: 1 - np.tanh(data) ** 2,
        "it is tanh's slope alone; the chain rule multiplies it by the gradient of the result",
    ),
    (
        lambda data, grad: grad * (1 - data**2),
        "the slope is computed from the input; the formula wants the result there",
    ),
    (
        lambda data, grad: grad * (1 - np.tanh(data)),
        "the slope lacks a square",
    ),
    (
        lambda data, grad: grad * np.tanh(data),
        "the gradient is multiplied by tanh's value; want its slope",
    ),
    (
        lambda _, grad: grad,
        "the gradient passes unchanged; multiply it by tanh's slope",
    ),
)
_TANH = Computation(
    draw=_draw_tanh,
    wanted=_by_torch,
    returns=("result", "grad_data"),
    mistakes=tuple(
        Mistake(
            diagnoses.KNOWN,
            lambda data, grad, own=grad_of: {"grad_data": own(data, grad)},
            text=text,
        )
        for grad_of, text in _SLOPES
    ),
)

# Graphs on which answers are tried


def _graphs() -> dict[str, tuple[list[str], Graph]]:
    """By a description: names in topological order, and for each value what it was made of, with slopes."""
    numbers = range(12)
    folded: Graph = {f"v{n + 1}": [(f"v{n}", 0.5), (f"v{n}", 0.75)] for n in numbers}
    lesson: Graph = {
        "result": [("a", 1.0), ("b", -1.0)],
        "b": [("a", 18.0)],
        "a": [("w", 6.0)],
        "w": [],
    }
    ways: Graph = {
        "a": [],
        "b": [("a", 2.0)],
        "c": [("b", 5.0)],
        "d": [("a", 7.0), ("b", 0.5), ("c", -1.0)],
    }
    aside: Graph = {
        "a": [],
        "b": [("a", 4.0)],
        "c": [("a", 3.0), ("b", 1.0)],
        "other": [("c", 1.0)],
    }
    return {
        "a chain": (["c", "b", "a"], {"c": [("b", 2.0)], "b": [("a", -3.0)], "a": []}),
        "the lesson's graph": (["result", "b", "a", "w"], lesson),
        "w * w": (["result", "w"], {"result": [("w", 3.0), ("w", 3.0)], "w": []}),
        "ways of different lengths": (["d", "c", "b", "a"], ways),
        "a graph with a value that the result was not made of": (["c", "b", "a"], aside),
        "twelve values, each used twice": (
            [*(f"v{n + 1}" for n in reversed(numbers)), "v0"],
            {"v0": [], **folded},
        ),
    }


# 2. A contribution that is lost


def gradients(made_of: Graph, order: list[str]) -> dict[str, float]:
    """The gradient of each value behind the first in the order."""
    grads = {order[0]: 1.0}
    for name in order:
        for other, slope in made_of[name]:
            grads[other] = grads.get(other, 0.0) + grads[name] * slope
    return grads


def _wanted(graph: Graph, order: list[str]) -> dict[str, float]:
    """The gradients, each the sum over the values made of it."""
    wanted = {order[0]: 1.0}
    for name in order[1:]:
        wanted[name] = sum(
            wanted[user] * slope
            for user in order[: order.index(name)]
            for other, slope in graph[user]
            if other == name
        )
    return wanted


def _replaced(graph: Graph, order: list[str], *, last: bool) -> dict[str, float]:
    """The gradients if only the last contribution counts, or only the first."""
    grads = {order[0]: 1.0}
    for name in order:
        for other, slope in graph[name]:
            if last or other not in grads:
                grads[other] = grads[name] * slope
    return grads


_LOST = {
    True: "it is what the last contribution gives; those before are overwritten",
    False: "it is what the first contribution gives; those after it are left out",
}


def _gradients_problem(answer: Callable[..., Any]) -> Diagnosis | str | None:
    for described, (order, graph) in _graphs().items():
        given = answer(copied(graph), list(order))
        if given is None:
            return diagnoses.NONE(name="what your function returns")
        if not isinstance(given, dict):
            return diagnoses.WRONG_TYPE(name="grads", given=kind_of(given), wanted="dict")
        if missing := [name for name in order if name not in given]:
            return f"for {described}, grads has no entry for {missing[0]}"
        wanted = _wanted(graph, order)
        for name in order:
            if not _agree(given[name], wanted[name]):
                variants = {
                    text: _replaced(graph, order, last=last)[name] for last, text in _LOST.items()
                }
                known = [text for text, value in variants.items() if _agree(given[name], value)]
                text = known[0] if known else f"{given[name]} is not what reaches it in sum"
                return diagnoses.KNOWN(name=f"the gradient of {name} in {described}", text=text)
    return None


def _agree(given: Any, wanted: float) -> bool:
    return isinstance(given, int | float | np.number) and same(as_array(given), np.array(wanted))


# 3. An order for the walk


def topological(made_of: Graph, result: str) -> list[str]:
    """The names behind the result, each once, in an order for the walk back."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        for other, _ in made_of[name]:
            visit(other)
        ordered.append(name)  # after all that it was made of

    visit(result)
    return ordered[::-1]


def _order_problem(answer: Callable[..., Any]) -> Diagnosis | str | None:
    for described, (order, graph) in _graphs().items():
        given = answer(copied(graph), order[0])
        if given is None:
            return diagnoses.NONE(name="what your function returns")
        if given is Ellipsis:
            return diagnoses.EMPTY(what="your function returns `...`")
        if not isinstance(given, list | tuple):
            return diagnoses.WRONG_TYPE(name="the order", given=kind_of(given), wanted="list")
        if problem := _unordered(list(given), graph, order):
            return diagnoses.KNOWN(name=f"the order for {described}", text=problem)
    return None


def _unordered(given: list[Any], graph: Graph, order: list[str]) -> str | None:
    """Say why a list is no topological order of the names that one order has."""
    if extra := [name for name in given if name not in order]:
        return f"it holds {extra[0]!r}, of which {order[0]} was not made"
    if missing := [name for name in order if name not in given]:
        return f"{missing[0]} is missing"
    if twice := [name for name in given if given.count(name) > 1]:
        return f"{twice[0]} is listed more than once"
    place = {name: number for number, name in enumerate(given)}
    early = [(o, user) for user in given for o, _ in graph[user] if place[o] < place[user]]
    if early and all(place[other] < place[user] for user in given for other, _ in graph[user]):
        return "it is upside down: the walk starts at the result"
    if early:
        other, user = early[0]
        return f"{other} stands before {user}, which is made of it and passes a gradient to it"
    return None


EXERCISES = (
    Exercise(
        number=1,
        title="A backward for tanh",
        check=_TANH,
        hints=(
            "A share is the gradient of the result times the slope of the operation, entry by entry. What is the slope "
            "of tanh at 0, and what is it far away from 0?",
            "The derivative of tanh can be written with tanh itself: one minus its square. The square of which of the "
            "arrays at hand?",
        ),
        solution=tanh,
        stub="empty",
    ),
    Exercise(
        number=2,
        title="A contribution that is lost",
        check=Predicate(test=_gradients_problem, after="on graphs of different forms"),
        hints=(
            "Follow the graph of the lesson by hand: how often does the innermost line write to ``a``?",
            "What is in ``grads`` already has to stay part of the new entry. ``dict.get`` takes a second argument, for a "
            "name that has no entry yet.",
        ),
        solution=gradients,
        stub="known-mistake",
    ),
    Exercise(
        number=3,
        title="An order for the walk",
        check=Predicate(test=_order_problem, after="on graphs of different forms"),
        hints=(
            "The lesson counts what each value waits for. There is a second way: list a value once everything that it was "
            "made of is in the list.",
            "A function that calls itself can do that: it goes to all that a name was made of first, and adds the name "
            "last. Then look at which end of the list the result stands.",
        ),
        solution=topological,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
