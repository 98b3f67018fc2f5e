"""The notebooks get onto a branch, and nothing else of the repository changes."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.tools import notebooks

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    command = ["git", *identity, *arguments]
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """Make a repository to push to, which has a branch of notebooks already."""
    bare = tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    return bare


@pytest.fixture
def clone(tmp_path: Path, remote: Path) -> Path:
    """Make a repository with a commit and a change that is not committed."""
    folder = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(folder))
    git(folder, "remote", "add", "origin", str(remote))
    (folder / "gallery/tensors").mkdir(parents=True)
    (folder / "gallery/tensors/creating.py").write_text("script", "utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    (folder / "gallery/tensors/creating.py").write_text("changed", "utf-8")
    (folder / "_site/_downloads/1a2b").mkdir(parents=True)
    (folder / "_site/_downloads/1a2b/creating.ipynb").write_text("{}", "utf-8")
    return folder


def publish(clone: Path) -> None:
    """Publish a clone's notebooks to its origin."""
    files = notebooks.notebooks(clone / "_site", clone / "gallery")
    name = notebooks.commit(clone, files)
    notebooks.push(clone, name, "origin", "notebooks")


def test_the_branch_holds_the_notebooks_alone(clone: Path, remote: Path) -> None:
    """The branch has the notebooks where Colab looks for them, in one commit without a past."""
    publish(clone)
    (clone / "_site/_downloads/1a2b/creating.ipynb").write_text('{"new": 1}', "utf-8")
    publish(clone)

    assert (
        git(remote, "ls-tree", "-r", "--name-only", "notebooks") == "gallery/tensors/creating.ipynb"
    )
    assert git(remote, "show", "notebooks:gallery/tensors/creating.ipynb") == '{"new": 1}'
    assert git(remote, "rev-list", "--count", "notebooks") == "1"


def test_the_clone_stays_as_it_is(clone: Path) -> None:
    """Neither the work tree, nor the index, nor a branch of the clone changes."""
    before = git(clone, "status", "--short", "--branch"), git(clone, "rev-parse", "HEAD")
    publish(clone)
    assert (git(clone, "status", "--short", "--branch"), git(clone, "rev-parse", "HEAD")) == before
    assert git(clone, "branch", "--format=%(refname:short)") == "main"


def test_a_missing_notebook_is_an_error(clone: Path) -> None:
    """A script without a notebook in the site stops it, with the command that makes one."""
    (clone / "gallery/tensors/operations.py").write_text("script", "utf-8")
    with pytest.raises(notebooks.NotebooksError, match=r"0 notebooks of operations.*nox -s docs"):
        notebooks.notebooks(clone / "_site", clone / "gallery")


def test_a_push_that_fails_says_why(clone: Path, tmp_path: Path) -> None:
    """Where git can't push, its own words come through."""
    name = notebooks.commit(clone, {})
    with pytest.raises(notebooks.NotebooksError, match=r"git push failed: .*nowhere"):
        notebooks.push(clone, name, str(tmp_path / "nowhere.git"), "notebooks")
