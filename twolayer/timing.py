"""Timing done right: a warm-up, a wait for the device, and several repeats instead of one."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


def waiting_for(device: torch.device) -> Callable[[], None]:
    """Give what waits until a device has done all that it was asked for.

    A CUDA device works on after a call has returned; without a wait, a clock reads how long it took
    to ask.

    Args:
        device: The device.

    Returns:
        A function without arguments; on the CPU, which nobody has to wait for, one that does
        nothing.

    Examples:
        >>> import torch
        >>> waiting_for(torch.device("cpu"))()
    """
    if device.type == "cuda":
        import torch  # noqa: PLC0415 - whoever has a device has loaded it

        return partial(torch.cuda.synchronize, device)
    return _nothing


def seconds(work: Callable[[int], object], units: int, wait: Callable[[], None]) -> float:
    """Time some units of work once.

    Args:
        work: Does as many units as it is given.
        units: How many, 1 or more.
        wait: Waits for the device.

    Returns:
        The seconds from when the device is idle until it is idle again.

    Examples:
        >>> seconds(lambda units: sum(range(units)), 1000, lambda: None) > 0
        True
    """
    wait()
    start = time.perf_counter()
    work(units)
    wait()
    return time.perf_counter() - start


def enough_units(
    work: Callable[[int], object], wait: Callable[[], None], *, at_least: float, most: int
) -> int:
    """Find out how many units of work take long enough to be timed.

    What is tried warms the work up, too.

    Args:
        work: Does as many units as it is given.
        wait: Waits for the device.
        at_least: The seconds wanted.
        most: The most units to do.

    Returns:
        A power of two of units that took so long, or ``most``.

    Examples:
        >>> enough_units(lambda units: None, lambda: None, at_least=0.0, most=50)
        1
        >>> enough_units(lambda units: None, lambda: None, at_least=1.0, most=50)
        50
    """
    seconds(work, 1, wait)  # The first call pays for what it loads and sets up.
    units = 1
    while units < most and seconds(work, units, wait) < at_least:
        units *= 2
    return min(units, most)


def rates(
    work: Callable[[int], object], units: int, wait: Callable[[], None], *, repeats: int
) -> list[float]:
    """Time work that is warm several times.

    Args:
        work: Does as many units as it is given.
        units: How many each time.
        wait: Waits for the device.
        repeats: How many times, 1 or more.

    Returns:
        The units per second of each time.

    Examples:
        >>> import time
        >>> slow = rates(lambda units: time.sleep(0.01 * units), 2, lambda: None, repeats=3)
        >>> len(slow), max(slow) <= 100
        (3, True)
    """
    return [units / seconds(work, units, wait) for _ in range(repeats)]


def _nothing() -> None:
    """Wait for nobody."""
