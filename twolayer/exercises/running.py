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
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twolayer.exercises import diagnoses

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.diagnoses import Diagnosis

_LOOK = 0.05  # seconds between two looks at the thread, so that Ctrl-C is heard
_GRACE = 1.0  # seconds that interrupted code gets to end
_HERE = str(Path(__file__).parent)


class Call(NamedTuple):
    """How a call went.

    Args:
        result: What the function returned.
        problem: What went wrong, or None.
        printed: What the code printed, if that was kept back.
    """

    result: Any
    problem: Diagnosis | None
    printed: str


class _Interrupted(BaseException):
    """Raised in code that takes too long; no ``except Exception`` holds it up."""


def call(function: Callable[[], Any], *, seconds: float, quiet: bool = False) -> Call:
    """Call a function, and wait for it no longer than a time limit.

    Args:
        function: What to call, without arguments.
        seconds: The limit.
        quiet: Whether to keep back what the code prints.

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
    kept = io.StringIO()

    def run() -> None:
        try:
            outcome.append(function())
        except BaseException as error:  # noqa: BLE001 - whatever a reader's code raises is told
            errors.append(error)

    # The caller's np.errstate and the like hold in the thread as well.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), daemon=True, name="a reader's code")
    with contextlib.redirect_stdout(kept) if quiet else contextlib.nullcontext():
        thread.start()
        try:
            in_time = _wait(thread, seconds)
        except BaseException:
            _interrupt(thread)
            raise
        if not in_time:
            problem = diagnoses.TOO_LONG(seconds=seconds)
            if not _stop(thread):
                problem = diagnoses.STUCK(seconds=seconds)
            return Call(None, problem, kept.getvalue())
    if errors:
        return Call(None, _told(errors[0]), kept.getvalue())
    return Call(outcome[0], None, kept.getvalue())


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
    message = " ".join(str(error).split()) or "no message"
    frame = _own_frame(error)
    where = ""
    if frame is not None and frame.lineno is not None:
        line = (frame.line or linecache.getline(frame.filename, frame.lineno)).strip()
        where = f", in line {frame.lineno}" + (f": {line}" if line else "")
    if isinstance(error, TypeError) and "ellipsis" in message:
        return diagnoses.EMPTY(what=f"your code still computes with `...`{where}")
    if isinstance(error, SystemExit):
        message = f"{message}; want a function that returns"
    return diagnoses.RAISES(type=type(error).__name__, message=message, where=where)


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
