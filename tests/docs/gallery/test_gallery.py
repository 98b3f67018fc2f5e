"""How gallery scripts and executed pages are run."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from twolayer.rungs import RUNGS
from twolayer_docs.course import ORDER, LadderOrder, page_names
from twolayer_docs.gallery.kernels import prepare
from twolayer_docs.gallery.reset import reset

if TYPE_CHECKING:
    from pathlib import Path


def test_pages_stand_in_the_ladders_order() -> None:
    """Scripts are sorted as the table of rungs has them, others after them by name."""
    order = LadderOrder("gallery/two_layer")
    ladder = [name for name, rung in RUNGS.items() if rung.folder == "two_layer"]
    files = [f"{name}.py" for name in sorted(ladder)]

    expected = [f"{name}.py" for name in ladder] + ["a.py", "b.py"]
    assert expected == sorted(["b.py", *files, "a.py"], key=order)


@pytest.mark.parametrize("folder", ORDER)
def test_pages_of_other_folders_stand_in_reading_order(folder: str) -> None:
    """Scripts of a folder are sorted as ``ORDER`` has them, others after them by name."""
    order = LadderOrder(f"gallery/{folder}")
    files = [f"{name}.py" for name in sorted(ORDER[folder])]

    expected = [f"{name}.py" for name in ORDER[folder]] + ["a.py", "zz.py"]
    assert expected == sorted(["zz.py", *files, "a.py"], key=order)


def test_pages_of_a_folder_without_an_order_are_sorted_by_name() -> None:
    """A folder that nobody ordered is in alphabetical order, and each folder keeps its own."""
    order = LadderOrder("gallery/unknown")

    assert sorted(["b.py", "a.py"], key=order) == ["a.py", "b.py"]
    assert page_names("unknown") == ()
    assert len(page_names("two_layer")) == 9
    assert page_names("two_layer") == tuple(RUNGS)[:9]


def test_a_warning_in_a_script_is_an_error_and_only_there() -> None:
    """Between the calls before and after a script, a Python warning raises."""
    reset({}, "script.py", "before")
    try:
        with pytest.raises(UserWarning, match="careful"):
            warnings.warn("careful", stacklevel=1)
    finally:
        reset({}, "script.py", "after")
    with pytest.warns(UserWarning, match="careful"):
        warnings.warn("careful", stacklevel=1)


def test_nothing_leaks_from_script_to_script() -> None:
    """Seeds, dtypes, print options, gradients and figures are at their defaults again."""
    reset({}, "first.py", "before")
    drawn = (random.random(), np.random.rand(), torch.rand(1).item())  # noqa: NPY002, S311
    torch.set_default_dtype(torch.float64)
    torch.set_printoptions(precision=1)
    np.set_printoptions(precision=1)
    torch.set_grad_enabled(False)
    sys.excepthook = print
    plt.figure()
    plt.rcParams["lines.linewidth"] = 9
    reset({}, "first.py", "after")

    reset({}, "second.py", "before")
    try:
        again = (random.random(), np.random.rand(), torch.rand(1).item())  # noqa: NPY002, S311
        assert drawn == again
        assert torch.float32 == torch.get_default_dtype()
        assert str(torch.tensor([0.12345678])) == "tensor([0.1235])"
        assert str(np.array([0.12345678])) == "[0.12345678]"
        assert torch.is_grad_enabled()
        assert sys.excepthook is sys.__excepthook__
        assert plt.get_fignums() == []
        assert plt.rcParams["lines.linewidth"] == 1.5
    finally:
        reset({}, "second.py", "after")


def test_kernels_make_warnings_errors(tmp_path: Path) -> None:
    """A kernel's start-up file turns a warning in a page's code into an error."""
    environment = prepare(tmp_path, [tmp_path])

    startup = tmp_path / "profile_default" / "startup" / "00-strict.py"
    code = startup.read_text("utf-8") + "\nimport warnings\nwarnings.warn('careful')\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "UserWarning: careful" in done.stderr
    assert str(tmp_path) == environment["IPYTHONDIR"]
    assert str(tmp_path) == environment["PYTHONPATH"].split(os.pathsep)[0]
