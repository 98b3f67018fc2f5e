"""The build tool: the last good site stays until a new one is whole."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twolayer_docs import build, npm, serve
from twolayer_docs.paths import BUILD, DOCS


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Make a folder like one that Sphinx wrote."""
    folder = tmp_path / "html"
    (folder / "gallery").mkdir(parents=True)
    (folder / "index.html").write_text("new", "utf-8")
    (folder / "gallery" / "page.html").write_text("page", "utf-8")
    (folder / ".buildinfo").write_text("not for readers", "utf-8")
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Make a finished site with a page that is gone since."""
    folder = tmp_path / "_site"
    folder.mkdir()
    (folder / "index.html").write_text("old", "utf-8")
    (folder / "gone.html").write_text("gone", "utf-8")
    return folder


def names(folder: Path) -> list[str]:
    """List the files below a folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def as_it_is(_site: Path) -> None:
    """Finish a site by leaving it alone."""


def test_publishing_replaces_the_site(tmp_path: Path, built: Path, site: Path) -> None:
    """The new site takes the old one's place, and nothing of the old one stays."""
    build.publish(built, site, as_it_is)

    assert names(site) == [".nojekyll", "gallery/page.html", "index.html"]
    assert (site / "index.html").read_text("utf-8") == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["_site", "html"]


def test_the_first_site_needs_no_old_one(tmp_path: Path, built: Path) -> None:
    """Publishing works where there is no site yet, in a folder that is not there yet."""
    build.publish(built, tmp_path / "a" / "b" / "_site", as_it_is)

    assert (tmp_path / "a/b/_site/index.html").is_file()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_host_can_read_the_site(tmp_path: Path, built: Path) -> None:
    """Whatever permissions the built files have, others may read the published ones."""
    (built / "index.html").chmod(0o600)
    (built / "gallery").chmod(0o700)
    build.publish(built, tmp_path / "_site", as_it_is)

    paths = [tmp_path / "_site", *(tmp_path / "_site").rglob("*")]
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in paths}
    assert modes == {(True, 0o755), (False, 0o644)}


def test_a_failed_copy_leaves_the_old_site(
    built: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If copying fails, the old site is as it was, and the next publishing works."""

    def half(_source: Path, target: Path, **_options: object) -> None:
        target.mkdir()
        (target / "index.html").write_text("half", "utf-8")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", half)
        with pytest.raises(OSError, match="No space left"):
            build.publish(built, site, as_it_is)

    assert names(site) == ["gone.html", "index.html"]
    build.publish(built, site, as_it_is)
    assert (site / "index.html").read_text("utf-8") == "new"


def test_a_failed_finish_leaves_the_old_site(built: Path, site: Path) -> None:
    """A site that can't be finished is not published, and the copy is all that was changed."""

    def fail(new: Path) -> None:
        (new / "index.html").write_text("half finished", "utf-8")
        message = "no index"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="no index"):
        build.publish(built, site, fail)

    assert names(site) == ["gone.html", "index.html"]
    assert (built / "index.html").read_text("utf-8") == "new"


