"""What can be run on a clone: ``nox -l`` lists the sessions."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "typing", "tests", "docs"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
GROUPS = ("test", "docs", "site", "bench", "typing")


@nox.session(default=False)
def environment(session: nox.Session) -> None:
    """Make the one environment, of over a gigabyte, that the sessions below share."""
    inputs = [Path(name) for name in ("pyproject.toml", "constraints.txt")]
    state = hashlib.sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp = Path(session.virtualenv.location, "installed.txt")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != state:
        groups = nox.project.dependency_groups(PYPROJECT, *GROUPS)
        session.install("--constraint", "constraints.txt", "--editable", ".", *groups)
        stamp.write_text(state, encoding="utf-8")
    session.run("python", "docs/_tools/temml_package.py", silent=True)


@nox.session(venv_backend="none", requires=["environment"])
def tests(session: nox.Session) -> None:
    """Run the tests and every example in the documentation."""
    _run(session, "pytest", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"])
def docs(session: nox.Session) -> None:
    """Build the site into _site/; what has not changed is not run again."""
    _run_file(session, "docs/_tools/build_site.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def serve(session: nox.Session) -> None:
    """Serve the site on this machine, and reload it in the browser when a file changes."""
    _run_file(session, "docs/_tools/serve_site.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def site(session: nox.Session) -> None:
    """Check the built site in a browser, and run all that it offers for download."""
    _run(session, "pytest", "tests/site", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    groups = nox.project.dependency_groups(PYPROJECT, "lint")
    session.install("--quiet", "--constraint", "constraints.txt", *groups)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session(venv_backend="none", requires=["environment"])
def typing(session: nox.Session) -> None:
    """Check the types, strictly."""
    _run(session, "mypy", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench(session: nox.Session) -> None:
    """Measure each rung against the same loop written plainly."""
    _run(session, "pytest", "tests/bench", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def expectations(session: nox.Session) -> None:
    """Write anew what gallery pages are expected to print; look at the diff before you commit."""
    _run_file(session, "tests/expectations.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def font(session: nox.Session) -> None:
    """Make the maths font anew, from exactly the characters that the pages use."""
    _run_file(session, "docs/_tools/maths_font.py", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def inventories(session: nox.Session) -> None:
    """Make the inventories anew, which link code to the documentation of PyTorch and others."""
    _run_file(session, "docs/_tools/inventories.py", *session.posargs)


def _run(session: nox.Session, module: str, *arguments: str) -> None:
    session.run(_python(session), "-m", module, *arguments, external=True)


def _run_file(session: nox.Session, path: str, *arguments: str) -> None:
    session.run(_python(session), path, *arguments, external=True)


def _python(session: nox.Session) -> str:
    """The interpreter of the shared environment."""
    folder = session.cache_dir.parent / "environment"
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
