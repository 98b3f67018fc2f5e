"""Examples in the README and in the guides are tests too, and so are the rows of some tables.

Each gallery page and each guide runs once, however many tests and processes look at its run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from functools import cache
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import Phase, settings
from sybil import Sybil
from sybil.evaluators.doctest import NUMBER
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

from tests.pages.expectations import Run, run
from tests.pages.tables import TableParser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# A job in the background ignores Ctrl-C, and so would each program that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What exercises say is compared in English, whatever the machine's locale.
os.environ["TWOLAYER_LANGUAGE"] = "en"

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
collect_ignore_glob = ["docs/conf.py", "docs/gallery/*", "docs/_build/*"]

pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE | NUMBER),
        TableParser(),
        SkipParser(),
    ],
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md"],
).pytest()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer ``--all``."""
    parser.addoption("--all", action="store_true", help="run the tests marked weekly too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for ``--all``."""
    if not config.option.all:
        left_out = [item for item in items if item.get_closest_marker("weekly")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Run]:
    """Runs a gallery script or a guide alone, the first time that it is asked for."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which all workers share

    @cache
    def run_once(script: Path) -> Run:
        place = folder / f"{script.parent.name}_{script.stem}"
        place.mkdir(exist_ok=True)
        done = place / "done.json"
        with FileLock(place / "running.lock"):
            if not done.exists():
                done.write_text(json.dumps(vars(run(script, place).done)), "utf-8")
        return Run(subprocess.CompletedProcess(**json.loads(done.read_text("utf-8"))), place)

    return run_once
