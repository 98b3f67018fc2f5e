"""What a gallery page offers for download, beyond what sphinx-gallery makes of it.

sphinx-gallery leaves a script's header out of the notebook, so a cell here says what the notebook
needs. The header of an exercise gets the package's wheel, where the site's address is known. Each zip is written anew, its files sorted and with one fixed time, so that every build gives the
same bytes.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError
from sphinx.locale import _

from twolayer_docs.course import HeaderError, read_header
from twolayer_docs.forms import wheel
from twolayer_docs.forms.zip import add
from twolayer_docs.pages import head

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TAG = "requirements"
_IMPORTS = re.compile(r"(?m)^(?:from|import) twolayer\b")
_NAMED = re.compile(r'(?m)^#     "twolayer @ .*",\n')


def with_wheel(script: str, address: str | None) -> str:
    r"""Let the header of a script that imports the package name the site's wheel, where the site has an address.

    Examples:
        >>> script = (
        ...     '# /// script\n# dependencies = [\n#     "numpy",\n# ]\n# ///\nimport twolayer\n'
        ... )
        >>> print(with_wheel(script, "https://example.org/").partition("import")[0])
        # /// script
        # dependencies = [
        #     "numpy",
        #     "twolayer @ https://example.org/twolayer-...-py3-none-any.whl",
        # ]
        # ///
        <BLANKLINE>
    """
    script = _NAMED.sub("", script)
    if address is None or not _IMPORTS.search(script):
        return script
    return script.replace("# ]\n", f'#     "{wheel.requirement(address)}",\n# ]\n', 1)


def needs(script: str, address: str | None = None) -> str:
    r"""Say in Markdown what a notebook needs, as its script's header has it.

    Examples:
        >>> header = '# requires-python = ">=3.11"\n# dependencies = [\n#     "numpy>=2.0",\n# ]\n'
        >>> print(needs(f"# /// script\n{header}# ///\n"))
        To run this notebook you need Jupyter with Python 3.11 or newer, and some packages. If a package is
        missing, run this line in a new cell, and then restart the kernel:
        <BLANKLINE>
            %pip install "numpy>=2.0"
        <BLANKLINE>
    """
    header = read_header(with_wheel(script, address))
    oldest, packages = header["requires-python"].removeprefix(">="), header["dependencies"]
    first = ""
    if address is None and _IMPORTS.search(script):
        packages.append(wheel.requirement(address))
        first = _(" First download `{}`\nfrom the site's page on exercises to this folder.")
    named = " ".join(f'"{package}"' for package in packages)
    said = _(
        "To run this notebook you need Jupyter with Python {oldest} or newer, and some packages.{first} "
        "If a package is\nmissing, run this line in a new cell, and then restart the kernel:"
    )
    said = said.format(oldest=oldest, first=first.format(wheel.name()))
    return f"{said}\n\n    %pip install {named}\n"


def with_needs(notebook: dict[str, Any], needed: str) -> dict[str, Any]:
    """Let a notebook say after its opening what it needs; one that does already says it anew."""
    cells = [cell for cell in notebook["cells"] if TAG not in cell["metadata"].get("tags", [])]
    said = {"cell_type": "markdown", "metadata": {"tags": [TAG]}, "source": [needed]}
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
    address = head.settings().address
    source = script.read_text("utf-8")
    try:
        needed = needs(source, address)
    except HeaderError as error:
        message = f"{script.name}: {error}"
        raise ExtensionError(message) from error
    notebook = script.with_suffix(".ipynb")
    _write(script, with_wheel(source, address).encode())
    content = with_needs(json.loads(notebook.read_text("utf-8")), needed)
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
