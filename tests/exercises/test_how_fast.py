"""The exercises on the work of a step and its time: answers in other styles, and typical mistakes."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable


def by_products(N: int, D_in: int, H: int, D_out: int) -> int:
    """Exercise 1 product by product, as on the lesson's page."""
    shapes = [(N, D_in, H), (N, H, D_out), (H, N, D_out), (N, D_out, H), (D_in, N, H)]
    return sum(2 * a * b * c for a, b, c in shapes)


def by_formula(N: int, D_in: int, H: int, D_out: int) -> float:
    """Exercise 1 as one formula, in floating point."""
    return N * H * (4.0 * D_in + 6.0 * D_out)


def by_reciprocals(a: int, b: int, c: int, itemsize: int) -> float:
    """Exercise 2 divided by a * b * c above and below."""
    return 2 / itemsize / (1 / a + 1 / b + 1 / c)


def by_numpy(a: int, b: int, c: int, itemsize: int) -> Any:
    """Exercise 2 as NumPy's number."""
    return np.float64(2 * a * b * c) / (itemsize * np.sum([a * b, b * c, a * c]))


def deep_by_loop(N: int, widths: list[int]) -> int:
    """Exercise 3 layer by layer."""
    total = 0
    for i in range(len(widths) - 1):
        total += 2 * N * widths[i] * widths[i + 1] * (2 if i == 0 else 3)
    return total


def deep_by_arrays(N: int, widths: list[int]) -> Any:
    """Exercise 3 as a sum of arrays."""
    sizes = np.array(widths)
    products = 2 * N * sizes[:-1] * sizes[1:]
    return products.sum() + products.sum() + products[1:].sum()


def timed_by_numpy(work: Any, wait: Any, clock: Any, repeats: int) -> Any:
    """Exercise 4 with several warm-ups, times in an array and a wait before each."""
    for _ in range(5):
        work()
    times = np.empty(repeats)
    for i in range(repeats):
        wait()
        times[i] = -clock()
        work()
        wait()
        times[i] += clock()
    return np.median(times)


def timed_by_sorting(work: Any, wait: Any, clock: Any, repeats: int) -> float:
    """Exercise 4 with the first of one more thrown away, sorted by hand."""

    def once() -> float:
        start: float = clock()
        work()
        wait()
        return float(clock() - start)

    times = [once() for _ in range(repeats + 1)][1:]
    return sorted(times)[repeats // 2]


RIGHT = [
    (1, by_products),
    (1, by_formula),
    (2, by_reciprocals),
    (2, by_numpy),
    (3, deep_by_loop),
    (3, deep_by_arrays),
    (4, timed_by_numpy),
    (4, timed_by_sorting),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right(
    number: int, answer: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer in another style than the solution's is right."""
    assert check(f"how_fast.{number}", answer, why=True).right, capsys.readouterr().out


def timed(
    result: Callable[[Any], Any] = np.median,
    *,
    warm: bool = True,
    settled: bool = True,
    inside: bool = True,
    repeats: int | None = None,
) -> Callable[..., Any]:
    """Exercise 4 with faults."""
    wanted = repeats

    def answer(work: Any, wait: Any, clock: Any, repeats: int) -> Any:
        if warm:
            work()
        if warm and settled:
            wait()
        times = []
        for _ in range(wanted or repeats):
            start = clock()
            work()
            if inside:
                wait()
            times.append(clock() - start)
            wait()
        return result(times)

    return answer


def other_clock(work: Any, wait: Any, clock: Any, repeats: int) -> float:
    """Exercise 4 with a clock of its own."""
    del clock
    for _ in range(repeats + 1):
        work()
        wait()
    return time.perf_counter()


def never_waited(work: Any, wait: Any, clock: Any, repeats: int) -> Any:
    """Exercise 4 with a warm-up and no wait at all."""
    del wait
    return timed()(work, lambda: None, clock, repeats)


def forward(N: int, D_in: int, H: int, D_out: int) -> int:
    """The operations of the forward pass."""
    return 2 * N * H * (D_in + D_out)


WRONG = [
    (1, forward, "forward pass alone"),
    (1, lambda *sizes: 2 * forward(*sizes), "three products here, not two"),
    (1, lambda *sizes: by_products(*sizes) / 2, "only multiplications"),
    (1, lambda N, a, H, b: by_products(N, b, H, a), "the other way round"),
    (2, lambda a, b, c, size: size * by_reciprocals(a, b, c, size), "for each number moved"),
    (2, lambda *sizes: by_reciprocals(*sizes) / 2, "only multiplications"),
    (2, lambda *sizes: 1 / by_reciprocals(*sizes), "bytes for each operation"),
    (2, lambda a, b, c, size: 2 * a * b * c / size / (a * b + b * c), "is written is left out"),
    (2, lambda a, b, c, size: 2 * b / size + 0 * a * c, "is read is left out"),
    (2, lambda a, b, c, s: 2 * a * b * c / s / (2 * a * b * c + a * c), "as often as it is used"),
    (3, lambda N, w: deep_by_loop(N, w) + 2 * N * w[0] * w[1], "gradient of x"),
    (3, lambda N, w: deep_by_loop(N, w) // 2, "only multiplications"),
    (3, lambda N, w: deep_by_loop(N, w[::-1]), "at the last layer"),
    (3, lambda N, w: 2 * N * sum(a * b for a, b in pairwise(w)), "forward pass"),
    (3, lambda N, w: 4 * N * sum(a * b for a, b in pairwise(w)), "pass on"),
    (3, lambda N, w: by_products(N, *w), "TypeError"),
    (4, never_waited, "before the work is done"),
    (4, timed(inside=False), "before the work is done"),
    (4, timed(warm=False), "warm up first"),
    (4, timed(settled=False), "the rest of the warm-up"),
    (4, timed(np.mean, warm=False), "the mean is taken; warm up first"),
    (4, timed(settled=False, result=max), "time is 804"),
    (4, timed(np.mean), "it is the mean"),
    (4, timed(min), "the shortest time"),
    (4, timed(sum), "the sum of all"),
    (4, timed(repeats=1), "work is called 2 times"),
    (4, other_clock, "does not read the clock"),
    (4, timed(list), "is a list; want a number"),
    (4, lambda *args: [].append(args), "is None"),
]


@pytest.mark.parametrize(("number", "answer", "said"), WRONG)
def test_a_typical_mistake_is_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake that the answer makes."""
    verdict = check(f"how_fast.{number}", answer, why=True)
    assert not verdict.right
    assert said in verdict.text
