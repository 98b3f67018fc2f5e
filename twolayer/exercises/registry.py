"""Find exercises by their ids, ``<lesson>.<number>``."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from twolayer.exercises import lessons

if TYPE_CHECKING:
    from twolayer.exercises.exercise import Exercise


class UnknownExerciseError(ValueError):
    """An id that no exercise has.

    Args:
        given: The id.
        known: The ids, or the lessons, that exist.

    Examples:
        >>> raise UnknownExerciseError("numpy.1", ["numpy_by_hand.1", "autograd.1"])
        Traceback (most recent call last):
            ...
        twolayer.exercises.registry.UnknownExerciseError: id: 'numpy.1' given; want one like
        'numpy_by_hand.1'
    """

    def __init__(self, given: object, known: list[str]) -> None:
        close = sorted(difflib.get_close_matches(str(given), known, n=4, cutoff=0.5)) or known[:4]
        wanted = " or ".join(repr(name) for name in close) or "a lesson's name, a dot and a number"
        super().__init__(f"id: {given!r} given; want one like {wanted}")


def lesson_names() -> tuple[str, ...]:
    """List the lessons that have exercises.

    Returns:
        Their names, sorted; each is also the name of a page.

    Examples:
        >>> "numpy_by_hand" in lesson_names()
        True
    """
    return tuple(sorted(module.name for module in pkgutil.iter_modules(lessons.__path__)))


@cache
def exercises_of(lesson: str) -> tuple[Exercise, ...]:
    """List the exercises of a lesson.

    Args:
        lesson: The lesson's name.

    Returns:
        Its exercises, in order.

    Raises:
        UnknownExerciseError: If no lesson has this name.

    Examples:
        >>> [exercise.number for exercise in exercises_of("numpy_by_hand")]
        [1, 2, 3, 4]
    """
    if lesson not in lesson_names():
        raise UnknownExerciseError(lesson, list(lesson_names()))
    module = importlib.import_module(f"{lessons.__name__}.{lesson}")
    found: tuple[Exercise, ...] = module.lesson.exercises
    return found


def find(id_: str) -> Exercise:
    """Find an exercise.

    Args:
        id_: Its id, such as ``"numpy_by_hand.2"``.

    Returns:
        The exercise.

    Raises:
        TypeError: If ``id_`` is not a string.
        UnknownExerciseError: If no exercise has this id.

    Examples:
        >>> find("numpy_by_hand.2").number
        2
    """
    if not isinstance(id_, str):
        message = f"id: {id_!r} given; want a string such as 'numpy_by_hand.1'"
        raise TypeError(message)
    lesson, _, number = id_.partition(".")
    if lesson not in lesson_names():
        raise UnknownExerciseError(id_, [f"{name}.{number or 1}" for name in lesson_names()])
    for exercise in exercises_of(lesson):
        if number == str(exercise.number):
            return exercise
    known = [f"{lesson}.{exercise.number}" for exercise in exercises_of(lesson)]
    raise UnknownExerciseError(id_, known)
