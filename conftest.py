"""Examples in the README and in the guides are tests too."""

from __future__ import annotations

from doctest import ELLIPSIS, NORMALIZE_WHITESPACE

from hypothesis import settings
from sybil import Sybil
from sybil.evaluators.doctest import NUMBER
from sybil.parsers.myst import PythonCodeBlockParser

# No test looks at the clock; `nox -s bench` does.
settings.register_profile("twolayer", deadline=None)
settings.load_profile("twolayer")

# conf.py runs in Sphinx only, and what the build generates is tested where it comes from.
collect_ignore_glob = ["docs/conf.py", "docs/gallery/*", "docs/_build/*", "docs/jupyter_execute/*"]

pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE | NUMBER),
    ],
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md"],
).pytest()
