"""The check that no page shows a NaN or an infinity."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.gallery.output_checks import bad_lines, find_in_gallery, find_in_notebook

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """\
.. GENERATED FROM PYTHON SOURCE LINES 3-4

The word infinity may stand in prose, and ``nan`` too.

.. GENERATED FROM PYTHON SOURCE LINES 10-12

.. code-block:: Python

    x = float("inf")
    print(info)

.. rst-class:: sphx-glr-script-out

 .. code-block:: none

    information about nanometres

.. GENERATED FROM PYTHON SOURCE LINES 20-25

.. code-block:: Python

    print(loss)

.. rst-class:: sphx-glr-script-out

 .. code-block:: none

    step 1  loss 2.0
    step 2  loss {value}

.. GENERATED FROM PYTHON SOURCE LINES 30-31

.. raw:: html

    <div class="output_subarea output_html rendered_html output_result">
    <td class="inf">{cell}</td>
    </div>
"""


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-inf", "tensor([Infinity])", "(inf+0j)"])
def test_a_planted_number_is_found_with_its_line(tmp_path: Path, value: str) -> None:
    """A NaN or an infinity in printed output is found with the line of its cell."""
    page = tmp_path / "page.rst"
    page.write_text(PAGE.format(value=value, cell="1.0"), "utf-8")

    findings = find_in_gallery(page, tmp_path / "page.py")

    expected = [(tmp_path / "page.py", 20, f"step 2  loss {value}")]
    assert expected == [tuple(finding) for finding in findings]


def test_code_and_prose_may_name_an_infinity(tmp_path: Path) -> None:
    """Words in code, in prose, in markup or inside longer words are no findings."""
    page = tmp_path / "page.rst"
    page.write_text(PAGE.format(value="1.0", cell="2.0"), "utf-8")

    assert find_in_gallery(page, tmp_path / "page.py") == []


def test_html_output_is_searched(tmp_path: Path) -> None:
    """A NaN in an HTML table is found as well."""
    page = tmp_path / "page.rst"
    page.write_text(PAGE.format(value="1.0", cell="nan"), "utf-8")

    findings = find_in_gallery(page, tmp_path / "page.py")

    assert [(finding.line, finding.text) for finding in findings] == [(30, "nan")]


def test_notebooks_are_searched(tmp_path: Path) -> None:
    """Streams and results of a notebook are searched, each named by its code cell."""
    cells = [
        {"cell_type": "markdown", "source": "nan"},
        {"cell_type": "code", "outputs": [{"text": ["fine\n", "loss inf\n"]}]},
        {"cell_type": "code", "outputs": [{"data": {"text/plain": "array([nan])"}}]},
        {"cell_type": "code", "outputs": [{"data": {"text/html": "<b class='nan'>1</b>"}}]},
    ]
    notebook = tmp_path / "page.ipynb"
    notebook.write_text(json.dumps({"cells": cells}), "utf-8")

    findings = find_in_notebook(notebook)

    expected = [(1, "loss inf"), (2, "array([nan])")]
    assert expected == [(finding.line, finding.text) for finding in findings]


def test_colours_do_not_hide_a_number() -> None:
    """Escape sequences for colours don't hide a NaN."""
    assert bad_lines("\x1b[31mloss nan\x1b[0m\nloss 1.0\n") == ["loss nan"]
