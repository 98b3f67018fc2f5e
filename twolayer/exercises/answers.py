"""Exercises whose answer is a value, or whatever the lesson's own test accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twolayer.exercises import diagnoses
from twolayer.exercises.results import empty_body, nothing_given
from twolayer.exercises.running import call
from twolayer.exercises.values import as_array, family, kind_of, same, with_article

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.diagnoses import Diagnosis


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value that the reader gives: a number, a shape, a tuple, a string, a set.

    The exercise's solution is a function without arguments that returns the value.

    Args:
        wanted: A function without arguments that computes the value.
        wrong: Values that result from a known mistake, each with what to say about it.
        tolerance: How far numbers may be off, relative to the wanted one.
    """

    wanted: Callable[[], Any]
    wrong: tuple[tuple[Any, str], ...] = ()
    tolerance: float = 1e-8

    @property
    def tried_on(self) -> str:
        """An empty text, because a value isn't tried on anything."""
        return ""

    def answer(self, solution: Callable[..., Any]) -> object:
        """The value that the solution returns."""
        return solution()

    def diagnose(self, answer: object, *, seconds: float) -> Diagnosis | None:
        """Compare the answer with the expected value, which is not shown.

        Args:
            answer: The reader's answer.
            seconds: Unused, because no code of the reader's runs.

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
    """Whatever the lesson's own test accepts.

    Args:
        test: Called with the answer under the time limit. Returns None if the answer is right, else a diagnosis
            or a sentence that says what is wrong, in lower case and without a full stop.
        wanted: What the answer is, such as ``"a function"`` or ``"a class"``.
        callable: Whether the answer must be callable.
        after: What a right answer was tried on, in words; may be empty.
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
        """The solution itself, or the value that it returns if the answer is not a function."""
        return solution if self.callable else solution()

    def diagnose(self, answer: object, *, seconds: float) -> Diagnosis | None:
        """Run the test.

        Args:
            answer: The reader's answer.
            seconds: How long the test may take.

        Returns:
            What is wrong, or None.
        """
        if problem := nothing_given(answer):
            return problem
        if self.callable and not callable(answer):
            given = with_article(kind_of(answer))
            return diagnoses.NOT_WANTED_KIND(given=given, wanted=self.wanted)
        if self.callable and empty_body(answer):
            return diagnoses.EMPTY(what="the function has no body")
        called = call(lambda: self.test(answer), seconds=seconds)
        if called.problem:
            return called.problem
        if isinstance(called.result, str):
            return diagnoses.Diagnosis(diagnoses.KNOWN.name, called.result)
        found: Diagnosis | None = called.result
        return found


def _difference(answer: Any, wanted: Any) -> Diagnosis:
    """Say how a wrong value differs, without giving the answer away."""
    if family(answer) != family(wanted):
        given = with_article(kind_of(answer))
        return diagnoses.NOT_WANTED_KIND(given=given, wanted=with_article(family(wanted)))
    if family(wanted) == "tuple":
        if len(answer) != len(wanted):
            given = f"{len(answer)} values"
            return diagnoses.WRONG_COUNT(given=given, wanted=len(wanted))
        if sorted(map(repr, answer)) == sorted(map(repr, wanted)):
            given = ", ".join(map(str, answer))
            return diagnoses.WRONG_ORDER(given=given, wanted="the same values in a different order")
    return diagnoses.WRONG_VALUE(given=repr(answer))
