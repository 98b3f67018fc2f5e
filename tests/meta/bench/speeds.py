"""What the benchmarks measured, for the table at their end."""

from __future__ import annotations

from typing import NamedTuple


class Speed(NamedTuple):
    """How fast a rung is, in steps per second, beside its plain loop."""

    rung: str
    plain: float
    own: float
    ratio: float


class Share(NamedTuple):
    """How fast the fastest loop is, in steps per second, beside its two large products alone."""

    threads: int
    bound: float
    own: float
    share: float


SPEEDS: list[Speed] = []
SHARES: list[Share] = []
