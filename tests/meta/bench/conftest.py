"""The table at the end of the benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.meta.bench.speeds import SHARES, SPEEDS

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each rung's speed beside the plain loop's, and the fastest loop's beside its bound."""
    if SPEEDS or SHARES:
        terminalreporter.section("steps per second")
    if SPEEDS:
        terminalreporter.line(f"{'rung':16} {'plain':>8} {'rung':>8} {'ratio':>6}")
    for speed in SPEEDS:
        terminalreporter.line(
            f"{speed.rung:16} {speed.plain:8,.0f} {speed.own:8,.0f} {speed.ratio:6.3f}"
        )
    if SHARES:
        terminalreporter.line(f"{'fastest, float32':16} {'bound':>8} {'loop':>8} {'share':>6}")
    for share in SHARES:
        words = f"{share.threads} thread{'s' if share.threads > 1 else ''}"
        terminalreporter.line(
            f"{words:16} {share.bound:8,.0f} {share.own:8,.0f} {share.share:6.3f}"
        )
