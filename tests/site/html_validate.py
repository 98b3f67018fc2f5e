"""Whether pages are valid HTML, by html-validate."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.site import audit_tools

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIGURATION = Path(__file__).with_name("html-validate.cjs")


def errors(pages: Iterable[Path]) -> dict[Path, list[str]]:
    """Look for errors in pages.

    Args:
        pages: The pages' files.

    Returns:
        For each page a line for each error, with its place.

    Raises:
        AuditError: If html-validate did not look at the pages.
    """
    files = [page.resolve() for page in pages]
    with tempfile.TemporaryDirectory() as folder:
        # To a file, as the program ends before a pipe has taken a long report.
        report = Path(folder, "report.json")
        done = audit_tools.run_node(
            "html-validate/bin/html-validate.mjs",
            *("--config", str(CONFIGURATION), "--formatter", f"json={report}"),
            *map(str, files),
        )
        if not report.is_file():
            said = done.stdout + done.stderr
            message = f"html-validate ended with status {done.returncode}: {said}"
            raise audit_tools.AuditError(message)
        found: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))
    lines = {Path(each["filePath"]): list(map(line, each["messages"])) for each in found}
    return {file: lines.get(file, []) for file in files}


def line(message: dict[str, Any]) -> str:
    """Describe an error.

    Args:
        message: The error as html-validate gives it.

    Returns:
        Where it is, which rule it breaks, and what is wrong.

    Examples:
        >>> line({"line": 2, "column": 5, "ruleId": "close-order", "message": "Stray end tag"})
        'line 2, column 5: close-order: Stray end tag'
    """
    where = f"line {message['line']}, column {message['column']}"
    return f"{where}: {message['ruleId']}: {message['message']}"
