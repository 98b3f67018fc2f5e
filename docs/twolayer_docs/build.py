"""Build the finished site into ``_site/`` and say where it is.

``python -m twolayer_docs.build`` runs every gallery script and page that changed, fails on
any warning, and only then puts the new site in the place of the old one, by renaming folders: a
build that fails or is cut short leaves the last good ``_site/`` as it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from twolayer_docs import npm, sphinx_runs
from twolayer_docs.forms import book, finish, wheel
from twolayer_docs.pages import address
from twolayer_docs.pages.bundles import BundleError
from twolayer_docs.paths import BUILD, DOCS, ROOT, SITE
from twolayer_docs.phases import Phases, Ran
from twolayer_docs.training_loop import training_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HTML = BUILD / "html"
DOCTREES = BUILD / "doctrees"
EPUB = BUILD / "epub"
EPUB_DOCTREES = BUILD / "epub_doctrees"
STAMP = BUILD / "caches.json"
RUNNING = BUILD / "running"
PUBLISHED = BUILD / "published"
_EXECUTING = ("numpy", "torch", "matplotlib", "sphinx-gallery", "myst-nb")
_SHAPING = ("sphinx", "furo", "myst-parser", "sphinx-copybutton")
_NOT_PUBLISHED = shutil.ignore_patterns(".buildinfo*", ".doctrees", "*.rst", "reports")
_SCRIPTS = re.compile(r"successfully executed (\d+) out of")
_PAGES = re.compile(r"Executed notebook in")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class BuildError(RuntimeError):
    """The site could not be built."""


def digest(paths: list[Path], *words: str) -> str:
    """Sum up files and words, so that a change in any of them shows.

    Args:
        paths: Files and folders; of folders, the files of Python, text, TOML and reStructuredText.
        words: Further text that matters.

    Returns:
        A short hexadecimal number.
    """
    total = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.suffix in {".py", ".rst", ".toml", ".txt"} and file.is_file():
                total.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
                total.update(file.read_bytes())
    return total.hexdigest()[:16]


def versions(names: tuple[str, ...]) -> list[str]:
    """List the installed versions of some packages.

    Args:
        names: The packages.

    Returns:
        One ``name==version`` for each, and Python's own version.
    """
    found = [f"python=={sys.version_info.major}.{sys.version_info.minor}"]
    for name in names:
        try:
            found.append(f"{name}=={metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} missing")
    return found


def stamps() -> dict[str, str]:
    """Sum up what each cache depends on beyond the pages' own text.

    Returns:
        A stamp for the gallery, its exercises, the executed pages and Sphinx's doctrees.
    """
    here = DOCS / "twolayer_docs"
    figures = [
        here / "figures" / f"{name}.py" for name in ("pairs", "words", "small_svg", "curves")
    ]
    drawing = [*figures, here / "gallery" / "reset.py"]
    # What sphinx-gallery writes when a script has run: pictures of graphs, notebooks, zips.
    written = [here / "gallery" / "downloads.py", here / "script_header.py"]
    graphs = [here / "gallery" / "graphs.py", ROOT / "twolayer" / "graph.py"]
    gallery = digest([*drawing, *written, *graphs], *versions((*_EXECUTING, "graphviz-pure")))
    # Of the gallery's scripts, executed pages see the rungs' loops.
    package = [path for path in (ROOT / "twolayer").iterdir() if path.name != "exercises"]
    code = [*sorted(package), here / "training_loop.py", *drawing]
    pages = digest(code, *loops(), *versions(_EXECUTING))
    tools = [here, DOCS / "conf.py", DOCS / "inventories"]
    doctrees = digest(tools, *versions(_EXECUTING + _SHAPING), npm.LOCK.read_text("utf-8"))
    # Of the gallery's pages, those of exercises alone import the package.
    exercises = digest([ROOT / "twolayer" / "exercises"], wheel.name())
    return {"gallery": gallery, "exercises": exercises, "pages": pages, "doctrees": doctrees}


def loops() -> list[str]:
    """Take the training loops out of the gallery's scripts, those of the ladder among them.

    Returns:
        Each script's loop, after its name; nothing of a script that has none, or that is no Python.
    """
    found = []
    for script in sorted((ROOT / "gallery").glob("*/*.py")):
        with suppress(ValueError, SyntaxError):
            found.append("\n".join([script.stem, *training_loop(script)]))
    return found


def clear_caches(*, fresh: bool) -> list[str]:
    """Throw away what an earlier build left behind and this one can't trust.

    Args:
        fresh: Whether to throw away all of it.

    Returns:
        The names of the caches thrown away.
    """
    now = stamps()
    try:
        before = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        before = {}
    places = {
        "gallery": [DOCS / "gallery"],
        "exercises": [DOCS / "gallery" / "exercises"],
        "pages": [BUILD / "jupyter_cache", BUILD / "jupyter_execute"],
        "doctrees": [DOCTREES, HTML, EPUB],
    }
    if fresh:
        shutil.rmtree(finish.KEPT, ignore_errors=True)
    if RUNNING.exists():
        clear_half_written()
    stale = [name for name in now if fresh or before.get(name) != now[name]]
    if "pages" in stale or "gallery" in stale or RUNNING.exists():
        stale = list(dict.fromkeys([*stale, "doctrees"]))
    for name in stale:
        for place in places[name]:
            shutil.rmtree(place, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(json.dumps(now, indent=1) + "\n", "utf-8")
    return [name for name in stale if before]


def clear_half_written() -> None:
    """Forget gallery pages that a build cut short had run but not written.

    sphinx-gallery notes that a script ran before it writes the page.
    """
    for note in DOCS.glob("gallery/*/*.py.md5"):
        script = note.with_suffix("")
        page = script.with_suffix(".rst")
        if not page.is_file() or page.stat().st_mtime < note.stat().st_mtime:
            note.unlink()


def remove_orphans() -> list[str]:
    """Remove generated gallery pages whose script is gone.

    Returns:
        The scripts that are gone.
    """
    gone = []
    for folder in sorted((DOCS / "gallery").glob("*/")):
        source = ROOT / "gallery" / folder.name
        if not (source / "GALLERY_HEADER.rst").is_file():
            shutil.rmtree(folder)
            gone.append(folder.name)
            continue
        for copy in sorted(folder.glob("*.py")):
            if not (source / copy.name).is_file():
                gone.append(f"{folder.name}/{copy.name}")
                for file in folder.glob(f"{copy.stem}.*"):
                    file.unlink()
                for image in folder.glob(f"images/**/sphx_glr_{copy.stem}_*"):
                    image.unlink()
    return gone


def surroundings() -> dict[str, str]:
    """Give the environment that scripts and pages run in.

    One thread for arithmetic: sums come out the same whatever the number of cores, and for
    matrices of this size more threads are slower where other programs run. What the caller sets
    stays, so that a site can be built twice with what should make no difference.

    Returns:
        Environment variables.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.setdefault("PYTHONHASHSEED", "0")
    for library in ("OMP", "OPENBLAS", "MKL"):
        environment.setdefault(f"{library}_NUM_THREADS", "1")
    environment.pop("DISPLAY", None)
    return environment


