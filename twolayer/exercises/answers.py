"""Exercises whose answer is a value, or whatever a test of the lesson's own accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twolayer.exercises import diagnoses
from twolayer.exercises.results import empty_body, nothing_given
from twolayer.exercises.running import call
from twolayer.exercises.values import as_array, family, kind_of, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.diagnoses import Diagnosis


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value that the reader gives: a number, a shape, a tuple, a string, a set.

    The exercise's solution is a function without arguments that returns the value.

    Args:
        wanted: A function without arguments that computes the value.
        wrong: Values that a known mistake gives, each with what to say of it.
        tolerance: How far numbers may be off, relative to the wanted one.
    """

    wanted: Callable[[], Any]
    wrong: tuple[tuple[Any, str], ...] = ()
    tolerance: float = 1e-8

    @property
    def tried_on(self) -> str:
        """An empty text, since a value is right or not."""
        return ""

    def answer(self, solution: Callable[..., Any]) -> object:
        """Give the value that the solution returns."""
        return solution()

    def diagnose(self, answer: object, *, seconds: float) -> Diagnosis | None:
        """Compare the answer with the wanted value, which is not shown.

        Args:
            answer: What the reader gave.
            seconds: Unused, since nothing of the reader's runs.

        Returns:
            What is wrong, or None.
        """
        del seconds
        if problem := nothing_given(answer):
            return problem
        wanted = self.wanted()
        if self._equal(answer, wanted):
            return None
        for value, text in self.wrong:
            if self._equal(answer, value):
                return diagnoses.KNOWN(name="your answer", text=text)
        return _difference(answer, wanted)

    def _equal(self, given: object, wanted: object) -> bool:
        if family(given) != family(wanted):
            return False
        if family(wanted) == "tuple":
            pair = list(zip(given, wanted, strict=False))  # type: ignore[call-overload]
            same_length = len(given) == len(wanted)  # type: ignore[arg-type]
            return same_length and all(self._equal(a, b) for a, b in pair)
        if family(wanted) in {"number", "array"}:
            return same(as_array(given), as_array(wanted).astype(float), tolerance=self.tolerance)
        return given == wanted


@dataclass(frozen=True, kw_only=True)
class Predicate:
    """Whatever a test of the lesson's own accepts.

    Args:
        test: Called with the answer under the time limit; returns None if it is right, a diagnosis, or
            a sentence that says what is wrong, beginning with a small letter and without a full stop.
        wanted: What the answer is, such as ``"a function"`` or ``"a class"``.
        callable: Whether the answer must be callable.
        after: What to say that a right answer was tried on, may be empty.
    """

    test: Callable[[Any], Diagnosis | str | None]
    wanted: str = "a function"
    callable: bool = True
    after: str = ""

    @property
    def tried_on(self) -> str:
        """What a right answer was tried on."""
        return self.after

    def answer(self, solution: Callable[..., Any]) -> object:
        """Give the solution itself, or the value that it returns where no function is wanted."""
        return solution if self.callable else solution()

    def diagnose(self, answer: object, *, seconds: float) -> Diagnosis | None:
        """Ask the test.

        Args:
            answer: What the reader gave.
            seconds: How long the test may take.

        Returns:
            What is wrong, or None.
        """
        if problem := nothing_given(answer):
            return problem
        if self.callable and not callable(answer):
            given = f"a {kind_of(answer)}"
            return diagnoses.NOT_WANTED_KIND(given=given, wanted=self.wanted)
        if self.callable and empty_body(answer):
            return diagnoses.EMPTY(what="the function has no body yet")
        called = call(lambda: self.test(answer), seconds=seconds)
        if called.problem:
            return called.problem
        if isinstance(called.result, str):
            return diagnoses.Diagnosis(diagnoses.KNOWN.name, called.result)
        found: Diagnosis | None = called.result
        return found


def _difference(answer: Any, wanted: Any) -> Diagnosis:
    """Say how a wrong value differs, as far as that doesn't give the answer away."""
    if family(answer) != family(wanted):
        given = f"a {kind_of(answer)}"
        return diagnoses.NOT_WANTED_KIND(given=given, wanted=f"a {family(wanted)}")
    if family(wanted) == "tuple":
        if len(answer) != len(wanted):
            given = f"{len(answer)} values"
            return diagnoses.WRONG_COUNT(given=given, wanted=len(wanted), names="in order")
        if sorted(map(repr, answer)) == sorted(map(repr, wanted)):
            given = ", ".join(map(str, answer))
            return diagnoses.WRONG_ORDER(given=given, wanted="the same values otherwise")
    return diagnoses.WRONG_VALUE(given=repr(answer))
