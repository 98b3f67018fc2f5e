"""One tree, built twice, with everything different that should make no difference."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
_TRANSIENT = shutil.ignore_patterns(
    ".*", "_site*", "_build", "__pycache__", "build", "dist", "jupyter_execute"
)
_NEVER_THE_CALLERS = ("PYTHONHASHSEED", "SOURCE_DATE_EPOCH", "TZ", "LANG", "LC_", "COLUMNS")


class Place(NamedTuple):
    """Where and when a site is built."""

    folder: str
    """The folder's name."""
    variables: dict[str, str]
    """What the environment says there."""
    mask: int
    """What new files are not allowed to others."""


# At any moment the date is another in the two zones, 25 hours apart. Shifting the clock itself with
# libfaketime hangs kernels: sleeping fails under it.
HERE = Place(
    "here",
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "COLUMNS": "40"},
    0o022,
)
THERE = Place(
    "a_place_with_a_longer_name",
    {
        "PYTHONHASHSEED": "4294967295",
        "TZ": "Pacific/Pago_Pago",
        "LC_ALL": "C",
        "LANGUAGE": "de",
        "COLUMNS": "200",
        "SOURCE_DATE_EPOCH": "1000000000",
    },
    0o077,
)


def copy_tree(target: Path) -> None:
    """Copy what a build starts from: the sources, and Temml, which npm has checked already.

    Args:
        target: The folder to make.
    """

    def left_out(folder: str, names: list[str]) -> set[str]:
        made = {"gallery"} if Path(folder) == ROOT / "docs" else set()
        return _TRANSIENT(folder, names) | made

    shutil.copytree(ROOT, target, ignore=left_out)
    temml = Path("docs", "_build", "node")
    if (ROOT / temml).is_dir():
        shutil.copytree(ROOT / temml, target / temml)


def environment_of(place: Place, tree: Path) -> dict[str, str]:
    """Give the environment that a copy of the tree is built in.

    Args:
        place: Where and when.
        tree: The copy.

    Returns:
        Environment variables.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_NEVER_THE_CALLERS)}
    return {**kept, **place.variables, "MPLCONFIGDIR": str(tree / "docs" / "_build" / "mpl")}


def start_build(place: Place, folder: Path) -> subprocess.Popen[bytes]:
    """Start to build a copy of the tree, with no cache but Temml.

    Args:
        place: Where and when.
        folder: The folder that the copy goes to.

    Returns:
        The running build; its site goes to ``_site`` in the copy, what it prints to ``build.log``.
    """
    tree = folder / place.folder
    copy_tree(tree)
    environment = environment_of(place, tree)
    command = [sys.executable, "docs/twolayer_docs/build.py", "--fresh"]
    with (tree / "build.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=tree,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            umask=place.mask,
        )


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two sites, built at the same time from two copies of the tree."""
    folder = tmp_path_factory.mktemp("sites")
    places = (HERE, THERE)
    builds = [start_build(place, folder) for place in places]
    for place, build in zip(places, builds, strict=True):
        status = build.wait()
        assert status == 0, (folder / place.folder / "build.log").read_text("utf-8")
    return folder / HERE.folder / "_site", folder / THERE.folder / "_site"


@pytest.fixture
def detour(sites: tuple[Path, Path]) -> tuple[Path, Path]:
    """Two more sites of the second tree, each built on the one before: a title changed, and back."""
    tree = sites[1].parent
    page = tree / "gallery" / "tensors" / "creating.py"
    text = page.read_text("utf-8")
    title = "Creating tensors\n================\n"
    assert title in text
    built = []
    for number, other in enumerate((title.replace("C", "Re-c").replace("==", "=====", 1), title)):
        page.write_text(text.replace(title, other), "utf-8")
        site = tree / f"_site_{number}"
        command = [sys.executable, "docs/twolayer_docs/build.py", "--output", str(site)]
        subprocess.run(command, cwd=tree, env=environment_of(THERE, tree), check=True)
        built.append(site)
    changed, back = built
    return changed, back