@contextmanager
def turn() -> Iterator[int | None]:
    """Wait until no other build writes into the same folders, and keep others waiting.

    The lock belongs to an open file that Sphinx's process inherits, so a Sphinx that outlives a
    killed build holds it too.

    Yields:
        The file's descriptor, ``None`` where the system has no such locks.
    """
    try:
        import fcntl  # noqa: PLC0415  (not on Windows)
    except ImportError:
        yield None
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(BUILD / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another build is running; waiting for it to end.", flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class Executed(NamedTuple):
    """What Sphinx executed, and how it ended."""

    status: int
    """Its exit status."""
    scripts: int
    """How many scripts it executed."""
    pages: int
    """How many pages it executed."""
    again: int
    """How many of both the EPUB's run executed, which should find all done."""


def run_sphinx(lock: int | None, phases: Phases) -> Executed:
    """Run Sphinx for the HTML and the EPUB, and count what it executed.

    Args:
        lock: A descriptor that Sphinx's process inherits.
        phases: The stopwatch.

    Returns:
        The counts, and the exit status.
    """
    command = [sys.executable, "-m", sphinx_runs.__name__]
    command += map(str, (DOCS, DOCTREES, HTML, EPUB_DOCTREES, EPUB))
    scripts, pages = [0], [0]
    phases.sphinx("HTML")
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        env=surroundings(),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        pass_fds=() if lock is None else (lock,),
    ) as process:
        try:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                plain = _COLOUR.sub("", line)
                phases.line(plain)
                if plain.strip() == sphinx_runs.BOOK:
                    phases.sphinx("EPUB")
                    scripts.append(0)
                    pages.append(0)
                if match := _SCRIPTS.search(plain):
                    scripts[-1] = int(match.group(1))
                pages[-1] += bool(_PAGES.search(plain))
        except BaseException:
            process.terminate()
            raise
    return Executed(process.returncode, scripts[0], pages[0], sum(scripts[1:] + pages[1:]))


