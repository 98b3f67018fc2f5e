"""Call a reader's code under a time limit, and say in plain words how it failed.

The code runs in a thread of its own, which works alike in scripts and notebooks and on every
platform. A thread that takes too long is interrupted by an exception, which reaches it at its next
step in Python; one that waits inside a library written in C is left behind, and ends with the
process.
"""

from __future__ import annotations

import contextlib
import contextvars
import ctypes
import io
import linecache
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from twolayer.exercises import diagnoses

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from twolayer.exercises.diagnoses import Diagnosis

_LOOK = 0.05  # seconds between two looks at the thread, so that Ctrl-C is heard
_GRACE = 1.0  # seconds that interrupted code gets to end
_SHOWN = 2000  # characters of what code prints
_HERE = str(Path(__file__).parents[1])  # the package, no line of which is the reader's


class Call(NamedTuple):
    """How a call went.

    Args:
        result: What the function returned.
        problem: What went wrong, or None.
        used: Which of the functions that were looked for the code called.
    """

    result: Any
    problem: Diagnosis | None
    used: frozenset[str]


class _Interrupted(BaseException):
    """Raised in code that takes too long; no ``except Exception`` holds it up."""


class _Shown(io.TextIOBase):
    """What a reader's code prints: the beginning goes through, the rest is counted."""

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, stream: TextIO | None) -> None:
        """Show what is written from now on, if there is a stream to write it to."""
        self.stream, self.left, self.cut = stream, _SHOWN, 0

    def write(self, text: str) -> int:
        part = text[: self.left]
        self.left -= len(part)
        self.cut += len(text) - len(part)
        if part and self.stream is not None:
            self.stream.write(part)
        return len(text)

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Stay open, whatever the code does."""

    def end(self) -> None:
        """Say how much is left out."""
        if self.cut and self.stream is not None:
            self.stream.write(f"\n... and {self.cut:,} more characters\n")


# They outlive each call, since a thread that goes on printing would crash the interpreter.
_OUTPUT, _ERRORS = _Shown(), _Shown()


def call(
    function: Callable[[], Any],
    *,
    seconds: float,
    quiet: bool = False,
    look_for: frozenset[str] = frozenset(),
) -> Call:
    """Call a function, and wait for it no longer than a time limit.

    What it prints is printed, up to 2,000 characters.

    Args:
        function: What to call, without arguments.
        seconds: The limit.
        quiet: Whether to drop what the code prints.
        look_for: Names of functions of libraries; which of them are called is told.

    Returns:
        The result, or what went wrong.

    Examples:
        >>> call(lambda: 1 + 1, seconds=5).result
        2
        >>> print(call(lambda: 1 / 0, seconds=5).problem.text)
        your code raises ZeroDivisionError: division by zero...
    """
    outcome: list[Any] = []
    errors: list[BaseException] = []
    used: set[str] = set()

    def run() -> None:
        if look_for:
            sys.setprofile(_noting(look_for, used))  # of this thread, which ends
        try:
            outcome.append(function())
        except BaseException as error:  # noqa: BLE001 - whatever a reader's code raises is told
            errors.append(error)

    # The caller's np.errstate and the like hold in the thread as well.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), daemon=True, name="a reader's code")
    _OUTPUT.begin(None if quiet else sys.stdout)
    _ERRORS.begin(None if quiet else sys.stderr)
    with contextlib.redirect_stdout(_OUTPUT), contextlib.redirect_stderr(_ERRORS):
        thread.start()
        try:
            problem = None if _wait(thread, seconds) else _ended(thread, seconds)
        except BaseException:
            _interrupt(thread)
            raise
    _OUTPUT.end()
    _ERRORS.end()
    if problem is None and errors:
        problem = _told(errors[0])
    return Call(outcome[0] if problem is None else None, problem, frozenset(used))


def _ended(thread: threading.Thread, seconds: float) -> Diagnosis:
    return (diagnoses.TOO_LONG if _stop(thread) else diagnoses.STUCK)(seconds=seconds)


def _noting(names: frozenset[str], used: set[str]) -> Callable[[FrameType, str, Any], None]:
    """Make what notes the calls of a library's functions."""

    def note(frame: FrameType, event: str, argument: Any) -> None:
        name = ""
        if event == "c_call":
            name = getattr(argument, "__name__", "")
        elif event == "call" and _of_library(frame.f_globals.get("__name__")):
            name = frame.f_code.co_name
        if name in names:
            used.add(name)

    return note


def _of_library(module: str | None) -> bool:
    return (module or "").partition(".")[0] in {"numpy", "torch"}


def _wait(thread: threading.Thread, seconds: float) -> bool:
    """Wait for a thread; tell whether it ended in time."""
    waited = 0.0
    while thread.is_alive() and waited < seconds:
        thread.join(min(_LOOK, seconds - waited))
        waited += _LOOK
    return not thread.is_alive()


def _stop(thread: threading.Thread) -> bool:
    """Interrupt a thread, again if it holds on; tell whether it ended."""
    waited = 0.0
    while thread.is_alive() and waited < _GRACE:
        _interrupt(thread)
        thread.join(_LOOK)
        waited += _LOOK
    return not thread.is_alive()


def _interrupt(thread: threading.Thread) -> None:
    """Raise an exception in a thread, as ``PyThreadState_SetAsyncExc`` of Python's C API does."""
    identity = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(_Interrupted))


def _told(error: BaseException) -> Diagnosis:
    """Say what was raised, and in which line of the reader's."""
    if isinstance(error, diagnoses.DiagnosisError):
        return error.diagnosis
    message = diagnoses.message_of(error)
    frame = _own_frame(error)
    where = ""
    if frame is not None and frame.lineno is not None:
        line = (frame.line or linecache.getline(frame.filename, frame.lineno)).strip()
        where = f", in line {frame.lineno}" + (f": {line}" if line else "")
    if isinstance(error, TypeError) and "ellipsis" in message:
        return diagnoses.EMPTY(what=f"your code still computes with `...`{where}")
    if isinstance(error, SystemExit):
        message = f"{message}; want a function that returns"
    return diagnoses.RAISES(type=f"{type(error).__name__:.100}", message=message, where=where)


def _own_frame(error: BaseException) -> traceback.FrameSummary | None:
    """The innermost line that is the reader's and no library's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if "site-packages" not in frame.filename
        and not frame.filename.startswith(_HERE)
        and f"{Path(threading.__file__).parent}" not in frame.filename
    ]
    return own[-1] if own else None
