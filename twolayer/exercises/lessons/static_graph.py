"""Exercises on networks that are captured as graphs."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Value
from twolayer.exercises.computation import Computation
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.running import call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. What a trace keeps


def what_is_kept() -> tuple[float, float]:
    """What the network gives, which looks at its settings now, and what the graph gives."""
    h = 5.0
    return h + 1, 2 * h + 1 + 1 + 1


class _Growing(torch.nn.Module):
    doubling = True
    turns = 3

    def forward(self, h: Tensor) -> Tensor:
        if self.doubling:
            h = 2 * h
        for _ in range(self.turns):
            h = h + 1
        return h


def _kept() -> tuple[float, float]:
    network = _Growing()
    traced = torch.fx.symbolic_trace(network)
    network.doubling, network.turns = False, 1
    h = torch.tensor(5.0)
    return network(h).item(), traced(h).item()


_KEPT = Value(
    wanted=_kept,
    wrong=(
        ((6, 6), "the graph doesn't look at the settings again; want what was taken while tracing"),
        ((13, 6), "the two are exchanged: one looks at the settings anew, the other doesn't"),
        ((13, 13), "the network itself runs its lines anew; want what the new settings give"),
        ((6, 11), "the loop is gone from the graph; its turns are in it, one after the other"),
        ((6, 8), "the if is gone from the graph; the branch that was taken is in it"),
    ),
)

# 2. One operation for two


def replacement(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """What a @ b - c gives, in one operation."""
    return torch.addmm(c, a, b, beta=-1)


def _draw_product(draw: Draw) -> dict[str, Any]:
    N, H, D_out = draw.sizes("N", "H", "D_out")
    return {"a": draw.normal(N, H), "b": draw.normal(H, D_out), "c": draw.normal(N, D_out)}


class _OneOperation(Computation):
    """A function that becomes a graph of one operation."""

    def diagnose(self, answer: Any, *, seconds: float) -> Diagnosis | None:
        """Look at the values first, then count."""
        if problem := super().diagnose(answer, seconds=seconds):
            return problem
        called = call(partial(torch.fx.symbolic_trace, answer), seconds=seconds, quiet=True)
        if called.problem:
            return called.problem
        nodes = called.result.graph.nodes
        names = [node.name for node in nodes if node.op.startswith("call")]
        if len(names) == 1:
            return None
        text = f"right, but of {len(names)} operations ({', '.join(names)}); want one"
        return diagnoses.KNOWN(name="the graph", text=text)


_FUSED = _OneOperation(
    draw=_draw_product,
    wanted=lambda a, b, c: a @ b - c,
    returns=("result",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda a, b, c: a @ b + c,
            text="c is added; want it subtracted, still in the same operation",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda a, b, c: -(a @ b) - c,
            text="the product is subtracted too; is it alpha that you turned?",
        ),
        Mistake(diagnoses.FORGOT_TERM, lambda a, b, c: a @ b, term="c"),
    ),
)

# What both of the others share: the answer is captured, and the graph is checked


class _Program(torch.nn.Module):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(*inputs)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Drop what a capture logs and warns of besides its error."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _export(function: Callable[..., Any], inputs: tuple[Any, ...]) -> Callable[..., Any]:
    try:
        with _silence():
            return torch.export.export(_Program(function), inputs).module()
    except RuntimeError as error:
        line = str(error).partition("\n")[0].rstrip(".")
        text = f"torch.export refuses your function: {line}"
        raise DiagnosisError(diagnoses.KNOWN(name="the graph", text=text)) from error


class _Graph(Computation):
    """A function that is captured once; the graph is then run on inputs of one shape."""

    @property
    def tried_on(self) -> str:
        return f"one graph, run on {self.cases} inputs"

    def diagnose(self, answer: Any, *, seconds: float) -> Diagnosis | None:
        """Capture, then compare what the graph gives.

        ``torch.fx`` takes no time, but knows no ``torch.cond`` and no ``torch.while_loop``: where it
        fails on anything but a decision in Python, ``torch.export`` captures.
        """
        if problem := self._kind(answer):
            return problem
        try:
            traced = call(partial(_trace, answer), seconds=seconds, quiet=True)
            if traced.problem:
                return traced.problem
            captured = traced.result
            if captured is None:
                importlib.import_module("torch._dynamo")  # outside of the time limit
                inputs = tuple(self._inputs(0)[0].values())
                exported = call(partial(_export, answer, inputs), seconds=60 + seconds, quiet=True)
                if exported.problem:
                    return exported.problem
                captured = exported.result
        except DiagnosisError as error:
            return error.diagnosis

        def run(*inputs: Any) -> Any:  # A graph's own signature may differ from the answer's.
            return captured(*inputs)

        return super().diagnose(run, seconds=60 + seconds)


def _trace(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Capture with ``torch.fx``; None if it can't."""
    try:
        return torch.fx.symbolic_trace(function)
    except torch.fx.proxy.TraceError as error:
        if "control flow" not in str(error):
            return None
        text = "a Python `if` or `while` asks for a tensor's value, and a graph has none while it is captured"
        raise DiagnosisError(diagnoses.KNOWN(name="the graph", text=text)) from error
    except (AssertionError, AttributeError, RuntimeError, TypeError, ValueError):
        return None


