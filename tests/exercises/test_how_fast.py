"""The exercises on the work of a step and its time: what their conditions accept and refuse."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import numpy as np
import pytest

from twolayer.exercises import check


def timed(warm_ups: int, *, settled: bool = True, result: Any = np.median) -> Any:
    """Make an answer to exercise 4 that warms up some times."""

    def answer(work: Any, wait: Any, clock: Any, repeats: int) -> Any:
        for _ in range(warm_ups):
            work()
        times = np.zeros(repeats)
        for i in range(repeats):
            if settled or i:
                wait()
            times[i] = -clock()
            work()
            wait()
            times[i] += clock()
        return result(times)

    return answer


def thrown_away(work: Any, wait: Any, clock: Any, repeats: int) -> Any:
    """Exercise 4 with the first of one more time thrown away, sorted by hand."""
    times: Any = [(-clock(), work(), wait(), clock()) for _ in range(repeats + 1)]
    times = sorted(end + start for start, _, _, end in times[1:])
    return (times[repeats // 2] + times[(repeats - 1) // 2]) / 2


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        (1, lambda N, a, H, b: np.int64(N) * H * (4 * a + 6 * b), "right"),
        (1, lambda N, a, H, b: N * H * (4.0 * a + 6 * b), "is a float; want a whole number"),
        (2, lambda a, b, c, itemsize: 2 / itemsize / (1 / a + 1 / b + 1 / c), "right"),
        (4, timed(1), "right, on 4 devices"),
        (4, timed(5), "right"),
        (4, thrown_away, "right"),
        (4, timed(5, settled=False), "wait until that is done"),
        (4, lambda work, wait, clock, repeats: timed(0)(work, wait, clock, 1), "work 1 times"),
        (4, lambda *_: time.perf_counter(), "does not read the clock"),
        (4, timed(1, result=list), "is a list; want a number"),
    ],
    ids=count(),
)  # fmt: skip
def test_conditions(number: int, answer: Any, said: str) -> None:
    """The verdict says what the answer's conditions ask for."""
    assert said in check(f"how_fast.{number}", answer, seconds=60, why=True).text
