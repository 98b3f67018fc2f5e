"""The table at the end of the benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speeds import SPEEDS

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each rung's speed beside the plain loop's."""
    if not SPEEDS:
        return
    terminalreporter.section("steps per second")
    terminalreporter.line(f"{'rung':16} {'plain':>8} {'rung':>8} {'ratio':>6}")
    for speed in SPEEDS:
        terminalreporter.line(
            f"{speed.rung:16} {speed.plain:8,.0f} {speed.own:8,.0f} {speed.ratio:6.3f}"
        )
