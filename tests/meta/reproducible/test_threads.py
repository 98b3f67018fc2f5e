"""What examples and pages show doesn't depend on how many threads do the arithmetic."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLES = ("twolayer", "docs", "README.md", "tests/pages")
_LIBRARIES = ("OMP", "OPENBLAS", "MKL")


@pytest.mark.parametrize("threads", [1, 2])
def test_examples_and_expectations_pass(threads: int) -> None:
    """Doctests, tables and gallery pages give what is expected, with one thread and with two."""
    settings = {f"{library}_NUM_THREADS": str(threads) for library in _LIBRARIES}
    # Threads that wait by spinning make two of them far slower than one where other programs run.
    settings["OMP_WAIT_POLICY"] = "PASSIVE"

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *EXAMPLES],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
