"""A page is written anew when what it shows of other pages changes, in each builder's run."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util.docutils import docutils_namespace

from twolayer_docs.pages.stale_pages import known

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INDEX = "Home\n====\n\n.. toctree::\n\n   one\n   two\n"
ONE = "One\n===\n\nSome text.\n\n.. literalinclude:: beside.txt\n"
TWO = "Two\n===\n\nSome text.\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Make a folder with three pages and a file that one of them shows."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in {
        "index.rst": INDEX,
        "one.rst": ONE,
        "two.rst": TWO,
        "beside.txt": "1",
    }.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def build(docs: Path) -> Callable[[str], set[str]]:
    """Give a function that runs a builder and names the pages that it wrote."""

    def run(builder: str) -> set[str]:
        out = docs.parent / builder
        before = {page: page.stat().st_mtime_ns for page in out.glob("*html")}
        with docutils_namespace():
            app = Sphinx(
                srcdir=docs,
                confdir=None,
                outdir=out,
                doctreedir=docs.parent / "doctrees",
                buildername=builder,
                confoverrides={"extensions": ["stale_pages"], "html_theme": "basic"},
                status=None,
                warning=io.StringIO(),
            )
            app.build()
        pages = [out / f"{page.stem}{app.builder.out_suffix}" for page in docs.glob("*.rst")]  # type: ignore[attr-defined]
        return {page.stem for page in pages if before.get(page) != page.stat().st_mtime_ns}

    return run


def test_a_change_of_text_writes_its_page(docs: Path, build: Callable[[str], set[str]]) -> None:
    """A page whose text changes is written anew, with the toctree's; none is where nothing changed."""
    assert build("html") == {"index", "one", "two"}
    assert build("html") == set()

    (docs / "two.rst").write_text(TWO + "More.\n", "utf-8")
    assert build("html") == {"index", "two"}


@pytest.mark.parametrize(
    "changed",
    [TWO.replace("Two", "One"), f".. _a-name:\n\n{TWO}", f"{TWO}\n.. _beside:\n\nMore.\n"],
)
def test_a_change_that_others_show_writes_all(
    docs: Path, build: Callable[[str], set[str]], changed: str
) -> None:
    """A title or a name that links lead to is shown elsewhere, so all pages are written anew."""
    build("html")
    (docs / "two.rst").write_text(changed, "utf-8")

    assert build("html") == {"index", "one", "two"}


def test_another_order_writes_all(docs: Path, build: Callable[[str], set[str]]) -> None:
    """Each page leads to the next, so in another order all are written anew."""
    build("html")
    (docs / "index.rst").write_text(INDEX.replace("   one\n   two", "   two\n   one"), "utf-8")

    assert build("html") == {"index", "one", "two"}


def test_a_style_sheet_counts(tmp_path: Path) -> None:
    """What stands in each page's head of a style sheet follows its content."""
    env: Any = SimpleNamespace(tocs={}, domains=SimpleNamespace(sorted=list))
    sheet = tmp_path / "site.css"
    sheet.write_text("p {}", "utf-8")
    before = known(env, [tmp_path])

    sheet.write_text("q {}", "utf-8")
    assert known(env, [tmp_path]) != before


def test_a_book_has_what_another_run_read(docs: Path, build: Callable[[str], set[str]]) -> None:
    """A page that the HTML's run read anew, for a file beside it, is written anew in the EPUB too."""
    build("html")
    build("epub")
    (docs / "beside.txt").write_text("2", "utf-8")

    assert build("html") == {"index", "one"}
    assert build("epub") == {"index", "one"}
    assert "2" in (docs.parent / "epub" / "one.xhtml").read_text("utf-8")


def test_a_build_cut_short_writes_all_the_next_time(
    docs: Path, build: Callable[[str], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where pages should be written anew and writing failed, the next build writes them."""
    build("html")
    (docs / "two.rst").write_text(TWO.replace("Two", "One"), "utf-8")

    def fail(_self: object, _docnames: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(StandaloneHTMLBuilder, "write_documents", fail)
        with pytest.raises(OSError, match="No space"):
            build("html")

    assert build("html") == {"index", "one", "two"}
