"""Pages taken apart and run alone, cell by cell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from twolayer import cells
from twolayer.cells import Cell, PageError, run_alone, split

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "gallery" / "tensors" / "cuda_device.py"
SCRIPT = '''\
"""
A page
======
"""

# %%
# Without a heading.

a = 1

# %%
# Add
# ---
#
# Text.

print("sum", a + 1)
print(__name__)

#%%
# More of it.

b = 2

# %%
# Summary
# -------
#
# Next: nothing.
'''


def page(folder: Path, code: str) -> Path:
    """Write a page of one cell."""
    path = folder / "page.py"
    path.write_text(f"# %%\n# Only\n# ----\n\n{code}\n", "utf-8")
    return path


def test_a_page_is_taken_apart() -> None:
    """Cells with code have their heading, or the last one above; the code stands where it stood."""
    lines = SCRIPT.splitlines()
    found = list(split(SCRIPT))
    assert [(title, code) for _, title, code in found] == [
        (None, "a = 1"),
        ("Add", 'print("sum", a + 1)\nprint(__name__)'),
        ("Add", "b = 2"),
    ]
    assert [lines[above] for above, _, _ in found] == ["a = 1", 'print("sum", a + 1)', "b = 2"]


@pytest.mark.parametrize("source", ["", "x = 1\n", '"""Text."""\n'])
def test_a_script_without_cells_has_none(source: str) -> None:
    """Code above the first line ``# %%`` belongs to no cell."""
    assert list(split(source)) == []


def test_cells_share_their_variables_and_keep_what_they_print(tmp_path: Path) -> None:
    """The page runs as a program; a cell that prints nothing has None."""
    path = tmp_path / "page.py"
    path.write_text(SCRIPT, "utf-8")
    assert run_alone(path, cuda_device=None) == [
        Cell(None, "a = 1", None),
        Cell("Add", 'print("sum", a + 1)\nprint(__name__)', "sum 2\n__main__\n"),
        Cell("Add", "b = 2", None),
    ]


def test_the_page_on_cuda_runs_and_draws_nothing() -> None:
    """The page runs without matplotlib, on the CPU where GPUs are hidden, and names its cells."""
    found = run_alone(PAGE, cuda_device=None)
    assert found[0].title == "Is there one?"
    assert found[0].printed is not None
    assert found[0].printed.startswith("torch.cuda.is_available(): False\n")
    assert [cell.code for cell in found] == [code for _, _, code in split(PAGE.read_text("utf-8"))]


def test_nothing_of_matplotlib_is_loaded(tmp_path: Path) -> None:
    """Every call of matplotlib is taken, and nothing is drawn; its own attributes stay absent."""
    code = """\
import sys
import matplotlib.pyplot as plt
from matplotlib import ticker
fig, ax = plt.subplots(figsize=(7, 4))
ax.bar([1], [2], label="x").patches
plt.show()
print(type(plt).__name__, [m for m in sys.modules if m.startswith("matplotlib")])
print(hasattr(plt, "__wrapped__"))"""
    (cell,) = run_alone(page(tmp_path, code), cuda_device=None)
    assert cell.printed == "_NoDrawing ['matplotlib', 'matplotlib.pyplot']\nFalse\n"


def test_gpus_are_hidden_or_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a GPU asked for the page sees none; else those that the caller sees."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    path = page(tmp_path, "import os\nprint(repr(os.environ['CUDA_VISIBLE_DEVICES']))")
    assert run_alone(path, cuda_device=None)[0].printed == "''\n"
    assert run_alone(path, cuda_device=0)[0].printed == "'7'\n"


def test_a_second_gpu_is_made_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the page's process another GPU than the first is what ``"cuda"`` means to the page."""
    chosen: list[int] = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, sys)  # so that they are put back
    path, answer = page(tmp_path, "print(1)"), tmp_path / "answer.json"
    for index in ("0", "2"):
        cells._main(str(path), str(answer), index)
        assert json.loads(answer.read_text("utf-8")) == [["Only", "print(1)", "1\n"]]
    assert chosen == [2]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("x = 1 / 0", "which doesn't run to its end: ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(3)", "which doesn't run to its end: exit status 3"),
        ("import sys; sys.exit()", "which doesn't run to its end: exit status 0"),
        ("", "which has no cell; want a gallery script, with lines '# %%'"),
    ],
)
def test_a_page_that_fails_is_no_recording(tmp_path: Path, code: str, problem: str) -> None:
    """A page that raises, ends itself or has no cell gets an error with its path and the reason."""
    path = page(tmp_path, code)
    with pytest.raises(PageError) as caught:
        run_alone(path, cuda_device=None)
    assert str(caught.value) == f"page: {str(path)!r} given, {problem}"


def test_a_page_that_is_not_there() -> None:
    """A path without a file gets an error before anything is started."""
    with pytest.raises(
        PageError, match=r"^page: 'gone\.py' given, which is no file; want the path"
    ):
        run_alone(Path("gone.py"), cuda_device=None)


def test_a_page_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the longest time allowed the page's process is ended, and an error says so."""
    monkeypatch.setattr(cells, "_LONGEST_RUN", 0.5)
    path = page(tmp_path, "import time\nwhile True: time.sleep(1)")
    with pytest.raises(PageError, match=r"which still runs after 0\.5 s; want one that ends"):
        run_alone(path, cuda_device=None)


def test_a_failing_line_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error of a page's line, in the page's process, has the number of the line in the page."""
    kept: dict[str, Any] = {}
    real = subprocess.run

    def keep(*arguments: Any, **options: Any) -> Any:
        kept["done"] = done = real(*arguments, **options)
        return done

    monkeypatch.setattr(subprocess, "run", keep)
    path = page(tmp_path, "x = 1\nraise KeyError('here')")
    with pytest.raises(PageError, match="KeyError: 'here'"):
        run_alone(path, cuda_device=None)
    assert f'File "{path}", line 6, in <module>' in kept["done"].stderr
    assert "raise KeyError('here')" in kept["done"].stderr
    assert capfd.readouterr().err == ""
