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
    """``inline-svg`` puts a file from ``_static`` into the page; the style sheet gives the colours."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the drawing."""
        path = Path(self.env.srcdir) / "_static" / self.arguments[0]
        if not path.is_file():
            message = f"inline-svg: there is no {path.name} in docs/_static"
            raise self.error(message)
        self.env.note_dependency(str(path))
        svg = for_page(path.read_text("utf-8"))
        markup = f'<div class="inline-svg" tabindex="0">\n{svg}\n</div>'
        return [nodes.raw("", markup, format="html")]
