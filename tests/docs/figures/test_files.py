"""Figures of executed guides become files, and each picture has its size."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import pytest
from docutils import nodes
from docutils.utils import new_document
from IPython.core.formatters import DisplayFormatter
from sphinx.errors import ExtensionError

from tests.docs.figures.test_curves import two_curves
from twolayer_docs.figures.files import IN_KERNELS, FiguresAsFiles, PictureSizes, hand_over
from twolayer_docs.figures.pairs import draw

if TYPE_CHECKING:
    from pathlib import Path


class _Environment:
    """What transforms ask of Sphinx's environment."""

    def __init__(self, srcdir: Path, docname: str) -> None:
        """Say where the sources are, and which page is read."""
        self.srcdir, self.docname = srcdir, docname


def page(folder: Path, docname: str, *parts: nodes.Node) -> nodes.document:
    """Make a page."""
    document = new_document(docname)
    document += parts
    document.settings.env = _Environment(folder, docname)
    return document


def read(folder: Path, docname: str, *outputs: str) -> nodes.document:
    """Let the transform read a page with some cells' outputs."""
    raw = [nodes.raw("", output, format="html") for output in outputs]
    document = page(folder, docname, *raw)
    FiguresAsFiles(document).apply()
    return document


def test_a_cell_that_ends_in_a_figure_shows_it_once() -> None:
    """In a kernel the value of a figure is handed over as it is, and the figure is closed."""
    display: Any = DisplayFormatter()
    kernel = SimpleNamespace(display_formatter=display)
    exec(IN_KERNELS, {"get_ipython": lambda: kernel})  # noqa: S102 - as a kernel does

    shown, _ = display.format(two_curves())

    assert shown["text/html"] == hand_over(two_curves())
    assert plt.get_fignums() == []


def test_figures_become_files_named_after_their_page(tmp_path: Path) -> None:
    """Each figure of a page becomes four files with the page's name and the figure's number."""
    output = hand_over(two_curves())

    document = read(tmp_path, "sub/page", output, "<p></p>", output)

    ends = ("", "_dark", "_narrow", "_narrow_dark")
    names = [f"sub_page_{n}{end}.svg" for n in (1, 2) for end in ends]
    images = list(document.findall(nodes.image))
    assert [f"/_build/figures/{name}" for name in names] == [image["uri"] for image in images]
    classes = [[width, f"only-{t}"] for width in ("wide", "narrow") for t in ("light", "dark")]
    assert 2 * classes == [image["classes"] for image in images]
    wide, narrow, alt = draw(two_curves())
    assert {image["alt"] for image in images} == {alt}
    for name, svg in zip(names[4:], [*wide, *narrow], strict=True):
        assert svg == (tmp_path / "_build/figures" / name).read_text("utf-8")


def test_a_picture_that_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    """Reading a page again leaves its pictures' files as they are, so that no page is outdated."""
    output = hand_over(two_curves())
    read(tmp_path, "page", output)
    before = (tmp_path / "_build/figures/page_1.svg").stat().st_mtime_ns

    read(tmp_path, "page", output)

    assert before == (tmp_path / "_build/figures/page_1.svg").stat().st_mtime_ns


def test_curves_travel_with_their_figure(tmp_path: Path) -> None:
    """The page gets the curves' numbers, in a script element that their names can't end."""
    (script,) = read(tmp_path, "page", hand_over(two_curves())).findall(nodes.raw)

    numbers = script.astext().partition(' data-curves="page_1">')[2].removesuffix("</script>")
    assert "<" not in numbers
    assert [curve["name"] for curve in json.loads(numbers)["curves"]] == ["by hand", "</script>"]


def test_a_figure_without_curves_is_a_picture_alone(tmp_path: Path) -> None:
    """Where there is nothing to look up, there are no controls."""
    fig, _ = plt.subplots()

    document = read(tmp_path, "page", hand_over(fig))

    assert list(document.findall(nodes.raw)) == []
    assert len(list(document.findall(nodes.image))) == 4


def test_pictures_get_their_size(tmp_path: Path) -> None:
    """A picture gets the size that its file says and is loaded lazily; a size that it has stays."""
    (tmp_path / "a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"/>'
    )
    bare, sized = nodes.image(uri="a.svg"), nodes.image(uri="a.svg", width="50%")

    PictureSizes(page(tmp_path, "page", bare, sized)).run()

    assert (bare["width"], bare["height"], bare["loading"]) == ("7px", "5px", "lazy")
    assert (sized["width"], "height" in sized, sized["loading"]) == ("50%", False, "lazy")


def test_a_picture_without_a_size_is_refused(tmp_path: Path) -> None:
    """The error names the page and the picture."""
    (tmp_path / "a.svg").write_text("<svg/>")

    with pytest.raises(ExtensionError, match=r"page: the picture a\.svg has no size of its own"):
        PictureSizes(page(tmp_path, "page", nodes.image(uri="a.svg"))).run()
