"""The ladder as one picture: each rung a link, with the lines of its training loop as blocks.

What stands there comes from the table of rungs and from the gallery's scripts: each block is one
line of the loop, coloured by what the line is for, so that one sees what a rung takes away.
"""

from __future__ import annotations

import re
from itertools import groupby

from docutils import nodes
from sphinx.locale import _
from sphinx.util.docutils import SphinxDirective

from twolayer.rungs import RUNGS
from twolayer_docs.course import training_loop
from twolayer_docs.gallery.cards import line, link, thumbnail
from twolayer_docs.paths import DOCS, ROOT

KINDS = {
    "forward": "forward pass and loss",
    "backward": "backward pass",
    "update": "update",
    "outline": "the loop itself",
}
"""What a line of a loop is for, and what the legend calls it."""
_PATTERNS = (
    ("outline", re.compile(r"for t in |losses\.append\(")),
    (
        "backward",
        re.compile(r"grad_\w+(?:\[.*\])? = |(?:loss|\(processes \* loss\))\.backward\(\)"),
    ),
    (
        "update",
        re.compile(
            r"\w+(?:\.data)? -= |with torch\.no_grad\(\):|\w+\.grad = None|for param in "
            r"|\w+\.zero_grad\(\)|optimizer\.step\(\)"
        ),
    ),
    ("forward", re.compile(r"(?:h|h_relu|y_pred|loss) = ")),
)


def kind_of(code: str) -> str:
    """Say what a line of a training loop is for, in one word of :data:`KINDS`.

    Examples:
        >>> kind_of("    w1 -= learning_rate * grad_w1"), kind_of("    loss.backward()")
        ('update', 'backward')
    """
    for kind, pattern in _PATTERNS:
        if pattern.match(code.strip()):
            return kind
    message = f"the line {code.strip()!r} of a training loop given; want one of {', '.join(KINDS)}: see _PATTERNS"
    raise ValueError(message)


def blocks(loop: list[str]) -> str:
    """Draw a training loop, one block for each line.

    Examples:
        >>> print(
        ...     blocks(["for t in range(500):", "    y_pred = net(x)", "    loss = y_pred.sum()"])
        ... )
        <svg class="loop" viewBox="0 0 36 20" width="36" height="20" aria-hidden="true">
        <path class="outline" d="M1 2h9v16h-9z"/>
        <path class="forward" d="M13 2h9v16h-9zM25 2h9v16h-9z"/></svg>
    """
    kinds = [kind_of(code) for code in loop]
    width = 12 * len(loop)
    shapes = []
    for kind, group in groupby(enumerate(kinds), key=lambda entry: entry[1]):
        places = "".join(f"M{12 * number + 1} 2h9v16h-9z" for number, _ in group)
        shapes.append(f'\n<path class="{kind}" d="{places}"/>')
    return (
        f'<svg class="loop" viewBox="0 0 {width} 20" width="{width}" height="20" '
        f'aria-hidden="true">{"".join(shapes)}</svg>'
    )


def legend(name: str, *more: str) -> nodes.raw:
    """Say what the colours are for, and what else is marked; who hears the page needs neither.

    ``name`` is its class in the style sheet.
    """
    entries = [*KINDS.items(), *(("new", words) for words in more)]
    items = "".join(f'<li><p class="{kind}">{_(words)}</p></li>\n' for kind, words in entries)
    markup = f'<ul class="{name}" aria-hidden="true">\n{items}</ul>'
    return nodes.raw("", markup, format="html")


class Ladder(SphinxDirective):
    """The ``ladder`` directive."""

    def run(self) -> list[nodes.Node]:
        """Make a list of links with each page's drawing, and its legend."""
        ladder = nodes.enumerated_list(classes=["ladder"])
        for rung in RUNGS.values():
            script = ROOT / f"{rung.page}.py"
            self.env.note_dependency(str(script))
            loop = training_loop(script)
            svg = thumbnail(self, DOCS, rung.folder, rung.name)
            picture = nodes.raw("", f'<div class="rung-picture">{svg}</div>', format="html")
            bar = nodes.raw("", f'<div class="rung-loop">{blocks(loop)}', format="html")
            end = nodes.raw("", "</div>", format="html")
            ladder += nodes.list_item(
                "",
                picture,
                link(rung.page, "rung-title"),
                line(self, _(rung.change), "rung-change"),
                bar,
                line(self, _("{} lines").format(len(loop)), "rung-lines"),
                end,
            )
        return [ladder, legend("ladder-legend")]
