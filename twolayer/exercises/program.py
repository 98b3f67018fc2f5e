"""Run a reader's file in its own process, and collect the verdicts of its checks.

This file is also that process's program: ``python -m twolayer.exercises.program FILE ANSWER``.
"""

from __future__ import annotations

import ast
import contextlib
import json
import linecache
import os
import re
import subprocess
import sys
import tempfile
import time
import tokenize
import traceback
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from twolayer.exercises.verdict import AT_TERMINAL, LISTENERS, Verdict
from twolayer.exercises.words import language, say

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK = 0.3  # seconds between two looks at a watched file
_TRANSPARENT = "time|timeit|prun|capture"  # magics whose cell or line is Python
_GRACE = 2.0  # seconds that a process has to end by itself


class FileError(ValueError):
    """A reader's file that can't be checked.

    Args:
        path: The file.
        problem: What is wrong with it, and what is expected.

    Examples:
        >>> raise FileError(Path("mine.py"), "which is not a file; want a script or a notebook")
        Traceback (most recent call last):
            ...
        twolayer.exercises.program.FileError: file: 'mine.py' given, which is not a file; want a script
        or a notebook
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(say(f"file: {str(path)!r} given, {problem}"))


class Report(NamedTuple):
    """The outcome of a file's checks.

    Args:
        verdicts: The verdicts, in order.
        missed: The ids whose checks were not reached.
        problem: What stopped the file early, or None.
    """

    verdicts: list[Verdict]
    missed: list[str]
    problem: str | None

    @property
    def right(self) -> bool:
        """Whether the file ran to its end, reached every check, and has only right answers."""
        return not self.problem and not self.missed and all(v.right for v in self.verdicts)

    @property
    def summary(self) -> str:
        """How many answers are right, how many checks were not reached, and what stopped the file."""
        right = sum(verdict.right for verdict in self.verdicts)
        parts = [f"{right} of {len(self.verdicts) + len(self.missed)} right"]
        if self.missed:
            parts.append(f"{len(self.missed)} not reached")
        said = map(say, [*parts, *filter(None, [self.problem])])
        return ("；" if language() == "zh" else "; ").join(said)


class Code(NamedTuple):
    """A file's code.

    Args:
        parts: Python code by its origin: a whole script, or each cell of a notebook.
        ids: The ids that it checks, if they are written out.
    """

    parts: dict[str, str]
    ids: list[str]


def code_of(path: Path) -> Code:
    """Read the code of a script or of a notebook.

    Args:
        path: The file; the suffix ``.ipynb`` means a notebook.

    Returns:
        The code, which parses and calls ``check``.

    Raises:
        FileError: If the file doesn't exist, can't be read, has a syntax error, or never calls ``check``.
    """
    if not path.is_file():
        raise FileError(path, "which is not a file; want a script or a notebook")
    try:
        if path.suffix == ".ipynb":
            parts = _notebook(path)
        else:
            with tokenize.open(path) as file:  # as Python reads it
                parts = {str(path): file.read()}
    except SyntaxError:
        raise FileError(path, "which is not UTF-8 and declares no other encoding") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(path, f"which can't be read: {error}") from None
    calls = [call for name, part in parts.items() for call in _checks(path, name, part)]
    if not calls:
        raise FileError(
            path, "which never calls check; want a call such as check('autograd.1', answer)"
        )
    first = [call.args[0] for call in calls if call.args]
    return Code(parts, [str(node.value) for node in first if isinstance(node, ast.Constant)])


def _checks(path: Path, name: str, source: str) -> list[ast.Call]:
    """Find the calls of ``check`` in a piece of code."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        line = (error.text or "").strip()
        cell = "" if name == str(path) else f" in {name},"
        where = f"{cell} on line {error.lineno}, column {error.offset}" if error.lineno else cell
        said = f"with a syntax error{where}: {error.msg}" + (f": {line}" if line else "")
        raise FileError(path, said) from None
    except ValueError as error:  # A null byte, in Python 3.11.
        raise FileError(path, f"which is not Python: {error}") from None
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_check(node)]


def run(
    path: Path,
    *,
    seconds: float,
    why: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Report | None:
    """Run a file and collect its verdicts.

    The file prints, its verdicts included, to this process's output.

    Args:
        path: A script or a notebook, which runs in the folder that holds it.
        seconds: How long the whole file may take, above 0.
        why: Whether to name mistakes on the first try.
        stop: Called repeatedly while the file runs; when it returns True, the run ends.

    Returns:
        The report, or None if the run was stopped.

    Raises:
        FileError: If the file can't be checked.
    """
    code = code_of(path)
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "verdicts.jsonl")
        command = [sys.executable, "-m", __name__, str(path.resolve()), str(answer)]
        roots = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
        # A figure's window would hold the run up.
        surroundings = {"PYTHONPATH": os.pathsep.join(filter(None, roots)), "MPLBACKEND": "agg"}
        process = subprocess.Popen(  # noqa: S603 - the reader's own file
            [*command, *(["--why"] if why else [])],
            cwd=path.resolve().parent,
            env={**os.environ, **surroundings},
        )
        try:
            ended = _wait(process, seconds, stop)
        finally:
            _end(process)
        if ended is None:
            return None
        lines = answer.read_text(encoding="utf-8").splitlines() if answer.is_file() else []
    parts = [json.loads(line) for line in lines]
    verdicts = [Verdict(**part["verdict"]) for part in parts if "verdict" in part]
    problems = [part["problem"] for part in parts if "problem" in part]
    problem = None
    if not ended:
        problem = f"the file ran longer than {seconds:g} s and was stopped; --seconds allows more"
    elif process.returncode != 0:
        status = f"the file ended with exit status {process.returncode}"
        problem = problems[-1] if problems else status
    missed = list((Counter(code.ids) - Counter(verdict.id for verdict in verdicts)).elements())
    if problem is None and not verdicts:
        problem = "the file ran, but no check was reached"
    return Report(verdicts, missed, problem)


