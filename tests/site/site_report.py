"""The figures of the pages: printed, written to ``tests/site/report.json``, and compared with it."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.site import audit_tools

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = Path(__file__).resolve().parents[2] / "report.json"
# What a page may cost: kB of 1000 bytes, requests, and what the layout may shift.
FIRST_KB = 70
LATER_KB = 25
REQUESTS = 20
SHIFT = 0.001

Row = dict[str, Any]
Rows = dict[str, Row]
MEASURED = ("first_kb", "requests", "later_kb", "axe", "shift")
COMPLETE = (*MEASURED, "html")


def pages(site: Path) -> list[str]:
    """List a site's pages.

    Args:
        site: The site's folder.

    Returns:
        Their paths in the site.
    """
    places = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(place for place in places if not place.startswith("_"))


def missing(rows: Mapping[str, Row], names: list[str], audited: tuple[str, ...]) -> list[str]:
    """Say what is missing from figures.

    Args:
        rows: The figures by page.
        names: All pages.
        audited: The pages that Lighthouse looks at.

    Returns:
        The names of pages that lack a figure.
    """
    return [
        page
        for page in names
        if not {*COMPLETE, *(["lighthouse"] if page in audited else [])} <= set(rows.get(page, ()))
    ]


def write(rows: Mapping[str, Row], chromium: str, path: Path = PATH) -> None:
    """Write a report.

    Args:
        rows: The figures by page.
        chromium: The browser's version.
        path: Where to.
    """
    found = audit_tools.versions()
    report = {
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "device": f"{os.cpu_count()} cores",
        "versions": {"chromium": chromium, **found, "python": platform.python_version()},
        "pages": {page: rows[page] for page in sorted(rows)},
    }
    path.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


def read(path: Path = PATH) -> Rows:
    """Read the committed figures.

    Args:
        path: The report.

    Returns:
        The figures by page; nothing if there is no report.
    """
    if not path.is_file():
        return {}
    rows: Rows = json.loads(path.read_text("utf-8"))["pages"]
    return rows


def differences(reported: Row, found: Row) -> list[str]:
    """Compare a page's figures with the reported ones.

    Args:
        reported: The committed figures.
        found: The figures just measured.

    Returns:
        A line for each weight that is off by more than a tenth and 1 kB, and for each other figure
        that is not the same.

    Examples:
        >>> differences({"first_kb": 40.0, "axe": 0}, {"first_kb": 44.9, "axe": 0})
        []
        >>> differences({"first_kb": 40.0, "axe": 0}, {"first_kb": 45.1, "axe": 1})
        ['first_kb is 45.1, reported 40.0', 'axe is 1, reported 0']
    """
    lines = []
    for name, value in found.items():
        before = reported.get(name)
        if name.endswith("_kb") and before is not None:
            same = abs(value - before) <= before / 10 + 1
        elif name == "shift" and before is not None:
            same = abs(value - before) <= SHIFT
        else:
            same = value == before
        if not same:
            lines.append(f"{name} is {value}, reported {before}")
    return lines


def over(row: Row) -> list[str]:
    """Say which budgets a page exceeds, and what else is wrong with it.

    Args:
        row: The page's figures.

    Returns:
        The names of the figures.

    Examples:
        >>> over({"first_kb": 70.0, "requests": 21, "axe": 1, "lighthouse": [100, 99, 100, 100]})
        ['requests', 'axe', 'lighthouse']
    """
    most = {"first_kb": FIRST_KB, "requests": REQUESTS, "later_kb": LATER_KB, "shift": SHIFT}
    return [
        name
        for name, value in row.items()
        if (min(value) < 100 if name == "lighthouse" else value > most.get(name, 0))
    ]


def printed(rows: Mapping[str, Row]) -> list[str]:
    """Write figures as lines for the terminal.

    Args:
        rows: The figures by page.

    Returns:
        A heading, a line for each page, and the worst of each column.
    """
    wide = max([len(page) for page in rows], default=0)
    heading = f"{'page':{wide}}  first kB  requests  later kB  axe  HTML  shift  Lighthouse"
    lines = [heading]
    lines += [_line(page.ljust(wide), rows[page]) for page in sorted(rows)]
    worst: Row = {
        name: max(values)
        for name in COMPLETE
        if (values := [row[name] for row in rows.values() if name in row])
    }
    if scores := [row["lighthouse"] for row in rows.values() if "lighthouse" in row]:
        worst["lighthouse"] = [min(column) for column in zip(*scores, strict=True)]
    lines.append(_line("the worst".ljust(wide), worst))
    budgets = f"at most {FIRST_KB} kB, {REQUESTS} requests, {LATER_KB} kB; kB are 1000 bytes"
    lines.append(f"budgets: {budgets}")
    return lines


def _line(name: str, row: Row) -> str:
    def shown(key: str, width: int, form: str = "") -> str:
        return (format(row[key], form) if key in row else "-").rjust(width)

    cells = (
        shown("first_kb", 8, ".1f"),
        shown("requests", 8),
        shown("later_kb", 8, ".1f"),
        shown("axe", 3),
        shown("html", 4),
        shown("shift", 5, ".3f"),
        " / ".join(map(str, row.get("lighthouse", ()))),
    )
    return f"{name}  {'  '.join(cells)}".rstrip()