def test_a_failed_exchange_is_mended(
    tmp_path: Path, built: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old site stands until the new one is finished, and comes back where the exchange fails."""

    def refuse(path: Path, target: Path) -> Path:
        if target == site:
            raise OSError(5, "Input/output error")
        return path.replace(target)

    def finish(_new: Path) -> None:
        assert (site / "index.html").read_text("utf-8") == "old"

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(OSError, match="Input/output"):
            build.publish(built, site, finish)
    build.recover(site)
    assert names(site) == ["gone.html", "index.html"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["_site", "html"]


def test_a_kill_after_the_renames_is_mended(tmp_path: Path, built: Path, site: Path) -> None:
    """If the exchange is cut short after the new site is in place, it stays."""
    site.rename(tmp_path / "_site.old")
    built.rename(site)

    build.recover(site)

    assert (site / "index.html").read_text("utf-8") == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["_site"]


def test_a_failed_build_leaves_the_old_site(
    tmp_path: Path,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where Sphinx fails, the build ends with a status, says so, keeps the site, and the next one knows."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text("raise ValueError('planted')", "utf-8")
    monkeypatch.setattr(build, "DOCS", docs)
    for name in ("HTML", "EPUB", "DOCTREES", "GALLERY", "STAMP", "RUNNING", "BUILD"):
        monkeypatch.setattr(build, name, tmp_path / name)
    monkeypatch.setattr(build, "EXECUTED", ())
    monkeypatch.setattr(npm, "ensure", lambda: False)

    status = build.main(["--output", str(site)])

    assert status == 1
    assert names(site) == ["gone.html", "index.html"]
    assert build.RUNNING.exists()
    assert "Sphinx ended with status 2" in (said := capsys.readouterr().err)
    assert "still holds the last good one" in said


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a tree with a package, a script with a loop, and what an earlier build made of it."""
    texts = {
        "twolayer/a.py": "1",
        "gallery/scaling/page.py": '"""Old."""\nfor t in range(2):\n    losses.append(t)\n',
        "docs/gallery/scaling/page.rst": "",
        **dict.fromkeys(build._MATTERS_TOO, ""),
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setattr(build, "GALLERY", tmp_path / "docs" / "gallery")
    monkeypatch.setattr(build, "EXECUTED", (tmp_path / "docs" / "gallery",))
    monkeypatch.setattr(build, "STAMP", tmp_path / "stamp.txt")
    monkeypatch.setattr(build, "RUNNING", tmp_path / "running")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text", "anew"),
    [
        ("twolayer/a.py", "2", True),
        ("docs/twolayer_docs/figures/b.py", "", True),
        ("gallery/scaling/other.py", "", True),
        ("gallery/scaling/page.py", "for t in range(3):\n    losses.append(t)\n", True),
        ("gallery/scaling/page.py", "x = 1\nfor t in range(2):\n    losses.append(t)\n", False),
        ("twolayer/__pycache__/a.pyc", "cache", False),
    ],
)
def test_all_runs_anew_where_what_matters_changed(
    tree: Path, name: str, text: str, *, anew: bool
) -> None:
    """Code, names of scripts and their loops matter to all pages; a script's prose to its own page alone."""
    page = tree / "docs" / "gallery" / "scaling" / "page.rst"
    before = build.stamp()
    build.STAMP.write_text(before, "utf-8")
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(text, "utf-8")

    build.begin(fresh=False)

    assert page.exists() != anew
    assert (build.stamp() != before) == anew
    assert build.STAMP.read_text("utf-8") == build.stamp()


def test_what_a_build_cut_short_made_is_made_again(tree: Path) -> None:
    """Of the gallery goes what was written since that build began; older files stay."""
    made = tree / "docs" / "gallery" / "scaling"
    build.STAMP.write_text(build.stamp(), "utf-8")
    os.utime(made / "page.rst", (10**9, 10**9))
    build.RUNNING.touch()
    (made / "half.rst").touch()

    build.begin(fresh=False)
    assert names(made) == ["page.rst"]

    build.begin(fresh=True)
    assert not made.exists()


def test_both_forms_are_whole_before_the_exchange(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sphinx writes the pages, the book and the Chinese pages, with warnings as errors and one thread."""
    done: list[str] = []
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

    def run(command: list[str], *, env: dict[str, str], **_options: object) -> object:
        done.append(" ".join([*command[1:-3], *map(env.__getitem__, threads)]))
        Path(command[-1]).mkdir(exist_ok=True)
        (Path(command[-1]) / "twolayer.epub").touch()
        return subprocess.CompletedProcess(command, 0)

    for name in threads:
        monkeypatch.delenv(name, raising=False)
    for name in ("HTML", "EPUB", "DOCTREES", "IN_CHINESE"):
        monkeypatch.setattr(build, name, tree / name)
    monkeypatch.setattr(npm, "ensure", lambda: False)
    monkeypatch.setattr(build, "publish", lambda *_places: done.append("publish"))
    monkeypatch.setattr(subprocess, "run", run)

    build.build(tree / "_site", fresh=False)

    forms = ("html -W", "epub -W", "html -W -D language=zh_CN")
    assert done == [*(f"-m sphinx -b {form} -d 1 1 1" for form in forms), "publish"]


def test_executed_pages_see_no_more_of_the_gallery() -> None:
    """Where an executed page reads gallery scripts, it takes their loops, which its cache depends on."""
    named = [
        line.strip()
        for page in sorted(DOCS.glob("*.md"))
        for cell in re.findall(r"(?s)```\{code-cell\}.*?```", page.read_text("utf-8"))
        for line in cell.splitlines()
        if "Path(" in line or "open(" in line
    ]
    assert named == [
        'loops = {name: training_loop(Path("..", f"{rung.page}.py")) for name, rung in RUNGS.items()}'
    ]


def test_serving_watches_sources_and_not_what_it_builds() -> None:
    """The server watches the package and the gallery and ignores generated folders."""
    command = serve.command(["--port", "8001"])

    watched = [command[i + 1] for i, part in enumerate(command) if part == "--watch"]
    ignored = [command[i + 1] for i, part in enumerate(command) if part == "--ignore"]
    assert [Path(path).name for path in watched] == ["gallery", "twolayer"]
    assert {str(BUILD), str(DOCS / "gallery")} == set(ignored)
    assert command[-4:-2] == ["--port", "8001"]


def test_builds_take_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second build waits for the first, and for a Sphinx that outlived a killed one."""
    monkeypatch.setattr(build, "BUILD", tmp_path)
    with build.turn() as lock:
        if not lock:
            pytest.skip("this system has no file locks")
        sleeper = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(0.5)"], pass_fds=lock
        )

    with build.turn():
        assert sleeper.poll() is not None or sleeper.wait(timeout=5) == 0
    assert "Another build is running" in capsys.readouterr().out
