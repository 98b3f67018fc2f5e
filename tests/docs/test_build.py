"""The build tool: the last good site stays until a new one is whole."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twolayer_docs import build, serve
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


def test_a_kill_between_the_renames_is_mended(tmp_path: Path, built: Path, site: Path) -> None:
    """If the exchange is cut short with no site in place, the old one comes back."""
    site.rename(tmp_path / "_site.old")
    built.rename(tmp_path / "_site.new")

    build.recover(site)

    assert names(site) == ["gone.html", "index.html"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["_site"]


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
    """A failing build ends with a status, says so, keeps the site and forgets the doctrees."""
    doctrees = tmp_path / "doctrees"
    doctrees.mkdir()
    book = tmp_path / "epub"
    book.mkdir()
    monkeypatch.setattr(build, "DOCTREES", doctrees)
    monkeypatch.setattr(build, "EPUB", book)
    monkeypatch.setattr(build, "RUNNING", tmp_path / "running")
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setattr(build, "clear_caches", lambda **_: [])
    monkeypatch.setattr(build, "remove_orphans", list)
    monkeypatch.setattr("twolayer_docs.npm.ensure", lambda: False)
    monkeypatch.setattr(build, "run_sphinx", lambda *_: build.Executed(1, 0, 0, 0))

    status = build.main(["--output", str(site)])

    assert status == 1
    assert names(site) == ["gone.html", "index.html"]
    assert not doctrees.exists()
    assert not book.exists()
    assert "still holds the last good one" in capsys.readouterr().err


def test_pages_that_are_gone_leave_the_output(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTML of a page that Sphinx no longer knows is removed; special pages stay."""
    monkeypatch.setattr(build, "HTML", built)
    for name in ("search.html", "gone.html"):
        (built / name).write_text("", "utf-8")
    index = '{"docnames":["index","gallery/page"]}'
    (built / "searchindex.js").write_text(f"Search.setIndex({index})", "utf-8")

    build.remove_stale_outputs()

    html = [name for name in names(built) if name.endswith(".html")]
    assert html == ["gallery/page.html", "index.html", "search.html"]


def test_pages_of_deleted_scripts_leave_the_gallery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What sphinx-gallery made of a script that is gone is removed, images included."""
    docs, source = tmp_path / "docs", tmp_path / "gallery" / "two_layer"
    made = docs / "gallery" / "two_layer"
    (made / "images" / "thumb").mkdir(parents=True)
    source.mkdir(parents=True)
    (source / "GALLERY_HEADER.rst").touch()
    (source / "kept.py").touch()
    for name in ("kept.py", "kept.rst", "gone.py", "gone.rst", "gone.py.md5"):
        (made / name).touch()
    (made / "images" / "sphx_glr_gone_001.svg").touch()
    monkeypatch.setattr(build, "DOCS", docs)
    monkeypatch.setattr(build, "ROOT", tmp_path)

    gone = build.remove_orphans()

    assert gone == ["two_layer/gone.py"]
    assert names(made) == ["kept.py", "kept.rst"]


def test_a_page_cut_short_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script noted as run whose page was not written is run again."""
    made = tmp_path / "gallery" / "two_layer"
    made.mkdir(parents=True)
    for name in ("whole.py.md5", "whole.rst", "half.py.md5"):
        (made / name).touch()
    monkeypatch.setattr(build, "DOCS", tmp_path)

    build.clear_half_written()

    assert names(made) == ["whole.py.md5", "whole.rst"]


def test_caches_depend_on_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change in a Python file changes the sum over its folder; other files don't."""
    monkeypatch.setattr(build, "ROOT", tmp_path)
    folder = tmp_path / "twolayer"
    folder.mkdir()
    (folder / "a.py").write_text("1", "utf-8")
    before = build.digest([folder])

    (folder / "a.pyc").write_text("cache", "utf-8")
    assert before == build.digest([folder])

    (folder / "a.py").write_text("2", "utf-8")
    assert before != build.digest([folder])


def test_executed_pages_depend_on_the_ladders_loops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What executed pages see of a script is its loop: its prose may change, a broken one is passed over."""
    folder = tmp_path / "gallery" / "scaling"
    folder.mkdir(parents=True)
    script = folder / "rung.py"
    monkeypatch.setattr(build, "ROOT", tmp_path)
    script.write_text('"""Old."""\nfor t in range(2):\n    losses.append(t)\n', "utf-8")
    before = build.loops()

    script.write_text('"""New."""\nfor t in range(2):\n    losses.append(t)\n', "utf-8")
    (folder / "broken.py").write_text("for", "utf-8")
    assert before == build.loops() == ["rung\nfor t in range(2):\n    losses.append(t)"]

    script.write_text('"""New."""\nfor t in range(3):\n    losses.append(t)\n', "utf-8")
    assert before != build.loops()


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


def test_a_profile_names_the_scripts_of_this_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a script took counts if it was noted in this build, not in an earlier one."""
    folder = tmp_path / "gallery" / "tensors"
    folder.mkdir(parents=True)
    monkeypatch.setattr(build, "DOCS", tmp_path)
    for name, time in (("old", 10**9), ("new", 2 * 10**9)):
        note = folder / f"{name}.cost.json"
        note.write_text('{"time": 1.5, "memory": 0.0}', "utf-8")
        os.utime(note, (time, time))

    assert build.scripts_run(1.5 * 10**9) == [("gallery/tensors/new.py", 1.5)]


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
        if lock is None:
            pytest.skip("this system has no file locks")
        sleeper = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(0.5)"], pass_fds=(lock,)
        )

    with build.turn():
        assert sleeper.poll() is not None or sleeper.wait(timeout=5) == 0
    assert "Another build is running" in capsys.readouterr().out
