"""The sidebar names the pages near a page of a long list, and all of a short one."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from twolayer_docs.pages import near_pages
from twolayer_docs.pages.near_pages import LONG, NEAR, near, shortened

if TYPE_CHECKING:
    from pathlib import Path

MANY = [(None, f"page_{number}") for number in range(LONG + 31)]


@pytest.mark.parametrize(("number", "first", "last"), [(0, 0, 10), (25, 15, 35), (50, 40, 50)])
def test_what_is_near_lies_on_both_sides(number: int, first: int, last: int) -> None:
    """A page names itself and those before and after it, fewer at the list's ends."""
    assert near(MANY, f"page_{number}") == MANY[first : last + 1]


def test_lists_are_whole_afterwards() -> None:
    """A list is shortened for a while, also where something fails meanwhile."""
    tree = addnodes.toctree(entries=MANY)
    with pytest.raises(LookupError, match=f"{NEAR + 1} entries"), shortened([tree], "page_0"):
        raise LookupError(f"{len(tree['entries'])} entries")  # noqa: EM102, TRY003

    assert tree["entries"] == MANY


def sidebars(folder: Path, pages: int) -> dict[str, str]:
    """Build a site with a list of pages, and give the numbers of those that each sidebar names."""
    docs = folder / "docs"
    docs.mkdir()
    names = [f"page_{number}" for number in range(pages)]
    tree = ".. toctree::\n   :hidden:\n\n   "
    texts = {name: f"{name}\n=======\n\nText.\n" for name in names}
    texts["index"] = f"Home\n====\n\n{tree}list\n"
    texts["list"] = "List\n====\n\n" + tree + "\n   ".join(names) + "\n"
    for name, text in texts.items():
        (docs / f"{name}.rst").write_text(text, "utf-8")
    with docutils_namespace():
        Sphinx(
            srcdir=docs,
            confdir=None,
            outdir=folder / "html",
            doctreedir=folder / "doctrees",
            buildername="html",
            confoverrides={"extensions": ["near_pages"], "html_theme": "furo"},
            status=None,
            warning=io.StringIO(),
        ).build()
    found = {}
    for name in ("index", "list", "page_0", "page_3"):
        text = (folder / "html" / f"{name}.html").read_text("utf-8")
        sidebar = text.partition('<div class="sidebar-tree">')[2].partition("</aside>")[0]
        found[name] = "".join(re.findall(r">page_(\d)<", sidebar))
    return found


def test_sidebars_of_a_long_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of a long list name their neighbours, other pages none, and the home page all."""
    monkeypatch.setattr(near_pages, "LONG", 5)
    monkeypatch.setattr(near_pages, "NEAR", 1)

    assert sidebars(tmp_path, 6) == {"index": "012345", "list": "", "page_0": "01", "page_3": "234"}


def test_sidebars_of_a_short_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is not too long stands in each sidebar as the theme has it."""
    monkeypatch.setattr(near_pages, "LONG", 5)

    assert set(sidebars(tmp_path, 5).values()) == {"01234"}
