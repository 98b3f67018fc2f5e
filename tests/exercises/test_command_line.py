"""What a reader sees at a terminal: of ``check``, ``hint``, ``solution``, and of failing output."""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from twolayer import __main__ as command_line
from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    Run: TypeAlias = Callable[..., tuple[object, str, str]]

ROOT = Path(__file__).parents[2]
IMPORT = "from twolayer.exercises import check, hint, solution\n"
# Exercises that need no torch, which takes seconds to import.
RIGHT = 'check("how_fast.2", lambda a, b, c, i: 2 * a * b * c / (i * (a * b + b * c + a * c)))\n'
WRONG = 'check("how_fast.4", lambda *_: 0)\n'
NEVER = 'raise AssertionError("must not run")\n'
RAN = IMPORT + RIGHT

# Scripts whose one check is right.
RIGHT_SCRIPTS: dict[str, str | bytes] = {
    "nothing else": RAN,
    "in a function that is called": f"{IMPORT}def now():\n    {RIGHT}now()\n",
    "one in a comment": f"{RAN}# {WRONG}",
    "in main": f'{IMPORT}if __name__ == "__main__":\n    {RIGHT}',
    "by another name": f"import twolayer.exercises as ex\nex.{RIGHT}",
    "byte order mark": b"\xef\xbb\xbf" + RAN.encode(),
    "latin-1": f"# -*- coding: latin-1 -*-\n{RAN}assert '\xe9' == chr(233)\n".encode("latin-1"),
    "line ends": RAN.replace("\n", "\r\n").encode(),
    "no line end": RAN.rstrip(),
    "tabs": f"{IMPORT}if True:\n\t{RIGHT}",
    "a data class": "from __future__ import annotations\nimport dataclasses, pickle\n"
    f"@dataclasses.dataclass\nclass A:\n    n: int\npickle.dumps(A(1))\n{RAN}",
    "a neighbour's module": f"import neighbour\nassert neighbour.N == 3\n{RAN}",
    "a neighbour's data": f"assert open('data.txt').read() == '3'\n{RAN}",
    "its own place": f"import pathlib\npathlib.Path(__file__).with_name('data.txt').stat()\n{RAN}",
    "another folder": f"import os\nos.chdir('/')\n{RAN}",
    "prints much": f"{RAN}print('x' * 10**7)\n",
    "a warning": f"import warnings\nwarnings.warn('careful')\n{RAN}",
}

# Other scripts, with the last line (or "") and what else must be told.
NO_CHECK = "never calls check"
OTHER_SCRIPTS: dict[str, tuple[str | bytes, str, str]] = {
    "wrong": (RAN + WRONG, "1 of 2 right", "how_fast.4: not yet"),
    "an exception": (
        f"{RAN}1 / 0\n{3 * WRONG}",
        "1 of 4 right; 3 not reached",
        "(?s)(?=.*ZeroDivisionError)(?=.*line 3)",
    ),
    "an exception at the end": (f"{RAN}[][1]\n", "1 of 1 right", "IndexError"),
    "ends early": (f"{RAN}import sys\nsys.exit(0)\n{WRONG}", "1 of 2 right; 1 not reached", ""),
    "ends at once": (f"{RAN}import os\nos._exit(0)\n{WRONG}", "1 of 2 right; 1 not reached", ""),
    "in a function": (f"{RAN}def later():\n    {WRONG}", "1 of 2 right; 1 not reached", ""),
    "no other": (f"{IMPORT}def later():\n    {RIGHT}", "0 of 1 right; 1 not reached", ""),
    "in a loop": (f"{IMPORT}for _ in range(3):\n    {WRONG}", "0 of 3 right", ""),
    "in a loop over ids": (
        f'{IMPORT}for n in "12":\n    check("how_fast." + n, ...)\n',
        "0 of 2 right",
        "(?s)how_fast.1: not yet.*how_fast.2: not yet",
    ),
    "an unknown id": (f'{IMPORT}check("how_fast.99", 0)\n', "", "how_fast.99"),
    "not UTF-8": (b"# caf\xe9\n" + RAN.encode(), "", "(?i)utf-8"),
    "tabs and spaces": (f"{IMPORT}if True:\n\tx = 1\n        {RIGHT}", "", "line 4"),
    "syntax": (f"{RAN}x = = 1\n", "", "(?s)(?=.*line 3)(?=.*column 5)"),
    "an open bracket": (f"{RAN}x = (1,\n", "", "(?s)(?=.*line 3)(?=.*column 5)"),
    "empty": ("", "", NO_CHECK),
    "no check": ("print(1)\n", "", NO_CHECK),
    "binary": (bytes(range(256)), "", "answers.py"),
    "asks": (f"{IMPORT}input('name? ')\n{RIGHT}", "0 of 1 right; 1 not reached", "input|EOF"),
}
SCRIPTS = {name: (code, "1 of 1 right", "") for name, code in RIGHT_SCRIPTS.items()} | OTHER_SCRIPTS

