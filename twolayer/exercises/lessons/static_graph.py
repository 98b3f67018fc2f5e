"""Exercises on graphs: what a trace keeps, a decision and a loop that can be captured."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Value
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson
from twolayer.exercises.mistakes import Edit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()


class Growing(torch.nn.Module):
    """A network that looks at its settings."""

    doubling = True
    turns = 3

    def forward(self, h: Tensor) -> Tensor:
        """Double, and add."""
        if self.doubling:
            h = 2 * h
        for _ in range(self.turns):
            h = h + 1
        return h


def kept() -> tuple[float, float]:
    """What the network and the graph give after the settings changed."""
    network = Growing()
    traced = torch.fx.symbolic_trace(network)
    network.doubling, network.turns = False, 1
    h = torch.tensor(5.0)
    return network(h).item(), traced(h).item()


@lesson.checked(
    "What a trace keeps",
    Value(
        wanted=kept,
        wrong=(
            (
                (6, 6),
                "the graph doesn't look at the settings again; want what was taken while tracing",
            ),
            ((13, 6), "the two are exchanged: one looks at the settings anew, the other doesn't"),
            ((13, 13), "the network itself runs its lines anew; want what the new settings give"),
            ((6, 11), "the loop is gone from the graph; its turns are in it, one after the other"),
            ((6, 8), "the if is gone from the graph; the branch that was taken is in it"),
        ),
    ),
    hints=(
        "Print traced.code. Does it look at the settings at all?",
        "Tracing runs forward once, and Python's if and for are carried out then: the graph has only the "
        "operations on h that were met on the way. The network itself runs anew each time.",
    ),
)
def what_is_kept() -> tuple[float, float]:
    """What the network gives, which looks at its settings now, and what the graph gives."""
    h = 5.0
    return h + 1, 2 * h + 1 + 1 + 1


class Program(torch.nn.Module):
    """A function as a module, which is what can be exported."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        """Call it."""
        return self.function(*inputs)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Drop what a capture prints, logs and warns of."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def capture(answer: Any, inputs: Inputs) -> Any:
    """Make a graph of a function, with ``torch.fx`` or, where that fails, ``torch.export``."""
    errors = []
    for way in (
        torch.fx.symbolic_trace,
        lambda function: torch.export.export(Program(function), tuple(inputs.values())).module(),
    ):
        try:
            with silence():
                graph = way(answer)
                graph(*inputs.values())
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(f"{error}")
        else:
            return graph
    with silence():
        answer(*inputs.values())  # Raises what isn't the capture's fault.
    line = errors[1].partition("\n")[0].rstrip(".")
    text = f"torch.export refuses your function: {line}"
    if "control flow" in errors[0]:
        text = "a Python `if` or `while` asks for a tensor's value, and a graph has none while it is captured"
    raise DiagnosisError(diagnoses.KNOWN(name="the graph", text=text))


def draw_decision(draw: Draw) -> dict[str, Any]:
    """A sum that is positive and negative in turn, and once exactly 0."""
    x, w1 = draw.normal(4, 3), draw.normal(3, 5)
    if draw.case == 2:
        x, w1 = draw.with_zeros(4, 3), draw.with_zeros(3, 5)
        x[-1] = -x[:-1].sum(axis=0)
    elif ((x @ w1).sum() > 0) == (draw.case % 2 > 0):
        x = -x
    return {"x": x, "w1": w1}


def decided(x: Tensor, w1: Tensor) -> Tensor:
    """Decide line by line."""
    h = x @ w1
    return h.relu() if h.sum() > 0 else -h


@lesson.exercise(
    "A decision in the graph",
    draw=draw_decision,
    wanted=decided,
    gives="result",
    tensors=True,
    on="inputs, by one graph",
    prepare=capture,
    cases=5,
    mistakes=(
        Edit(
            "each entry decides alone; want one decision, by the sum",
            ("torch.cond(h.sum() > 0, torch.relu, torch.neg, (h,))", "h.abs()"),
        ),
        Edit(
            "both branches are exchanged; want ReLU where the sum is positive",
            ("relu, torch.neg", "neg, torch.relu"),
        ),
        Edit(
            "it is ReLU whatever the sum is; want -h where that isn't positive",
            ("torch.neg", "torch.relu"),
        ),
        Edit(
            "it is -h whatever the sum is; want ReLU where that is positive",
            ("torch.relu", "torch.neg"),
        ),
        Edit("a sum of exactly 0 isn't positive; want -h for it", ("> 0", ">= 0")),
    ),
    hints=(
        "Which operation of the lesson takes a condition and two functions?",
        "The condition stays a tensor, h.sum() > 0. Give it with both branches, as functions of h, to "
        "torch.cond; or compute both results and let torch.where choose.",
    ),
    stub="known-mistake",
)
def decide(x: Tensor, w1: Tensor) -> Tensor:
    """ReLU of h if its sum is positive, else -h."""
    h = x @ w1
    chosen: Tensor = torch.cond(h.sum() > 0, torch.relu, torch.neg, (h,))
    return chosen


def draw_norm(draw: Draw) -> dict[str, Any]:
    """From a few turns to many, and once none; then a norm of exactly 1, after two turns and at once."""
    h = draw.normal(4, 3)
    if draw.case > 3:
        h[:] = 0
        h[:, 1] = (2, 0.5)[draw.case - 4]
    return {"h": h * (5.0, 1e100, 0.01, 70.0, 1.0, 1.0)[draw.case]}


def halved(h: Tensor) -> tuple[Tensor, int]:
    """Halve line by line."""
    count = 0
    while h.norm() > 1:
        h, count = h / 2, count + 1
    return h, count


@lesson.exercise(
    "A loop in the graph",
    draw=draw_norm,
    wanted=halved,
    gives="h, count",
    tensors=True,
    dtype=False,
    on="inputs, by one graph",
    prepare=capture,
    cases=6,
    mistakes=(
        Edit(
            "it stays 0; the body has to give back the next count", ("count + 1", "count.clone()")
        ),
        Edit(
            "one turn is made where none is needed; want the condition asked first",
            ("(h, torch.tensor(0))", "(h / 2, torch.tensor(1))"),
        ),
        Edit(
            "it is one too many; how many turns are made where none is needed?",
            ("torch.tensor(0)", "torch.tensor(1)"),
        ),
        Edit(
            "it is as it was; the body has to give back the halved one",
            ("return halved,", "return h + 0,"),
        ),
        Edit(
            "it is halved once; was one turn captured, in place of the loop?",
            ("return halved,", "return h / 2,"),
        ),
        Edit("a norm of exactly 1 isn't above 1; want no more turns then", ("> 1", ">= 1")),
        Edit("the largest entry decides; want the norm", ("h.norm()", "h.abs().max()")),
    ),
    hints=(
        "What goes from turn to turn here? The lesson's loop had one such value.",
        "torch.while_loop takes a condition and a body, both functions of all that goes from turn to "
        "turn, and the start values as a tuple. The count has to be a tensor as well.",
    ),
    stub="known-mistake",
)
def halve(h: Tensor) -> tuple[Tensor, Tensor]:
    """Halve h while its norm is above 1; give it and the number of turns."""
    halved, count = torch.while_loop(
        lambda h, _: h.norm() > 1,
        lambda h, count: (h / 2, count + 1),
        (h, torch.tensor(0)),
    )
    return halved, count
