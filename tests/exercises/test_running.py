"""Calling a reader's code: what it prints, raises and waits for."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

from twolayer.exercises.running import call


def waits() -> None:
    """Go on for ever, whatever is raised."""
    while True:
        try:
            time.sleep(0.001)
        except Exception:  # noqa: BLE001, S112 - a reader may write this
            continue


def test_an_endless_loop_is_stopped() -> None:
    """Code that loops for ever and catches each exception is stopped, and its thread ends."""
    before = threading.active_count()
    called = call(waits, seconds=0.2)
    assert called.problem is not None
    assert called.problem.name == "too-long"
    assert threading.active_count() == before


def test_code_that_waits_in_c_is_left_behind() -> None:
    """Code that no exception reaches is left to a thread that doesn't hold the process up."""
    lock = threading.Lock()
    with lock:
        called = call(lock.acquire, seconds=0.2)
        assert called.problem is not None
        assert called.problem.name == "stuck"
    (left,) = [thread for thread in threading.enumerate() if thread.name == "a reader's code"]
    assert left.daemon
    left.join()


def test_what_is_raised_is_told_with_the_readers_line() -> None:
    """An exception's type, its message and the reader's own line are told, not a library's."""

    def answer() -> Any:
        return np.linalg.inv(np.zeros((2, 3)))

    problem = call(answer, seconds=600).problem
    assert problem is not None
    assert problem.name == "raises"
    assert "LinAlgError: Last 2 dimensions of the array must be square" in problem.text
    assert problem.text.endswith("return np.linalg.inv(np.zeros((2, 3)))")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (lambda: sys.exit("enough"), "SystemExit: enough; want a function that returns"),
        (lambda: next(iter([])), "StopIteration: no message"),
        (lambda: int("x"), "ValueError: invalid literal"),
    ],
)
def test_any_exception_is_told(code: Any, said: str) -> None:
    """Code that ends the program, or raises without a message, gets a sentence all the same."""
    problem = call(code, seconds=600).problem
    assert problem is not None
    assert said in problem.text


def test_what_is_printed_goes_through_or_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """What code prints is printed; a quiet call keeps it and hands it on."""
    assert call(lambda: print("seen"), seconds=600).printed == ""
    assert capsys.readouterr().out == "seen\n"
    assert call(lambda: print("kept"), seconds=600, quiet=True).printed == "kept\n"
    assert capsys.readouterr().out == ""


def test_the_callers_settings_hold() -> None:
    """NumPy's error settings of the caller hold for the code as well."""
    with np.errstate(divide="raise"):
        problem = call(lambda: np.ones(1) / np.zeros(1), seconds=600).problem
    assert problem is not None
    assert "FloatingPointError" in problem.text
