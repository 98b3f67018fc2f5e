"""Which literals lead where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

from tests.docs import small_site
from twolayer_docs.links import inventories
from twolayer_docs.links.literals import find_pages, link_literals

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """\
Page of ``torch.relu``
======================

``torch.relu()`` and ``creating``; but ``torch.unknown``, ``torch.relu(x)``, ``int`` and ``w1`` stay.
"""


def test_gallery_pages_and_guides_are_known_by_name() -> None:
    """Pages of all gallery folders and guides can be linked, exercises with their folder; other
    indexes and names given twice can't.
    """
    docnames = {
        "gallery/two_layer/autograd",
        "gallery/tensors/creating",
        "gallery/tensors/index",
        "gallery/tensors/twice",
        "gallery/autograd/twice",
        "gallery/exercises/index",
        "gallery/exercises/autograd",
        "reference/gradients",
        "index",
        "all_rungs",
    }

    expected = {
        "autograd": "gallery/two_layer/autograd",
        "exercises": "gallery/exercises/index",
        "exercises/autograd": "gallery/exercises/autograd",
        "creating": "gallery/tensors/creating",
        "all_rungs": "all_rungs",
    }
    assert expected == find_pages(docnames)


def test_names_of_apis_and_pages_become_links(tmp_path: Path) -> None:
    """A literal leads to the documentation or the page that it names; in headings, and if nothing has its name, it stays."""
    other = "Creating tensors\n================\n"
    pages = {
        "index": "Home\n====\n",
        "gallery/tensors/page": PAGE,
        "gallery/tensors/creating": other,
    }

    html, _ = small_site.build(
        tmp_path,
        pages,
        lambda app: app.connect("doctree-resolved", link_literals),
        ("sphinx.ext.intersphinx",),
        intersphinx_mapping=inventories.write(),
    )

    page = BeautifulSoup((html / "gallery/tensors/page.html").read_text("utf-8"), "html.parser")
    assert page.select("h1 a.reference") == []
    links = {str(link["href"]): link.get_text() for link in page.select("p a.reference")}
    api, place = links
    assert api.startswith("https://docs.pytorch.org/")
    assert place == "creating.html"
    assert [*links.values()] == ["torch.relu()", "Creating tensors"]
