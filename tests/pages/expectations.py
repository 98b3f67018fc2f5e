"""What gallery pages and guides are expected to show.

``python -m tests.pages.expectations [NAME ...]`` runs the pages and writes the expectations anew. The
tolerance at the head of each file is written by hand, and stays.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tests.pages.figure_lines import Figure, summary
from tests.pages.tolerance import Tolerance

ROOT = Path(__file__).parents[2]
EXPECTED = Path(__file__).with_name("expected")
RUNNER = "tests.pages.run_page"
SCRIPTS = sorted((ROOT / "gallery").rglob("*.py"))
GUIDES = sorted(
    path for path in (ROOT / "docs").glob("*.md") if "\n```{code-cell}" in path.read_text("utf-8")
)
PAGES = [*SCRIPTS, *GUIDES]


def after(lines: list[str], start: str) -> str:
    """Read what stands behind a line's beginning.

    Args:
        lines: Lines, of which just one begins so.
        start: The beginning.

    Returns:
        The rest of that line, without spaces around it.
    """
    (found,) = (line.removeprefix(start).strip() for line in lines if line.startswith(start))
    return found


class Run(NamedTuple):
    """A page's run."""

    done: subprocess.CompletedProcess[str]
    """The finished process with its output."""
    folder: Path
    """Where its variables are and what it shows, beside the folder ``empty``."""

    @property
    def output(self) -> str:
        """What the page printed."""
        return self.done.stdout

    def after(self, start: str) -> str:
        """What stands behind the beginning of a printed line, which only one line has."""
        return after(self.output.splitlines(), start)

    @property
    def values(self) -> dict[str, Any]:
        """The page's variables that JSON can hold, as it left them."""
        text = (self.folder / "values.json").read_text(encoding="utf-8")
        values: dict[str, Any] = json.loads(text)
        return values

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What the page shows, in order: a ``text``, a ``result`` or a ``figure`` each."""
        text = (self.folder / "shown.json").read_text(encoding="utf-8")
        shown: list[dict[str, Any]] = json.loads(text)
        return shown

    @property
    def figures(self) -> list[Figure]:
        """The figures among what the page shows."""
        return [part["figure"] for part in self.shown if "figure" in part]


def run(page: Path, folder: Path, *, cuda: bool = False) -> Run:
    """Run a page alone.

    A script runs in an empty folder, in a process that can't import twolayer; a guide runs where
    it lies.

    Args:
        page: The script or the guide.
        folder: An existing folder for what the run leaves.
        cuda: Whether the page may see CUDA devices. The expectations are of runs that don't.

    Returns:
        The run.
    """
    work = folder / "empty"
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-P", "-m", RUNNER, str(page), str(folder)],
        cwd=page.parent if page.suffix == ".md" else work,
        env=dict(os.environ) if cuda else {**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done, folder)


def expected_file(page: Path) -> Path:
    """Say where a page's expectation stands.

    Args:
        page: A script below ``gallery/``, or a guide.

    Returns:
        The path of a text file.
    """
    if page.suffix == ".md":
        return EXPECTED / "guides" / f"{page.stem}.txt"
    return EXPECTED / page.relative_to(ROOT / "gallery").with_suffix(".txt")


def as_text(shown: list[dict[str, Any]], tolerance: Tolerance) -> str:
    """Write what a page shows as text: what it prints as it is, figures summed up.

    Args:
        shown: What it shows, in order.
        tolerance: The page's tolerance, which says which figures go without values.

    Returns:
        Lines.
    """
    lines: list[str] = []
    figures = 0
    for part in shown:
        if "figure" in part:
            figures += 1
            values = figures not in tolerance.without_values
            lines += summary(part["figure"], figures, values=values)
        else:
            lines += (part["text"] if "text" in part else part["result"]).splitlines()
    return "".join(f"{line}\n" for line in lines)


def unexpected(page: Path, shown: list[dict[str, Any]]) -> list[str]:
    """Hold what a page shows against its expectation.

    Args:
        page: The page.
        shown: What it shows.

    Returns:
        For each line that differs by more than the file's tolerance, both.
    """
    tolerance, expected = Tolerance.read(expected_file(page).read_text(encoding="utf-8"))
    return tolerance.differences(as_text(shown, tolerance), expected)


def main(names: list[str]) -> None:
    """Run pages and write what they show as their expectations.

    Args:
        names: The pages' names, by default all.
    """
    for page in PAGES:
        if names and page.stem not in names:
            continue
        target = expected_file(page)
        tolerance = Tolerance()
        if target.exists():
            tolerance, _ = Tolerance.read(target.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            ran = run(page, Path(folder))
            if ran.done.returncode != 0:
                sys.exit(f"{page.stem}: {ran.done.stderr}")
            text = as_text(ran.shown, tolerance)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{tolerance}{text}", encoding="utf-8")
        print(target.relative_to(ROOT))  # noqa: T201 - says what to look at


if __name__ == "__main__":
    main(sys.argv[1:])
