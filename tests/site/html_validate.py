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


def errors(pages: Iterable[Path]) -> list[str]:
    """Give a line for each error in pages: the page, the place, the rule and what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        # To a file, as the program ends before a pipe has taken a long report.
        report = Path(folder, "report.json")
        done = audit_tools.run_node(
            "html-validate/bin/html-validate.mjs",
            *("--config", str(CONFIGURATION), "--formatter", f"json={report}"),
            *(str(page.resolve()) for page in pages),
        )
        if not report.is_file():
            said = done.stdout + done.stderr
            message = f"html-validate ended with status {done.returncode}: {said}"
            raise audit_tools.AuditError(message)
        found: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))
    return [f"{each['filePath']}: {line(it)}" for each in found for it in each["messages"]]


def line(message: dict[str, Any]) -> str:
    """Describe an error as html-validate gives it.

    >>> line({"line": 2, "column": 5, "ruleId": "close-order", "message": "Stray end tag"})
    'line 2, column 5: close-order: Stray end tag'
    """
    where = f"line {message['line']}, column {message['column']}"
    return f"{where}: {message['ruleId']}: {message['message']}"
