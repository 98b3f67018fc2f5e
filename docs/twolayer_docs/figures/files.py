"""Figures of executed pages as files, and what each picture of the site has.

An executed cell can only hand on text, so :class:`figures.Shown` puts its two pictures into the
page as data. Here each becomes a file with a name that tells its page, ``all_rungs_1.svg`` and
``all_rungs_1_dark.svg``, which Sphinx then handles as any other picture. Where the cell hands on
curves too, the page gets the controls for them; their numbers become a script of their own, which
``curves.js`` asks for when it is needed.

Each picture of the site has its size, so that nothing jumps when it comes, and is loaded when the
reader comes near it.
"""

from __future__ import annotations

import base64
import json
import posixpath
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.images import get_image_size
from sphinx.util.osutil import relative_uri

from twolayer_docs.figures.curves import MARKERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

START = '<div class="figure-pair">'
FOLDER = "_build/figures"
_DATA = "data:image/svg+xml;base64,"
_IMG = re.compile(r"<img\b[^>]*?(?=\s*/?>)")
_SOURCE = re.compile(r'\ssrc="([^"]*)"')


class figure_pair(nodes.General, nodes.Element):  # noqa: N801 - docutils' nodes are written small
    """Two pictures, light and dark; ``name`` is that of their files.

    ``curves`` holds the curves that they show as JSON, where the reader may choose among them.
    """


class Pictures(HTMLParser):
    """Reads what :class:`figures.Shown` wrote."""

    def __init__(self, text: str) -> None:
        """Read.

        Args:
            text: The HTML.
        """
        super().__init__()
        self.images: list[dict[str, str]] = []
        """The attributes of each picture."""
        self.data = ""
        """JSON, if there is any."""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a picture.

        Args:
            tag: The element's name.
            attrs: Its attributes.
        """
        if tag == "img":
            self.images.append({name: value or "" for name, value in attrs})

    def handle_data(self, data: str) -> None:
        """Note the data: there is no other text.

        Args:
            data: The text.
        """
        self.data += data


class FiguresAsFiles(SphinxTransform):
    """Makes files of the figures in the outputs of cells."""

    default_priority = 400

    def apply(self, **_options: Any) -> None:
        """Put nodes in the place of HTML that holds pictures as data."""
        page = self.env.docname.replace("/", "_")
        shown = [
            node for node in self.document.findall(nodes.raw) if node.astext().startswith(START)
        ]
        for number, node in enumerate(shown, start=1):
            node.replace_self(self._pair(Pictures(node.astext()), f"{page}_{number}"))

    def _pair(self, pictures: Pictures, name: str) -> figure_pair:
        """Write the files of a figure and give the node that shows them."""
        pair = figure_pair("", name=name, curves=pictures.data)
        for picture in pictures.images:
            theme = picture["class"]
            file = f"{FOLDER}/{name}{'_dark' if theme == 'only-dark' else ''}.svg"
            drawing = base64.b64decode(picture["src"].removeprefix(_DATA))
            _write(Path(self.env.srcdir, file), drawing)
            pair += nodes.image(
                "",
                uri=f"/{file}",
                alt=picture["alt"],
                width=f"{picture['width']}px",
                height=f"{picture['height']}px",
                loading="lazy",
                classes=[theme],
            )
        return pair


def visit_pair(writer: Any, node: figure_pair) -> None:
    """Begin a figure, and write the numbers of its curves into the built site.

    Args:
        writer: Sphinx's writer of HTML.
        node: The figure.
    """
    if _is_interactive(writer, node):
        place = f"_static/curves/{node['name']}.js"
        _write(Path(writer.builder.outdir, place), script(node["curves"]).encode("utf-8"))
        here = writer.builder.get_target_uri(writer.builder.current_docname)
        writer.body.append(f'<div class="curves" data-curves="{relative_uri(here, place)}">\n')
    writer.body.append(START)


def depart_pair(writer: Any, node: figure_pair) -> None:
    """End a figure, with the controls of its curves.

    Args:
        writer: Sphinx's writer of HTML.
        node: The figure.
    """
    writer.body.append("</div>\n")
    if _is_interactive(writer, node):
        writer.body.append(controls(json.loads(node["curves"]), node["name"]) + "</div>\n")


def script(curves: str) -> str:
    """Write the numbers of curves as a script, since a page on a disk can't fetch data.

    Args:
        curves: The curves as JSON.

    Returns:
        A script that hands the curves to the element that loads it.
    """
    return f"document.currentScript.curves = {curves};\n"


def controls(curves: dict[str, Any], name: str) -> str:
    """Write the controls of curves, which the style sheet hides where no script can run.

    Args:
        curves: The curves, as :func:`curves.read_curves` gives them.
        name: A name that stands once on the page.

    Returns:
        HTML: a slider for the step, a line for what is read, and a list of the curves.
    """
    last = len(curves["curves"][0]["values"]) - 1
    rows = "\n".join(
        f'<li class="curve curve-{number}"><label><input type="checkbox" checked>'
        f'<svg class="curve-sample" viewBox="-12 -6 24 12" width="24" height="12" '
        f'aria-hidden="true"><path class="curve-line" d="M-12 0H12"/>'
        f'<path class="curve-marker" d="{MARKERS[curve["marker"]]}"/></svg>'
        f'<span class="curve-name">{escape(curve["name"])}</span></label>'
        f'<span class="curve-value"></span></li>'
        for number, curve in enumerate(curves["curves"], start=1)
    )
    return f"""\
<fieldset class="curves-controls">
<legend>{escape(curves["title"])}: values</legend>
<div class="curves-step"><label for="{name}-step">{escape(curves["x"])}</label>
<input type="range" id="{name}-step" min="0" max="{last}" value="{last // 2}">
<span class="curves-at" aria-hidden="true">{last // 2}</span></div>
<output class="curves-status" aria-live="off" for="{name}-step"></output>
<div class="curves-buttons"><button type="button" value="all">All curves</button>
<button type="button" value="none">None</button></div>
<ul class="curves-list">
{rows}
</ul>
</fieldset>
"""


def complete(body: str, size_of: Callable[[str], tuple[int, int] | None]) -> str:
    """Give each picture its size, and let it be loaded and decoded when it is needed.

    Args:
        body: The HTML of a page's content.
        size_of: Tells the size in pixels of the picture with some file name, if it is known.

    Returns:
        The same HTML with pictures that have all this.
    """

    def finish(match: re.Match[str]) -> str:
        tag = match[0]
        source = _SOURCE.search(tag)
        has_size = re.search(r"\s(?:width|height)=", tag)
        if source and not has_size and (size := size_of(posixpath.basename(source[1]))):
            tag += f' width="{size[0]}" height="{size[1]}"'
        for attribute in ('loading="lazy"', 'decoding="async"'):
            if attribute.partition("=")[0] + "=" not in tag:
                tag += f" {attribute}"
        return tag

    return _IMG.sub(finish, body)


def complete_pages(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Complete a page's pictures."""
    sources = {name: app.srcdir / source for source, name in app.builder.images.items()}
    if "body" in context:
        context["body"] = complete(
            context["body"],
            lambda name: get_image_size(sources[name]) if name in sources else None,
        )


def _is_interactive(writer: Any, node: figure_pair) -> bool:
    """Whether the reader may choose among a figure's curves: on pages, not in a book."""
    return bool(node["curves"]) and writer.builder.name in {"html", "dirhtml"}


def _write(path: Path, content: bytes) -> None:
    """Write a file that has changed: Sphinx reads pages anew whose pictures are newer."""
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_nothing(_writer: Any, _node: figure_pair) -> None:
    """Write nothing around the pictures."""
