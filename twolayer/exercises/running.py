"""Call a reader's code under a time limit, and say in plain words how it failed.

The code runs in its own thread, which works the same in scripts and notebooks and on every platform. A
thread that takes too long is interrupted by an exception, which arrives at its next step in Python. A
thread that is waiting inside a library written in C is left behind and ends with the process.
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
from time import monotonic  # bound here, so that an answer can't replace it
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from twolayer.exercises import diagnoses
from twolayer.exercises.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from twolayer.exercises.diagnoses import Diagnosis

_LOOK = 0.05  # seconds between two looks at the thread, so that Ctrl-C is heard
_GRACE = 1.0  # seconds that interrupted code gets to end
_SHOWN = 2000  # characters of what code prints
_HERE = str(Path(__file__).parents[1])  # the package, which holds none of the reader's code


class Call(NamedTuple):
    """The outcome of a call.

    Args:
        result: What the function returned.
        problem: What went wrong, or None.
        used: The names in ``look_for`` that the code called.
    """

    result: Any
    problem: Diagnosis | None
    used: frozenset[str]


class _Interrupted(BaseException):
    """Raised in code that takes too long; ``except Exception`` doesn't catch it."""


class _Shown(io.TextIOBase):
    """What a reader's code prints: the beginning is shown, and the rest is counted."""

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, stream: TextIO | None) -> None:
        """Start again, showing what is written if there is a stream to write it to."""
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
            self.stream.write(say(f"\n... and {self.cut:,} more characters\n"))


# They outlive each call: a thread that is still printing would crash the interpreter otherwise.
_OUTPUT, _ERRORS = _Shown(), _Shown()
_LEFT: list[threading.Thread] = []  # threads that could not be stopped


def call(
    function: Callable[[], Any],
    *,
    seconds: float,
    quiet: bool = False,
    look_for: frozenset[str] = frozenset(),
) -> Call:
    """Call a function, and wait for it up to a time limit.

    What it prints is shown, up to 2,000 characters.

    Args:
        function: What to call, without arguments.
        seconds: The limit.
        quiet: Whether to hide what the code prints.
        look_for: Names of library functions to look out for.

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
        except BaseException as error:  # noqa: BLE001 - whatever a reader's code raises is reported
            errors.append(error)

    # np.errstate and the like apply in the thread too.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), daemon=True, name="a reader's code")
    _OUTPUT.begin(None if quiet else sys.stdout)
    _ERRORS.begin(None if quiet else sys.stderr)
    redirected = contextlib.redirect_stdout(_OUTPUT), contextlib.redirect_stderr(_ERRORS)
    with redirected[0], redirected[1], _spared(_LEFT if look_for else []):
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
    if _stop(thread):
        return diagnoses.TOO_LONG(seconds=seconds)
    _LEFT.append(thread)
    return diagnoses.STUCK(seconds=seconds)


@contextlib.contextmanager
def _spared(threads: list[threading.Thread]) -> Iterator[None]:
    """Withdraw the exceptions that wait for threads, as a profiler in Python 3.11 would wait for them too."""
    waiting = [*filter(threading.Thread.is_alive, threads)]
    for thread in waiting:
        _interrupt(thread, None)
    if waiting:  # Python goes on looking for an exception until one arrives, in whichever thread.
        with contextlib.suppress(_Interrupted):
            _interrupt(threading.current_thread())
            for _ in range(100):
                pass
    try:
        yield
    finally:
        for thread in filter(threading.Thread.is_alive, waiting):
            _interrupt(thread)


def _noting(names: frozenset[str], used: set[str]) -> Callable[[FrameType, str, Any], None]:
    """Make a profiler that notes calls of library functions."""

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
    """Wait for a thread, and tell whether it ended in time."""
    until = monotonic() + seconds
    while thread.is_alive() and (left := until - monotonic()) > 0:
        thread.join(min(_LOOK, left))
    return not thread.is_alive()


def _stop(thread: threading.Thread) -> bool:
    """Interrupt a thread, repeatedly if needed, and tell whether it ended."""
    until = monotonic() + _GRACE
    while thread.is_alive() and monotonic() < until:
        _interrupt(thread)
        thread.join(_LOOK)
    return not thread.is_alive()


def _interrupt(thread: threading.Thread, error: type[BaseException] | None = _Interrupted) -> None:
    """Raise an exception in a thread at its next step, as Python's C API does; None withdraws it."""
    identity = ctypes.c_ulong(thread.ident or 0)
    raised = ctypes.py_object(error) if error else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, raised)


def _told(error: BaseException) -> Diagnosis:
    """Say what was raised, and on which line of the reader's code."""
    if isinstance(error, diagnoses.DiagnosisError):
        return error.diagnosis
    message = diagnoses.message_of(error).removesuffix(".")
    frame = _own_frame(error)
    where = ""
    if frame is not None and frame.lineno is not None:
        line = (frame.line or linecache.getline(frame.filename, frame.lineno)).strip()
        where = f", on line {frame.lineno}" + (f": {line}" if line else "")
    if isinstance(error, TypeError) and "ellipsis" in message:
        return diagnoses.EMPTY(what=f"your code still computes with `...`{where}")
    if isinstance(error, SystemExit):
        message = f"{message}; use return to end a function"
    return diagnoses.RAISES(type=f"{type(error).__name__:.100}", message=message, where=where)


def _own_frame(error: BaseException) -> traceback.FrameSummary | None:
    """The innermost line of the reader's own code."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if "site-packages" not in frame.filename
        and not frame.filename.startswith(_HERE)
        and f"{Path(threading.__file__).parent}" not in frame.filename
    ]
    return own[-1] if own else None
