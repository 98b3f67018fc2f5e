"""Exercises on graphs: what a trace keeps, and a decision and a loop that can be captured."""

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
    """A network that reads its settings."""

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
    """What the network and the graph return after the settings changed."""
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
                "the graph doesn't read the settings again; use those from the time of tracing",
            ),
            ((13, 6), "the two numbers are swapped; only the network reads the settings again"),
            ((13, 13), "the network itself runs its lines again; use the new settings for it"),
            ((6, 11), "the graph has no loop; it has all three iterations, one after the other"),
            ((6, 8), "the graph has no if; it has the branch that was taken"),
        ),
    ),
    hints=(
        "Print traced.code. Does it read the settings at all?",
        "Tracing runs forward once, including Python's if and for, and the graph keeps only the operations on h. The"
        " network itself runs its lines again each time.",
    ),
)
def what_is_kept() -> tuple[float, float]:
    """What the network returns with the new settings, and what the graph returns."""
    h = 5.0
    return h + 1, 2 * h + 1 + 1 + 1


class Program(torch.nn.Module):
    """A function as a module, because only modules can be exported."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        """Call it."""
        return self.function(*inputs)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Hide what a capture prints and logs, and its warnings."""
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
        except Exception as error:  # noqa: BLE001 - reported below
            errors.append(f"{error}")
        else:
            return graph
    with silence():
        answer(*inputs.values())  # Raises what isn't the capture's fault.
    line = errors[1].partition("\n")[0].rstrip(".")
    text = f"torch.export can't capture your function: {line}"
    if "control flow" in errors[0]:
        text = "a Python `if` or `while` reads a tensor's value, but there is none during capture"
    raise DiagnosisError(diagnoses.KNOWN(name="the graph", text=text))


def draw_decision(draw: Draw) -> dict[str, Any]:
    """A sum that is positive and negative by turns, and once exactly 0."""
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
            "each element makes its own decision; make one, by the sum",
            ("torch.cond(h.sum() > 0, torch.relu, torch.neg, (h,))", "h.abs()"),
        ),
        Edit("the branches are swapped", ("relu, torch.neg", "neg, torch.relu")),
        Edit("it is always ReLU; return -h if the sum isn't positive", ("torch.neg", "torch.relu")),
        Edit("it is always -h; return ReLU if the sum is positive", ("torch.relu", "torch.neg")),
        Edit("a sum of exactly 0 isn't positive; return -h for it", ("> 0", ">= 0")),
    ),
    hints=(
        "Which operation of the lesson takes a condition and two functions?",
        "The condition stays a tensor, h.sum() > 0. Pass it to torch.cond with both branches as functions of h, or "
        "compute both results and let torch.where choose.",
    ),
    stub="known-mistake",
)
def decide(x: Tensor, w1: Tensor) -> Tensor:
    """ReLU of h if its sum is positive, else -h."""
    h = x @ w1
    chosen: Tensor = torch.cond(h.sum() > 0, torch.relu, torch.neg, (h,))
    return chosen


def draw_norm(draw: Draw) -> dict[str, Any]:
    """A few iterations, many or none; then a norm of exactly 1, after two iterations and at the start."""
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
        Edit("it stays 0; return the next count from the body", ("count + 1", "count.clone()")),
        Edit(
            "one iteration runs even if none is needed; test the condition first",
            ("(h, torch.tensor(0))", "(h / 2, torch.tensor(1))"),
        ),
        Edit("it is 1 too high; start the count at 0", ("torch.tensor(0)", "torch.tensor(1)")),
        Edit("it hasn't changed; return the halved h", ("return halved,", "return h + 0,")),
        Edit("it is halved only once; capture the loop", ("return halved,", "return h / 2,")),
        Edit("a norm of exactly 1 isn't above 1; stop there", ("> 1", ">= 1")),
        Edit("the largest element decides; use the norm", ("h.norm()", "h.abs().max()")),
    ),
    hints=(
        "Which values change from iteration to iteration? The lesson's loop had one.",
        "torch.while_loop takes a condition and a body, both functions of all the values that change, and a tuple of"
        " their start values. The count is one of them.",
    ),
    stub="known-mistake",
)
def halve(h: Tensor) -> tuple[Tensor, Tensor]:
    """Halve h while its norm is above 1; return it and the number of iterations."""
    halved, count = torch.while_loop(
        lambda h, _: h.norm() > 1,
        lambda h, count: (h / 2, count + 1),
        (h, torch.tensor(0)),
    )
    return halved, count
