"""What a gallery page offers for download, beyond what sphinx-gallery makes of it.

sphinx-gallery leaves a script's header out of the notebook, so a cell here says what the notebook
needs. Each zip is written anew, its files sorted and with one fixed time, so that every build gives the
same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError

from twolayer_docs.course import HeaderError, read_header
from twolayer_docs.forms import wheel
from twolayer_docs.forms.zip import add

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TAG = "requirements"


def needs(header: dict[str, Any]) -> str:
    """Say in Markdown what a notebook needs, as its script's header has it.

    Examples:
        >>> print(needs({"requires-python": ">=3.11", "dependencies": ["numpy>=2.0"]}))
        To run this notebook you need Jupyter with Python 3.11 or newer, and some packages. If one is
        missing, run this line in a cell of its own, then restart the kernel:
        <BLANKLINE>
            %pip install "numpy>=2.0"
        <BLANKLINE>
    """
    oldest = header["requires-python"].removeprefix(">=")
    file = wheel.name()
    named = {"twolayer": f"./{file}"}
    packages = " ".join(f'"{named.get(name, name)}"' for name in header["dependencies"])
    first = ""
    if "twolayer" in header["dependencies"]:
        first = (
            f" First download `{file}`,\nwhich the site's page on exercises offers, to this folder."
        )
    return (
        f"To run this notebook you need Jupyter with Python {oldest} or newer, and some packages."
        f"{first} If one is\nmissing, run this line in a cell of its own, then restart the kernel:\n\n"
        f"    %pip install {packages}\n"
    )


def with_needs(notebook: dict[str, Any], header: dict[str, Any]) -> dict[str, Any]:
    """Let a notebook say after its opening what it needs; one that does already says it anew."""
    cells = [cell for cell in notebook["cells"] if TAG not in cell["metadata"].get("tags", [])]
    said = {"cell_type": "markdown", "metadata": {"tags": [TAG]}, "source": [needs(header)]}
    return {**notebook, "cells": [*cells[:1], said, *cells[1:]]}


def zipped(files: list[Path]) -> bytes:
    """Pack files so that the same files give the same bytes: compressors differ, so nothing is compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(files):
            add(archive, file.name, file.read_bytes(), zipfile.ZIP_STORED)
    return buffer.getvalue()


def finish(script: Path) -> None:
    """Complete what sphinx-gallery wrote beside its copy of a script."""
    try:
        header = read_header(script.read_text("utf-8"))
    except HeaderError as error:
        message = f"{script.name}: {error}"
        raise ExtensionError(message) from error
    notebook = script.with_suffix(".ipynb")
    content = with_needs(json.loads(notebook.read_text("utf-8")), header)
    _write(notebook, (json.dumps(content, indent=2) + "\n").encode())
    _write(script.with_suffix(".zip"), zipped([script, notebook]))


def _write(file: Path, content: bytes) -> None:
    """Write a file that is not there already: Sphinx reads a page anew whose downloads are newer."""
    if not file.is_file() or file.read_bytes() != content:
        file.write_bytes(content)


def finish_all(app: Sphinx) -> None:
    """Complete the downloads of every gallery."""
    for folder in app.config.sphinx_gallery_conf["gallery_dirs"]:
        for script in sorted(Path(app.srcdir, folder).glob("*.py")):
            finish(script)
