"""Calling a reader's code: what it prints, raises and waits for."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from twolayer.exercises import running
from twolayer.exercises.running import call

SLACK = 4.0  # seconds that a busy machine may add to a limit
LONG = 20.0  # seconds that code takes if nothing ends it


def waits() -> Any:
    """Go on for long, whatever is raised."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        try:
            time.sleep(0.001)
        except Exception:  # noqa: BLE001, S112 - a reader may write this
            continue


def test_an_endless_loop_is_stopped() -> None:
    """Code that loops for ever and catches each exception is stopped, and its thread ends."""
    before, start = threading.active_count(), time.monotonic()
    called = call(waits, seconds=0.2)
    assert 0.2 <= time.monotonic() - start < 0.2 + running._GRACE + SLACK
    assert called.problem is not None
    assert called.problem.name == "too-long"
    assert threading.active_count() == before


def test_code_that_waits_in_c_is_left_behind() -> None:
    """Code that no exception reaches is left to a thread that ends after it, and holds nothing up."""
    lock, start = threading.Lock(), time.monotonic()
    with lock:
        called = call(lambda: lock.acquire(timeout=LONG) and waits(), seconds=0.2)
        assert 0.2 <= time.monotonic() - start < 0.2 + running._GRACE + SLACK
        assert called.problem is not None
        assert called.problem.name == "stuck"
        again = call(lambda: np.ones(2).sum(), seconds=5, look_for=frozenset({"sum"}))
        assert again.problem is None
        assert again.used == {"sum"}
    (left,) = [thread for thread in threading.enumerate() if thread.name == "a reader's code"]
    assert left.daemon
    left.join(SLACK)
    assert not left.is_alive()


def test_a_limit_is_the_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each look takes ten times as long as it should, code is stopped within one of its limit."""
    now = 0.0

    def join(timeout: float) -> None:
        nonlocal now
        now += 10 * timeout

    monkeypatch.setattr(running, "monotonic", lambda: now)
    assert not running._wait(MagicMock(join=join), 1.0)
    assert 1.0 <= now <= 1.0 + 10 * running._LOOK


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
        (lambda: sys.exit("enough"), "SystemExit: enough; use return to end a function"),
        (lambda: next(iter([])), "StopIteration: no message"),
        (lambda: int("x"), "ValueError: invalid literal"),
    ],
)
def test_any_exception_is_told(code: Any, said: str) -> None:
    """Code that ends the program, or raises without a message, gets a sentence all the same."""
    problem = call(code, seconds=600).problem
    assert problem is not None
    assert said in problem.text


def test_what_is_printed_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """What code prints is printed, up to 2,000 characters and a count; a quiet call drops it."""
    call(lambda: print("seen"), seconds=600)
    call(lambda: print("kept"), seconds=600, quiet=True)
    assert capsys.readouterr().out == "seen\n"
    call(lambda: print("x" * 5000), seconds=600)
    printed = capsys.readouterr().out
    assert printed.count("x") == 2000
    assert printed.endswith("... and 3,001 more characters\n")


def test_functions_that_are_looked_for_are_noted() -> None:
    """Functions of libraries that code calls are noted, in C or in Python; the code's own aren't."""

    def backward() -> Any:
        w = torch.ones(2, requires_grad=True)
        w.sum().backward()
        return torch.ones(4).tensor_split(2)

    names = frozenset({"backward", "tensor_split", "jacobian"})
    assert call(backward, seconds=600, look_for=names).used == {"backward", "tensor_split"}
    assert not call(lambda: [np.ones(2)], seconds=600, look_for=names).used


def test_the_callers_settings_hold() -> None:
    """NumPy's error settings of the caller hold for the code as well."""
    with np.errstate(divide="raise"):
        problem = call(lambda: np.ones(1) / np.zeros(1), seconds=600).problem
    assert problem is not None
    assert "FloatingPointError" in problem.text
