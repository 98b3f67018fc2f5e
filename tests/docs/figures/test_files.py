"""Figures of executed pages become files, and each picture has what a page needs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import pytest
from docutils import nodes
from docutils.utils import new_document

from twolayer_docs.figures.curves import as_json, read_curves, show_curves
from twolayer_docs.figures.files import FiguresAsFiles, complete, controls, figure_pair, script
from twolayer_docs.figures.pairs import show_figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    """Leave no figure open."""
    yield
    plt.close("all")


def two_curves() -> Figure:
    """Draw two curves and a level."""
    fig, ax = plt.subplots()
    ax.semilogy([1000.0, 12.3456789, 0.5], "o-", label="by hand")
    ax.semilogy([1e-17, 12.3456111, 0.5], "s", label="</script>")
    ax.axhline(1e-8, label="promised")
    ax.set(title="The loss", xlabel="step t", ylabel="loss")
    return fig


class _Environment:
    """What the transform asks of Sphinx's environment."""

    def __init__(self, srcdir: Path, docname: str) -> None:
        """Say where the sources are, and which page is read."""
        self.srcdir, self.docname = srcdir, docname


def read(folder: Path, docname: str, *outputs: str) -> nodes.document:
    """Let the transform read a page with some cells' outputs."""
    document = new_document(docname)
    document += [nodes.raw("", output, format="html") for output in outputs]
    document.settings.env = _Environment(folder, docname)
    FiguresAsFiles(document).apply()
    return document


def test_figures_become_files_named_after_their_page(tmp_path: Path) -> None:
    """Each figure of a page becomes two files with the page's name and the figure's number."""
    shown = [show_figure(two_curves()), show_figure(two_curves())]

    document = read(tmp_path, "sub/page", shown[0]._repr_html_(), "<p></p>", shown[1]._repr_html_())

    names = [f"sub_page_{n}{theme}.svg" for n in (1, 2) for theme in ("", "_dark")]
    images = list(document.findall(nodes.image))
    assert [f"/_build/figures/{name}" for name in names] == [image["uri"] for image in images]
    assert names == sorted(path.name for path in (tmp_path / "_build/figures").iterdir())
    light = (tmp_path / "_build/figures/sub_page_2.svg").read_text("utf-8")
    assert shown[1].pair.light == light
    assert shown[1].pair.dark == (tmp_path / "_build/figures/sub_page_2_dark.svg").read_text(
        "utf-8"
    )
    assert "data:" not in document.pformat()


def test_a_figures_size_and_words_stay(tmp_path: Path) -> None:
    """A picture in a file has the size, alt text and theme that it had as data, and is lazy."""
    shown = show_figure(two_curves())

    (light, dark) = read(tmp_path, "page", shown._repr_html_()).findall(nodes.image)

    assert light["alt"] == dark["alt"] == shown.pair.alt
    assert (light["width"], light["height"]) == (f"{shown.pair.width}px", f"{shown.pair.height}px")
    assert (light["classes"], dark["classes"]) == (["only-light"], ["only-dark"])
    assert light["loading"] == dark["loading"] == "lazy"


def test_a_picture_that_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    """Reading a page again leaves its pictures' files as they are, so that no page is outdated."""
    html = show_figure(two_curves())._repr_html_()
    read(tmp_path, "page", html)
    before = (tmp_path / "_build/figures/page_1.svg").stat().st_mtime_ns

    read(tmp_path, "page", html)

    assert before == (tmp_path / "_build/figures/page_1.svg").stat().st_mtime_ns


def test_curves_travel_with_their_figure(tmp_path: Path) -> None:
    """The page gets the curves' names, values and level; the value that stands for 0 becomes 0."""
    shown = show_curves(two_curves(), zero=1e-17)

    (pair,) = read(tmp_path, "page", shown._repr_html_()).findall(figure_pair)

    curves = json.loads(pair["curves"])
    assert [curve["name"] for curve in curves["curves"]] == ["by hand", "</script>"]
    assert [c["values"] for c in curves["curves"]] == [[1000, 12.346, 0.5], [0, 12.346, 0.5]]
    assert [curve["line"] for curve in curves["curves"]] == [True, False]
    assert curves["levels"] == [{"name": "promised", "value": 1e-8}]
    assert tuple(curves[k] for k in ("title", "x", "y", "digits")) == (
        "The loss",
        "step t",
        "loss",
        5,
    )
    assert plt.get_fignums() == []


def test_a_script_hands_over_the_curves() -> None:
    """The numbers' script hands them to its own element, so that no name is taken."""
    assert script('{"digits":5}') == 'document.currentScript.curves = {"digits":5};\n'


def test_controls_name_each_curve() -> None:
    """The controls have a slider over all steps and a labelled box for each curve, escaped."""
    html = controls(read_curves(two_curves()), "page_1")

    assert html.count('<input type="checkbox" checked>') == 2 == html.count("<label><input")
    assert '<label for="page_1-step">step t</label>' in html
    assert 'id="page_1-step" min="0" max="2" value="1"' in html
    assert "&lt;/script&gt;" in html


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ax: ax.set_yscale("linear"), "the y axis is linear; want a logarithmic one"),
        (lambda ax: ax.plot([1, 2, 3], "o"), "a line is called '_child3'; want a label"),
        (lambda ax: ax.plot([1, 2, 3], "h", label="a"), "the line a has the marker 'h'; want one"),
        (lambda ax: ax.plot([1, 2], "o", label="a"), "the lines have [2, 3] values; want"),
        (lambda ax: ax.plot([1, 2, 4], [1, 2, 3], "o", label="a"), "the line a has the steps [1."),
        (lambda ax: ax.plot([1, -2, 3], "o", label="a"), "the line a has the value -2.0; want"),
        (lambda ax: ax.figure.add_axes((0, 0, 1, 1)), "the figure has 2 axes; want one"),
    ],
)
def test_curves_that_cannot_be_shown_are_refused(change: object, message: str) -> None:
    """A figure whose lines the page can't show is refused with the reason."""
    figure = two_curves()
    assert callable(change)
    change(figure.axes[0])

    with pytest.raises(ValueError, match=re.escape(message)):
        read_curves(figure)


@pytest.mark.parametrize("value", [31520312.49, 1.23456789e-300, 0.1, 99999.6, 7.0, 0.0])
def test_values_have_their_digits_and_no_more(value: float) -> None:
    """A value in the data is the value to five significant digits."""
    text = as_json(value, 5)

    assert f"{value:.4e}" == f"{float(text):.4e}"
    assert len(text.partition("e")[0].replace(".", "")) <= 5


def test_pictures_are_completed() -> None:
    """A picture gets what it lacks: size, lazy loading, decoding apart; what it has stays."""
    before = (
        '<img alt="" src="../_images/a.svg" /><img src="b.svg" width="3" height="4" loading="lazy">'
    )

    expected = (
        '<img alt="" src="../_images/a.svg" width="1" height="2" loading="lazy" decoding="async" />'
        '<img src="b.svg" width="3" height="4" loading="lazy" decoding="async">'
    )
    assert expected == complete(before, {"a.svg": (1, 2), "b.svg": (9, 9)}.get)
