"""Timing: what is warmed up, waited for and repeated, by a clock of the test's own."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from twolayer import timing


class Clock:
    """A clock that goes on only while work is done or waited for."""

    def __init__(self) -> None:
        """Begin at some time."""
        self.now = 50.0
        self.waiting = 0.0
        self.done: list[int] = []

    def perf_counter(self) -> float:
        """Tell the time."""
        return self.now

    def work(self, units: int) -> None:
        """Ask for work: a quarter of it is done at once, the device goes on with the rest."""
        self.done.append(units)
        self.now += 0.25 * units
        self.waiting += 0.75 * units

    def wait(self) -> None:
        """Wait for the device."""
        self.now += self.waiting
        self.waiting = 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Puts a clock of the test's own in place of the machine's."""
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    return clock


def test_the_device_is_waited_for(clock: Clock) -> None:
    """What the device did before isn't counted, and all that it was asked for is."""
    clock.waiting = 100.0
    assert timing.seconds(clock.work, 3, clock.wait) == 3.0
    assert clock.done == [3]


@pytest.mark.parametrize(
    ("at_least", "most", "units", "done"),
    [
        (0.0, 9, 1, [1, 1]),
        (1.0, 9, 1, [1, 1]),
        (1.5, 9, 2, [1, 1, 2]),
        (5.0, 9, 8, [1, 1, 2, 4, 8]),
        (100.0, 9, 9, [1, 1, 2, 4, 8]),
        (100.0, 8, 8, [1, 1, 2, 4]),
        (100.0, 1, 1, [1]),
    ],
)
def test_units_are_doubled_until_they_take_long_enough(
    clock: Clock, at_least: float, most: int, units: int, done: list[int]
) -> None:
    """After a warm-up, more and more units are tried, but no more than allowed."""
    found = timing.enough_units(clock.work, clock.wait, at_least=at_least, most=most)
    assert (found, clock.done) == (units, done)


def test_rates_are_one_for_each_repeat(clock: Clock) -> None:
    """Each repeat does all units, and gives units per second."""
    assert timing.rates(clock.work, 4, clock.wait, repeats=3) == [1.0, 1.0, 1.0]
    assert clock.done == [4, 4, 4]


def test_a_gpu_is_waited_for_and_the_cpu_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """On CUDA the wait is PyTorch's synchronisation of that very device."""
    asked: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "synchronize", asked.append)
    device = torch.device("cuda", 1)
    wait = timing.waiting_for(device)
    assert isinstance(wait, partial)
    wait()
    timing.waiting_for(torch.device("cpu"))()
    assert asked == [device]
