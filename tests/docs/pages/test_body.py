"""What the translator makes of a page's content, and what the theme's page gets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.docs import small_site
from twolayer_docs.figures.files import PictureSizes
from twolayer_docs.pages import body

if TYPE_CHECKING:
    from sphinx.application import Sphinx

STATIC = Path(__file__).parents[3] / "docs" / "_static"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"></svg>'
LINES = "\n   ".join(["line"] * (body.LONGEST + 1))
TEXT = f"""\
Page
====

.. image:: drawing.svg

.. image:: drawing.svg
   :width: 15px
   :height: 10px

.. note::
   :class: sphx-glr-download-link-note

   Go to the end.

.. rst-class:: sphx-glr-script-out

.. code-block:: none

   {LINES}

.. rst-class:: sphx-glr-script-out

.. code-block:: none

   one line

.. code-block:: none

   {LINES}

``a.full((2,), 1.5).T[0,1]``

A loss of 4.8514e-07.

.. container:: sphx-glr-footer

   Download it.

.. container:: table-wrapper

   .. list-table::

      * - ``a.full((2,), 1.5).T[0,1]``
        - ``f("a");g``
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Build a page with what needs the translator."""

    def register(app: Sphinx) -> None:
        app.set_translator("html", body.Translator)
        app.connect("doctree-resolved", body.leave_out_downloads)
        app.add_post_transform(PictureSizes)

    folder = tmp_path_factory.mktemp("small")
    (folder / "drawing.svg").write_text(DRAWING, "utf-8")
    html, warnings = small_site.build(folder, {"index": TEXT}, register)
    assert warnings == ""
    return (html / "index.html").read_text("utf-8")


def test_pictures_have_their_size(page: str) -> None:
    """A picture has its size as attributes, its file's where no other is wanted, and is loaded when needed."""
    sizes = re.findall(r'<img [^>]*?height="(\d+)" loading="lazy" [^>]*?width="(\d+)"', page)

    assert sizes == [("20", "30"), ("10", "15")]
    assert not re.search("<img[^>]* style=", page)


def test_long_outputs_are_folded(page: str) -> None:
    """What a cell printed is folded where it is long; code and short outputs are not."""
    assert page.count("<details") == 1
    assert f"<summary>Output, {body.LONGEST + 1} lines</summary>" in page


def test_the_keyboard_reaches_code_and_tables(page: str) -> None:
    """Each block of code and each table, which may be wider than the screen, takes the focus."""
    assert page.count('<pre tabindex="0">') == page.count("<pre") == 3
    assert re.search(r'<div class="table-wrapper[^>]* tabindex="0"', page)


def test_code_in_tables_may_break(page: str) -> None:
    """Code in a table may break after a dot, a bracket and a comma, code elsewhere in no place."""
    word = '<span class="pre">{}</span> <span class="pre">{}</span>'.format

    assert word("a.<wbr>full(<wbr>(<wbr>2,),", "1.5).<wbr>T[<wbr>0,<wbr>1]") in page
    assert word("a.full((2,),", "1.5).T[0,1]") in page
    assert '<span class="pre">f(<wbr>&quot;a&quot;);<wbr>g</span>' in page


def test_numbers_stay_whole(page: str) -> None:
    """A number with an exponent is marked, so that no line breaks within it."""
    assert 'A loss of <span class="number">4.8514e-07</span>.' in page


def test_what_pages_have_otherwise_is_left_out(page: str) -> None:
    """Neither the gallery's box and links for downloads nor a second viewport is there."""
    assert "Go to the end" not in page
    assert "Download it" not in page
    assert page.count('name="viewport"') == 1


def test_the_themes_page_is_completed() -> None:
    """The theme's landmarks get names; the logo has no colours of its own and says nothing."""
    page = body.complete("".join(body.theme_parts()))

    assert page.count("aria-label=") == 6
    assert page.count('<svg aria-hidden="true"') == 1
    assert "<style" not in page


def test_logo_and_favicon_are_one_drawing() -> None:
    """The favicon has the logo's shapes; only its colours are written down otherwise."""

    def shapes(name: str) -> list[dict[str, str]]:
        root = ET.fromstring((STATIC / name).read_text("utf-8"))
        drawn = [e for e in root if e.tag.endswith(("path", "circle"))]
        return [{k: v for k, v in e.attrib.items() if k != "class"} for e in drawn]

    assert shapes("favicon.svg") == shapes("logo.svg")