def watch(path: Path, then: Callable[[Callable[[], bool]], None]) -> None:
    """Call a function now and each time that a file is saved, until you press Ctrl-C.

    Args:
        path: The file.
        then: The function to call, with a function that tells whether the file has been saved since.

    Raises:
        KeyboardInterrupt: When you press Ctrl-C.
    """
    seen: list[tuple[int, int] | None] = [None]

    def saved() -> bool:
        try:
            status = path.stat()
        except OSError:  # Some editors remove a file for a moment while they save it.
            return False
        return (status.st_mtime_ns, status.st_size) != seen[-1]

    while True:
        if saved():
            status = path.stat()
            seen.append((status.st_mtime_ns, status.st_size))
            then(saved)
        else:
            time.sleep(_LOOK)


def _wait(
    process: subprocess.Popen[bytes], seconds: float, stop: Callable[[], bool]
) -> bool | None:
    """Wait for a process: True if it ended, False if it took too long, None if it should stop."""
    until = time.monotonic() + seconds
    while process.poll() is None:
        left = until - time.monotonic()
        if left <= 0:
            return False
        if stop():
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=min(_LOOK, left))
    return True


def _notebook(path: Path) -> dict[str, str]:
    """Read a notebook's code cells, turning IPython's syntax into calls."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise FileError(path, "which is not a notebook; want JSON with cells") from None
    try:
        from IPython.core.inputtransformer2 import (  # noqa: PLC0415 - only notebooks need it
            TransformerManager,
        )
    except ImportError:
        raise FileError(path, "a notebook, which needs IPython; install ipython") from None
    transform = TransformerManager().transform_cell  # type: ignore[no-untyped-call]
    return {
        f"cell {number}": transform(_with_body(source))
        for number, source in enumerate(sources, start=1)
    }


def _with_body(cell: str) -> str:
    """Leave out a line such as ``%%time``, whose cell is Python apart from it."""
    first, _, body = cell.lstrip().partition("\n")
    return f"\n{body}" if re.match(rf"%%({_TRANSPARENT})\b", first) else cell


class _Shell:
    """A stand-in for IPython's shell: it runs what is timed and ignores everything else."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> None:
        """Run the rest of a line such as ``%time fit()``."""
        if re.fullmatch(_TRANSPARENT, name):
            exec(line, self.names)  # noqa: S102 - the reader's own file

    def getoutput(self, *_: Any, **__: Any) -> list[str]:
        """Return no output, because the command isn't run."""
        return []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def _is_check(call: ast.Call) -> bool:
    """Tell whether a call is one of ``check``."""
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    return name == "check"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that is still running, gently at first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _main(path: str, answer: str, *options: str) -> int:
    """Run a file's code as a script, and write each verdict as it comes."""
    with Path(answer).open("w", encoding="utf-8") as file:

        def write(part: dict[str, Any]) -> None:
            file.write(json.dumps(part) + "\n")
            file.flush()

        LISTENERS.append(lambda verdict: write({"verdict": vars(verdict)}))
        AT_TERMINAL.append("--why" in options)
        parts = code_of(Path(path)).parts
        module = ModuleType("__main__")
        module.__dict__["__file__"] = path
        if path.endswith(".ipynb"):
            shell = _Shell(module.__dict__)
            module.__dict__.update(get_ipython=lambda: shell, display=print)
        sys.modules["__main__"], sys.argv = module, [path]
        sys.path[0] = str(Path(path).parent)
        for name, text in parts.items():
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        try:
            for name, text in parts.items():
                exec(compile(text, name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
        except Exception as error:  # noqa: BLE001 - whatever the reader's code raises is reported
            own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in parts]
            where = f" on line {own[-1].lineno}: {own[-1].line}" if own else ""
            if own and own[-1].filename != path:
                where = f" in {own[-1].filename},{where}"
            said = " ".join(str(error).split())
            write({"problem": f"the file raises {type(error).__name__}: {said}{where}"})
            return 1
    return 0


if __name__ == "__main__":
    try:
        # A thread that can't be stopped is a daemon, so it doesn't keep the process alive.
        sys.exit(_main(*sys.argv[1:]))
    finally:
        try:
            print(end="", flush=True)  # noqa: T201 - prints nothing
        except OSError:  # The caller can't write its output either, and says so.
            os._exit(1)
