"""Lighthouse on a page, with its own phone and its own slow line, both simulated."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import audit_tools
import chromium

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# One page of each kind: home, gallery, guide, API.
PAGES = (
    "index.html",
    "gallery/two_layer/autograd.html",
    "backward_pass.html",
    "reference/rungs.html",
)
RUNS = 3


@dataclass(frozen=True)
class Scores:
    """What Lighthouse says of a page.

    Args:
        values: A score from 0 to 100 for each of :data:`CATEGORIES`.
        lost: The audits that cost points, with their category and what they measured.
    """

    values: tuple[int, ...]
    lost: tuple[str, ...]


def audit(url: str) -> Scores:
    """Look at a page; at a page whose performance is not full, three times.

    The score for performance is computed from how long the page kept the processor busy, which
    depends on what else the machine does. So a score below 100 is measured twice more, and the
    median of three counts.

    Args:
        url: The page's address.

    Returns:
        The scores.
    """
    first = once(url)
    if first.values[0] == 100:
        return first
    runs = [first, *(once(url) for _ in range(RUNS - 1))]
    return sorted(runs, key=lambda run: run.values[0])[RUNS // 2]


def once(url: str) -> Scores:
    """Look at a page once.

    Args:
        url: The page's address.

    Returns:
        The scores.

    Raises:
        AuditError: If Lighthouse did not run.
    """
    rules = f'--host-resolver-rules="{chromium.NOWHERE_ELSE}"'
    flags = " ".join(("--headless=new", *chromium.FLAGS, rules))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.json")
        done = audit_tools.run_node(
            "lighthouse/cli/index.js",
            url,
            *("--output=json", f"--output-path={path}", "--quiet", f"--chrome-flags={flags}"),
            f"--only-categories={','.join(CATEGORIES)}",
            environment={**os.environ, "CHROME_PATH": chromium.find()},
        )
        if done.returncode != 0 or not path.is_file():
            message = f"Lighthouse ended with status {done.returncode}: {done.stderr}"
            raise audit_tools.AuditError(message)
        report = json.loads(path.read_text("utf-8"))
    if "runtimeError" in report:
        message = f"Lighthouse: {report['runtimeError']['message']}"
        raise audit_tools.AuditError(message)
    return read(report)


def read(report: dict[str, Any]) -> Scores:
    """Read a report of Lighthouse's.

    Args:
        report: The report.

    Returns:
        Its scores.
    """
    values = []
    lost = []
    for name in CATEGORIES:
        category = report["categories"][name]
        values.append(round(100 * (category["score"] or 0)))
        for reference in category["auditRefs"]:
            result = report["audits"][reference["id"]]
            if reference["weight"] and result["score"] is not None and result["score"] < 1:
                shown = result.get("displayValue") or result["title"]
                lost.append(f"{name}: {reference['id']}: {shown}")
    return Scores(tuple(values), tuple(lost))
