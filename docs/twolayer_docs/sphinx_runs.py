"""Let Sphinx write the pages as HTML, then as an EPUB, in one process that imports everything once.

The second run works on a copy of the first one's doctrees, so that neither makes the other read a page
anew. Each writes the pages anew that changed since it last wrote them. ``build_site.py`` calls this.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

BOOK = "The same pages as an EPUB:"
"""What is printed between the two runs."""


def run(builder: str, docs: Path, doctrees: Path, output: Path) -> int:
    """Run Sphinx.

    Args:
        builder: What it writes.
        docs: The folder of the pages' sources.
        doctrees: Where the pages are kept as it has read them.
        output: The folder that it writes to.

    Returns:
        Its exit status.
    """
    from sphinx.cmd.build import build_main  # noqa: PLC0415

    options = ["-b", builder, "-n", "-W", "--keep-going", "-d", str(doctrees)]
    return build_main([*options, str(docs), str(output)])


def main(arguments: list[str] | None = None) -> int:
    """Run Sphinx for both.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit status: that of the first run that failed, else 0.
    """
    parser = argparse.ArgumentParser(description="Write the pages as HTML and as an EPUB.")
    for name in ("docs", "doctrees", "html", "book_doctrees", "book"):
        parser.add_argument(name, type=Path)
    places = parser.parse_args(arguments)
    status = run("html", places.docs, places.doctrees, places.html)
    if status:
        return status
    print(f"\n{BOOK}", flush=True)
    shutil.rmtree(places.book_doctrees, ignore_errors=True)
    shutil.copytree(places.doctrees, places.book_doctrees)
    return run("epub", places.docs, places.book_doctrees, places.book)


if __name__ == "__main__":
    sys.exit(main())