# The cells; a status other than 0 and what must be told. Cells that begin with "#md" are text.
NOTEBOOKS: dict[str, tuple[list[str], int, str]] = {
    "cell magic": (["%%time\nx = 3", "assert x == 3"], 0, ""),
    "cell magic after a comment": (["# how long?\n\n%%time\nx = 3", "assert x == 3"], 0, ""),
    "cell magic with options": (["%%capture out --no-stderr\nx = 3", "assert x == 3"], 0, ""),
    "line magic": (["%matplotlib inline\nx = 3", "%load_ext autoreload\n%autoreload 2"], 0, ""),
    "timed line": (["%time x = 3", "assert x == 3"], 0, ""),
    "shell": (["!pip install x\n!ls {x} && exit 1", "%pip install x", "%cd /"], 0, ""),
    "shell's result": (["x = !ls\nfiles = %who_ls", "y = 3"], 0, ""),
    "indented shell": (["if False:\n    !pip install x\nelse:\n    %time y = 3"], 0, ""),
    "help": (["x = 3\nx?", "?x", "x??", "len?\ny = 3", "assert y == 3"], 0, ""),
    "bash": (["%%bash\n" + NEVER, "%%html\n<b>" + NEVER, "%%writefile x.py\n" + NEVER], 0, ""),
    "a remainder": (["x = (7\n% 4)\nassert x == 3", "y = 7 \\\n% 4\nassert y == 3"], 0, ""),
    "magic in a string": (["s = '''\n%time\n!ls\n%%bash\n'''\nassert s[1:6] == '%time'"], 0, ""),
    "comment": (["# nothing", "", "   \n"], 0, ""),
    "text": (["#md " + NEVER, "#md %%time"], 0, ""),
    "last value": (["x = 3\nx", "x;", "display(x)"], 0, ""),
    "syntax in a cell": (["x = 3", "y = = 1"], 1, "(?s)(?=.*line 1)(?=.*column 5)"),
    "an exception in a cell": (["x = 3\n\n1 / 0"], 1, "(?s)(?=.*ZeroDivisionError)(?=.*line 3)"),
}

# Of whole files: the name, the text, and what must be told beside "1 of 1 right".
OLD_CELL = {"cell_type": "code", "input": RAN, "outputs": [], "language": "python"}
OLD = json.dumps({"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": [OLD_CELL]}]})
FILES = {
    "format 3": ("a.ipynb", OLD, "notebook"),
    "broken JSON": ("a.ipynb", '{"cells": [', "(?i)json|notebook"),
    "no notebook": ("a.ipynb", "[1, 2]", "(?i)notebook"),
    "an empty notebook": ("a.ipynb", "", "(?i)json|notebook|empty"),
    "a notebook named py": ("a.py", json.dumps({"cells": [], "nbformat": 4}), "(?i)notebook|check"),
    "spaces in the name": ("my \xe9t\xe9.py", RAN, "^$"),
    "capitals": ("A.IPYNB", json.dumps({"nbformat": 4, "cells": []}), "(?i)no .*check|0 of 0|py"),
}

