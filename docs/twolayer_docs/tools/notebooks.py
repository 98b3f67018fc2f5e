"""Put the site's notebooks on a branch of the repository, from where Colab opens them.

``python -m twolayer_docs.tools.notebooks`` takes the notebooks of the built site and pushes them as one
commit, which has no past and takes the branch's place. The commit is made beside the work tree: no file
of it changes, and no branch but that one. Where ``GITHUB_TOKEN`` is set, it is what git pushes with.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from twolayer_docs.pages.head import NOTEBOOKS
from twolayer_docs.paths import ROOT, SITE

_IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "twolayer"), ("EMAIL", "notebooks@users.noreply.github.com"))
}


class NotebooksError(RuntimeError):
    """The notebooks can't be published."""


def notebooks(site: Path, gallery: Path = ROOT / "gallery") -> dict[str, Path]:
    """Find a site's notebooks.

    Args:
        site: The built site.
        gallery: The folder of the scripts that they come from.

    Returns:
        The files by the places that Colab looks for, such as ``gallery/tensors/creating.ipynb``.

    Raises:
        NotebooksError: If the site lacks a script's notebook, or has two of that name.
    """
    found = {}
    for script in sorted(gallery.rglob("*.py")):
        files = list(site.glob(f"_downloads/*/{script.stem}.ipynb"))
        if len(files) > 1:
            # Exercises have their lesson's name; Sphinx keeps them apart by a digest of their place.
            source = script.relative_to(gallery.parent).with_suffix(".ipynb").as_posix()
            digest = hashlib.md5(source.encode(), usedforsecurity=False).hexdigest()
            files = [file for file in files if file.parent.name == digest]
        if len(files) != 1:
            message = (
                f"{len(files)} notebooks of {script.stem} in {site}; want one. Run: nox -s docs"
            )
            raise NotebooksError(message)
        place = script.relative_to(gallery.parent).with_suffix(".ipynb").as_posix()
        (found[place],) = files
    return found


def commit(repository: Path, files: dict[str, Path]) -> str:
    """Make a commit of files, without a past.

    Args:
        repository: A git repository, whose work tree and index stay as they are.
        files: The files by their places in the commit.

    Returns:
        The commit's name.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **_IDENTITY, "GIT_INDEX_FILE": str(Path(folder, "index"))}
        for place, file in files.items():
            blob = _git(repository, environment, "hash-object", "-w", str(file))
            entry = f"100644,{blob},{place}"
            _git(repository, environment, "update-index", "--add", "--cacheinfo", entry)
        tree = _git(repository, environment, "write-tree")
        return _git(repository, environment, "commit-tree", tree, "-m", "The site's notebooks")


def push(repository: Path, name: str, remote: str, branch: str) -> None:
    """Put a commit in the place of a branch of another repository.

    Args:
        repository: The repository that has the commit.
        name: The commit's name.
        remote: The other repository.
        branch: The branch.
    """
    environment = dict(os.environ)
    token = environment.pop("GITHUB_TOKEN", "")
    if token:
        # Through the environment: a command line can be read by other programs.
        header = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraheader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {header}",
        }
    _git(repository, environment, "push", "--force", remote, f"{name}:refs/heads/{branch}")


def _git(repository: Path, environment: dict[str, str], *arguments: str) -> str:
    """Run git and give what it printed."""
    command = ["git", *arguments]
    done = subprocess.run(  # noqa: S603
        command, cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"git {arguments[0]} failed: {done.stderr.strip()}"
        raise NotebooksError(message)
    return done.stdout.strip()


def main(arguments: list[str] | None = None) -> int:
    """Publish the notebooks.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description="Put the site's notebooks on a branch.")
    parser.add_argument("--remote", default="origin", help="where to (default: origin)")
    parser.add_argument("--branch", default=NOTEBOOKS, help=f"default: {NOTEBOOKS}")
    options = parser.parse_args(arguments)
    try:
        files = notebooks(SITE)
        push(ROOT, commit(ROOT, files), options.remote, options.branch)
    except NotebooksError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(files)} notebooks are on the branch {options.branch} of {options.remote}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
