"""Exercises whose answer is a function: it is called on random inputs, and its results are compared by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twolayer.exercises import comparing, diagnoses
from twolayer.exercises.comparing import Comparison
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.draws import CASES, Draw, named_sizes
from twolayer.exercises.mistakes import Mistake  # noqa: TC001 - Sphinx looks the annotation up
from twolayer.exercises.results import differs, empty_body, nothing_given, plain, read
from twolayer.exercises.running import call
from twolayer.exercises.values import (
    Array,
    as_array,
    described,
    is_tensor,
    kind_of,
    same,
    share_memory,
)

if TYPE_CHECKING:
    from twolayer.exercises.diagnoses import Diagnosis

Inputs = dict[str, Any]


class Case(NamedTuple):
    """The results of an answer in one case.

    Args:
        before: The inputs before the call.
        inputs: The inputs after it.
        results: The results, by name.
        given: The results as arrays.
        wants: The expected results as arrays, by name.
        draw: The source of the inputs.
        used: The forbidden functions that the answer called.
    """

    before: Inputs
    inputs: Inputs
    results: Mapping[str, Any]
    given: Mapping[str, Array]
    wants: Mapping[str, Array]
    draw: Draw
    used: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Computation:
    """A function of arrays or tensors that returns results or changes its inputs.

    Args:
        draw: Returns the inputs of a case by name, in the order of the function's arguments: float64 arrays and
            other values. It is called for each use, and returns the same inputs each time.
        wanted: Called with the inputs by position; returns the expected results by name, or in the order of
            ``returns`` and then ``changes``. It works differently from the exercise's solution, for example
            with autograd.
        returns: The names of what the function returns: one name for a single result, several for a tuple.
        changes: The names of inputs that the function changes in place; they are results too.
        starts: For a returned result that is an update, the input that it starts from.
        unsummed: For a result that is a sum over an axis, a function of the inputs that returns what is summed.
        mistakes: The known mistakes, the likeliest first.
        run: Called with an answer and a case's inputs by name; returns the results. Needed only if a call with
            all inputs isn't enough.
        prepare: Called once with an answer and the first inputs; returns what is run in all cases. It may take a
            minute longer than a call.
        takes: ``"function"`` or ``"class"``, whichever the answer is.
        forbids: Names of NumPy's or PyTorch's functions that the answer may not call, each with what the
            exercise asks for instead.
        solution: The exercise's solution, which mistakes edit.
        tensors: Whether inputs and results are tensors.
        leaves: The names of inputs that require grad.
        tracked: Whether the results must be recorded by autograd (True), must not be (False), or may be either
            (None).
        flags: Whether the inputs' ``requires_grad`` must stay as it is.
        copy: Whether results must not share memory with the inputs.
        contiguous: Whether results must be contiguous.
        dtype: Whether results must have the expected dtype.
        tolerance: How far elements may be apart, relative to the result's largest element.
        rate: The name of the input that is the learning rate.
        whole: The names of results that must be whole numbers.
        cases: How many cases to try.
        on: What a right answer was tried on, in the plural.
    """

    draw: Callable[[Draw], Inputs]
    wanted: Callable[..., Any]
    returns: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    starts: Mapping[str, str] = field(default_factory=dict)
    unsummed: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    run: Callable[[Any, Inputs], Any] | None = None
    prepare: Callable[[Any, Inputs], Any] | None = None
    takes: str = "function"
    forbids: Mapping[str, str] = field(default_factory=dict)
    solution: Callable[..., Any] | None = None
    tensors: bool = False
    leaves: tuple[str, ...] = ()
    tracked: bool | None = None
    flags: bool = False
    copy: bool = False
    contiguous: bool = False
    dtype: bool = True
    tolerance: float = 1e-8
    rate: str = "learning_rate"
    whole: tuple[str, ...] = ()
    cases: int = CASES
    on: str = "inputs of different shapes"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all results."""
        return (*self.returns, *self.changes)

    @property
    def tried_on(self) -> str:
        """What a right answer was tried on."""
        return f"on {self.cases} {self.on}"

    def answer(self, solution: Callable[..., Any]) -> object:
        """The solution itself, which is the function."""
        return solution

    def diagnose(self, answer: object, *, seconds: float) -> Diagnosis | None:
        """Call the answer in each case, and compare its results.

        Args:
            answer: The reader's answer.
            seconds: How long one call may take.

        Returns:
            What is wrong, or None.
        """
        if problem := self._kind(answer):
            return problem
        # All expected results are computed before any of the reader's code runs.
        wants = [self._results(self.wanted, case) for case in range(self.cases)]
        prepared = answer
        if prepare := self.prepare:
            inputs, _ = self._inputs(0)
            called = call(lambda: prepare(answer, inputs), seconds=60 + seconds)
            if called.problem:
                return called.problem
            prepared = called.result
        cases: list[Case] = []
        problem = None
        for number, wanted in enumerate(wants):
            case, problem = self._case(prepared, number, wanted, seconds)
            if case is None or problem:
                break
            cases.append(case)
        if found := self._compared(cases):
            return self._typed_in(answer, cases, found)
        if problem:
            return self._typed_in(answer, cases, problem)
        return self._again(prepared, wants[0], seconds)

    def _mistaken(self, mistake: Mistake, case: int) -> dict[str, Array] | None:
        """A mistake's results, by name; None if it fails on such inputs."""
        try:
            if mistake.variant is not None:
                found = self._results(mistake.variant, case)
            else:
                inputs, _ = self._inputs(case)
                value = self._run(_edited(mistake, self.solution), inputs)
                found = self._taken(value, inputs)
        except Exception:  # noqa: BLE001 - a mistake may fail for some shapes
            return None
        return {name: as_array(plain(value)) for name, value in found.items()}

    # Hooks, which kinds of answers other than plain functions override

    def _kind(self, answer: object) -> Diagnosis | None:
        """Say what is wrong with the answer itself, before it runs."""
        if problem := nothing_given(answer):
            return problem
        if isinstance(answer, type) != (self.takes == "class") or not callable(answer):
            wanted = f"the {self.takes} itself, not called"
            return diagnoses.NOT_WANTED_KIND(given=described(answer), wanted=wanted)
        if empty_body(answer):
            return diagnoses.EMPTY(what="the function has no body")
        return None if self.run else self._arguments(answer)

    def _arguments(self, answer: Callable[..., Any]) -> Diagnosis | None:
        inputs = self.draw(Draw(0))
        try:
            inspect.signature(answer).bind(*inputs)
        except TypeError:
            return diagnoses.ARGUMENTS(names=", ".join(inputs))
        except ValueError:  # Written in C, without a signature.
            return None
        return None

    def _run(self, answer: Any, inputs: Inputs) -> Any:
        """Call the answer; return results as ``wanted`` does."""
        return answer(*inputs.values()) if self.run is None else self.run(answer, inputs)

    # One case

    def _inputs(self, case: int) -> tuple[Inputs, Draw]:
        draw = Draw(case)
        inputs = self.draw(draw)
        if self.tensors:
            inputs = {name: _tensor(v, leaf=name in self.leaves) for name, v in inputs.items()}
        return inputs, draw

    def _case(
        self, answer: object, number: int, wants: Mapping[str, Any], seconds: float
    ) -> tuple[Case | None, Diagnosis | None]:
        before, draw = self._inputs(number)
        inputs, _ = self._inputs(number)
        called = call(
            lambda: self._run(answer, inputs),
            seconds=seconds,
            quiet=number > 0,
            look_for=frozenset(self.forbids),
        )
        if called.problem:
            return None, called.problem
        try:
            results = self._taken(called.result, inputs)
            given = {
                name: read(
                    name,
                    results[name],
                    wants[name],
                    tensors=self.tensors,
                    dtype=self.dtype,
                    whole=name in self.whole,
                    alone=len(self.names) == 1,
                )
                for name in self.names
            }
        except DiagnosisError as error:
            return None, error.diagnosis
        arrays = {name: as_array(plain(value)) for name, value in wants.items()}
        return Case(before, inputs, results, given, arrays, draw, called.used), None

    def _results(self, function: Callable[..., Any], case: int) -> dict[str, Any]:
        """Call one of the lesson's functions, and name its results."""
        value = function(*self._inputs(case)[0].values())
        if isinstance(value, Mapping):
            return dict(value)
        values = (value,) if len(self.names) == 1 and not isinstance(value, tuple) else value
        return dict(zip(self.names, values, strict=True))

    def _taken(self, value: Any, inputs: Inputs) -> dict[str, Any]:
        """Name what a function returned."""
        given: tuple[Any, ...] = ()
        if len(self.returns) == 1:
            single = isinstance(value, tuple) and len(value) == 1
            given = (value[0],) if single else (value,)
        elif self.returns:
            if value is None:
                raise DiagnosisError(diagnoses.NONE(name="what your function returns"))
            if value is Ellipsis:
                raise DiagnosisError(diagnoses.EMPTY(what="your function returns `...`"))
            listed = isinstance(value, tuple | list)
            if not listed or len(value) != len(self.returns):
                said = f"{len(value)} results" if listed else f"one {kind_of(value)}"
                wanted = f"{len(self.returns)}: {', '.join(self.returns)}"
                raise DiagnosisError(diagnoses.WRONG_COUNT(given=said, wanted=wanted))
            given = tuple(value)
        results = dict(zip(self.returns, given, strict=True))
        return results | {name: inputs[name] for name in self.changes}

    # All cases

    def _compared(self, cases: list[Case]) -> Diagnosis | None:
        """Say what is wrong with the results of all cases, or with the way they were computed."""
        if not cases:
            return None
        comparisons = {
            name: [self._comparison(name, case) for case in cases] for name in self.names
        }
        wrong = [name for name in self.names if not all(c.right for c in comparisons[name])]
        found = None
        if wrong:
            tried = [(m, [self._mistaken(m, n) for n in range(len(cases))]) for m in self._known()]
            found = comparing.known(list(comparisons.values()), tried)
        found = found or next(
            filter(None, (self._modified(c.before, c.inputs) for c in cases)), None
        )
        if found is None and wrong:
            found = comparing.diagnose(comparisons[wrong[0]])
        if found and wrong and diagnoses.KINDS[found.name].cause:
            symptom = comparing.entry(comparisons[wrong[0]])
            return found._replace(symptom=symptom.text)
        if found:
            return found
        for case in cases:
            for name in sorted(case.used):
                return diagnoses.FORBIDDEN(function=name, instead=self.forbids[name])
            for name in self.names:
                if problem := self._manner(name, case.results[name], case.inputs):
                    return problem
        return None

    def _known(self) -> tuple[Mistake, ...]:
        """The mistakes to look for."""
        return self.mistakes

    def _comparison(self, name: str, case: Case) -> Comparison:
        starts = {**{name: name for name in self.changes}, **self.starts}
        unsummed = self.unsummed.get(name)
        return Comparison(
            name=name,
            given=case.given[name],
            wanted=case.wants[name],
            results=case.given,
            wants=case.wants,
            sizes=named_sizes(case.before, case.draw.named),
            start=as_array(case.before[starts[name]]) if name in starts else None,
            rate=case.before.get(self.rate),
            unsummed=None if unsummed is None else as_array(unsummed(*case.before.values())),
            tolerance=self.tolerance,
        )

    def _modified(self, before: Inputs, inputs: Inputs) -> Diagnosis | None:
        """An input that the call changed and should not have."""
        for name, value in before.items():
            if not (is_tensor(value) or isinstance(value, np.ndarray)):
                continue
            if name not in self.changes and (problem := differs(name, value, inputs[name])):
                return problem
            now = inputs[name]
            if self.flags and is_tensor(value) and value.requires_grad != now.requires_grad:
                flags = {"before": value.requires_grad, "after": now.requires_grad}
                return diagnoses.FLAG(name=name, **flags)
        return None

    def _manner(self, name: str, given: Any, inputs: Inputs) -> Diagnosis | None:
        """What is wrong with a result whose elements are right."""
        if self.copy and name not in self.changes:
            for other, value in inputs.items():
                if share_memory(given, value):
                    return diagnoses.ALIASES(name=name, input=other)
        if self.contiguous:
            whole = given.is_contiguous() if is_tensor(given) else given.flags.c_contiguous
            if not whole:
                strides = given.stride() if is_tensor(given) else given.strides
                return diagnoses.NOT_CONTIGUOUS(name=name, given=strides)
        if is_tensor(given) and self.tracked is True and not given.requires_grad:
            return diagnoses.DETACHED(name=name)
        if is_tensor(given) and self.tracked is False and given.grad_fn is not None:
            return diagnoses.TRACKED(name=name, grad_fn=type(given.grad_fn).__name__)
        return None

    def _typed_in(self, answer: Any, cases: list[Case], found: Diagnosis) -> Diagnosis:
        """Say so if the code contains a size or a value of the first case."""
        if not cases or self._wrong(cases[0]) or self._compared(cases[:1]):
            return found
        case = cases[0]
        sizes = {n for v in case.before.values() for n in getattr(v, "shape", ()) if n > 2}  # noqa: PLR2004
        values = {
            v for v in case.before.values() if isinstance(v, int | float) and v not in {0, 1, 2}
        }
        if typed := sorted((sizes | values) & _written(answer), key=str):
            return diagnoses.FIRST_CASE_ONLY(value=typed[0], rest=found.text)
        return found

    def _again(self, answer: object, wants: Mapping[str, Any], seconds: float) -> Diagnosis | None:
        """Call again with the first inputs: the results must be the same."""
        case, problem = self._case(answer, 0, wants, seconds)
        if case is None or problem:
            return problem
        name = self._wrong(case)
        return diagnoses.RANDOM(name=name) if name else None

    def _wrong(self, case: Case) -> str | None:
        """The name of the first wrong result."""
        pairs = ((name, case.given[name], case.wants[name]) for name in self.names)
        return next((n for n, a, b in pairs if not same(a, b, tolerance=self.tolerance)), None)


