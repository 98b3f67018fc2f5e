"""Mistakes that a lesson knows, as edits of its solution or by what they compute."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING, Any

from twolayer.exercises import diagnoses

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.diagnoses import Kind


class Mistake:
    """A mistake that a lesson knows, by what it computes.

    Args:
        kind: The kind of mistake, from ``twolayer.exercises.diagnoses``.
        variant: Called like ``wanted``; returns the results with the mistake in them, or a dictionary of only the
            results that the mistake changes.
        **words: What replaces the placeholders in the kind's sentence, except ``name``.

    Examples:
        >>> from twolayer.exercises.diagnoses import FORGOT_TERM
        >>> Mistake(FORGOT_TERM, lambda x, w, b: x @ w, term="the bias").kind.name
        'forgot-term'
    """

    def __init__(self, kind: Kind, variant: Callable[..., Any], **words: str) -> None:
        self.kind = kind
        self.variant: Callable[..., Any] | None = variant
        self.words = words


class Edit(Mistake):
    """A mistake as an edit of the solution.

    Args:
        says: What is wrong, in lower case, to follow the result's name and a colon; or a kind of mistake with its
            words, as ``forgot`` returns it.
        *changes: Pairs of a text in the solution's source and its replacement, which applies everywhere.

    Examples:
        >>> Edit("the slope is that of the square", ("2 * x", "x")).words
        {'text': 'the slope is that of the square'}
    """

    def __init__(self, says: str | tuple[Kind, dict[str, str]], *changes: tuple[str, str]) -> None:
        kind, words = (diagnoses.KNOWN, {"text": says}) if isinstance(says, str) else says
        self.kind, self.words, self.variant = kind, words, None
        self.changes = changes

    def source(self, solution: Any) -> str:
        """Edit the solution's source.

        Args:
            solution: A function or a class.

        Returns:
            The source with the mistake in it.

        Raises:
            LookupError: If a text is not found.
        """
        source = textwrap.dedent(inspect.getsource(solution))
        begin = re.search(r"^(?:def|class) ", source, re.MULTILINE)
        source = source[begin.start() if begin else 0 :]
        for old, new in self.changes:
            if old not in source:
                message = f"{solution.__name__}: {old!r} is not in its source; want a piece of it"
                raise LookupError(message)
            source = source.replace(old, new)
        return source

    def answer(self, solution: Any) -> Any:
        """Make the answer that has the mistake.

        Args:
            solution: A function or a class.

        Returns:
            The function or class with the mistake.
        """
        names = dict(vars(inspect.getmodule(solution)))
        code = f"from __future__ import annotations\n{self.source(solution)}"
        exec(code, names)  # noqa: S102 - the lesson's own lines
        return names[solution.__name__]


def forgot(term: str) -> tuple[Kind, dict[str, str]]:
    """A term that is left out.

    Args:
        term: The term, in words.

    Returns:
        What an ``Edit`` takes as ``says``.
    """
    return diagnoses.FORGOT_TERM, {"term": term}


def masks(*lines: str) -> tuple[Edit, ...]:
    """The usual mistakes with ReLU's mask.

    Args:
        *lines: The texts in the solution that apply masks, each of the form ``grad_h[h <= 0] = 0`` or
            ``grad_h_relu * (h > 0)``, with any names. All get the same mistake.

    Returns:
        The mistakes: no mask, an inverted one, one that lets 0 through, one from the gradient.

    Raises:
        LookupError: If a line has a different form.

    Examples:
        >>> masks("grad_h[h <= 0] = 0")[3].changes
        (('grad_h[h <= 0] = 0', 'grad_h[h < 0] = 0'),)
        >>> masks("grad * (h > 0)")[0].changes
        (('grad * (h > 0)', 'grad'),)
    """
    forms = {
        r"(?P<grad>\w+)\[(?P<h>\w+) <= 0\] = 0": "{grad}[{where}] = 0",
        r"(?P<grad>\w+) \* \((?P<h>\w+) > 0\)": "{grad} * ~({where})",
    }
    found = []
    for line in lines:
        for form, template in forms.items():
            if parts := re.fullmatch(form, line):
                found.append((line, template, parts))
                break
        else:
            message = f"lines: {line!r} given; want one like 'grad[h <= 0] = 0' or 'grad * (h > 0)'"
            raise LookupError(message)

    def each(kind: Kind, where: str) -> Edit:
        changes = []
        for line, template, parts in found:
            new = template.format(where=where.format(**parts.groupdict()), **parts.groupdict())
            if not where:
                new = "pass" if " = " in line else parts["grad"]
            changes.append((line, new))
        return Edit((kind, {}), *changes)

    return (
        each(diagnoses.MASK_MISSING, ""),
        each(diagnoses.MASK_INVERTED, "{h} > 0"),
        each(diagnoses.MASK_INVERTED, "{h} >= 0"),
        each(diagnoses.MASK_INCLUDES_ZERO, "{h} < 0"),
        each(diagnoses.MASK_WRONG_ARRAY, "{grad} <= 0"),
    )
