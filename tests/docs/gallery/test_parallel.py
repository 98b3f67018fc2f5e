"""Scripts that run side by side are as strict as one after the other, and none outlives its build."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sphinx.errors import ExtensionError
from sphinx_gallery.utils import get_md5sum  # type: ignore[import-untyped]

from twolayer_docs.gallery.parallel import allowed, stale

if TYPE_CHECKING:
    from collections.abc import Callable


CONF = """\
from twolayer_docs.gallery import parallel

extensions = ["sphinx_gallery.gen_gallery"]
html_theme = "basic"
sphinx_gallery_conf = {
    "examples_dirs": ["../gallery"],
    "gallery_dirs": ["made"],
    "filename_pattern": "[.]py$",
    "ignore_pattern": "conf",
    "reset_modules": ("quick_reset.reset",),
    "image_scrapers": (),
    "write_computation_times": False,
}


def setup(app):
    app.connect("builder-inited", parallel.start, priority=100)
    app.connect("builder-inited", parallel.stop, priority=550)
"""
RESET = """\
from twolayer_docs.gallery.parallel import guard


def reset(gallery_conf, fname, when):
    guard()
"""
TITLE = '"""\nA page\n======\n\nText.\n"""\n'
WHO = "import multiprocessing\n\nprint(multiprocessing.current_process().name)\n"


class Gallery:
    """A gallery in a folder of its own.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.log = folder / "build.log"
        (folder / "docs").mkdir()
        (folder / "gallery").mkdir()
        (folder / "docs" / "conf.py").write_text(CONF, "utf-8")
        (folder / "docs" / "quick_reset.py").write_text(RESET, "utf-8")
        tree = ".. toctree::\n\n   made/index\n"
        (folder / "docs" / "index.rst").write_text(f"Home\n====\n\n{tree}", "utf-8")
        (folder / "gallery" / "GALLERY_HEADER.rst").write_text("All\n===\n\nText.\n", "utf-8")

    def write(self, name: str, code: str) -> None:
        """Write a script."""
        (self._folder / "gallery" / f"{name}.py").write_text(TITLE + code, "utf-8")

    def shown(self, name: str) -> str:
        """Give what the site shows of a script."""
        return (self._folder / "docs" / "made" / f"{name}.rst").read_text("utf-8")

    def start(self, workers: int) -> subprocess.Popen[bytes]:
        """Start to build the gallery."""
        command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", ".", "html"]
        # Not a pipe: to wait for its end would be to wait for all who hold it.
        with self.log.open("w") as log:
            return subprocess.Popen(
                command,
                cwd=self._folder / "docs",
                env={**os.environ, "TWOLAYER_WORKERS": str(workers)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def build(self, workers: int = 2) -> tuple[int, str]:
        """Build the gallery, and give the status and what was printed."""
        status = self.start(workers).wait()
        return status, self.log.read_text("utf-8")


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    """Make a gallery of two scripts that say which process they run in."""
    made = Gallery(tmp_path)
    for name in ("one", "two"):
        made.write(name, WHO)
    return made


def test_scripts_run_in_workers_if_there_are_several(gallery: Gallery) -> None:
    """Two scripts run in workers; when one of them changes, it runs in Sphinx's own process."""
    status, printed = gallery.build()
    assert status == 0, printed
    assert "LokyProcess" in gallery.shown("one")
    assert "LokyProcess" in gallery.shown("two")

    gallery.write("one", f"{WHO}print(1)\n")
    status, printed = gallery.build()
    assert status == 0, printed
    assert "MainProcess" in gallery.shown("one")
    assert "[100%] index" not in printed.partition("writing output")[2]


def test_one_worker_is_none(gallery: Gallery) -> None:
    """Where one script may run at once, all run in Sphinx's own process."""
    status, printed = gallery.build(workers=1)

    assert status == 0, printed
    assert "MainProcess" in gallery.shown("two")


def test_a_script_runs_alone_that_says_so(gallery: Gallery) -> None:
    """A script that measures time has the machine for itself."""
    gallery.write("two", f"# sphinx_gallery_parallel = False\n{WHO}")
    status, printed = gallery.build()

    assert status == 0, printed
    assert "MainProcess" in gallery.shown("two")
    assert "LokyProcess" in gallery.shown("one")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ValueError('no such thing')\n", "no such thing"),
        ("from sphinx.util import logging\nlogging.getLogger('a').warning('careful')\n", "careful"),
    ],
)
def test_what_goes_wrong_in_a_worker_ends_the_build(
    gallery: Gallery, code: str, words: str
) -> None:
    """A script that raises and a warning of Sphinx's in a worker make the build fail, and are named."""
    gallery.write("two", code)
    status, printed = gallery.build()

    assert status != 0
    assert words in printed
    assert "two.py" in printed


def test_a_killed_build_leaves_no_worker(gallery: Gallery, tmp_path: Path) -> None:
    """When the build is killed, its workers end too, in the middle of their scripts."""
    for name in ("one", "two"):
        note = tmp_path / f"{name}.pid"
        code = "import os, pathlib, time\n"
        code += f"_ = pathlib.Path({str(note)!r}).write_text(str(os.getpid()))\ntime.sleep(20)\n"
        gallery.write(name, code)
    notes = [tmp_path / "one.pid", tmp_path / "two.pid"]
    build = gallery.start(workers=2)
    try:
        _wait(lambda: all(note.is_file() and note.read_text() for note in notes), 30)
    finally:
        build.kill()
        build.wait()

    _wait(lambda: not any(_runs(int(note.read_text())) for note in notes), 10)


def test_scripts_that_have_to_run_are_counted(tmp_path: Path) -> None:
    """A script counts that never ran, or changed since, as sphinx-gallery notes it."""
    scripts, pages = tmp_path / "scripts", tmp_path / "pages"
    for folder in (scripts, pages):
        folder.mkdir()
    for name in ("ran", "changed", "new"):
        (scripts / f"{name}.py").write_text(name, "utf-8")
    (pages / "ran.py.md5").write_text(get_md5sum(scripts / "ran.py", mode="t"), "utf-8")
    (pages / "changed.py.md5").write_text("another", "utf-8")

    assert stale(scripts, pages) == 2


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_number_of_workers_that_is_none_is_an_error(value: str) -> None:
    """The error names the variable, quotes its value and says what is wanted."""
    with pytest.raises(ExtensionError, match=f"TWOLAYER_WORKERS: '{value}' given; want a whole"):
        allowed({"TWOLAYER_WORKERS": value})


def _wait(done: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so, and fail if it doesn't come."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"waited for {seconds} s"
        time.sleep(0.05)


def _runs(process: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.is_file() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