def recover(site: Path) -> None:
    """Finish or undo an exchange of folders that was cut short.

    Args:
        site: The finished site's folder.
    """
    new, old = _beside(site)
    if not site.exists() and old.exists():
        old.rename(site)
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)


def publish(built: Path, site: Path, finish: Callable[[Path], None]) -> None:
    """Put a finished copy of a built site in the place of the last one.

    The copy is made and finished beside the site, then two renames exchange them. Wherever this is cut
    short, the last site is there, or :func:`recover` puts it back.

    Args:
        built: The folder that Sphinx wrote.
        site: The finished site's folder.
        finish: What is done to the copy.
    """
    new, old = _beside(site)
    recover(site)
    site.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(built, new, ignore=_NOT_PUBLISHED)
    (new / ".nojekyll").touch()
    finish(new)
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def remove_stale_outputs() -> None:
    """Remove the HTML of pages that are gone, which Sphinx leaves behind."""
    current = {line.split("\t")[0] for line in _listed_pages()}
    special = {"genindex", "search"}
    for page in HTML.rglob("*.html"):
        name = page.relative_to(HTML).with_suffix("").as_posix()
        if name.split("/")[0] in {"_static", "_images", "_downloads"}:
            continue
        if name not in current | special:
            page.unlink()


def _listed_pages() -> list[str]:
    """List the pages of the last build, from the search index that Sphinx writes."""
    text = (HTML / "searchindex.js").read_text("utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").rstrip().removesuffix(")"))
    names: list[str] = index["docnames"]
    return names


def _beside(site: Path) -> tuple[Path, Path]:
    """Name the folders beside a site that an exchange uses."""
    return site.with_name(f"{site.name}.new"), site.with_name(f"{site.name}.old")


def scripts_run(since: float) -> list[Ran]:
    """List the gallery's scripts that were run, from what sphinx-gallery notes of each.

    Args:
        since: The time, as files have it, before which a note doesn't count.

    Returns:
        Each script with its seconds.
    """
    notes = sorted((DOCS / "gallery").glob("*/*.cost.json"))
    return [
        Ran(f"gallery/{note.parent.name}/{note.name.removesuffix('.cost.json')}.py", cost["time"])
        for note in notes
        if note.stat().st_mtime >= since and (cost := json.loads(note.read_text("utf-8")))
    ]


