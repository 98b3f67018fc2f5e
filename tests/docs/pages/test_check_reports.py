"""The reports of the slow checks, as the page on checks shows them."""

from __future__ import annotations

import json

from tests.site import site_report
from twolayer.rungs import RUNGS
from twolayer_docs.pages.check_reports import (
    FAULTS,
    MUTANTS,
    SITE,
    faults_table,
    mutants_table,
    site_table,
)

RUN = {"date": "2026-11-21", "versions": {"python": "3.11.7", "torch": "2.13.0"}}


def test_mutants_become_a_table() -> None:
    """Each module has a row; a mutant that ran into the time limit counts as noticed."""
    figures = {"mutants": 10, "killed": 8, "timed_out": 1, "survived": 1, "score": 0.9}
    report = {**RUN, **figures, "modules": {"fit.py": {"date": "2026-11-21", **figures}}}

    assert mutants_table(report).splitlines() == [
        "Last run on 2026-11-21, with Python 3.11.7 and torch 2.13.0: 9 of 10 mutants noticed, 90.0%.",
        "",
        "| file | mutants | noticed | equivalent |",
        "|---|--:|--:|--:|",
        "| `fit.py` | 10 | 9 | 1 |",
    ]


def test_faults_become_a_table() -> None:
    """Each fault has a row with the check that caught it; bars are escaped."""
    fault = {"what": "a | b", "where": "docs/index.md", "caught_by": "tests/x.py::test_y"}

    assert faults_table({**RUN, "faults": [fault]}).splitlines()[-1] == (
        "| a \\| b | `docs/index.md` | `tests/x.py::test_y` |"
    )


def test_pages_become_a_table() -> None:
    """Each page of the site has a row; Lighthouse's scores stand where it looked."""
    tools = {"chromium": "150.0", "axe-core": "4.1", "html-validate": "11.1", "lighthouse": "13.5"}
    figures = {"first_kb": 40.0, "requests": 6, "later_kb": 9.26, "axe": 0, "html": 0, "shift": 0.0}
    pages = {"a.html": figures, "b.html": {**figures, "lighthouse": [100, 99, 98, 97]}}
    report = {"date": "2026-11-21", "device": "2 cores", "versions": tools, "pages": pages}

    opening, *_, first, second = site_table(report).splitlines()
    assert opening == (
        "Last run on 2026-11-21, on 2 cores, with Chromium 150.0, axe 4.1, html-validate 11.1 "
        "and Lighthouse 13.5."
    )
    assert first == "| `a.html` | 40.0 | 6 | 9.3 | 0 | 0 | 0.000 |  |"
    assert second == "| `b.html` | 40.0 | 6 | 9.3 | 0 | 0 | 0.000 | 100 / 99 / 98 / 97 |"


def test_the_last_run_of_mutants_was_whole() -> None:
    """The committed report has every module of the package that holds code, and the wanted score."""
    report = json.loads(MUTANTS.read_text("utf-8"))

    rungs = {f"rungs/{rung}.py" for rung in RUNGS} - {"rungs/data_parallel.py"}  # in processes
    assert rungs <= set(report["modules"])
    assert {"checks.py", "fit.py", "graph.py", "lenet.py", "problem.py"} <= set(report["modules"])
    assert report["mutants"] == sum(row["mutants"] for row in report["modules"].values())
    assert report["score"] >= 0.95


def test_the_last_run_of_faults_was_whole() -> None:
    """The committed report has at least the forty faults that the project asks for."""
    report = json.loads(FAULTS.read_text("utf-8"))

    assert len(report["faults"]) >= 40
    assert all(fault["caught_by"] and fault["what"] for fault in report["faults"])


def test_the_last_run_on_the_site_kept_the_budgets() -> None:
    """In the committed report no page is over its budget, has a fault or loses a mark."""
    rows = json.loads(SITE.read_text("utf-8"))["pages"]

    assert {page: over for page, row in rows.items() if (over := site_report.over(row))} == {}
