"""The training loop of a gallery script, and what changes in it from one rung to the next."""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Step(NamedTuple):
    """What changes in the loop from one rung to the next."""

    removed: int
    """How many lines go."""
    added: int
    """How many lines come."""
    diff: str
    """All lines of both loops, marked ``-``, ``+`` or not at all."""


def training_loop(script: Path) -> list[str]:
    r"""Take the loop that fills ``losses`` out of a script.

    Args:
        script: A gallery script.

    Returns:
        The loop's lines without blank ones, the ``for`` line first.

    Raises:
        ValueError: If the script has no such loop on its top level.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from pathlib import Path
        >>> with TemporaryDirectory() as folder:
        ...     script = Path(folder, "page.py")
        ...     _ = script.write_text("losses = []\nfor t in range(2):\n    losses.append(t)\n")
        ...     training_loop(script)
        ['for t in range(2):', '    losses.append(t)']
    """
    source = script.read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.For) and _fills_losses(node):
            lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
            return [line.rstrip() for line in lines if line.strip()]
    message = f"{script.name}: no loop with losses.append given; want one on the top level"
    raise ValueError(message)


def step_between(before: Sequence[str], after: Sequence[str]) -> Step:
    r"""Compare two loops line by line.

    Args:
        before: The lines of one loop.
        after: The lines of the next.

    Returns:
        The counts and the marked lines.

    Examples:
        >>> step_between(["a", "b"], ["a", "c", "d"])
        Step(removed=1, added=2, diff='  a\n- b\n+ c\n+ d')
    """
    lines = [line for line in difflib.ndiff(before, after) if not line.startswith("?")]
    return Step(
        removed=sum(line.startswith("-") for line in lines),
        added=sum(line.startswith("+") for line in lines),
        diff="\n".join(line.rstrip() for line in lines),
    )


def _fills_losses(loop: ast.For) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "append"
        and isinstance(node.value, ast.Name)
        and node.value.id == "losses"
        for node in ast.walk(loop)
    )