# 3. A decision in the graph


def decide(x: Tensor, w1: Tensor) -> Tensor:
    """ReLU of h if its sum is positive, else -h."""
    h = x @ w1
    chosen: Tensor = torch.cond(h.sum() > 0, torch.relu, torch.neg, (h,))
    return chosen


def _draw_decision(draw: Draw) -> dict[str, Any]:
    x, w1 = draw.normal(4, 3), draw.normal(3, 5)
    # The sum is positive and negative in turn.
    return {"x": x if ((x @ w1).sum() > 0) == (draw.case % 2 == 0) else -x, "w1": w1}


def _decided(
    choose: Callable[[Tensor, Tensor], Tensor],
) -> Callable[[Tensor, Tensor], Tensor]:
    """What is chosen from h and its sum."""

    def variant(x: Tensor, w1: Tensor) -> Tensor:
        h = x @ w1
        return choose(h, h.sum())

    return variant


_DECISION = _Graph(
    draw=_draw_decision,
    wanted=_decided(lambda h, total: h.relu() if total > 0 else -h),
    returns=("result",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _decided(lambda h, _: h.abs()),
            text="each entry decides alone; want one decision, by the sum",
        ),
        Mistake(
            diagnoses.KNOWN,
            _decided(lambda h, total: -h if total > 0 else h.relu()),
            text="for this sum it is the other branch; are both exchanged, or is one missing?",
        ),
    ),
)

# 4. A loop in the graph


def halve(h: Tensor) -> tuple[Tensor, Tensor]:
    """Halve h while its norm is above 1; give it and the number of turns."""
    halved, count = torch.while_loop(
        lambda h, _: h.norm() > 1,
        lambda h, count: (h / 2, count + 1),
        (h, torch.tensor(0)),
    )
    return halved, count


def _draw_norm(draw: Draw) -> dict[str, Any]:
    h = draw.normal(4, 3)
    # From a few turns to many, and once none.
    return {"h": h * (5.0, 300.0, 0.01, 70.0)[draw.case]}


def _halved(h: Tensor) -> tuple[Tensor, Tensor]:
    count = 0
    while h.norm() > 1:
        h, count = h / 2, count + 1
    return h, torch.tensor(count)


_LOOP = _Graph(
    draw=_draw_norm,
    wanted=_halved,
    returns=("h", "count"),
    tensors=True,
    dtype=False,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda h: {"count": 0 * _halved(h)[1]},
            text="it stays 0; the body has to give back the next count",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda h: {"count": _halved(h)[1] + 1},
            text="it is one too many; how many turns are made where none is needed?",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda h: {"h": h},
            text="it is as it was; the body has to give back the halved one",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda h: {"h": h / 2},
            text="it is halved once; was one turn captured, in place of the loop?",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="What a trace keeps",
        check=_KEPT,
        hints=(
            "Print traced.code. Does it look at the settings at all?",
            "Tracing runs forward once, and Python's if and for are carried out then: the graph has only the "
            "operations on h that were met on the way. The network itself runs anew each time.",
        ),
        solution=what_is_kept,
        stub="empty",
    ),
    Exercise(
        number=2,
        title="One operation for two",
        check=_FUSED,
        hints=(
            "What does torch.addmm do with its first argument, if you say nothing more?",
            "torch.addmm multiplies its first argument by beta and the product by alpha. Both are 1 unless "
            "you name them, and one of them has to change.",
        ),
        solution=replacement,
        stub="known-mistake",
    ),
    Exercise(
        number=3,
        title="A decision in the graph",
        check=_DECISION,
        hints=(
            "Which operation of the lesson takes a condition and two functions?",
            "The condition stays a tensor, h.sum() > 0. Give it with both branches, as functions of h, to "
            "torch.cond; or compute both results and let torch.where choose.",
        ),
        solution=decide,
        stub="known-mistake",
    ),
    Exercise(
        number=4,
        title="A loop in the graph",
        check=_LOOP,
        hints=(
            "What goes from turn to turn here? The lesson's loop had one such value.",
            "torch.while_loop takes a condition and a body, both functions of all that goes from turn to "
            "turn, and the start values as a tuple. The count has to be a tensor as well.",
        ),
        solution=halve,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
