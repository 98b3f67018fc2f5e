"""Exercises whose answer is a function: called on drawn inputs, its results compared by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import comparing, diagnoses
from twolayer.exercises.comparing import Comparison, Mistake, Variant
from twolayer.exercises.draws import CASES, Draw, named_sizes
from twolayer.exercises.running import Call, call
from twolayer.exercises.values import (
    Array,
    apart,
    as_array,
    copied,
    is_tensor,
    kind_of,
    same,
    share_memory,
)

if TYPE_CHECKING:
    from twolayer.exercises.diagnoses import Diagnosis

Inputs = dict[str, Any]
_VAGUE = {"entry", "wrong-shape", "raises", "wrong-axis"}


@dataclass(frozen=True, kw_only=True)
class Computation:
    """A function of arrays or tensors, which returns results or changes what it gets.

    Args:
        draw: Gives the inputs of a case by name, in the order of the function's arguments: float64
            arrays and plain values.
        wanted: Called with copies of the inputs, by position; returns the wanted results, in the
            order of ``returns`` and then ``changes``, or by name. It is written independently of the
            exercise's solution, with autograd say.
        returns: The names of what the function returns; one name means the result itself, several a
            tuple.
        changes: The names of inputs that the function changes in place. They are results as well.
        starts: For a returned result that is an update, the input that it starts from.
        unsummed: For a result that is a sum over an axis, a function of the inputs that gives what
            is summed.
        mistakes: The mistakes that are known by what they compute, the likeliest first.
        tensors: Whether the inputs are handed over as tensors, and tensors are wanted back.
        leaves: The names of inputs that require grad.
        tracked: Whether the results must be recorded by autograd (True), must not be (False), or
            may be either (None).
        copy: Whether results must not share memory with the inputs.
        contiguous: Whether results must lie in one piece.
        dtype: Whether results must have the dtype of the wanted ones.
        tolerance: How far entries may be apart, relative to the result's largest.
        rate: The name of the input that is the learning rate.
        cases: How many cases to try.
    """

    draw: Callable[[Draw], Inputs]
    wanted: Callable[..., Any]
    returns: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    starts: Mapping[str, str] = field(default_factory=dict)
    unsummed: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    tensors: bool = False
    leaves: tuple[str, ...] = ()
    tracked: bool | None = None
    copy: bool = False
    contiguous: bool = False
    dtype: bool = True
    tolerance: float = 1e-8
    rate: str = "learning_rate"
    cases: int = CASES

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all results."""
        return (*self.returns, *self.changes)

    @property
    def tried_on(self) -> str:
        """What a right answer was tried on."""
        return f"on {self.cases} inputs of different shapes"

    def answer(self, solution: Callable[..., Any]) -> object:
        """Give the solution itself, which is the function."""
        return solution

    def diagnose(self, answer: object, *, seconds: float) -> Diagnosis | None:
        """Call the answer on each case, and compare.

        Args:
            answer: What the reader gave.
            seconds: How long one call may take.

        Returns:
            What is wrong, or None.
        """
        if problem := self._kind(answer):
            return problem
        for case in range(self.cases):
            if problem := self._case(answer, case, seconds):
                if case > 0 and problem.name in _VAGUE:
                    return diagnoses.FIRST_CASE_ONLY(rest=problem.text)
                return problem
        return self._again(answer, seconds)

    # Hooks: what kinds of answers that are no plain functions do in another way

    def _kind(self, answer: object) -> Diagnosis | None:
        """Say what is wrong with the answer before anything is run."""
        if problem := nothing_given(answer):
            return problem
        if isinstance(answer, type) or not callable(answer):
            said = "the class" if isinstance(answer, type) else "a"
            name = answer.__name__ if isinstance(answer, type) else kind_of(answer)
            given = f"{said} {name}"
            return diagnoses.NOT_WANTED_KIND(given=given, wanted="the function itself, not called")
        if empty_body(answer):
            return diagnoses.EMPTY(what="the function has no body yet")
        inputs = self.draw(Draw(0))
        try:
            inspect.signature(answer).bind(*inputs)
        except TypeError:
            return diagnoses.ARGUMENTS(count=len(inputs), names=", ".join(inputs))
        except ValueError:
            return None  # Written in C, without a signature.
        return None

    def _run(self, answer: Any, inputs: Inputs) -> Any:
        """Call the answer; give what ``wanted`` gives."""
        return answer(*inputs.values())

    # One case

    def _inputs(self, case: int) -> tuple[Inputs, Draw]:
        draw = Draw(case)
        inputs = self.draw(draw)
        if self.tensors:
            inputs = {name: _tensor(v, leaf=name in self.leaves) for name, v in inputs.items()}
        return inputs, draw

    def _case(self, answer: object, case: int, seconds: float) -> Diagnosis | None:
        before, draw = self._inputs(case)
        inputs = {name: copied(value) for name, value in before.items()}
        called = call(lambda: self._run(answer, inputs), seconds=seconds, quiet=case > 0)
        if called.problem:
            return called.problem
        wants = self._results(self.wanted, before)
        results, problem = self._taken(called, inputs, wants)
        if problem:
            return problem
        comparisons = self._comparisons(results, wants, before, draw)
        return (
            next(filter(None, map(comparing.known, comparisons)), None)
            or self._modified(before, inputs)
            or next(filter(None, map(comparing.diagnose, comparisons)), None)
            or next(filter(None, (self._manner(n, results[n], inputs) for n in wants)), None)
        )

    def _results(self, function: Callable[..., Any], before: Inputs) -> dict[str, Any]:
        """Call a function of the lesson's on copies, and name its results."""
        value = function(*(copied(value) for value in before.values()))
        if isinstance(value, Mapping):
            return dict(value)
        values = (value,) if len(self.names) == 1 and not isinstance(value, tuple) else value
        return dict(zip(self.names, values, strict=True))

    def _taken(
        self, called: Call, inputs: Inputs, wants: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Diagnosis | None]:
        """Name what the reader's code gave, and see that each result is of the wanted type."""
        value = called.result
        given: tuple[Any, ...] = ()
        if len(self.returns) == 1:
            single = isinstance(value, tuple) and len(value) == 1
            given = (value[0],) if single else (value,)
        elif self.returns:
            if value is None:
                return {}, diagnoses.NONE(name="what your function returns")
            if value is Ellipsis:
                return {}, diagnoses.EMPTY(what="your function returns `...`")
            listed = isinstance(value, tuple | list)
            if not listed or len(value) != len(self.returns):
                said = f"{len(value)} results" if listed else f"one {kind_of(value)}"
                names = ", ".join(self.returns)
                return {}, diagnoses.WRONG_COUNT(given=said, wanted=len(self.returns), names=names)
            given = tuple(value)
        results = dict(zip(self.returns, given, strict=True))
        results |= {name: inputs[name] for name in self.changes}
        problems = (self._type(name, results[name], wants[name]) for name in self.names)
        return results, next(filter(None, problems), None)

    def _type(self, name: str, given: Any, wanted: Any) -> Diagnosis | None:
        if given is Ellipsis:
            return diagnoses.EMPTY(what=f"{name} is still `...`")
        if given is None:
            return diagnoses.NONE(name=name)
        if is_tensor(given) and is_tensor(wanted) and given.device != wanted.device:
            return diagnoses.WRONG_DEVICE(name=name, given=given.device, wanted=wanted.device)
        number = np.ndim(as_array(wanted)) == 0 and not is_tensor(wanted)
        if number and isinstance(given, int | float | np.number):
            return None
        arrays = is_tensor(given) if self.tensors else isinstance(given, np.ndarray)
        if arrays and as_array(given).dtype.kind in "biufc":
            return self._precision(name, given, wanted)
        kind = "tensor" if self.tensors else "number" if number else "NumPy array"
        said = f"{kind_of(given)} of objects" if arrays else kind_of(given)
        return diagnoses.WRONG_TYPE(name=name, given=said, wanted=kind)

    def _precision(self, name: str, given: Any, wanted: Any) -> Diagnosis | None:
        """Another dtype, unless the entries say that the mistake is of another kind."""
        if not self.dtype or not hasattr(wanted, "dtype") or given.dtype == wanted.dtype:
            return None
        near = same(as_array(given), as_array(wanted), tolerance=1e-3)
        if near or as_array(given).dtype.kind != as_array(wanted).dtype.kind:
            return diagnoses.WRONG_DTYPE(name=name, given=given.dtype, wanted=wanted.dtype)
        return None

    def _comparisons(
        self, results: Mapping[str, Any], wants: Mapping[str, Any], before: Inputs, draw: Draw
    ) -> list[Comparison]:
        given = {name: as_array(results[name]) for name in self.names}
        wanted = {name: as_array(wants[name]) for name in self.names}
        starts = {**{name: name for name in self.changes}, **self.starts}
        variants = []
        for mistake in self.mistakes:
            # A variant may not exist for each shape; then it is not what the reader did.
            compute = partial(self._results, mistake.variant, before)
            tried = call(compute, seconds=60, quiet=True)
            if tried.problem is None:
                arrays = {name: as_array(value) for name, value in tried.result.items()}
                variants.append(Variant(mistake, arrays))
        sums = {
            name: as_array(unsummed(*map(copied, before.values())))
            for name, unsummed in self.unsummed.items()
        }
        return [
            Comparison(
                name=name,
                given=given[name],
                wanted=wanted[name],
                results=given,
                wants=wanted,
                sizes=named_sizes(before, draw.named),
                start=as_array(before[starts[name]]) if name in starts else None,
                rate=before.get(self.rate),
                unsummed=sums.get(name),
                variants=tuple(variants),
                tolerance=self.tolerance,
            )
            for name in self.names
        ]

    def _modified(self, before: Inputs, inputs: Inputs) -> Diagnosis | None:
        """An input that is not the same as before the call, and should be."""
        for name, value in before.items():
            if name in self.changes or not (is_tensor(value) or isinstance(value, np.ndarray)):
                continue
            old, new = as_array(value), as_array(inputs[name])
            if old.shape != new.shape:
                return diagnoses.WRONG_SHAPE(
                    name=f"the input {name}", given=new.shape, wanted=old.shape
                )
            if (differs := apart(new, old, tolerance=0)).any():
                index = comparing.index_of(differs)
                return diagnoses.MODIFIED(
                    name=name, index=index, before=old[index], after=new[index]
                )
        return None

    def _manner(self, name: str, given: Any, inputs: Inputs) -> Diagnosis | None:
        """What may be wrong with a result whose entries are right."""
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

    def _again(self, answer: object, seconds: float) -> Diagnosis | None:
        """Call once more with the first inputs: the results must be the same."""
        inputs, _ = self._inputs(0)
        wants = self._results(self.wanted, inputs)
        called = call(lambda: self._run(answer, inputs), seconds=seconds, quiet=True)
        if called.problem:
            return called.problem
        results, problem = self._taken(called, inputs, wants)
        if problem:
            return problem
        for name in self.names:
            if not same(as_array(results[name]), as_array(wants[name]), tolerance=self.tolerance):
                return diagnoses.RANDOM(name=name)
        return None


