"""Figures of executed guides as files, and what each picture of the site has.

Where a cell ends in ``fig``, its kernel hands the figure to the site as text. Here it becomes four
files whose names begin with the page's, such as ``all_rungs_1.svg`` and ``all_rungs_1_narrow_dark.svg``,
which Sphinx then handles like any other picture. Where its curves can be looked up, the page gets the controls and
the numbers for that.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from docutils import nodes
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.images import get_image_size

from twolayer_docs.figures.curves import controls, read_curves
from twolayer_docs.figures.pairs import Drawing, Pair, draw, files

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from sphinx.application import Sphinx
    from sphinx.config import Config

IN_KERNELS = """\
from matplotlib.figure import Figure
from twolayer_docs.figures.files import hand_over

get_ipython().display_formatter.formatters["text/html"].for_type(Figure, hand_over)
del Figure, hand_over
"""
START = '<script type="application/json" class="figure">'
_END = "</script>"
FOLDER = "_build/figures"


def show_in_kernels(_app: Sphinx, _config: Config) -> None:
    """Let the kernels of this build, whose settings are there, show figures this way."""
    startup = Path(os.environ["IPYTHONDIR"], "profile_default", "startup")
    (startup / "10-figures.py").write_text(IN_KERNELS, "utf-8")


def hand_over(figure: Figure) -> str:
    """Draw and close a figure in a kernel, and write what the site makes pictures of."""
    curves = read_curves(figure)  # before drawing changes the figure
    data = {**draw(figure)._asdict(), "curves": curves}
    plt.close(figure)
    return START + _in_script(data) + _END


class FiguresAsFiles(SphinxTransform):
    """Makes files of the figures in the outputs of cells."""

    default_priority = 400

    def apply(self, **_options: Any) -> None:
        """Put the figures in the places of what the kernels handed over."""
        page = self.env.docname.replace("/", "_")
        outputs = self.document.findall(nodes.raw)
        texts = [(node, node.astext()) for node in outputs if node.astext().startswith(START)]
        for number, (node, text) in enumerate(texts, start=1):
            data = json.loads(text.removeprefix(START).removesuffix(_END))
            node.replace_self(self._figure(data, f"{page}_{number}"))

    def _figure(self, data: dict[str, Any], name: str) -> nodes.container:
        """Write a figure's files and give the node that shows them."""
        pair = nodes.container(classes=["figure-pair"])
        drawing = Drawing(Pair(*data["wide"]), Pair(*data["narrow"]), data["alt"])
        for file, width, theme, svg in files(drawing, name):
            _write(Path(self.env.srcdir, FOLDER, file), svg)
            classes = [width, f"only-{theme}"]
            pair += nodes.image("", uri=f"/{FOLDER}/{file}", alt=drawing.alt, classes=classes)
        if not data["curves"]:
            return pair
        numbers = _in_script(data["curves"])
        html = (
            f"{controls(data['curves'], name)}"
            f'<script type="application/json" data-curves="{name}">{numbers}</script>'
        )
        # A book has no scripts.
        interactive = addnodes.only("", nodes.raw("", html, format="html"), expr="not builder_epub")
        return nodes.container("", pair, interactive, classes=["curves"])


class PictureSizes(SphinxPostTransform):
    """Gives each picture its size, so that nothing jumps when it comes, and loads it when it is near."""

    default_priority = 400
    formats = ("html",)

    def run(self, **_options: Any) -> None:
        """Complete the page's pictures."""
        for image in self.document.findall(nodes.image):
            size = get_image_size(Path(self.env.srcdir, image["uri"]))
            if size is None:
                message = f"{self.env.docname}: the picture {image['uri']} has no size of its own"
                raise ExtensionError(message)
            image["loading"] = "lazy"
            if not {"width", "height", "scale"} & set(image.attributes):
                image["width"], image["height"] = (f"{side}px" for side in size)


def _in_script(data: dict[str, Any]) -> str:
    """Write data as JSON that may stand inside a script element."""
    return json.dumps(data, separators=(",", ":")).replace("<", r"\u003c")


def _write(path: Path, text: str) -> None:
    """Write a file that has changed: Sphinx reads pages anew whose pictures are newer."""
    if not path.is_file() or path.read_text("utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
