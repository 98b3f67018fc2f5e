"""The tasks that you can run in a clone. ``nox -l`` lists them."""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "typing", "tests", "docs"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
# One process per core, each with one thread for arithmetic.
PARALLEL = ("--numprocesses=logical", "--maxprocesses=8")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}


@nox.session(default=False)
def environment(session: nox.Session) -> None:
    """Create the environment, of over a gigabyte, that most sessions share."""
    hashed = ("--require-hashes", "--requirement", "hashes.txt")
    # torch comes last, without a hash: PyTorch's own index and the default one have different builds.
    package = ("--constraint", "constraints.txt", "--no-build-isolation", "--editable", ".")
    _install_once(session, Path("constraints.txt"), hashed, package)
    session.run("python", "-m", "twolayer_docs.npm", silent=True)


@nox.session(venv_backend="none", requires=["environment"])
def tests(session: nox.Session) -> None:
    """Run the tests and every example in the documentation; `-- --all` adds the long ones."""
    _test(session, "--dist=loadfile", *session.posargs)


@nox.session(default=False)
def tests_lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions that are allowed; `-- --torch 2.9.0` chooses torch's."""
    torch, arguments = _torch(session, ends={"lowest": _lowest()["torch"]})
    versions = {**_pinned(), **_lowest(), "torch": torch}
    constraints = _constraints(session, versions)
    groups = nox.project.dependency_groups(PYPROJECT, "test")
    install = ("--constraint", str(constraints), "--editable", ".", *groups)
    _install_once(session, constraints, install)
    _run_without_docs(session, *arguments)


@nox.session(default=False)
def tests_latest(session: nox.Session) -> None:
    """Run the tests with the newest versions of all packages; `-- --torch latest` includes torch."""
    torch, arguments = _torch(session, ends={"latest": ">0"})
    constraints = _constraints(session, {"torch": torch})
    groups = nox.project.dependency_groups(PYPROJECT, "test")
    # Newer versions appear while no file here changes, so pip looks each time.
    options = ("--upgrade", "--upgrade-strategy=eager", f"--constraint={constraints}")
    session.install(*options, "--editable", ".", *groups)
    _run_without_docs(session, *arguments)


