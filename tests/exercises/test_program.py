"""``python -m twolayer check`` and ``hint``: a reader's file is run, and its verdicts counted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from twolayer.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
# Of an exercise that needs no torch, which takes seconds to import.
WRONG = "from twolayer.exercises import check\ncheck('how_fast.2', lambda a, b, c, i: 0)\n"
RIGHT = """\
import numpy as np
from twolayer.exercises import check
check("how_fast.2", lambda a, b, c, i: 2 / (i * np.sum([1 / a, 1 / b, 1 / c])))
"""


def written(folder: Path, text: str, name: str = "mine.py") -> str:
    """Write a reader's file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def notebook(*cells: str) -> str:
    """A notebook of cells of code."""
    parts = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": ["check("]}, *parts]})


@pytest.mark.parametrize(
    ("text", "status", "summary"),
    [
        (RIGHT, 0, "1 of 1 right"),
        (WRONG, 1, "0 of 1 right"),
        (RIGHT + WRONG, 1, "1 of 2 right"),
        (
            RIGHT + "1 / 0\n",
            1,
            "1 of 1 right; the file raises ZeroDivisionError: division by zero on line 4",
        ),
        (RIGHT + "import os\nos._exit(3)\n", 1, "1 of 1 right; the file ended with exit status 3"),
        (
            "if False:\n    check('a.1', 1)\n",
            1,
            "0 of 1 right; 1 not reached; the file ran, but no check was reached",
        ),
    ],
    ids=["right", "wrong", "both", "raises", "exits", "never"],
)
def test_a_script_is_checked(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, status: int, summary: str
) -> None:
    """The verdicts are shown, counted, and the exit status is 0 only if all are right."""
    assert main(["check", written(tmp_path, text)]) == status
    printed = capfd.readouterr().out.splitlines()
    assert printed[-1].startswith(summary)
    assert len([line for line in printed if line.startswith("how_fast.2: ")]) == text.count(
        "how_fast"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_a_notebook_is_checked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A notebook's cells run in order, without its magics and shell commands."""
    text = notebook("%pip install twolayer\n!ls", "%%bash\nls", RIGHT)
    assert main(["check", written(tmp_path, text, "mine.ipynb")]) == 0
    assert capfd.readouterr().out.endswith("1 of 1 right\n")


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (None, "gone.py", "which is not a file; want a script or a notebook"),
        ("x = 1\n", "mine.py", "which never calls check; want a call such as"),
        (
            "def f(:\n",
            "mine.py",
            "with a syntax error on line 1, column 7: invalid syntax: def f(:",
        ),
        ("[1]", "mine.ipynb", "which is not a notebook; want JSON with cells"),
        ("x", "mine.ipynb", "which is not a notebook; want JSON with cells"),
    ],
)
def test_a_file_that_can_not_be_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, name: str, said: str
) -> None:
    """A file that is missing, is not Python or never calls check gets one line, and exit status 2."""
    path = str(tmp_path / name) if text is None else written(tmp_path, text, name)
    assert main(["check", path]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"twolayer: file: {path!r} given, {said}")
    assert error.count("\n") == 1


def test_a_file_that_never_ends_is_stopped(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file that runs for ever ends with its process, and keeps the verdicts it had."""
    text = "from twolayer.exercises import check\ncheck('how_fast.2', ...)\n"
    text += "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\n"
    path = written(tmp_path, text + f"while True: time.sleep(60)\n{WRONG}")
    start = time.monotonic()
    assert main(["check", path, "--seconds", "6"]) == 1
    assert 6 <= time.monotonic() - start < 30
    assert capfd.readouterr().out.endswith(
        "0 of 2 right; 1 not reached; the file ran longer than 6 s and was stopped; "
        "--seconds allows more\n"
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text("utf-8")), 0)


def test_hints_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """`hint` prints a hint; an unknown id or number gets one line and exit status 2."""
    assert main(["hint", "numpy_by_hand.2"]) == 0
    assert "For more, run python -m twolayer hint numpy_by_hand.2 2." in capsys.readouterr().out
    assert main(["hint", "numpy_by_hand.2", "2"]) == 0
    assert "For more, run python -m twolayer solution numpy_by_hand.2." in capsys.readouterr().out
    for arguments in (["hint", "numpy.2"], ["hint", "numpy_by_hand.2", "two"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is a signal elsewhere")
def test_watch_checks_again_and_ends(tmp_path: Path) -> None:
    """`--watch` checks again on each save, past a syntax error, and Ctrl-C ends it cleanly."""
    path = Path(written(tmp_path, WRONG))
    output = tmp_path / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "twolayer", "check", str(path), "--watch"],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
    try:
        for text, said in (
            (None, "0 of 1 right"),
            ("def f(:\n", "with a syntax error"),
            (RIGHT, "1 of 1 right"),
        ):
            if text is not None:
                path.write_text(text, encoding="utf-8")
            until = time.monotonic() + 600
            while said not in output.read_text("utf-8") and time.monotonic() < until:
                time.sleep(0.1)
            assert said in output.read_text("utf-8")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=600) == 130
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert output.read_text("utf-8").endswith("twolayer: interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
