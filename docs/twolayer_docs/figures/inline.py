"""A drawing inside the page, so that the theme's colours reach it.

``.. inline-svg:: structure.svg`` puts a file from ``_static`` into the page. The style element
with the id ``standalone``, which colours the drawing where it is shown on its own, is left out:
on the site the style sheet gives the colours.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

_STANDALONE = re.compile(r'\s*<style id="standalone">.*?</style>', re.DOTALL)
_PROLOGUE = re.compile(r"<\?xml.*?\?>\s*|<!--.*?-->\s*", re.DOTALL)


def for_page(svg: str) -> str:
    """Make a stand-alone drawing ready to stand inside a page.

    Args:
        svg: The text of an SVG file.

    Returns:
        The ``<svg>`` element without colours of its own.
    """
    return _STANDALONE.sub("", _PROLOGUE.sub("", svg)).strip()


class InlineSvg(SphinxDirective):
    """The ``inline-svg`` directive."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        """Read the drawing.

        Returns:
            One raw HTML node.

        Raises:
            docutils.utils.SystemMessage: If the file is not there.
        """
        path = Path(self.env.srcdir) / "_static" / self.arguments[0]
        if not path.is_file():
            message = f"inline-svg: there is no {path.name} in docs/_static"
            raise self.error(message)
        self.env.note_dependency(str(path))
        svg = for_page(path.read_text("utf-8"))
        markup = f'<div class="inline-svg" tabindex="0">\n{svg}\n</div>'
        return [nodes.raw("", markup, format="html")]