@cache
def _edited(mistake: Any, solution: Any) -> Any:
    return mistake.answer(solution)


def _written(answer: Any) -> set[Any]:
    """The numbers that an answer's code contains."""
    found: set[Any] = set()
    waiting = [getattr(value, "__func__", value) for value in [answer, *vars(answer).values()]]
    codes = [value.__code__ for value in waiting if hasattr(value, "__code__")]
    while codes:
        for constant in codes.pop().co_consts:
            if isinstance(constant, CodeType):
                codes.append(constant)
            parts = constant if isinstance(constant, tuple) else (constant,)
            found |= {part for part in parts if isinstance(part, int | float)}
    return found


def by_autograd(loss: Callable[..., Any], *names: str) -> Callable[..., Array | tuple[Array, ...]]:
    """Make a function that returns a loss's gradients, by autograd.

    Args:
        loss: A function of tensors that returns a tensor with one element.
        *names: The arguments of ``loss`` to differentiate with respect to, in this order.

    Returns:
        A function of the same arguments, as arrays, that returns arrays.

    Examples:
        >>> import numpy as np
        >>> by_autograd(lambda w: (w**2).sum(), "w")(np.array([1.0, 3.0]))
        array([2., 6.])
    """
    parameters = tuple(inspect.signature(loss).parameters)

    def gradients(*inputs: Any) -> Array | tuple[Array, ...]:
        import torch  # noqa: PLC0415 - takes a second, so only checks import it

        given = dict(zip(parameters, inputs, strict=True))
        tensors = {name: _tensor(value, leaf=name in names) for name, value in given.items()}
        found = torch.autograd.grad(loss(**tensors), [tensors[name] for name in names])
        arrays = tuple(as_array(gradient) for gradient in found)
        return arrays[0] if len(arrays) == 1 else arrays

    return gradients


def _tensor(value: Any, *, leaf: bool) -> Any:
    """An array as a tensor with its own memory; anything else as it is."""
    if not isinstance(value, np.ndarray):
        return value
    import torch  # noqa: PLC0415 - as above

    return torch.from_numpy(value.copy()).requires_grad_(leaf)
