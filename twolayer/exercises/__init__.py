"""Exercises that say what is wrong with an answer: ``check``, ``hint`` and ``solution``."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from twolayer import checks
from twolayer.exercises import diagnoses
from twolayer.exercises.registry import find
from twolayer.exercises.state import known_state
from twolayer.exercises.verdict import AT_TERMINAL, LISTENERS, Verdict, command
from twolayer.exercises.words import say

if TYPE_CHECKING:
    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.exercise import Exercise

__all__ = ["Verdict", "check", "hint", "solution"]


# A diagnosis begins with one of these words, or with a name in code, which keeps its small letter.
_OPENINGS = ("comparing", "got", "nothing", "right", "the", "what", "you", "your")

_LONGEST = 700  # characters of a diagnosis

_CHECKING: ContextVar[bool] = ContextVar("checking", default=False)
_CAUSES: dict[str, str] = {}  # what was wrong with the last answer to each exercise


def check(id_: str, answer: object, *, seconds: float = 5.0, why: bool = False) -> Verdict:
    """Say whether an answer is right, or what is wrong and where.

    The verdict is printed, in English or in Chinese: set the environment variable ``TWOLAYER_LANGUAGE`` to ``en``
    or ``zh``, or leave the choice to the locale. For a wrong answer, the first try shows what differs; from the second try on, the
    verdict names the mistake, if it is a known one. What your code prints is shown too, for its first call.

    Args:
        id_: The exercise's id, such as ``"numpy_by_hand.2"``.
        answer: Your answer: a function, a class or a value, as the exercise says.
        seconds: How long one call of your code may take, above 0.
        why: Whether to name the mistake on the first try.

    Returns:
        The verdict, which is true if the answer is right.

    Raises:
        TypeError: If ``id_`` is not a string, or ``seconds`` is not a number.
        ValueError: If no exercise has this id, or ``seconds`` is out of range.

    Examples:
        >>> verdict = check("numpy_by_hand.1", ...)
        numpy_by_hand.1: not yet. Nothing filled in yet: the answer is still `...`.
        For a hint, run hint("numpy_by_hand.1").
        >>> verdict.right
        False
    """
    limit = checks.finite_number("seconds", seconds, above=0)
    if _CHECKING.get():
        raise diagnoses.DiagnosisError(diagnoses.CALLS_CHECK())
    token = _CHECKING.set(True)
    try:
        with known_state():
            exercise = find(id_)
            problem = _problem(exercise, answer, limit)
    finally:
        _CHECKING.reset(token)
    verdict = _verdict(exercise, id_, problem, why=why)
    print(verdict.text)  # noqa: T201 - the verdict is for the reader's eyes
    for listener in LISTENERS:
        listener(verdict)
    return verdict


def _problem(exercise: Exercise, answer: object, seconds: float) -> Diagnosis | None:
    try:
        return exercise.check.diagnose(answer, seconds=seconds)
    except Exception as error:  # noqa: BLE001 - whatever an answer returns, a reader gets a verdict
        message = diagnoses.message_of(error)
        return diagnoses.NOT_COMPARABLE(type=type(error).__name__, message=message)


def _verdict(exercise: Exercise, id_: str, problem: Diagnosis | None, *, why: bool) -> Verdict:
    if problem is None:
        _CAUSES.pop(id_, None)
        tried = exercise.check.tried_on
        text = f"{id_}: right{f', {tried}' if tried else ''}."
        return Verdict(id_, right=True, diagnosis=None, text=say(text))
    told = why or any(AT_TERMINAL) or not problem.symptom or id_ in _CAUSES
    text = _sentence(problem.text if told else problem.symptom)
    _CAUSES[id_] = _sentence(problem.text)
    more = f"For a hint, run {command('hint', id_)}."
    if not told:
        more = f"For the cause, run check again; for a hint, run {command('hint', id_)}."
        if AT_TERMINAL:
            more = f"For the cause, add --why; for a hint, run {command('hint', id_)}."
    text = f"{id_}: not yet. {text}\n{more}"
    return Verdict(id_, right=False, diagnosis=problem.name, text=say(text))


def _sentence(said: str) -> str:
    said = said.encode(errors="backslashreplace").decode()
    said = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in said)
    if len(said) > _LONGEST:
        said = f"{said[:_LONGEST]} ..."
    if said.partition(" ")[0] in _OPENINGS:
        said = said[:1].upper() + said[1:]
    return said if said.endswith(("?", "!", ".")) else f"{said}."


def hint(id_: str, number: int = 1) -> None:
    """Print a hint, after what was wrong with the last answer that was checked.

    Args:
        id_: The exercise's id.
        number: Which hint: 1, or 2, which goes further.

    Raises:
        TypeError: If ``id_`` is not a string, or ``number`` is not a whole number.
        ValueError: If no exercise has this id, or ``number`` is neither 1 nor 2.

    Examples:
        >>> hint("numpy_by_hand.1", 3)
        Traceback (most recent call last):
            ...
        ValueError: number: 3 given; want 1 or 2
    """
    exercise = find(id_)
    which = checks.whole_number("number", number, minimum=1)
    if which > len(exercise.hints):
        message = f"number: {which} given; want 1 or 2"
        raise ValueError(message)
    following = command("hint", id_, 2) if which == 1 else command("solution", id_)
    text = exercise.hints[which - 1]
    if cause := _CAUSES.get(id_):
        text = f"Your last answer: {cause}\n{text}"
    print(say(f"{text}\nFor more, run {following}.").replace("``", "`"))  # noqa: T201 - as above


def solution(id_: str) -> None:
    """Print a solution.

    Args:
        id_: The exercise's id.

    Raises:
        TypeError: If ``id_`` is not a string.
        ValueError: If no exercise has this id.

    Examples:
        >>> solution("numpy_by_hand.7")
        Traceback (most recent call last):
            ...
        twolayer.exercises.registry.UnknownExerciseError: id: 'numpy_by_hand.7' given; want one like
        'numpy_by_hand.1' or 'numpy_by_hand.2' or 'numpy_by_hand.3' or 'numpy_by_hand.4'
    """
    print(find(id_).source)  # noqa: T201 - as above
