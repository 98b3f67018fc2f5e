"""Run a reader's file in a process of its own, and gather the verdicts of its checks.

This file is also the program of that process: ``python -m twolayer.exercises.program FILE ANSWER``.
"""

from __future__ import annotations

import ast
import json
import linecache
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from twolayer.exercises.verdict import LISTENERS, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK = 0.3  # seconds between two looks at a watched file
_GRACE = 2.0  # seconds that a process gets to end by itself


class FileError(ValueError):
    """A reader's file that can't be checked.

    Args:
        path: The file.
        problem: What is wrong with it, and what is wanted.

    Examples:
        >>> raise FileError(Path("mine.py"), "which is no file; want a script or a notebook")
        Traceback (most recent call last):
            ...
        twolayer.exercises.program.FileError: file: 'mine.py' given, which is no file; want a script or
        a notebook
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"file: {str(path)!r} given, {problem}")


class Report(NamedTuple):
    """How a file's checks went.

    Args:
        verdicts: The verdicts, in order.
        problem: What ended the file before its end, or None.
    """

    verdicts: list[Verdict]
    problem: str | None

    @property
    def right(self) -> bool:
        """Whether the file ran to its end and each of its answers is right."""
        return self.problem is None and all(verdict.right for verdict in self.verdicts)

    @property
    def summary(self) -> str:
        """How many answers are right, and what ended the file, in one line."""
        right = sum(verdict.right for verdict in self.verdicts)
        said = f"{right} of {len(self.verdicts)} right"
        return said if self.problem is None else f"{said}; {self.problem}"


def code_of(path: Path) -> str:
    r"""Read the code of a script or of a notebook.

    Args:
        path: The file; one that ends in ``.ipynb`` is a notebook, whose magics are left out.

    Returns:
        Python code, which parses and calls ``check``.

    Raises:
        FileError: If there is no such file, it can't be read, it has a syntax error, or it calls no
            ``check``.
    """
    if not path.is_file():
        raise FileError(path, "which is no file; want a script or a notebook")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(path, f"which can't be read: {error}") from None
    source = _notebook(path, text) if path.suffix == ".ipynb" else text
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise FileError(path, f"with a syntax error: {error.msg}: {line}") from None
    except ValueError as error:  # A null byte, in Python 3.11.
        raise FileError(path, f"which is no Python: {error}") from None
    if not any(_is_check(node) for node in ast.walk(tree)):
        raise FileError(path, "which calls no check; want one such as check('autograd.1', answer)")
    return source


def run(path: Path, *, seconds: float) -> Report:
    """Run a file and gather its verdicts.

    What the file prints, its verdicts among it, goes where this process prints.

    Args:
        path: A script or a notebook. It runs in its own folder.
        seconds: How long the whole file may take, above 0.

    Returns:
        The report.

    Raises:
        FileError: If the file can't be checked.
    """
    code_of(path)
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "verdicts.jsonl")
        command = [sys.executable, "-m", __name__, str(path.resolve()), str(answer)]
        roots = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
        # Figures are for reading, not for waiting in front of their windows.
        surroundings = {"PYTHONPATH": os.pathsep.join(filter(None, roots)), "MPLBACKEND": "agg"}
        process = subprocess.Popen(  # noqa: S603 - the reader's own file
            command, cwd=path.resolve().parent, env={**os.environ, **surroundings}
        )
        problem = None
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            problem = (
                f"the file ran longer than {seconds:g} s and was stopped; --seconds allows more"
            )
        finally:
            _end(process)
        lines = answer.read_text(encoding="utf-8").splitlines() if answer.is_file() else []
    parts = [json.loads(line) for line in lines]
    verdicts = [Verdict(**part["verdict"]) for part in parts if "verdict" in part]
    problems = [part["problem"] for part in parts if "problem" in part]
    if problem is None and process.returncode != 0:
        ended = f"the file ended with exit status {process.returncode}"
        problem = problems[-1] if problems else ended
    if problem is None and not verdicts:
        problem = "the file ran without a check; is its call never reached?"
    return Report(verdicts, problem)


def watch(path: Path, then: Callable[[], None]) -> None:
    """Call a function, and again each time that a file is saved, until you press Ctrl-C.

    Args:
        path: The file.
        then: What to call.

    Raises:
        KeyboardInterrupt: When you press Ctrl-C.
    """
    seen: tuple[int, int] | None = None
    while True:
        try:
            status = path.stat()
        except OSError:  # Some editors take a file away while they save it.
            time.sleep(_LOOK)
            continue
        if (status.st_mtime_ns, status.st_size) != seen:
            seen = (status.st_mtime_ns, status.st_size)
            then()
        time.sleep(_LOOK)


def _notebook(path: Path, text: str) -> str:
    """Join a notebook's cells of code, without magics and shell commands."""
    wanted = "which is no notebook; want JSON with cells"
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise FileError(path, wanted) from None
    kept = [source for source in sources if not source.lstrip().startswith("%%")]
    return "\n\n".join(_without_magics(source) for source in kept) + "\n"


def _without_magics(source: str) -> str:
    """Leave out the lines that are no Python, such as ``%pip install``."""
    lines = source.splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


def _is_check(node: ast.AST) -> bool:
    """Tell whether a piece of code is a call of ``check``."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    return name == "check"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that is still running, kindly at first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _main(path: str, answer: str) -> int:
    """Run a file's code as a script's, and write each verdict as it comes."""
    with Path(answer).open("w", encoding="utf-8") as file:

        def write(part: dict[str, Any]) -> None:
            file.write(json.dumps(part) + "\n")
            file.flush()

        LISTENERS.append(lambda verdict: write({"verdict": vars(verdict)}))
        source = code_of(Path(path))
        module = ModuleType("__main__")
        module.__dict__["__file__"] = path
        sys.modules["__main__"], sys.argv = module, [path]
        sys.path[0] = str(Path(path).parent)
        linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
        try:
            exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
        except Exception as error:  # noqa: BLE001 - whatever the reader's code raises is told
            own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
            where = f" in line {own[-1].lineno}: {own[-1].line}" if own else ""
            said = " ".join(str(error).split())
            write({"problem": f"the file raises {type(error).__name__}: {said}{where}"})
            return 1
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    # A thread that can't be stopped must not hold the process up; it is a daemon.
    sys.exit(_main(*sys.argv[1:]))