def build(site: Path, *, fresh: bool, phases: Phases) -> tuple[int, int]:
    """Build the site and publish it.

    Args:
        site: The finished site's folder.
        fresh: Whether to execute and read everything anew.
        phases: The stopwatch.

    Returns:
        The number of scripts and the number of pages executed.

    Raises:
        BuildError: If Sphinx failed or warned.
    """
    phases.begin("wait for other builds")
    with turn() as lock:
        phases.begin("look at caches")
        recover(site)
        for name in clear_caches(fresh=fresh):
            print(f"{name}: something it depends on changed, so it is made anew")
        npm.ensure()
        for name in remove_orphans():
            print(f"{name} is gone")
        RUNNING.touch()
        done = run_sphinx(lock, phases)
        phases.begin("look at what Sphinx wrote")
        if done.status or done.again:
            forget()
            message = f"sphinx-build ended with status {done.status}; the warnings above say why"
            if done.again:
                message = f"the EPUB's run executed {done.again} scripts and pages anew; want 0"
            raise BuildError(message)
        remove_stale_outputs()
        made_of = content_sum(HTML, site)
        if fresh or not site.is_dir() or _read(PUBLISHED) != made_of:
            PUBLISHED.unlink(missing_ok=True)
            phases.begin("put the EPUB together")
            build_epub()
            phases.begin("copy the site")
            publish(HTML, site, partial(finish.finish, begin=phases.begin))
            PUBLISHED.write_text(made_of, "utf-8")
        RUNNING.unlink()
    return done.scripts, done.pages


def content_sum(built: Path, site: Path) -> str:
    """Sum up what a finished site is made of, to tell whether another would be the same.

    Args:
        built: The folder that Sphinx wrote.
        site: The finished site's folder.

    Returns:
        A hexadecimal number: of the folder's files, of the tools that finish them and what they are
        told, and of the place.
    """
    total = hashlib.sha256(f"{site}\0{address.settings()}".encode())
    tools = sorted(Path(__file__).parent.rglob("*.*"))
    epub_parts = sorted((DOCS / "_epub").rglob("*"))
    for file in [*sorted(built.rglob("*")), *tools, *epub_parts]:
        if file.is_file() and file.name not in {book.NAME, finish.SPHINX_SEARCH}:
            total.update(str(file).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def _read(file: Path) -> str:
    """Read a file, which may not be there."""
    return file.read_text("utf-8") if file.is_file() else ""


def build_epub() -> None:
    """Put the EPUB together, beside the HTML, from what Sphinx wrote for it.

    Raises:
        BuildError: If the book is not sound.
    """
    try:
        book.assemble(EPUB, HTML / book.NAME)
    except book.BookError as error:
        raise BuildError(str(error)) from error


def forget() -> None:
    """Make the next build read every page again, so that a warning can't pass unseen."""
    for folder in (DOCTREES, EPUB):
        shutil.rmtree(folder, ignore_errors=True)
    RUNNING.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """Build the site.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("--output", type=Path, default=SITE, help="where to (default: _site)")
    parser.add_argument("--fresh", action="store_true", help="execute and read everything anew")
    parser.add_argument("--profile", action="store_true", help="say what takes how long")
    options = parser.parse_args(arguments)
    started, phases = time.time(), Phases()
    site = options.output.absolute()
    try:
        scripts, pages = build(site, fresh=options.fresh, phases=phases)
    except (BuildError, npm.NpmError, address.AddressError, BundleError) as error:
        print(f"\nThe site was not built: {error}", file=sys.stderr)
        if site.is_dir():
            print(f"{_shown(site)} still holds the last good one.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; the last good site is untouched.", file=sys.stderr)
        return 130
    if options.profile:
        print(phases.table(scripts_run(started)))
    seconds = time.time() - started
    print(f"\nExecuted {scripts} scripts and {pages} pages; {seconds:.0f} s in all.")
    print(f"The site is in {_shown(site / 'index.html')}")
    return 0


def _shown(path: Path) -> str:
    """Write a path the short way where it lies below the current folder."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


if __name__ == "__main__":
    sys.exit(main())