def nothing_given(answer: object) -> Diagnosis | None:
    """Tell whether an answer is what stands on the page before anybody wrote one.

    Args:
        answer: What the reader gave.

    Returns:
        The diagnosis, or None.
    """
    if answer is Ellipsis:
        return diagnoses.EMPTY(what="the answer is still `...`")
    if answer is None:
        return diagnoses.EMPTY(what="the answer is None")
    return None


def empty_body(function: object) -> bool:
    """Tell whether a function's body is ``...`` or ``pass``.

    Args:
        function: A function.

    Returns:
        Whether nothing stands in it.

    Examples:
        >>> def stub(x): ...
        >>> empty_body(stub), empty_body(empty_body)
        (True, False)
    """
    code = getattr(function, "__code__", None)
    return code is not None and code.co_code == _nothing.__code__.co_code and not code.co_names


def by_autograd(loss: Callable[..., Any], *names: str) -> Callable[..., Array | tuple[Array, ...]]:
    """Make the function that gives a loss's gradients, by autograd.

    Args:
        loss: A function of tensors that returns a tensor of one number.
        *names: The arguments of ``loss`` whose gradients are wanted, in this order.

    Returns:
        A function of the same arguments, as arrays, that returns arrays.

    Examples:
        >>> import numpy as np
        >>> by_autograd(lambda w: (w**2).sum(), "w")(np.array([1.0, 3.0]))
        array([2., 6.])
    """
    parameters = tuple(inspect.signature(loss).parameters)

    def gradients(*inputs: Any) -> Array | tuple[Array, ...]:
        import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

        given = dict(zip(parameters, inputs, strict=True))
        tensors = {name: _tensor(value, leaf=name in names) for name, value in given.items()}
        found = torch.autograd.grad(loss(**tensors), [tensors[name] for name in names])
        arrays = tuple(as_array(gradient) for gradient in found)
        return arrays[0] if len(arrays) == 1 else arrays

    return gradients


def _tensor(value: Any, *, leaf: bool) -> Any:
    """An array as a tensor of its own memory; anything else as it is."""
    if not isinstance(value, np.ndarray):
        return value
    import torch  # noqa: PLC0415 - as above

    return torch.from_numpy(value.copy()).requires_grad_(leaf)


def _nothing() -> None:
    pass
