"""What a lesson declares its exercises with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twolayer.exercises.computation import Computation, by_autograd
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Edit, Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.draws import Draw
    from twolayer.exercises.exercise import Checker


def given(**words: str) -> Callable[[Draw], dict[str, Any]]:
    """Describe inputs by their kinds and sizes.

    Args:
        **words: For each input, its kind, which is a method of ``Draw``, and the method's arguments: numbers, or
            names of sizes, which all differ. The kind ``size`` is the size with the input's own name.

    Returns:
        A function that draws the inputs of a case.

    Examples:
        >>> from twolayer.exercises.draws import Draw
        >>> drawn = given(x="normal N D", rate="number 0.1 0.9", D="size")(Draw(0))
        >>> drawn["x"].shape[1] == drawn["D"], 0.1 < drawn["rate"] < 0.9
        (True, True)
        >>> given(y="normal N 1")(Draw(0))["y"].shape[1]
        1
    """
    inputs = {name: text.split() for name, text in words.items()}
    parts = [name if kind == "size" else rest for name, (kind, *rest) in inputs.items()]
    names = dict.fromkeys(
        word
        for part in parts
        for word in ([part] if isinstance(part, str) else part)
        if word.isidentifier()
    )

    def draw(draw: Draw) -> dict[str, Any]:
        sizes: dict[str, Any] = dict(zip(names, draw.sizes(*names), strict=True))
        return {
            name: sizes[name]
            if kind == "size"
            else getattr(draw, kind)(*(sizes[w] if w in sizes else _number(w) for w in rest))
            for name, (kind, *rest) in inputs.items()
        }

    return draw


def _number(word: str) -> int | float:
    return float(word) if "." in word else int(word)


def loss_and(loss: Callable[..., Any], *names: str) -> Callable[..., tuple[Any, ...]]:
    """Make a function that returns a loss and, by autograd, its gradients.

    Args:
        loss: A function of tensors.
        *names: The arguments to differentiate with respect to.

    Returns:
        A function of the same arguments, as arrays.

    Examples:
        >>> import numpy as np
        >>> loss_and(lambda w: (w**2).sum(), "w")(np.array([1.0, 3.0]))
        (10.0, array([2., 6.]))
    """
    gradients = by_autograd(loss, *names)

    def wanted(*inputs: Any) -> tuple[Any, ...]:
        import torch  # noqa: PLC0415 - takes a second, so only checks import it

        tensors = [torch.from_numpy(v.copy()) if hasattr(v, "shape") else v for v in inputs]
        found = gradients(*inputs)
        return (loss(*tensors).item(), *(found if isinstance(found, tuple) else (found,)))

    return wanted


class Lesson:
    """The exercises of a lesson, in the order in which they were added.

    Examples:
        >>> lesson = Lesson()
        >>> @lesson.exercise(
        ...     "Twice",
        ...     draw=given(x="normal N"),
        ...     wanted=lambda x: x + x,
        ...     gives="y",
        ...     mistakes=(Edit("it is the square", ("2 * x", "x * x")),),
        ...     hints=("What is twice?", "Add, or multiply."),
        ... )
        ... def twice(x):
        ...     return 2 * x
        >>> [exercise.title for exercise in lesson.exercises]
        ['Twice']
    """

    def __init__(self) -> None:
        self.exercises: tuple[Exercise, ...] = ()

    def exercise(
        self,
        title: str,
        *,
        hints: tuple[str, str],
        stub: str = "empty",
        kind: type[Computation] = Computation,
        gives: str = "",
        mistakes: tuple[Mistake, ...] = (),
        **options: Any,
    ) -> Callable[[Any], Any]:
        """Add an exercise whose answer is a function or a class; decorates its solution.

        Args:
            title: What it is about.
            hints: Two hints.
            stub: The name of the diagnosis for the page's stub.
            kind: ``Computation``, ``CustomFunction`` or ``CustomModule``.
            gives: The names of the results, separated by commas.
            mistakes: The known mistakes, the likeliest first.
            **options: The other arguments of ``kind``.

        Returns:
            The decorator.

        Raises:
            LookupError: If an edit's text is not in the solution.
        """
        names = tuple(gives.split(", ")) if gives else ()
        check = kind(returns=names, mistakes=mistakes, **options)

        def add(solution: Any) -> Any:
            for mistake in mistakes:
                if isinstance(mistake, Edit):
                    mistake.source(solution)
            return self.checked(title, replace(check, solution=solution), hints, stub)(solution)

        return add

    def checked(
        self, title: str, check: Checker, hints: tuple[str, str], stub: str = "empty"
    ) -> Callable[[Any], Any]:
        """Add an exercise with its own check; decorates its solution.

        Args:
            title: What it is about.
            check: Decides whether an answer is right, such as a ``Value`` or a ``Predicate``.
            hints: Two hints.
            stub: The name of the diagnosis for the page's stub.

        Returns:
            The decorator.
        """

        def add(solution: Any) -> Any:
            made = Exercise(
                number=len(self.exercises) + 1,
                title=title,
                check=check,
                hints=hints,
                solution=solution,
                stub=stub,
            )
            self.exercises += (made,)
            return solution

        return add
