"""Exercises on an engine of one's own: a new operation, contributions that add up, the order of the walk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit
from twolayer.exercises.values import kind_of
from twolayer.rungs.autograd_by_hand import Value

if TYPE_CHECKING:
    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

    Graph = dict[str, list[tuple[str, float]]]

lesson = Lesson()


def hold(wanted: str, given: Any, *, right: bool) -> None:
    """Refuse what a function returns if that isn't of the wanted kind."""
    name = "what your function returns"
    if given is None:
        raise DiagnosisError(diagnoses.NONE(name=name))
    if given is Ellipsis:
        raise DiagnosisError(diagnoses.EMPTY(what="your function returns `...`"))
    if not right:
        raise DiagnosisError(diagnoses.WRONG_TYPE(name=name, given=kind_of(given), wanted=wanted))


def in_a_graph(answer: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """What an operation of the engine returns for x @ w, and the gradient of w behind it."""
    w = Value(inputs["w"], requires_grad=True)
    product = Value(inputs["x"]) @ w
    result = answer(product)
    hold("Value", result, right=hasattr(result, "edges"))
    # The operation's input is used twice, so that its share has to add up with another.
    ((result - product) - Value(inputs["y"])).square().sum().backward()
    return result.data, w.grad


def by_torch(x: Array, y: Array, w: Array) -> tuple[Array, Array]:
    """The same by PyTorch's engine."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    leaf = torch.tensor(w, requires_grad=True)
    product = torch.from_numpy(x) @ leaf
    result = torch.tanh(product)
    loss = (result - product - torch.from_numpy(y)).square().sum()
    return result.detach().numpy(), torch.autograd.grad(loss, leaf)[0].numpy()


@lesson.exercise(
    "An operation that the engine lacks",
    draw=given(x="normal N D", y="normal N H", w="normal D H"),
    wanted=by_torch,
    run=in_a_graph,
    gives="the data of tanh(x @ w), the gradient of w",
    mistakes=(
        *(
            Edit(text, ("grad * (1 - result**2)", share))
            for share, text in {
                "1 - result**2": "the share is only tanh's slope; multiply it by the gradient of the result",
                "grad * (1 - value.data**2)": "the slope is computed from the input; the formula needs the result",
                "grad * (1 - result)": "the slope lacks a square; differentiate tanh again",
                "grad * result": "the share is the gradient times tanh's value; multiply by its slope instead",
                "grad": "the share is the gradient unchanged; multiply it by tanh's slope",
                "grad * (result**2 - 1)": "the share has the wrong sign; tanh rises everywhere",
            }.items()
        ),
        Edit("nothing flows back through tanh; give its result an edge", (', "tanh", edges', "")),
    ),
    hints=(
        "A share is the gradient of the result times the slope of the operation, element by element. What is the "
        "slope of tanh at 0, and far away from 0?",
        "The derivative of tanh can be written with tanh itself: one minus its square. Which of the arrays here do "
        "you square?",
    ),
)
def tanh(value: Value) -> Value:
    """A new operation: tanh of each entry, with an edge back to its input."""
    result = np.tanh(value.data)
    edges = [(value, lambda grad: grad * (1 - result**2))]
    return Value(result, "tanh", edges)


GRAPHS: tuple[Graph, ...] = (
    # The lesson's own, a chain, and a value times itself.
    {"result": [("a", 1.0), ("b", -1.0)], "b": [("a", 18.0)], "a": [("w", 6.0)], "w": []},
    {"c": [("b", 2.0)], "b": [("a", -3.0)], "a": []},
    {"result": [("w", 3.0), ("w", 3.0)], "w": []},
    # Paths of different lengths.
    {"d": [("a", 7.0), ("b", 0.5), ("c", -1.0)], "c": [("b", 5.0)], "b": [("a", 2.0)], "a": []},
    # A value that the result was not made of, and twelve of which each is used twice.
    {"c": [("a", 3.0), ("b", 1.0)], "b": [("a", 4.0)], "a": [], "other": [("c", 1.0)]},
    {f"v{n}": [(f"v{n - 1}", 0.5), (f"v{n - 1}", 0.75)] * (n > 0) for n in range(12, -1, -1)},
)
"""For each case what was computed, in a topological order."""


def graph_and_order(draw: Draw) -> dict[str, Any]:
    """A graph by alphabet, and a topological order of what its result was made of."""
    graph = GRAPHS[draw.case]
    order = [name for name in graph if name != "other"]
    return {"made_of": {name: list(graph[name]) for name in sorted(graph)}, "order": order}


def gradients_in_order(answer: Any, inputs: dict[str, Any]) -> list[Any]:
    """The gradients that a dictionary holds, one after the other."""
    names = list(inputs["order"])
    grads = answer(*inputs.values())
    hold("dict", grads, right=isinstance(grads, dict))
    if missing := [name for name in names if name not in grads]:
        text = f"it has no entry for {missing[0]}, which {names[0]} was made of"
        raise DiagnosisError(diagnoses.KNOWN(name="grads", text=text))
    return [grads[name] for name in names]


def solved(made_of: Graph, order: list[str]) -> list[float]:
    """The gradients as the solution of linear equations: each is the sum over what was made of it."""
    slopes = np.zeros((len(order), len(order)))
    for user in order:
        for other, slope in made_of[user]:
            slopes[order.index(other), order.index(user)] += slope
    found = np.linalg.solve(np.eye(len(order)) - slopes, np.eye(len(order))[0])
    return [float(gradient) for gradient in found]


@lesson.exercise(
    "A lost contribution",
    draw=graph_and_order,
    wanted=solved,
    run=gradients_in_order,
    gives="the list of grads[name] for name in order",
    cases=len(GRAPHS),
    mistakes=(
        Edit(
            "each holds only its last contribution; add to the earlier ones instead of replacing them",
            ("grads.get(other, 0.0) + grads[name] * slope", "grads[name] * slope"),
        ),
        Edit(
            "each holds only its first contribution; add the later ones",
            ("0.0) + grads[name] * slope", "grads[name] * slope)"),
        ),
        Edit(
            "a value that is used twice in one operation counts only once there; count both uses",
            ("in made_of[name]", "in dict(made_of[name]).items()"),
        ),
    ),
    hints=(
        "Follow the lesson's graph by hand. How often does the innermost line write to ``a``?",
        "The new entry must include what is already in ``grads``. ``dict.get`` takes a second argument, for a name "
        "that has no entry yet.",
    ),
    stub="known-mistake",
)
def gradients(made_of: Graph, order: list[str]) -> dict[str, float]:
    """The gradient of each value that the first in the order was made of."""
    grads = {order[0]: 1.0}
    for name in order:
        for other, slope in made_of[name]:
            grads[other] = grads.get(other, 0.0) + grads[name] * slope
    return grads


def graph_and_result(draw: Draw) -> dict[str, Any]:
    """A graph and the name of its result."""
    drawn = graph_and_order(draw)
    return {"made_of": drawn["made_of"], "result": drawn["order"][0]}


def names_and_early(answer: Any, inputs: dict[str, Any]) -> tuple[str, str]:
    """Which names an order has, and one that comes before something made of it."""
    graph = {name: list(inputs["made_of"][name]) for name in inputs["made_of"]}
    given = answer(*inputs.values())
    hold("list", given, right=isinstance(given, list | tuple))
    place = {name: number for number, name in enumerate(given)}
    early = [
        f"{other}, which {user} is made of"
        for user in given
        for other, _ in graph.get(user, ())
        if place.get(other, len(given)) < place[user]
    ]
    return ", ".join(sorted(map(str, given))), early[0] if early else "nothing"


def behind(made_of: Graph, result: str) -> tuple[str, str]:
    """The names of what a result was made of."""
    names = {result}
    while more := {other for name in names for other, _ in made_of[name]} - names:
        names |= more
    return ", ".join(sorted(names)), "nothing"


@lesson.exercise(
    "An order for the walk",
    draw=graph_and_result,
    wanted=behind,
    run=names_and_early,
    gives="the sorted list of names, what comes too early",
    cases=len(GRAPHS),
    mistakes=(
        Edit("the list is upside down; the walk starts at the result", ("[::-1]", "")),
        Edit(
            "some names are in the list twice; check whether a name is there already",
            ("        if name in ordered:\n            return\n", ""),
        ),
        Edit(
            "a name is listed as soon as it is met; it has to wait for everything made of it",
            (
                "        for other, _ in made",
                "        ordered.append(name)\n        for other, _ in made",
            ),
            ("        ordered.append(name)  # after everything that it was made of\n", ""),
            ("[::-1]", ""),
        ),
    ),
    hints=(
        "The lesson counts what each value waits for. There is a second way: list a value once everything that it "
        "was made of is in the list.",
        "A function that calls itself can do that: it first visits everything that a name was made of, and adds "
        "the name last. At which end of the list is the result then?",
    ),
    stub="known-mistake",
)
def topological(made_of: Graph, result: str) -> list[str]:
    """The names of all that the result was made of, in an order for the walk back."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        for other, _ in made_of[name]:
            visit(other)
        ordered.append(name)  # after everything that it was made of

    visit(result)
    return ordered[::-1]
