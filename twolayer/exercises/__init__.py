"""Exercises that say what is wrong with an answer: ``check``, ``hint`` and ``solution``."""

from __future__ import annotations

from twolayer import checks
from twolayer.exercises.registry import find
from twolayer.exercises.verdict import LISTENERS, Verdict

__all__ = ["Verdict", "check", "hint", "solution"]


# A diagnosis begins with one of these, or with a name of code, which keeps its small letter.
_OPENINGS = ("nothing", "right", "the", "you", "your")


def check(id_: str, answer: object, *, seconds: float = 5.0) -> Verdict:
    """Say whether an answer is right, or what is wrong and where.

    The verdict is printed. What your code prints is printed too, for the first of its calls.

    Args:
        id_: The exercise's id, such as ``"numpy_by_hand.2"``.
        answer: Your answer: a function, a class or a value, as the exercise says.
        seconds: How long one call of your code may take, above 0.

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
    exercise = find(id_)
    limit = checks.finite_number("seconds", seconds, above=0)
    problem = exercise.check.diagnose(answer, seconds=limit)
    if problem is None:
        tried = exercise.check.tried_on
        text = f"{id_}: right{f', {tried}' if tried else ''}."
    else:
        said = problem.text
        if said.partition(" ")[0] in _OPENINGS:
            said = said[:1].upper() + said[1:]
        stop = "" if said.endswith(("?", "!", ".")) else "."
        text = f'{id_}: not yet. {said}{stop}\nFor a hint, run hint("{id_}").'
    verdict = Verdict(id_, problem is None, problem.name if problem else None, text)
    print(text)  # noqa: T201 - the verdict is for the reader's eyes
    for listener in LISTENERS:
        listener(verdict)
    return verdict


def hint(id_: str, number: int = 1) -> None:
    """Print a hint.

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
    following = f'hint("{id_}", 2)' if which == 1 else f'solution("{id_}")'
    text = exercise.hints[which - 1].replace("``", "`")
    print(f"{text}\nFor more, run {following}.")  # noqa: T201 - as above


def solution(id_: str) -> None:
    """Print a solution's source.

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
