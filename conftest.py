"""Examples in the README and in the guides are tests too, and so are the rows of some tables.

Each gallery page and each guide runs once, however many tests look at its run.
"""

from __future__ import annotations

from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings
from sybil import Sybil
from sybil.evaluators.doctest import NUMBER
from sybil.parsers.myst import PythonCodeBlockParser

from tests.pages.expectations import Run, run
from tests.pages.tables import TableParser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# No test looks at the clock; `nox -s bench` does.
settings.register_profile("twolayer", deadline=None)
settings.load_profile("twolayer")
# For `nox -s mutants`: the same examples in each run, and no search for the smallest that fails.
settings.register_profile(
    "mutants",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)

# conf.py runs in Sphinx only, and what the build generates is tested where it comes from.
collect_ignore_glob = ["docs/conf.py", "docs/gallery/*", "docs/_build/*", "docs/jupyter_execute/*"]

pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE | NUMBER),
        TableParser(),
    ],
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md"],
).pytest()


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Run]:
    """Runs a gallery script or a guide alone, the first time that it is asked for."""

    @cache
    def run_once(script: Path) -> Run:
        return run(script, tmp_path_factory.mktemp(script.stem))

    return run_once
