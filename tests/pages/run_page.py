"""Run one page alone and keep what it shows.

Usage: ``python -P -m tests.pages.run_page PAGE FOLDER``. A gallery script runs as it does for a person who
downloaded it: whatever environment this runs in, it can't import twolayer, unless it is a page of exercises. A
guide, a Markdown file with code cells, may import it, and the modules that guides share. Warnings are errors.

``FOLDER/values.json`` gets the variables that JSON can hold. ``FOLDER/shown.json`` gets what the
page shows, in order, and from which line: printed text, the value of each cell's last expression, and figures.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.abc
import json
import linecache
import re
import sys
import warnings
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, TextIO

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.pages.plotted import Plots
from tests.pages.shapes import SHAPED, Shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec

_SHOW = "__show__"
_CELL = re.compile(r"^# ?%%")


class _NoPackage(importlib.abc.MetaPathFinder):
    """A finder that answers for twolayer first, and says that there is none."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] == "twolayer":
            message = f"no {fullname} for a downloaded script"
            raise ModuleNotFoundError(message, name=fullname)
        return None


class Tape:
    """Takes down what a page shows, and passes printed text on."""

    def __init__(self, out: TextIO, page: dict[str, Any]) -> None:
        """Start with nothing.

        Args:
            out: Where printed text goes on to.
            page: The page's variables.
        """
        self.shown: list[dict[str, Any]] = []
        self._out, self._page = out, page
        self._plots = Plots(page)
        self._plots.watch()

    def __getattr__(self, name: str) -> Any:
        """Be the stream in all but ``write``."""
        return getattr(self._out, name)

    def write(self, text: str) -> int:
        """Print.

        Args:
            text: The text.

        Returns:
            How many characters were written.
        """
        line, last = self._line(), self.shown[-1] if self.shown else {}
        if "text" not in last or (last["line"] != line and last["text"].endswith("\n")):
            self.shown.append({"text": "", "line": line})
        self.shown[-1]["text"] += text
        return self._out.write(text)

    def result(self, value: object) -> None:
        """Take down the value of a cell's last expression, as the site shows it.

        Args:
            value: The value; None is not shown.
        """
        if value is None or hasattr(value, "_ipython_display_"):
            return  # What displays itself has nothing to take down here.
        if isinstance(value, Figure):
            self._figure(value)
            return
        for method in ("_repr_markdown_", "_repr_html_", "__repr__"):
            if hasattr(value, method) and (text := getattr(value, method)()):
                self.shown.append({"result": text, "line": self._line()})
                return

    def figures(self) -> None:
        """Take down the open figures, and close them."""
        plt = sys.modules["matplotlib.pyplot"]
        for number in plt.get_fignums():
            self._figure(plt.figure(number))

    def _line(self) -> int:
        """Say which line of the page runs."""
        frame: FrameType | None = sys._getframe()
        while frame and (frame.f_globals is not self._page or frame.f_code.co_name != "<module>"):
            frame = frame.f_back
        return frame.f_lineno if frame else 0

    def _figure(self, figure: Figure) -> None:
        self.shown.append({"figure": self._plots.describe(figure), "line": self._line()})
        sys.modules["matplotlib.pyplot"].close(figure)


def plain(page: dict[str, Any]) -> dict[str, Any]:
    """Choose the variables that JSON can hold.

    Args:
        page: A script's variables.

    Returns:
        Those that are numbers, strings, or lists and dictionaries of such.
    """
    kept = {}
    for name, value in page.items():
        with contextlib.suppress(TypeError, ValueError):
            json.dumps(value)
            kept[name] = value
    return {name: value for name, value in kept.items() if not name.startswith("__")}


def code_of(page: Path) -> tuple[str, list[int]]:
    """Read the code of a page.

    Args:
        page: A script, or a guide with code cells.

    Returns:
        The code, each line where it stands in the page, and the line behind each cell.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    if page.suffix == ".py":
        ends = [number for number, line in enumerate(lines, start=1) if _CELL.match(line)]
        return "\n".join(lines) + "\n", [*ends, len(lines) + 1]
    ends, inside = [], False
    for number, line in enumerate(lines, start=1):
        keep, starts = inside and line != "```", line.startswith("```{code-cell}")
        if inside and not keep:
            ends.append(number)
        inside = keep or starts
        option = line.startswith(":")  # such as ":tags: [remove-input]"
        lines[number - 1] = line if keep and not option else ""
    return "\n".join(lines) + "\n", ends


def with_results(source: str, ends: Iterable[int]) -> ast.Module:
    """Make each cell hand on the value of its last expression.

    Args:
        source: The page's code.
        ends: The line behind each cell.

    Returns:
        The code to run.
    """
    tree = ast.parse(source)
    for end in ends:
        cell = [statement for statement in tree.body if statement.lineno < end]
        if not cell or not isinstance(last := cell[-1], ast.Expr):
            continue
        if not isinstance(last.value, ast.Constant):
            show = ast.Name(_SHOW, ast.Load())
            last.value = ast.copy_location(ast.Call(show, [last.value], []), last.value)
            ast.fix_missing_locations(last)
    return tree


def main(path: str, folder: str) -> None:
    """Run a page and write what it leaves and what it shows.

    Args:
        path: The page's path.
        folder: Where to write.
    """
    source, ends = code_of(Path(path))
    mpl.use("agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - after the choice of how to draw

    if path.endswith(".py") and Path(path).parent.name != "exercises":
        sys.meta_path.insert(0, _NoPackage())
    warnings.simplefilter("error")
    main_module = ModuleType("__main__")
    page = main_module.__dict__
    tape = Tape(sys.stdout, page)
    shapes = Shapes(source)
    page |= {"__file__": path, _SHOW: tape.result, SHAPED: shapes}

    def show(*_: object, **__: object) -> None:
        tape.figures()

    plt.show = show
    sys.modules["__main__"], sys.argv = main_module, [path]
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    tree = shapes.visit(with_results(source, ends))
    code = compile(tree, path, "exec", dont_inherit=True)
    with contextlib.redirect_stdout(tape):
        exec(code, page)  # noqa: S102 - the page
    if plt.get_fignums():
        message = "a figure was drawn and never shown; want plt.show(), or fig at the end of a cell"
        raise RuntimeError(message)
    if shapes.faults:
        message = f"shapes in comments, and what they are: {shapes.faults}"
        raise RuntimeError(message)
    Path(folder, "values.json").write_text(json.dumps(plain(page)), encoding="utf-8")
    Path(folder, "shown.json").write_text(json.dumps(tape.shown), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
