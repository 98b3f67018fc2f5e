"""Exercises whose answer is a value, or whatever a test of the lesson's own accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import empty_body, nothing_given
from twolayer.exercises.running import call
from twolayer.exercises.values import as_array, family, kind_of, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def truth_value(given: object) -> bool | None:
    """Read a truth value.

    Args:
        given: What the reader gave.

    Returns:
        The truth value, of Python's or NumPy's, or None if it is neither.

    Examples:
        >>> truth_value(np.bool(True)), truth_value("yes")
        (True, None)
    """
    return bool(given) if isinstance(given, bool | np.bool) else None


def each_entry(
    questions: Mapping[str, str],
    found: Callable[[str], object],
    *,
    read: Callable[[Any], object] = truth_value,
    values: str = "True or False",
    noun: str = "line",
    quoted: Callable[[str], str] = "`{}`".format,
) -> Predicate:
    """Make the check of a dictionary in which the reader foretells what each of its keys gives.

    Args:
        questions: For each key, a question that leads on from a wrong answer.
        found: Runs a key, and gives what was to be foretold.
        read: Makes of an answer what ``found`` gives, or None if it is no answer.
        values: What an answer is.
        noun: What a key is.
        quoted: How a key is written in a sentence.

    Returns:
        The check: it counts the wrong answers, and asks about the first of them.

    Examples:
        >>> even = each_entry({"2 + 1": "Which number follows 2?"}, lambda key: eval(key) % 2 == 0)
        >>> print(even.diagnose({"2 + 1": True}, seconds=5).text)
        1 of 1 is wrong, first `2 + 1`: Which number follows 2? It was run, and it is otherwise
        >>> even.diagnose({"2 + 1": False}, seconds=5) is None
        True
    """
    wanted = f"the dictionary, {noun} by {noun}"

    def test(answer: Any) -> Diagnosis | None:
        if not isinstance(answer, dict):
            return diagnoses.NOT_WANTED_KIND(given=f"a {kind_of(answer)}", wanted=wanted)
        for key in questions:
            if key not in answer:
                page = f"the {noun}s of the page; {quoted(key)} is not among yours"
                return diagnoses.NOT_WANTED_KIND(given=f"{len(answer)} {noun}s", wanted=page)
            if answer[key] is Ellipsis:
                return diagnoses.EMPTY(what=f"the answer for {quoted(key)} is still `...`")
            if read(answer[key]) is None:
                given = f"{answer[key]!r} for {quoted(key)}"
                return diagnoses.NOT_WANTED_KIND(given=given, wanted=values)
        wrong = [key for key in questions if read(answer[key]) != found(key)]
        if not wrong:
            return None
        count = f"{len(wrong)} of {len(questions)} {'is' if len(wrong) == 1 else 'are'} wrong"
        text = f"{questions[wrong[0]]} It was run, and it is otherwise"
        return diagnoses.KNOWN(name=f"{count}, first {quoted(wrong[0])}", text=text)

    after = f"for all {len(questions)} {noun}s, each of which was run"
    return Predicate(test=test, wanted=wanted, callable=False, after=after)


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
