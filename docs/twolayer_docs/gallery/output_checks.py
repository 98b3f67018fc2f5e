"""No page shows a NaN or an infinity.

sphinx-gallery's generated pages and executed notebooks are searched for ``nan``, ``inf`` and
``infinity`` in what the code printed. Each one becomes a Sphinx warning that names the script
and the lines of the cell, also when the page comes from a cache.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sphinx.util import logging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_LOGGER = logging.getLogger(__name__)
_WORD = re.compile(r"\b(?:nan|inf|infinity)\b", re.IGNORECASE)
_VERDICT = re.compile(r"\w+\.\d+: not yet\. ")
_TAG = re.compile(r"<[^>]*>")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LINES = re.compile(r"\.\. GENERATED FROM PYTHON SOURCE LINES (\d+)-(\d+)")
_OUTPUT = ".. rst-class:: sphx-glr-script-out"
_RAW = ".. raw:: html"


class Finding(NamedTuple):
    """A line of output that shows a number which is none."""

    source: Path
    """The file that printed it."""
    line: int
    """The first line of its cell; in a notebook, the number of the cell."""
    text: str
    """The printed line."""


def bad_lines(text: str) -> list[str]:
    r"""Pick the lines that show a NaN or an infinity.

    A verdict on an exercise may speak of them.

    Args:
        text: Printed text.

    Returns:
        The lines, stripped.

    Examples:
        >>> bad_lines("loss nan\ngradients.3: not yet. loss is inf")
        ['loss nan']
    """
    lines = (line.strip() for line in _ANSI.sub("", text).splitlines())
    return [line for line in lines if _WORD.search(line) and not _VERDICT.match(line)]


def find_in_gallery(page: Path, script: Path) -> list[Finding]:
    """Search a page that sphinx-gallery generated.

    Args:
        page: The generated reStructuredText.
        script: The script it comes from.

    Returns:
        What was found, in order; the line is that of the cell which printed it, or, where the
        printed text can be found there, of the statement.
    """
    findings = []
    start = 1
    lines = page.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if match := _LINES.match(line):
            start = int(match.group(1))
        elif line.rstrip() == _OUTPUT:
            body = "\n".join(_indented(lines[number + 1 :]))
            findings += [Finding(script, start, text) for text in bad_lines(body)]
        elif line.rstrip() == _RAW:
            body = "\n".join(_indented(lines[number + 1 :]))
            if "output_html" in body:
                words = _TAG.sub(" ", body)
                findings += [Finding(script, start, text) for text in bad_lines(words)]
    return findings


def find_in_notebook(notebook: Path, source: Path | None = None) -> list[Finding]:
    """Search the outputs of an executed notebook.

    Args:
        notebook: The ``.ipynb`` file.
        source: The page it comes from; the notebook if left out.

    Returns:
        What was found; the line is the number of the code cell, counted from 1.
    """
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = (cell for cell in cells if cell["cell_type"] == "code")
    return [
        Finding(source or notebook, number, text)
        for number, cell in enumerate(code, start=1)
        for output in cell.get("outputs", [])
        for text in bad_lines(_output_text(output))
    ]


def _output_text(output: dict[str, Any]) -> str:
    """Give the words of one output of a notebook cell."""
    if "text" in output:
        return _joined(output["text"])
    data: dict[str, Any] = output.get("data", {})
    if "text/html" in data:
        return _TAG.sub(" ", _joined(data["text/html"]))
    return _joined(data.get("text/plain", ""))


def _joined(text: str | Iterable[str]) -> str:
    """Put the lines of a notebook's string together."""
    return text if isinstance(text, str) else "".join(text)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    """Give the lines up to the next one that is not indented."""
    for line in lines:
        if line.strip() and not line.startswith(" "):
            return
        yield line


def check_gallery(app: Sphinx) -> None:
    """Search each generated page, once sphinx-gallery is done."""
    conf = app.config.sphinx_gallery_conf
    for scripts, pages in zip(conf["examples_dirs"], conf["gallery_dirs"], strict=True):
        for script in sorted((Path(app.srcdir) / scripts).resolve().glob("*.py")):
            page = Path(app.srcdir) / pages / f"{script.stem}.rst"
            if page.is_file():
                _report(find_in_gallery(page, script), "line")


def check_notebooks(app: Sphinx, _env: BuildEnvironment) -> None:
    """Search each executed notebook, from a cache or not."""
    folder = Path(app.outdir).parent / "jupyter_execute"
    for docname in sorted(app.env.found_docs):
        notebook = folder / f"{docname}.ipynb"
        if notebook.is_file():
            source = Path(app.env.doc2path(docname))
            _report(find_in_notebook(notebook, source), "code cell", docname)


def _report(findings: list[Finding], unit: str, docname: str | None = None) -> None:
    """Warn of each finding; a place without a line is a page's name to Sphinx."""
    for finding in findings:
        place = docname or f"{finding.source}:{finding.line}"
        _LOGGER.warning(
            "the cell at %s %d prints a number that is none: %s",
            unit,
            finding.line,
            finding.text,
            location=place,
            type="output",
        )
