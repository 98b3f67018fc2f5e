"""Build the finished site into ``_site/`` and say where it is.

``python -m twolayer_docs.build`` lets Sphinx write all pages, as HTML and as an EPUB, fails on any
warning, finishes the site, and only then puts it in the place of the last one: a build that fails or is
cut short leaves the last good ``_site/`` as it was.

Two things are kept from build to build: what sphinx-gallery made of scripts, and the guides that
myst-nb executed. Both notice a change in the page itself; :func:`stamp` sums up what else matters, and
where that changed, everything runs anew. All pages are read and written anew in each build.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
import traceback
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from twolayer.exercises.words import VARIABLE
from twolayer_docs import npm
from twolayer_docs.course import training_loop
from twolayer_docs.forms import book, finish
from twolayer_docs.paths import BUILD, CHINESE, DOCS, ROOT, SITE
from twolayer_docs.translation.catalogues import LANGUAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HTML, EPUB, DOCTREES = BUILD / "html", BUILD / "epub", BUILD / "doctrees"
IN_CHINESE = BUILD / "doctrees_zh"
GALLERY = DOCS / "gallery"
EXECUTED = (GALLERY, BUILD / "jupyter_cache", BUILD / "jupyter_execute")
STAMP = BUILD / "stamp.txt"
RUNNING = BUILD / "running"
_MATTERS = ("twolayer", "docs/twolayer_docs")
_MATTERS_TOO = ("docs/conf.py", "pyproject.toml")
_NOT_PUBLISHED = shutil.ignore_patterns(".buildinfo*", "*.rst")


class BuildError(RuntimeError):
    """The site could not be built."""


def stamp() -> str:
    """Sum up what scripts and executed pages depend on beyond their own text.

    That is the package, the machinery, what is installed, and of the gallery's scripts the names, since
    what was made of one that is gone must go, and the training loops, which a guide shows.
    """
    installed = {f"{found.name}=={found.version}" for found in metadata.distributions()}
    total = hashlib.sha256("\n".join([sys.version, *sorted(installed)]).encode())
    folders = [file for name in _MATTERS for file in sorted((ROOT / name).rglob("*"))]
    for file in [*folders, *(ROOT / name for name in _MATTERS_TOO)]:
        if file.is_file() and file.suffix != ".pyc":
            total.update(f"\0{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes())
    for script in sorted((ROOT / "gallery").glob("*/*.py")):
        total.update(f"\0{script.relative_to(ROOT).as_posix()}\0".encode())
        with suppress(ValueError, SyntaxError):  # no loop, or no Python, of which the gallery tells
            total.update("\n".join(training_loop(script)).encode())
    return total.hexdigest()


def begin(*, fresh: bool) -> None:
    """Throw away what earlier runs left and this one can't trust (all, if fresh), and note that it began."""
    now = stamp()
    if fresh or not STAMP.is_file() or STAMP.read_text("utf-8") != now:
        STAMP.unlink(missing_ok=True)
        for folder in EXECUTED:
            shutil.rmtree(folder, ignore_errors=True)
    elif RUNNING.exists():
        # The last run was cut short, or warned, so what it made may be half written, or warn again.
        since = RUNNING.stat().st_mtime
        for file in GALLERY.rglob("*"):
            if file.is_file() and file.stat().st_mtime >= since:
                file.unlink()
    BUILD.mkdir(parents=True, exist_ok=True)
    RUNNING.touch()
    STAMP.write_text(now, "utf-8")


def environment() -> dict[str, str]:
    """Give the environment variables that scripts and pages run with.

    One thread for arithmetic: sums come out the same whatever the number of cores, and for
    matrices of this size more threads are slower where other programs run. What the caller sets
    stays, so that a site can be built twice with what should make no difference.
    """
    variables = {"PYTHONHASHSEED": "0", **os.environ, "PYTHONUNBUFFERED": "1"}
    for library in ("OMP", "OPENBLAS", "MKL"):
        variables.setdefault(f"{library}_NUM_THREADS", "1")
    variables.pop("DISPLAY", None)
    variables[VARIABLE] = "en"  # scripts print English, whatever the machine's locale
    return variables


@contextmanager
def turn() -> Iterator[tuple[int, ...]]:
    """Wait until no other build writes into the same folders, and keep others waiting.

    What it yields is for Sphinx's process to inherit: one that outlives a killed build keeps others waiting too.
    """
    try:
        import fcntl  # noqa: PLC0415  (not on Windows)
    except ImportError:
        yield ()
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another build is running; waiting for it to end.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield (file.fileno(),)


def run_sphinx(
    builder: str, output: Path, lock: tuple[int, ...], doctrees: Path = DOCTREES, *options: str
) -> None:
    """Let Sphinx write all pages in one form, from the doctrees where an earlier form left them."""
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-b", builder, "-W", *options, "-d"]
    command += map(str, (doctrees, DOCS, output))
    done = subprocess.run(command, cwd=ROOT, env=environment(), pass_fds=lock, check=False)  # noqa: S603
    if done.returncode:
        message = f"Sphinx ended with status {done.returncode}; the warnings above say why"
        raise BuildError(message)


def build(site: Path, *, fresh: bool) -> None:
    """Build the site and publish it."""
    with turn() as lock:
        recover(site)
        begin(fresh=fresh)
        npm.ensure()
        for doctrees in (DOCTREES, IN_CHINESE):
            shutil.rmtree(doctrees, ignore_errors=True)
        run_sphinx("html", HTML, lock)
        run_sphinx("epub", EPUB, lock)
        run_sphinx("html", HTML / CHINESE, lock, IN_CHINESE, "-D", f"language={LANGUAGE}")
        RUNNING.unlink()
        shutil.copy(EPUB / book.NAME, HTML)
        publish(HTML, site, finish.finish)


def publish(built: Path, site: Path, finish: Callable[[Path], None]) -> None:
    """Put a finished copy of a built site in the place of the last one.

    The copy is made and finished beside the site, then two renames exchange them. Wherever this is cut
    short, the last site is there, or :func:`recover` puts it back.
    """
    new, old = _beside(site)
    recover(site)
    shutil.copytree(built, new, ignore=_NOT_PUBLISHED)
    (new / ".nojekyll").touch()
    finish(new)
    # A host reads the site as another user, whatever permissions new files get here.
    for path in (new, *new.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def recover(site: Path) -> None:
    """Finish or undo an exchange of folders that was cut short."""
    new, old = _beside(site)
    if not site.exists() and old.exists():
        old.rename(site)
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)


def _beside(site: Path) -> tuple[Path, Path]:
    """Name the folders beside a site that an exchange uses."""
    return site.with_name(f"{site.name}.new"), site.with_name(f"{site.name}.old")


def main(arguments: list[str] | None = None) -> int:
    """Build the site as the command line says, and give the exit status."""
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("--output", type=Path, default=SITE, help="where to (default: _site)")
    parser.add_argument("--fresh", action="store_true", help="execute everything anew")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    site = options.output.absolute()
    try:
        build(site, fresh=options.fresh)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - what fails in the forms too
        if not isinstance(error, BuildError):
            traceback.print_exc()
        print(f"\nThe site was not built: {str(error) or 'stopped'}", file=sys.stderr)
        if site.is_dir():
            print(f"{site} still holds the last good one.", file=sys.stderr)
        return 1
    print(f"\nThe site is in {site / 'index.html'}; {time.monotonic() - started:.0f} s in all.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
