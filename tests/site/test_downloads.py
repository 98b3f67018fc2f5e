"""What the site offers for download runs by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = sorted(path.stem for path in (Path(__file__).parents[2] / "gallery").glob("*/*.py"))

_BLOCK = '''\
"""Make sure that a downloaded file does without the package."""
import sys


class _Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "twolayer":
            raise ModuleNotFoundError("a download must not import twolayer")


sys.meta_path.insert(0, _Blocked())
'''


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Make an empty folder to run in."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture
def lonely(tmp_path: Path) -> dict[str, str]:
    """Give an environment in which ``twolayer`` can't be imported."""
    folder = tmp_path / "block"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_BLOCK, "utf-8")
    environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(folder)}
    environment.setdefault("OMP_NUM_THREADS", "1")
    environment.pop("DISPLAY", None)
    return environment


def download(site: Path, name: str) -> Path:
    """Find a file that the site offers for download."""
    (found,) = site.glob(f"_downloads/*/{name}")
    return found


def test_the_package_is_out_of_reach(lonely: dict[str, str], empty: Path) -> None:
    """The test's own precondition: importing ``twolayer`` fails there."""
    done = subprocess.run(
        [sys.executable, "-c", "import twolayer"], cwd=empty, env=lonely, check=False, stderr=-3
    )

    assert done.returncode != 0


def run_alone(
    arguments: list[str], lonely: dict[str, str], empty: Path, *, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run Python in the empty folder, out of the package's reach."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=empty,
        env=lonely,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


@pytest.mark.parametrize("name", NAMES)
def test_scripts_run(site: Path, name: str, lonely: dict[str, str], empty: Path) -> None:
    """A downloaded script runs in an empty folder, without the package, without a warning."""
    script = empty / f"{name}.py"
    script.write_bytes(download(site, script.name).read_bytes())

    done = run_alone(["-W", "error", script.name], lonely, empty, timeout=300)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_run(site: Path, name: str, lonely: dict[str, str], empty: Path) -> None:
    """A downloaded notebook runs in an empty folder, without the package."""
    notebook = empty / f"{name}.ipynb"
    notebook.write_bytes(download(site, notebook.name).read_bytes())
    run = (
        "import sys, nbformat, nbclient\n"
        "notebook = nbformat.read(sys.argv[1], as_version=4)\n"
        "nbclient.NotebookClient(notebook, timeout=300, kernel_name='python3').execute()\n"
    )

    done = run_alone(["-c", run, notebook.name], lonely, empty, timeout=600)

    assert done.returncode == 0, done.stderr
