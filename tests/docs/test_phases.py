"""A profile tells where a build spends its time, and misses none of it."""

from __future__ import annotations

from itertools import count

from twolayer_docs.phases import Phases, Ran

LOG = """\
Running Sphinx v9.0.4
generating gallery (with parallel=2)...
generating gallery for gallery/tensors... [ 25%] creating.py
building [mo]: targets for 0 po files that are out of date
building [html]: targets for 2 source files that are out of date
updating environment: 0 added, 2 changed, 0 removed
/somewhere/docs/all_rungs.md: Executed notebook in 15.83 seconds [mystnb]
reading sources... [100%] all_rungs
looking for now-outdated files... none found
preparing documents... done
generating indices... genindex done
"""


def timed() -> Phases:
    """Give a stopwatch on which each look at the clock takes a second."""
    return Phases(map(float, count()).__next__)


def test_a_phase_that_comes_again_goes_on() -> None:
    """A phase's seconds add up, in the place where it ended first."""
    phases = timed()
    for name in ("write", "read", "write"):
        phases.begin(name)

    assert phases.rows() == [("write", 2.0), ("read", 1.0)]


def test_sphinxs_lines_tell_of_its_phases() -> None:
    """Each line of Sphinx that begins a phase is known, and counts for the run that it belongs to."""
    phases = timed()
    for builder in ("HTML", "EPUB"):
        phases.sphinx(builder)
        for line in LOG.splitlines():
            phases.line(line)

    html, epub = phases.rows()[:7], phases.rows()[7:]
    assert [name.removeprefix("HTML: ") for name, _ in html] == [
        "start, load extensions",
        "run gallery scripts",
        "find what changed",
        "read pages, execute those with cells",
        "settle what to write",
        "write pages",
        "write index, copy files",
    ]
    assert [name.removeprefix("EPUB: ") for name, _ in epub] == [
        name.removeprefix("HTML: ") for name, _ in html
    ]
    assert phases.pages == [Ran("all_rungs.md", 15.83)] * 2


def test_the_table_adds_up_and_has_the_slowest_first() -> None:
    """The last row is the whole; scripts are listed by their time; the machine's load stands below."""
    phases = timed()
    phases.begin("read")
    phases.begin("write")
    table = phases.table([Ran("fast.py", 0.5), Ran("slow.py", 1.5)])

    assert "   2.00   100%  all of it" in table
    assert table.index("slow.py") < table.index("fast.py")
    assert "The machine has" in table.splitlines()[-1]
