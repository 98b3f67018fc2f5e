"""An exercise: how an answer is checked, its two hints and its solution."""

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
    """Decides whether an answer is right."""

    def diagnose(self, answer: object, *, seconds: float) -> Diagnosis | None:
        """Find what is wrong with an answer.

        Args:
            answer: The reader's answer.
            seconds: How long one call of the reader's code may take.

        Returns:
            What is wrong, or None if the answer is right.
        """

    def answer(self, solution: Callable[..., Any]) -> object:
        """Turn an exercise's solution into the answer that a reader would pass.

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
        number: Its number in the lesson, from 1.
        title: What it is about, as in its heading on the page.
        check: Decides whether an answer is right.
        hints: Two hints. The second goes further than the first; neither gives the solution away.
        solution: A function or class that answers the exercise, and whose source is shown. If the answer is a
            value, a function without arguments that returns it.
        stub: The name of the diagnosis for the page's unchanged stub.
    """

    number: int
    title: str
    check: Checker
    hints: tuple[str, str]
    solution: Callable[..., Any]
    stub: str = "empty"

    @property
    def source(self) -> str:
        """The solution's source as a person would write it, without types and with imports first."""
        return _shown(inspect.getsource(self.solution).rstrip())

    @property
    def answer(self) -> object:
        """The answer of a reader who follows the solution."""
        return self.check.answer(self.solution)


_LONGEST = 88  # characters of a line


def _shown(source: str) -> str:
    """Remove from a source what readers wouldn't write."""
    source = re.sub(r"\A(?:@.*\n(?:[ )].*\n)*)+", "", source)
    source = re.sub(r"  # (?:noqa|type): .*", "", _untyped(source))
    imports = re.findall(r"(?m)^    ((?:import|from) .*)\n\n?", source)
    source = re.sub(r"(?m)^    (?:import|from) .*\n\n?", "", source)
    source = re.sub(r"(?ms)^( *def \w+)\(\n(.*?),?\n *\):$", _joined, source)
    return "\n".join([*imports, "", "", source]) if imports else source


def _joined(signature: re.Match[str]) -> str:
    """A signature on one line, if it fits."""
    arguments = " ".join(signature[2].split())
    line = f"{signature[1]}({arguments}):"
    return line if len(line) <= _LONGEST else signature[0]


def _untyped(source: str) -> str:
    """Remove the types from a source."""
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
