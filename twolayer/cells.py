"""What each cell of a gallery page prints, when the page runs alone in a process of its own.

This file is also the program of that process, ``python cells.py PAGE ANSWER INDEX``, so it imports
nothing of the package.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
import os
import re
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_START = re.compile(r"# ?%%")
_UNDERLINE = re.compile(r"# (?:-{3,}|={3,}|~{3,})")
_LONGEST_RUN = 600


class PageError(ValueError):
    """A gallery page that is not there, or that doesn't run to its end.

    Args:
        page: The page's path.
        problem: What is wrong with it, and what is wanted.
    """

    def __init__(self, page: Path, problem: str) -> None:
        super().__init__(f"page: {str(page)!r} given, {problem}")


class Cell(NamedTuple):
    """One cell of a page, as it ran.

    Args:
        title: The heading that the cell stands under, or None above the first heading.
        code: Its code.
        printed: What it printed, or None if it printed nothing.
    """

    title: str | None
    code: str
    printed: str | None


def split(source: str) -> Iterator[tuple[int, str | None, str]]:
    r"""Take a gallery script apart.

    Args:
        source: The script's text. Cells begin at lines ``# %%``; a comment that follows is the
            cell's text, and may begin with an underlined heading.

    Yields:
        For each cell with code, the number of lines above its code, its heading, which is that of
        the cell before if it has none, and the code.

    Examples:
        >>> list(split("# %%\n# Add\n# ---\n#\n# Two numbers.\n\nprint(1 + 1)\n"))
        [(6, 'Add', 'print(1 + 1)')]
    """
    lines = source.splitlines()
    starts = [number for number, line in enumerate(lines) if _START.match(line)]
    title: str | None = None
    for start, end in pairwise([*starts, len(lines)]):
        below = start + 1
        while below < end and lines[below].startswith("#"):
            below += 1
        text = lines[start + 1 : below]
        if len(text) > 1 and _UNDERLINE.fullmatch(text[1]):
            title = text[0].removeprefix("#").strip()
        while below < end and not lines[below].strip():
            below += 1
        code = "\n".join(lines[below:end]).rstrip()
        if code:
            yield below, title, code


def run_alone(page: Path, *, cuda_device: int | None) -> list[Cell]:
    """Run a page in a process of its own and keep what each cell prints.

    Nothing is drawn, so the page needs no matplotlib.

    Args:
        page: The script.
        cuda_device: The number of the GPU that the page meets as ``"cuda"``, or None to hide all
            GPUs from it.

    Returns:
        The cells, in order.

    Raises:
        PageError: If the page is not there, has no cell, raises, or runs for over 600 seconds.
    """
    if not page.is_file():
        raise PageError(page, "which is no file; want the path of a gallery script")
    environment = dict(os.environ)
    if cuda_device is None:
        environment["CUDA_VISIBLE_DEVICES"] = ""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "cells.json")
        # Without -P, `import torch` would meet this folder's modules first.
        paths = [__file__, str(page.resolve()), str(answer)]
        command = [sys.executable, "-P", *paths, str(cuda_device or 0)]
        try:
            done = subprocess.run(  # noqa: S603 - the caller's page
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=_LONGEST_RUN,
                check=False,
            )
        except subprocess.TimeoutExpired:
            problem = f"which still runs after {_LONGEST_RUN} s; want one that ends"
            raise PageError(page, problem) from None
        if done.returncode or not answer.is_file():
            last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
            raise PageError(page, f"which doesn't run to its end: {last}")
        cells = [Cell(*fields) for fields in json.loads(answer.read_text("utf-8"))]
    if not cells:
        raise PageError(page, "which has no cell; want a gallery script, with lines '# %%'")
    return cells


class _NoDrawing(ModuleType):
    """Stands for matplotlib: takes every call and draws nothing."""

    def __getattr__(self, name: str) -> _NoDrawing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> _NoDrawing:
        return self

    def __iter__(self) -> Iterator[_NoDrawing]:
        """Be what ``plt.subplots`` returns: a figure and its axes."""
        return iter((self, self))


def _run(page: Path) -> list[Cell]:
    source = page.read_text("utf-8")
    for name in ("matplotlib", "matplotlib.pyplot"):
        sys.modules[name] = _NoDrawing(name)
    linecache.cache[str(page)] = (len(source), None, source.splitlines(keepends=True), str(page))
    variables = {"__name__": "__main__", "__file__": str(page)}
    cells = []
    for above, title, code in split(source):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            lines = compile("\n" * above + code, page, "exec", dont_inherit=True)
            exec(lines, variables)  # noqa: S102 - the page
        cells.append(Cell(title, code, printed.getvalue() or None))
    return cells


def _main(page: str, answer: str, cuda_device: str) -> None:
    if int(cuda_device):
        import torch  # noqa: PLC0415 - the page imports it where it needs it

        torch.cuda.set_device(int(cuda_device))
    Path(answer).write_text(json.dumps(_run(Path(page))), encoding="utf-8")


if __name__ == "__main__":
    _main(*sys.argv[1:])
