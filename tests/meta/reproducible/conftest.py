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
_TRANSIENT = shutil.ignore_patterns(".*", "_site*", "_build", "__pycache__", "build", "dist")
_NEVER_THE_CALLERS = ("PYTHONHASHSEED", "SOURCE_DATE_EPOCH", "TZ", "LANG", "LC_", "COLUMNS")


class Place(NamedTuple):
    """Where and when a site is built."""

    folder: str
    """The folder that holds the tree."""
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
    "a place with a longer name/First Last ü 张",
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


def copy_tree(target: Path, mask: int) -> None:
    """Copy what a build starts from: the sources, and what npm has installed already.

    Args:
        target: The folder to make.
        mask: What the copies don't allow to others.
    """

    def left_out(folder: str, names: list[str]) -> set[str]:
        made = {"gallery"} if Path(folder) == ROOT / "docs" else set()
        return _TRANSIENT(folder, names) | made

    shutil.copytree(ROOT, target, ignore=left_out)
    node = Path("docs", "_build", "node")
    if (ROOT / node).is_dir():
        shutil.copytree(ROOT / node, target / node)
    for path in target.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~mask)


def environment_of(place: Place, tree: Path) -> dict[str, str]:
    """Give the environment that a copy of the tree is built in.

    Args:
        place: Where and when.
        tree: The copy.

    Returns:
        Environment variables.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_NEVER_THE_CALLERS)}
    modules = os.pathsep.join(map(str, (tree, tree / "docs")))
    own = {"PYTHONPATH": modules, "MPLCONFIGDIR": str(tree / "docs" / "_build" / "mpl")}
    return {**kept, **place.variables, **own}


def start_build(place: Place, tree: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start to build a copy of the tree.

    Args:
        place: Where and when.
        tree: The copy.
        options: Options of the build.

    Returns:
        The running build, which writes what it prints to ``build.log`` in the copy.
    """
    with (tree / "build.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "twolayer_docs.build", *options],
            cwd=tree,
            env=environment_of(place, tree),
            stdout=log,
            stderr=subprocess.STDOUT,
            umask=place.mask,
        )


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two sites, built at the same time from two copies of the tree."""
    places = (HERE, THERE)
    trees = [tmp_path_factory.mktemp("tree") / place.folder for place in places]
    for place, tree in zip(places, trees, strict=True):
        copy_tree(tree, place.mask)
    builds = [start_build(*there) for there in zip(places, trees, strict=True)]
    for tree, build in zip(trees, builds, strict=True):
        status = build.wait()
        assert status == 0, (tree / "build.log").read_text("utf-8")
    return trees[0] / "_site", trees[1] / "_site"


@pytest.fixture
def again(sites: tuple[Path, Path]) -> Path:
    """One more site of the second tree, built on what the first build there kept."""
    tree = sites[1].parent
    site = tree / "_site_again"
    assert start_build(THERE, tree, "--output", str(site)).wait() == 0
    return site