WRONG_ARGUMENTS = {
    "no such file": ("check nothing.py", "nothing.py"),
    "a folder": ("check .", r"'\.'|folder|directory"),
    "no file": ("check", "FILE"),
    "no seconds": ("check data.txt --seconds 0", "seconds"),
    "seconds in words": ("check data.txt --seconds ten", "seconds"),
    "another kind of file": ("check data.txt", "never calls check"),
    "hint: a third": ("hint how_fast.1 3", "1 or 2"),
    "hint: no exercise": ("hint how_fast.9", "how_fast.1"),
    "hint: no number": ("hint how_fast", r"how_fast\.1"),
    "hint: a slip": ("hint how_fats.1", r"how_fast\.1"),
    "solution: no exercise": ("solution how_fast.9", "how_fast.1"),
    "solution: no number": ("solution how_fast", r"how_fast\.1"),
    "solution: a slip": ("solution how_fats.1", r"how_fast\.1"),
    "solution: nothing": ("solution", "ID"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module and a data file, in which the command line runs."""
    (tmp_path / "neighbour.py").write_text("N = 3\n", "utf-8")
    (tmp_path / "data.txt").write_text("3", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line: its status, its output and its errors, a file's included."""

    def called(*arguments: str) -> tuple[object, str, str]:
        try:
            status: object = command_line.main(arguments)
        except SystemExit as end:
            status = end.code
        return status, *capfd.readouterr()

    return called


@pytest.mark.parametrize("name", SCRIPTS)
def test_check_of_a_script(name: str, folder: Path, run: Run) -> None:
    """Each verdict is counted, and so is each check that was not reached."""
    code, last, told = SCRIPTS[name]
    (folder / "answers.py").write_bytes(code if isinstance(code, bytes) else code.encode())
    status, out, errors = run("check", "answers.py", "--seconds", "90")
    assert (status == 0) == (name in RIGHT_SCRIPTS), errors
    assert status in {0, 1, 2}
    assert re.search(told, out + errors)
    if last:
        assert last in out.splitlines()[-1]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_check_of_a_notebook(name: str, folder: Path, run: Run) -> None:
    """What Jupyter adds to Python is left out or run, and nothing else is."""
    codes, status, told = NOTEBOOKS[name]
    cells: list[dict[str, object]] = [
        {
            "cell_type": "markdown" if code.startswith("#md") else "code",
            "source": code if len(code) % 2 else code.splitlines(keepends=True),
            "metadata": {},
            **({} if code.startswith("#md") else {"outputs": [], "execution_count": None}),
        }
        for code in [*codes, RAN]
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (folder / "answers.ipynb").write_text(json.dumps(notebook), "utf-8")
    came, out, errors = run("check", "answers.ipynb")
    assert bool(came) == bool(status), errors
    assert re.search(told, out + errors)
    if not status:
        assert out.splitlines()[-1] == "1 of 1 right"


@pytest.mark.parametrize("name", FILES)
def test_check_of_a_file(name: str, folder: Path, run: Run) -> None:
    """A file that can be read is checked, and of another it is told what is wrong with it."""
    file, text, told = FILES[name]
    (folder / file).write_text(text, "utf-8")
    status, out, errors = run("check", file)
    assert status in {0, 1, 2}
    assert (out.splitlines()[-1:] == ["1 of 1 right"]) == (not status)
    assert not status or re.search(told, out + errors)


@pytest.mark.parametrize("name", WRONG_ARGUMENTS)
@pytest.mark.usefixtures("folder")
def test_wrong_arguments(name: str, run: Run) -> None:
    """One line on standard error says what is wrong, and the status is 2."""
    arguments, told = WRONG_ARGUMENTS[name]
    status, out, errors = run(*arguments.split())
    assert (status, out) == (2, "")
    assert re.search(told, errors)
    assert len(errors.splitlines()) == 1


def test_solution_prints_code_that_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    """What ``solution`` prints can be pasted into a file, and is right."""
    for id_, name in (("how_fast.1", "operations"), ("data_parallel.2", "share")):
        assert command_line.main(["solution", id_]) == 0
        names: dict[str, object] = {}
        exec(capsys.readouterr().out, names)  # noqa: S102
        assert check(id_, names[name])
        capsys.readouterr()


def test_hints_differ(capsys: pytest.CaptureFixture[str]) -> None:
    """The second hint isn't the first, which is what comes without a number."""
    told = []
    for arguments in (["how_fast.1"], ["how_fast.1", "1"], ["how_fast.1", "2"]):
        assert command_line.main(["hint", *arguments]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1] != told[2]


STUBS = str(ROOT / "gallery/exercises/is_it_learning.py")
# Commands that compute, one that runs a program of its own, and help; and whether output is buffered.
PRINTING = [
    ("fit numpy_by_hand --steps 2", True),
    ("compare --steps 2", True),
    (f"check {STUBS}", True),
    (f"check {STUBS}", False),
    ("hint how_fast.1", True),
    ("--help", True),
    ("--help", False),
]


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has a disk that is always full"
)
@pytest.mark.parametrize(("command", "buffered"), PRINTING)
def test_output_that_can_not_be_written_gets_one_line(command: str, *, buffered: bool) -> None:
    """On a full disk each command ends with one line and status 74; a closed pipe ends it silently."""
    run = partial(
        subprocess.run,
        [sys.executable, "-m", "twolayer", *shlex.split(command)],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "" if buffered else "1"},
        text=True,
        check=False,
    )
    with Path("/dev/full").open("w") as full:
        done = run(stdout=full)
    said = "twolayer: reading or writing failed: [Errno 28] No space left on device\n"
    assert (done.returncode, done.stderr) == (74, said)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = run(stdout=closed)
    assert (done.returncode, done.stderr) == (141, "")


PAGE = (ROOT / "docs/reference/command_line.md").read_text("utf-8")
SHOWN = re.findall(r"(?ms)^```console\n\$ python -m twolayer ([^\n]*)\n(.*?)^```$", PAGE)
# Times, rates and differences in rounding.
VARYING = re.compile(r"(?m)\b[\d.]+ s,.*|\b\d\.\de[-+]\d\d .*")


def test_the_reference_page_opens_with_commands() -> None:
    """The page begins with commands and what they print; what is made from docstrings comes later."""
    assert 3 <= len(SHOWN) <= 6
    assert PAGE.rindex("```console") < PAGE.index("automodule")


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_commands_of_the_reference_page_print_this(
    command: str, shown: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command prints what the page shows, apart from rounding and times; `...` is what it leaves out."""
    monkeypatch.chdir(ROOT / "gallery" / "exercises")
    monkeypatch.setattr("twolayer.exercises._CAUSES", {})
    command_line.main(shlex.split(command))
    printed, said = capfd.readouterr()
    compared = doctest.OutputChecker().check_output
    got, wanted = (VARYING.sub("(varies)", text) for text in (printed + said, shown))
    assert compared(wanted, got, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE), got
