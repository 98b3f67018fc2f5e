"""The page on static graphs, with a C++ compiler and without."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.pages.expectations import ROOT, run, unexpected
from tests.pages.tolerance import NOT_MEASURED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.pages.expectations import Run

PAGE = ROOT / "gallery" / "two_layer" / "static_graph.py"
LINE = "default backend, this build:"


def test_the_default_backend_runs_where_there_is_a_compiler(runs: Callable[[Path], Run]) -> None:
    """The page times the default backend, unless the machine has no C++ compiler."""
    compiler = shutil.which(os.environ.get("CXX", "g++"))
    assert runs(PAGE).after(LINE).startswith(NOT_MEASURED) == (compiler is None)


@pytest.mark.weekly
def test_without_a_compiler_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no C++ compiler is found, the page names what is missing and shows all else as expected."""
    monkeypatch.setenv("CXX", "none")
    ran = run(PAGE, tmp_path)
    assert "No working C++ compiler found" in ran.after(LINE)
    assert unexpected(PAGE, ran.shown) == []
