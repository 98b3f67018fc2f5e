"""What a check says about an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Verdict:
    """What a check says about an answer.

    A notebook shows nothing for it, because ``check`` has printed its text.

    Args:
        id: The exercise's id.
        right: Whether the answer is right.
        diagnosis: The name of what is wrong, or None.
        text: The verdict, in words.

    Examples:
        >>> bool(Verdict("numpy_by_hand.1", True, None, "numpy_by_hand.1: right."))
        True
    """

    id: str
    right: bool
    diagnosis: str | None
    text: str

    def __bool__(self) -> bool:
        """Tell whether the answer is right."""
        return self.right

    def _ipython_display_(self) -> None:
        """Show nothing in a notebook."""


LISTENERS: list[Callable[[Verdict], None]] = []
"""Functions called with each verdict; the command line collects a file's verdicts here."""


def command(name: str, id_: str, *more: int) -> str:
    """Write what a reader can type next: a call, or a command at a terminal.

    Args:
        name: ``"hint"`` or ``"solution"``.
        id_: The exercise's id.
        *more: The hint's number.

    Returns:
        What to type.

    Examples:
        >>> command("hint", "autograd.1", 2)
        'hint("autograd.1", 2)'
    """
    if AT_TERMINAL:
        return " ".join(["python -m twolayer", name, id_, *map(str, more)])
    arguments = ", ".join([f'"{id_}"', *map(str, more)])
    return f"{name}({arguments})"


AT_TERMINAL: list[bool] = []
"""Not empty if the reader types commands instead of Python.

:meta hide-value:
"""
