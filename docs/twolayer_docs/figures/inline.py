"""A drawing inside the page, so that the theme's colours reach it."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

_STANDALONE = re.compile(r'\s*<style id="standalone">.*?</style>', re.DOTALL)
_PROLOGUE = re.compile(r"<\?xml.*?\?>\s*|<!--.*?-->\s*", re.DOTALL)


def for_page(svg: str) -> str:
    """Take the ``<svg>`` element out of a file, without the colours that it has when shown alone."""
    return _STANDALONE.sub("", _PROLOGUE.sub("", svg)).strip()


class InlineSvg(SphinxDirective):
    """``inline-svg`` puts a drawing from ``_static`` into the page; the style sheet gives the colours.

    A phone shows ``_drawings/<name>_narrow.svg``, which puts the wide drawing's groups elsewhere.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read both drawings."""
        wide = Path("_static", self.arguments[0])
        narrow = Path("_drawings", f"{wide.stem}_narrow.svg")
        return [self._drawing(wide, "wide"), self._drawing(narrow, "narrow")]

    def _drawing(self, place: Path, width: str) -> nodes.raw:
        """Read one of them."""
        path = Path(self.env.srcdir, place)
        if not path.is_file():
            message = f"inline-svg: there is no docs/{place.as_posix()}"
            raise self.error(message)
        self.env.note_dependency(str(path))
        svg = for_page(path.read_text("utf-8"))
        return nodes.raw("", svg, format="html", classes=["inline-svg", width])
