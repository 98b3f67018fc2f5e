"""The figures of the last slow checks on a page, each report with a directive of its own.

``nox -s mutants``, ``nox -s break_it`` and ``nox -s site -- --write-report`` write a report each;
``.. mutants-report::``, ``.. faults-report::`` and ``.. site-report::`` put them into tables. A page
never has such a figure typed in.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


MUTANTS = ROOT / "tests" / "meta" / "mutants" / "report.json"
FAULTS = ROOT / "tests" / "meta" / "break_it" / "report.json"
SITE = ROOT / "tests" / "site" / "report.json"


def run_of(report: Mapping[str, Any]) -> str:
    """Say when a report was made, and with what.

    Args:
        report: A report with ``date`` and ``versions``.

    Returns:
        A phrase, such as ``on 2026-11-21, with Python 3.11.7 and torch 2.13.0+cpu``.
    """
    versions = report["versions"]
    return f"on {report['date']}, with Python {versions['python']} and torch {versions['torch']}"


def mutants_table(report: Mapping[str, Any]) -> str:
    """Write a report of ``nox -s mutants`` as Markdown.

    Args:
        report: The report.

    Returns:
        A sentence and a table with a row for each file of the package.
    """
    noticed = report["killed"] + report["timed_out"]
    counts = f"{noticed} of {report['mutants']} mutants noticed, {report['score']:.1%}"
    lines = [
        f"Last run {run_of(report)}: {counts}.",
        "",
        "| file | mutants | noticed | equivalent |",
        "|---|--:|--:|--:|",
    ]
    for module, row in report["modules"].items():
        seen = row["killed"] + row["timed_out"]
        lines.append(f"| `{module}` | {row['mutants']} | {seen} | {row['survived']} |")
    return "\n".join(lines)


def faults_table(report: Mapping[str, Any]) -> str:
    """Write a report of ``nox -s break_it`` as Markdown.

    Args:
        report: The report.

    Returns:
        A sentence and a table with a row for each fault.
    """
    faults = report["faults"]
    counts = f"{len(faults)} faults planted, each caught by the check that it names"
    lines = [
        f"Last run {run_of(report)}: {counts}.",
        "",
        "| the fault | planted in | caught by |",
        "|---|---|---|",
    ]
    for fault in faults:
        cells = (fault["what"], f"`{fault['where']}`", f"`{fault['caught_by']}`")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def site_table(report: Mapping[str, Any]) -> str:
    """Write a report of ``nox -s site`` as Markdown.

    Args:
        report: The report.

    Returns:
        A sentence and a table with a row for each page.
    """
    versions = report["versions"]
    tools = (
        f"Chromium {versions['chromium']}, axe {versions['axe-core']}, "
        f"html-validate {versions['html-validate']} and Lighthouse {versions['lighthouse']}"
    )
    lines = [
        f"Last run on {report['date']}, on {report['device']}, with {tools}.",
        "",
        "| page | first view, kB | requests | later view, kB | axe | HTML | shift | Lighthouse |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for page, row in report["pages"].items():
        weights = f"{row['first_kb']:.1f} | {row['requests']} | {row['later_kb']:.1f}"
        faults = f"{row['axe']} | {row['html']} | {row['shift']:.3f}"
        scores = " / ".join(map(str, row.get("lighthouse", ())))
        lines.append(f"| `{page}` | {weights} | {faults} | {scores} |")
    return "\n".join(lines)


class _Report(SphinxDirective):
    """A directive that shows a report."""

    has_content = False
    path: Path
    session: str

    def table(self, report: Mapping[str, Any]) -> str:
        """Write the report as Markdown."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Read the report and parse its table.

        Returns:
            The nodes of a paragraph and a table.

        Raises:
            docutils.utils.SystemMessage: If there is no report.
        """
        self.env.note_dependency(str(self.path))
        if not self.path.is_file():
            message = f"there is no {self.path.relative_to(ROOT)}; run: nox -s {self.session}"
            raise self.error(message)
        text = self.table(json.loads(self.path.read_text("utf-8")))
        container = nodes.Element()
        lines = StringList(text.splitlines(), source=str(self.path))
        self.state.nested_parse(lines, self.content_offset, container)
        return container.children


class MutantsReport(_Report):
    """The ``mutants-report`` directive."""

    path = MUTANTS
    session = "mutants"

    def table(self, report: Mapping[str, Any]) -> str:
        """Write the report as Markdown."""
        return mutants_table(report)


class FaultsReport(_Report):
    """The ``faults-report`` directive."""

    path = FAULTS
    session = "break_it"

    def table(self, report: Mapping[str, Any]) -> str:
        """Write the report as Markdown."""
        return faults_table(report)


class SiteReport(_Report):
    """The ``site-report`` directive."""

    path = SITE
    session = "site -- --write-report"

    def table(self, report: Mapping[str, Any]) -> str:
        """Write the report as Markdown."""
        return site_table(report)
