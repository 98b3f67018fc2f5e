"""The playground: settings and lines of the training loop that the reader changes, and the fit that they give.

``playground.js`` runs it, in the reader's browser, with the network of ``network.js``. The directive ``playground``
shows all of it; two lessons, which hold no directives, get the settings and the chart.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import _
from sphinx.util.docutils import SphinxDirective

from twolayer_docs.course import training_loop
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from twolayer_docs.pages.body import Translator

LESSONS = {
    "gallery/two_layer/numpy_by_hand": "why-1e-6",
    "gallery/labs/learning_rate_map": "the-map",
}
"""The lessons with a playground, and the section of each at whose end it is."""
GUIDE = "try_it"
LOOP = ROOT / "gallery" / "two_layer" / "numpy_by_hand.py"
CHANGES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)["line"]
"""The lines that the reader can change, with the mistakes to choose from."""


class playground(nodes.General, nodes.Element):  # noqa: N801
    """Settings, a chart, and where it is ``full``, the loop's lines and the network's histograms."""


class Playground(SphinxDirective):
    """The ``playground`` directive: all of it."""

    def run(self) -> list[nodes.Node]:
        """Put it into the page."""
        self.env.note_dependency(str(LOOP))
        return [_on_the_site(full=True)]


def add_to_lessons(app: Sphinx, document: nodes.document) -> None:
    """Put the settings and the chart at the end of their section of a lesson."""
    wanted = LESSONS.get(app.env.docname)
    for section in document.findall(nodes.section) if wanted else ():
        if wanted in section["ids"]:
            section += _on_the_site(full=False)


def _on_the_site(*, full: bool) -> nodes.Node:
    """Make a playground that books leave out, since they run no scripts."""
    return addnodes.only("", playground("", full=full), expr="not builder_epub")


def write(self: Translator, node: playground) -> None:
    """Write it as HTML; the style sheet hides it where no script can run."""
    context: dict[str, Any] = {"lines": _lines() if node["full"] else [], "say": _}
    context["more"] = self.builder.get_relative_uri(self.builder.current_docname, GUIDE)
    self.body.append(self.builder.templates.render("playground.html", context))
    raise nodes.SkipNode


def _lines() -> list[dict[str, Any]]:
    """Cut the first rung's loop into lines, with a name and the mistakes where the reader can change them."""
    changes = {change["code"]: change for change in CHANGES}
    lines = []
    for line in training_loop(LOOP):
        code = line.strip()
        lines.append({"code": code, "indent": line.removesuffix(code), **changes.pop(code, {})})
    if changes:
        message = (
            f"{LOOP.name}: no line {[*changes]} in its loop, which the playground offers to change"
        )
        raise ValueError(message)
    return lines
