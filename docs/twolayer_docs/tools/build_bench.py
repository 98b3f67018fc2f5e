"""How the time of a build grows with the number of its pages: ``nox -s build_bench``.

Galleries of 10, 100 and 1,000 pages that do next to nothing are built in a temporary folder, with this
project's settings, extensions and tools, from nothing to the finished site. What is measured is the time
of the processor, so that other programs disturb it little. A page must not cost much more among many.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from twolayer_docs.paths import DOCS, ROOT
from twolayer_docs.phases import load

COUNTS = (10, 100, 1000)
"""How many pages the galleries have, the last two of which are compared."""
LIMIT = 1.3
"""How many times as long a page may take in the last gallery as in the one before."""
FOLDER = "trivial"
_COPIED = ("_epub", "_static", "_templates", "twolayer_docs", "inventories")
_FILES = ("conf.py", "package.json")
_SCRIPT = '''\
# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""
Page {number}
{line}

You print the number {number}. This page is here to be counted.
"""

# %%
# The number
# ----------
#
# One line prints it.

print({number})
'''
_DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"><path d="M0 0h9"/></svg>\n'
)
_INDEX = """\
# A gallery to be counted

You see how long a build takes.

```{{toctree}}
:hidden:
:caption: Pages

gallery/{folder}/index
glossary
```
"""
_GLOSSARY = """\
# Glossary

The words that these pages use.

```{glossary}
number
  What each page prints.
```
"""
_MISSING = "---\norphan: true\n---\n\n# There is no such page\n\nThe address leads nowhere.\n"


class Built(NamedTuple):
    """A gallery that was built."""

    pages: int
    """How many pages it has."""
    seconds: float
    """The processor's time that the build took."""
    wall: float
    """The time that passed."""
    size: int
    """The bytes of its pages' HTML."""

    @property
    def each(self) -> float:
        """The processor's milliseconds that a page took, with its share of what builds need once."""
        return 1000 * self.seconds / self.pages


class BenchError(RuntimeError):
    """A gallery could not be built."""


def write_tree(tree: Path, pages: int) -> None:
    """Write a project that has a gallery of trivial pages, and everything else from this one.

    Args:
        tree: The folder to make.
        pages: How many pages.
    """
    docs, scripts = tree / "docs", tree / "gallery" / FOLDER
    drawings = docs / "_drawings" / "thumbnails" / FOLDER
    for folder in (docs / "_build", scripts, drawings):
        folder.mkdir(parents=True)
    for name in _COPIED:
        shutil.copytree(DOCS / name, docs / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(DOCS / name, docs / name)
    (docs / "_build" / "node").symlink_to(DOCS / "_build" / "node")
    (tree / "twolayer").symlink_to(ROOT / "twolayer")
    texts = {"index": _INDEX.format(folder=FOLDER), "glossary": _GLOSSARY, "404": _MISSING}
    for name, text in texts.items():
        (docs / f"{name}.md").write_text(text, "utf-8")
    header = "Trivial pages\n=============\n\nEach of them prints a number.\n"
    (scripts / "GALLERY_HEADER.rst").write_text(header, "utf-8")
    for number in range(pages):
        name = f"page_{number:04}"
        script = _SCRIPT.format(number=number, line="=" * len(f"Page {number}"))
        (scripts / f"{name}.py").write_text(script, "utf-8")
        (drawings / f"{name}.svg").write_text(_DRAWING, "utf-8")


def build(pages: int, *, profile: bool = False) -> Built:
    """Build a gallery in a temporary folder.

    Args:
        pages: How many pages it has.
        profile: Whether to print what takes how long.

    Returns:
        What it took.

    Raises:
        BenchError: If the build failed, or the site lacks pages.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "project")
        write_tree(tree, pages)
        command = [sys.executable, "docs/twolayer_docs/build.py"]
        if profile:
            command.append("--profile")
        before, started = _processor(), time.monotonic()
        done = subprocess.run(  # noqa: S603
            command, cwd=tree, env=_surroundings(), capture_output=True, text=True, check=False
        )
        seconds, wall = _processor() - before, time.monotonic() - started
        sites = [*(tree / "_site" / "gallery" / FOLDER).glob("page_*.html")]
        if done.returncode or len(sites) != pages:
            message = f"{len(sites)} of {pages} pages were built:\n{done.stdout}{done.stderr}"
            raise BenchError(message)
        if profile:
            phases = done.stdout[done.stdout.index("\nseconds  share") :]
            print(phases.partition("\nseconds  script")[0])
        return Built(pages, seconds, wall, sum(page.stat().st_size for page in sites))


def table(built: list[Built]) -> str:
    """Write down what galleries took.

    Args:
        built: The galleries, smaller ones first.

    Returns:
        A text.

    Examples:
        >>> print(table([Built(10, 4.0, 5.0, 100_000), Built(100, 10.0, 12.0, 2_000_000)]))
         pages  processor     clock    a page  HTML of a page
            10      4.0 s     5.0 s    400 ms         10.0 kB
           100     10.0 s    12.0 s    100 ms         20.0 kB
        From 10 to 100 pages, each page more took 67 ms.
    """
    lines = [" pages  processor     clock    a page  HTML of a page"]
    lines += [
        f"{one.pages:6}  {one.seconds:7.1f} s  {one.wall:6.1f} s  {one.each:5.0f} ms"
        f"  {one.size / one.pages / 1000:11.1f} kB"
        for one in built
    ]
    for few, many in pairwise(built):
        more = 1000 * (many.seconds - few.seconds) / (many.pages - few.pages)
        lines.append(f"From {few.pages} to {many.pages} pages, each page more took {more:.0f} ms.")
    return "\n".join(lines)


def growth(built: list[Built]) -> float:
    """Compare what a page took in the last gallery and in the one before.

    Args:
        built: The galleries, smaller ones first.

    Returns:
        A factor, 1 where the number of pages makes no difference.

    Examples:
        >>> growth([Built(100, 10.0, 10.0, 1), Built(1000, 120.0, 120.0, 1)])
        1.2
    """
    few, many = built[-2:]
    return many.each / few.each


def _processor() -> float:
    """Give the processor's seconds that programs started from here have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _surroundings() -> dict[str, str]:
    """Give an environment in which the temporary project is all that is built."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TWOLAYER_")}
    kept.pop("PYTHONPATH", None)
    return kept


def main(arguments: list[str] | None = None) -> int:
    """Build galleries of growing size and say what a page takes.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit status, 1 where a page takes too much longer among many.
    """
    parser = argparse.ArgumentParser(description="Measure how a build's time grows with its pages.")
    parser.add_argument("counts", nargs="*", type=int, help="how many pages (default: 10 100 1000)")
    parser.add_argument("--profile", action="store_true", help="say what takes how long")
    options = parser.parse_args(arguments)
    counts = options.counts or [*COUNTS]
    if any(few >= many for few, many in pairwise([0, *counts])):
        given = " ".join(map(str, counts))
        parser.error(f"counts: {given} given; want numbers above 0, smaller ones first")
    built = []
    for pages in counts:
        print(f"Building {pages} pages.", flush=True)
        built.append(build(pages, profile=options.profile))
    print(table(built))
    print(load())
    if len(built) == 1:
        return 0
    factor = growth(built)
    few, many = (one.pages for one in built[-2:])
    print(
        f"Among {many} pages, one takes {factor:.2f} times what it takes among {few}; want {LIMIT}."
    )
    return int(factor > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
