"""What the benchmarks measured, for the table at their end."""

from __future__ import annotations

from typing import NamedTuple


class Speed(NamedTuple):
    """How fast a rung is, in steps per second, beside its plain loop."""

    rung: str
    plain: float
    own: float
    ratio: float


SPEEDS: list[Speed] = []
