"""How scripts and executed pages are run."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, cast

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from docutils import nodes
from docutils.utils import new_document

from tests.docs.small_site import build
from twolayer_docs.gallery.run import check_outputs, kernel_settings, put_output_first, reset

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx


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
    environment = kernel_settings(tmp_path)

    startup = tmp_path / "profile_default" / "startup" / "00-strict.py"
    code = startup.read_text("utf-8") + "\nimport warnings\nwarnings.warn('careful')\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "UserWarning: careful" in done.stderr
    assert str(tmp_path) == environment["IPYTHONDIR"]


def shown(folder: Path, page: str) -> str:
    """Build a page, and give the warnings about what it shows."""
    _, warnings = build(
        folder, {"index": page}, lambda app: app.connect("doctree-read", check_outputs)
    )
    return warnings


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-inf", "tensor([Infinity])", "(inf+0j)"])
def test_a_planted_number_is_found_with_its_line(tmp_path: Path, value: str) -> None:
    """A NaN or an infinity in what a page's code printed is a warning with the page's line."""
    page = f"Title\n=====\n\n.. code-block:: none\n\n   step 1\n   step 2  loss \x1b[31m{value}\n"
    warnings = shown(tmp_path, page)
    assert "index.rst:6: WARNING: the page shows a number that is none: step 2  loss" in warnings
    assert value in warnings


def test_code_prose_and_verdicts_may_name_an_infinity(tmp_path: Path) -> None:
    """Words in code, in prose, in markup, in verdicts or inside longer words are no findings."""
    page = """\
Title
=====

The word infinity may stand in prose, and ``nan`` too.

.. code-block:: Python

   x = float("inf")

.. code-block:: none

   information about nanometres
   gradients.3: not yet. The loss is inf

.. raw:: html

   <td class="inf">1.0</td>
"""
    assert shown(tmp_path, page) == ""


CONF = """\
from twolayer_docs.gallery import run

extensions = ["myst_nb", "sphinx_gallery.gen_gallery"]
exclude_patterns = ["scripts", "made/*.ipynb"]
nb_execution_mode = "force"
sphinx_gallery_conf = {
    "examples_dirs": ["scripts"],
    "gallery_dirs": ["made"],
    "filename_pattern": ".",
    "copyfile_regex": "index.rst",
    "reset_modules": ("twolayer_docs.gallery.run.reset",),
}


def setup(app):
    app.connect("config-inited", run.set_up_kernels)
    app.connect("doctree-read", run.check_outputs)
"""
SHOWS = """\
class Table:
    def _repr_html_(self):
        return "<b>-inf</b>"

print("printed", float("nan"))
Table()
"""
GUIDE = """\
---
file_format: mystnb
kernelspec: {{name: python3}}
---
# Guide

```{{code-cell}} ipython3
{}
from IPython.display import Markdown
Markdown(f"a *table* with {{float('inf')}}")
```

```{{code-cell}} ipython3
Table()
```
"""


def test_a_nan_from_a_script_or_a_cell_is_found(tmp_path: Path) -> None:
    """Whatever way a script or a guide's cell shows it, in text, HTML or Markdown, it is a warning."""
    files = {
        "conf.py": CONF,
        "index.md": "# Home\n\n```{toctree}\nmade/index\nguide\n```\n",
        "guide.md": GUIDE.format(SHOWS),
        "scripts/index.rst": "All\n===\n\n.. toctree::\n\n   page\n",
        "scripts/page.py": f'"""\nPage\n====\n\nText.\n"""\n{SHOWS}',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-b",
        "html",
        str(tmp_path),
        str(tmp_path / "o"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    found = re.findall(r"(\w+)\.\w+:\d+: WARNING: the page shows a .* none: (.*) \[", done.stderr)
    assert {(page, line.strip()) for page, line in found} == {
        ("page", "printed nan"),
        ("page", "-inf"),
        ("guide", "printed nan"),
        ("guide", "-inf"),
        ("guide", "a table with inf"),
    }
    assert done.stderr.count("WARNING") == len(found), done.stderr


def test_output_comes_before_the_pictures() -> None:
    """What a cell printed is put below its code, before the pictures that the cell drew."""
    code, picture, drawing = nodes.literal_block(), nodes.image(), nodes.raw()
    output = nodes.literal_block(classes=["sphx-glr-script-out"])
    page = new_document("page")
    section = nodes.section("", code, picture, drawing, output, nodes.paragraph())
    page += section

    put_output_first(cast("Sphinx", None), page)

    expected: list[nodes.Node] = [code, output, picture, drawing]
    assert expected == section.children[:4]
