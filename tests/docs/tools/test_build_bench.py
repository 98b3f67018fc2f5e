"""What is counted is a whole site, and a page that costs too much among many is told."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.tools import build_bench
from twolayer_docs.tools.build_bench import BenchError, Built

if TYPE_CHECKING:
    from pathlib import Path


def test_scripts_of_a_tree_run(tmp_path: Path) -> None:
    """A tree has as many scripts as asked for, each with a drawing, and they run."""
    build_bench.write_tree(tmp_path / "tree", 2)
    scripts = sorted((tmp_path / "tree" / "gallery" / build_bench.FOLDER).glob("*.py"))
    drawings = (tmp_path / "tree" / "docs" / "_drawings").rglob("*.svg")

    printed = [subprocess.check_output([sys.executable, script], text=True) for script in scripts]
    assert printed == ["0\n", "1\n"]
    assert [drawing.stem for drawing in sorted(drawings)] == [script.stem for script in scripts]


def test_a_build_that_lacks_pages_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing build is an error that has what the build said."""

    def write_tree(tree: Path, _pages: int) -> None:
        tool = tree / "docs" / "_tools" / "build_site.py"
        tool.parent.mkdir(parents=True)
        tool.write_text("print('a warning')", "utf-8")

    monkeypatch.setattr(build_bench, "write_tree", write_tree)
    with pytest.raises(BenchError, match="0 of 3 pages were built:\na warning"):
        build_bench.build(3)


@pytest.mark.parametrize(("seconds", "status"), [(130.0, 0), (131.0, 1)])
def test_a_page_may_not_cost_much_more_among_many(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    seconds: float,
    status: int,
) -> None:
    """The status tells whether a page takes more than 1.3 times as long among 1,000 as among 100."""
    times = {10: 5.0, 100: 10.0, 1000: seconds}
    monkeypatch.setattr(
        build_bench, "build", lambda pages, **_: Built(pages, times[pages], times[pages], 1)
    )

    assert build_bench.main([]) == status
    assert f"takes {seconds / 100:.2f} times" in capsys.readouterr().out


@pytest.mark.parametrize("counts", [["0"], ["100", "10"], ["10", "10"]])
def test_counts_grow(counts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers of pages that don't grow are an error that quotes them."""
    with pytest.raises(SystemExit):
        build_bench.main(counts)

    assert " ".join(counts) in capsys.readouterr().err