@nox.session(venv_backend="none", requires=["environment"])
def docs(session: nox.Session) -> None:
    """Build the site into _site/; scripts that have not changed are not run again."""
    _run(session, "twolayer_docs.build", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def serve(session: nox.Session) -> None:
    """Serve the site on this machine, and reload the browser when a file changes."""
    _run(session, "twolayer_docs.serve", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def site(session: nox.Session) -> None:
    """Test the built site, its files and in a browser; `-- --all` covers each page in each view."""
    _test(session, "tests/site", "--dist=worksteal", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def downloads(session: nox.Session) -> None:
    """Run downloads with only the packages that they name, one per kind; `-- --all` runs every one."""
    _test(session, "tests/site/downloads", "--dist=loadgroup", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def reproducible(session: nox.Session) -> None:
    """Build the site twice and compare the bytes; run the examples with one thread and two."""
    _run(session, "pytest", "tests/meta/reproducible", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def links(session: nox.Session) -> None:
    """Request every address that the documentation links to, and fail if one doesn't answer."""
    offline = ("-D", "plot_gallery=0", "-D", "nb_execution_mode=off")
    arguments = ("-b", "linkcheck", *offline, *session.posargs, "docs", "docs/_build/links")
    _run(session, "sphinx", *arguments)


@nox.session(venv_backend="none", requires=["environment"])
def lint(session: nox.Session) -> None:
    """Check style and format, and the permissions of the workflows."""
    _run(session, "ruff", "check")
    _run(session, "ruff", "format", "--check")
    zizmor = str(Path(_python(session)).with_name("zizmor"))
    session.run(zizmor, "--quiet", "--offline", "--persona=pedantic", ".github", external=True)


@nox.session(venv_backend="none", requires=["environment"])
def typing(session: nox.Session) -> None:
    """Check the types, strictly."""
    _run(session, "mypy", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench(session: nox.Session) -> None:
    """Time each rung and the same loop written plainly; `-- --all` times the site's pages too."""
    _run(session, "pytest", "tests/meta/bench", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def break_it(session: nox.Session) -> None:
    """Plant known faults in a copy, one at a time, and test that the named check catches each."""
    _run(session, "tests.meta.break_it.run_faults", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def mutants(session: nox.Session) -> None:
    """Plant thousands of small faults in the package, and test that its tests catch them."""
    _run(session, "tests.meta.mutants.run", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def messages(session: nox.Session) -> None:
    """Update the Chinese catalogues after a change of the English text, and list what to translate."""
    _run(session, "twolayer_docs.translation.messages", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def expectations(session: nox.Session) -> None:
    """Write the expected output of pages; look at the diff before you commit."""
    _run(session, "tests.pages.expectations", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def font(session: nox.Session) -> None:
    """Rebuild the maths font from the characters that twolayer_docs/pages/font.py lists."""
    _run(session, "twolayer_docs.pages.font", *session.posargs)


@nox.session(default=False)
def hashes(session: nox.Session) -> None:
    """Write the hashes of the versions in constraints.txt; run this after you change one."""
    session.install("uv==0.13.9")
    header = "--custom-compile-command=nox -s hashes"
    options = ("--quiet", "--upgrade", "--generate-hashes", "--no-annotate", header)
    everything = (
        "constraints.txt",
        "--no-deps",
        "--no-emit-package=torch",
        "--output-file=hashes.txt",
    )
    # Before 26.1, pip takes no hashes from constraints, so what CI installs first has its own file.
    nox_only = (
        "--group=ci",
        "--constraint=constraints.txt",
        "--universal",
        "--output-file=.ci/nox.txt",
    )
    for files in (everything, nox_only):
        session.run("uv", "pip", "compile", *options, *files)


def _install_once(session: nox.Session, constraints: Path, *installs: tuple[str, ...]) -> None:
    """Call pip with each set of arguments, unless the last installation had the same inputs."""
    inputs = [Path("pyproject.toml"), Path("hashes.txt"), constraints]
    state = hashlib.sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp = Path(session.virtualenv.location, "installed.txt")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != state:
        stamp.unlink(missing_ok=True)
        for arguments in installs:
            session.install(*arguments)
        stamp.write_text(state, encoding="utf-8")


def _constraints(session: nox.Session, versions: dict[str, str]) -> Path:
    """Write a session's own constraints beside its packages."""
    path = Path(session.virtualenv.location, "constraints.txt")
    lines = [f"{name}{version}\n" for name, version in versions.items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _run_without_docs(session: nox.Session, *arguments: str) -> None:
    """Run all tests except those of the site and of the checks themselves, which need Sphinx."""
    folders = ("tests/docs", "tests/meta", "docs/twolayer_docs")
    session.run("python", "-m", "pip", "freeze")
    ignored = (f"--ignore={folder}" for folder in folders)
    session.run("pytest", *PARALLEL, "--dist=loadfile", *ignored, *arguments, env=ONE_THREAD)


def _pinned() -> dict[str, str]:
    """Map each package in constraints.txt to its version, such as ``==2.13.0``."""
    lines = Path("constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.partition("==") for line in lines if "==" in line and not line.startswith("#")]
    return {name: f"=={version}" for name, _, version in pins}


def _lowest() -> dict[str, str]:
    """Map each package that has a lower bound in pyproject.toml to that version."""
    bounded = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"]["gallery"]]
    bounds = [requirement.partition(">=") for requirement in bounded]
    return {name: f"=={version}" for name, _, version in bounds}


def _torch(session: nox.Session, *, ends: dict[str, str]) -> tuple[str, list[str]]:
    """Return the version of torch that ``--torch`` names, and the arguments for pytest."""
    ends = {"pinned": _pinned()["torch"], **ends}
    parser = argparse.ArgumentParser(prog=f"nox -s {session.name} --", allow_abbrev=False)
    parser.add_argument("--torch", default="pinned", help=f"a version, or {' or '.join(ends)}")
    options, rest = parser.parse_known_args(session.posargs)
    return ends.get(options.torch, f"=={options.torch}"), rest


def _test(session: nox.Session, *arguments: str) -> None:
    command = (_python(session), "-m", "pytest", *PARALLEL, *arguments)
    session.run(*command, external=True, env=ONE_THREAD)


def _run(session: nox.Session, module: str, *arguments: str) -> None:
    session.run(_python(session), "-m", module, *arguments, external=True)


def _python(session: nox.Session) -> str:
    """Return the path of the shared environment's Python."""
    folder = session.cache_dir.parent / "environment"
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
