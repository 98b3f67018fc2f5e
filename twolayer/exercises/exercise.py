"""An exercise: what it asks, how an answer is checked, its two hints and its solution."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.diagnoses import Diagnosis


class Checker(Protocol):
    """What tells whether an answer is right."""

    def diagnose(self, answer: object, *, seconds: float) -> Diagnosis | None:
        """Look for what is wrong with an answer.

        Args:
            answer: What the reader gave.
            seconds: How long one call of the reader's code may take.

        Returns:
            What is wrong, or None if the answer is right.
        """

    def answer(self, solution: Callable[..., Any]) -> object:
        """Make of an exercise's solution what a reader would give as the answer.

        Args:
            solution: The exercise's ``solution``.

        Returns:
            The answer.
        """

    @property
    def tried_on(self) -> str:
        """What a right answer was tried on, in words, such as ``"on 3 inputs"``; may be empty."""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise of a lesson.

    Args:
        number: Its place in the lesson, from 1.
        title: What it is about, as its heading on the page says it.
        check: What tells whether an answer is right.
        hints: Two hints, the second going further than the first; neither gives the solution away.
        solution: A function or class that answers the exercise, whose source is shown. Where the
            answer is a value, a function without arguments that returns it.
        stub: The name of the diagnosis that the page's stub gets before the reader changes it.
    """

    number: int
    title: str
    check: Checker
    hints: tuple[str, str]
    solution: Callable[..., Any]
    stub: str = "empty"

    @property
    def source(self) -> str:
        """The solution's source as a person writes it, without types and with imports first."""
        return _shown(inspect.getsource(self.solution).rstrip())

    @property
    def answer(self) -> object:
        """What a reader who follows the solution gives as the answer."""
        return self.check.answer(self.solution)


_LONGEST = 88  # characters of a line


def _shown(source: str) -> str:
    """Take out of a source what readers' code does without, and write it as they would."""
    source = re.sub(r"\A(?:@.*\n(?:[ )].*\n)*)+", "", source)
    source = re.sub(r"  # (?:noqa|type): .*", "", _untyped(source))
    imports = re.findall(r"(?m)^    ((?:import|from) .*)\n\n?", source)
    source = re.sub(r"(?m)^    (?:import|from) .*\n\n?", "", source)
    source = re.sub(r"(?ms)^( *def \w+)\(\n(.*?),?\n *\):$", _joined, source)
    return "\n".join([*imports, "", "", source]) if imports else source


def _joined(signature: re.Match[str]) -> str:
    """A signature in one line, if that is short enough."""
    arguments = " ".join(signature[2].split())
    line = f"{signature[1]}({arguments}):"
    return line if len(line) <= _LONGEST else signature[0]


def _untyped(source: str) -> str:
    """Take the types out of a source."""
    lines = source.splitlines(keepends=True)
    spans = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            spans.append((node.lineno, node.col_offset + len(node.arg), node.annotation))
        elif isinstance(node, ast.AnnAssign):
            spans.append((node.lineno, node.target.end_col_offset or 0, node.annotation))
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            line = lines[node.returns.lineno - 1]
            spans.append(
                (node.returns.lineno, line.rindex(" ->", 0, node.returns.col_offset), node.returns)
            )
    for number, start, annotation in sorted(spans, key=lambda span: span[:2], reverse=True):
        end = annotation.end_col_offset
        if annotation.end_lineno == number:
            lines[number - 1] = lines[number - 1][:start] + lines[number - 1][end:]
    return "".join(lines)
