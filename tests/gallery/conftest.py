"""Each page runs once, however many tests look at its run."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from expectations import Run, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Run]:
    """Runs a page alone from an empty folder, the first time that it is asked for."""

    @cache
    def run_once(script: Path) -> Run:
        return run(script, tmp_path_factory.mktemp(script.stem))

    return run_once
