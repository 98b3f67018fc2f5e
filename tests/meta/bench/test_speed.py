"""Each rung against the same loop written plainly, round by round in turn."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import pytest

from tests.meta.bench.plain_loops import PLAIN
from tests.meta.bench.speeds import SPEEDS, Speed
from twolayer import random_problem
from twolayer.rungs import RUNGS

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

STEPS = 100
ROUNDS = 40
LEAST_SPEED = 0.95


@pytest.mark.parametrize("rung", RUNGS)
def test_the_plain_loop_is_the_same_loop(rung: str) -> None:
    """What a rung is timed against computes the same losses."""
    fit = RUNGS[rung].fit(random_problem(), steps=20)
    assert PLAIN[rung](random_problem(), 20) == pytest.approx(fit.losses.tolist(), rel=1e-9)


@pytest.mark.parametrize("rung", RUNGS)
def test_is_as_fast_as_the_plain_loop(rung: str, benchmark: BenchmarkFixture) -> None:
    """A rung makes at least 0.95 times as many steps a second as the plain loop beside it."""
    problem, fit, plain = random_problem(), RUNGS[rung].fit, PLAIN[rung]
    seconds = []

    # Each timed round follows a round of the plain loop, so that both see the same machine.
    def run_plain() -> None:
        start = time.perf_counter()
        plain(problem, STEPS)
        seconds.append(time.perf_counter() - start)

    benchmark.pedantic(
        fit,
        args=(problem,),
        kwargs={"steps": STEPS},
        setup=run_plain,
        rounds=ROUNDS,
        warmup_rounds=2,
    )
    assert benchmark.stats is not None
    rung_seconds = benchmark.stats.stats.data
    speed = Speed(
        rung=rung,
        plain=STEPS / statistics.median(seconds[-ROUNDS:]),
        own=STEPS / statistics.median(rung_seconds),
        ratio=statistics.median(
            p / own for p, own in zip(seconds[-ROUNDS:], rung_seconds, strict=True)
        ),
    )
    SPEEDS.append(speed)
    assert speed.ratio >= LEAST_SPEED
