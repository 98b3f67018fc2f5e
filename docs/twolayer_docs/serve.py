"""Serve the site on this machine; a page that you change appears anew in the browser.

``python -m twolayer_docs.serve`` watches the gallery, the package and the documentation, and
leaves alone what the build itself writes, so that a build doesn't start the next one. Options go
to ``sphinx-autobuild``: ``--port 8001``, ``--open-browser``. What pages note as their dependencies serves this
alone: a build reads all pages anew.
"""

from __future__ import annotations

import subprocess
import sys

from twolayer_docs import npm
from twolayer_docs.build import GALLERY, begin, environment, turn
from twolayer_docs.paths import BUILD, DOCS, ROOT

WATCHED = (ROOT / "gallery", ROOT / "twolayer")
GENERATED = (GALLERY, BUILD)
NOISE = r"__pycache__|/\.|~$"


def command(arguments: list[str]) -> list[str]:
    """Put the command line of ``sphinx-autobuild`` together, with further options for it."""
    parts = [sys.executable, "-m", "sphinx_autobuild"]
    for option, folders in (("--watch", WATCHED), ("--ignore", GENERATED)):
        for folder in folders:
            parts += [option, str(folder)]
    return [*parts, "--re-ignore", NOISE, *arguments, str(DOCS), str(BUILD / "served")]


def main(arguments: list[str]) -> int:
    """Serve until stopped."""
    npm.ensure()
    with turn():
        begin(fresh=False)
        try:
            done = subprocess.run(command(arguments), cwd=ROOT, env=environment(), check=False)  # noqa: S603
        except KeyboardInterrupt:
            return 0
        return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
