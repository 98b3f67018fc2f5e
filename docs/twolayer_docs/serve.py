"""Serve the site on this machine; a page that you change appears anew in the browser.

``python -m twolayer_docs.serve`` watches the gallery, the package and the documentation, and
leaves alone what the build itself writes, so that a build doesn't start the next one. Options go
to ``sphinx-autobuild``: ``--port 8001``, ``--open-browser``.
"""

from __future__ import annotations

import subprocess
import sys

from twolayer_docs import npm
from twolayer_docs.build import (
    DOCTREES,
    HTML,
    clear_caches,
    remove_orphans,
    surroundings,
)
from twolayer_docs.paths import BUILD, DOCS, ROOT

WATCHED = ("gallery", "twolayer")
GENERATED = (DOCS / "gallery", BUILD)
NOISE = r"__pycache__|/\.|~$"


def command(arguments: list[str]) -> list[str]:
    """Put the command line of ``sphinx-autobuild`` together.

    Args:
        arguments: Further options for it.

    Returns:
        The command line.
    """
    parts = [sys.executable, "-m", "sphinx_autobuild", "-n", "-d", str(DOCTREES)]
    for name in WATCHED:
        parts += ["--watch", str(ROOT / name)]
    for folder in GENERATED:
        parts += ["--ignore", str(folder)]
    parts += ["--re-ignore", NOISE]
    return [*parts, *arguments, str(DOCS), str(HTML)]


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit status.
    """
    try:
        npm.ensure()
    except npm.NpmError as error:
        print(error, file=sys.stderr)
        return 1
    clear_caches(fresh=False)
    remove_orphans()
    rest = sys.argv[1:] if arguments is None else arguments
    try:
        done = subprocess.run(command(rest), cwd=ROOT, env=surroundings(), check=False)  # noqa: S603
    except KeyboardInterrupt:
        return 0
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
