"""Training loops with each line coloured by what it is for, and what a rung changes in the loop before.

On the page of a rung the code that holds its loop gets the colours of the ladder's blocks, marks what is new against
the rung before, and says below what is gone. The directive ``loops`` puts loops of some rungs side by side. Only
HTML changes: a block's text, which is what is copied and downloaded, stays what it was.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from docutils import nodes
from pygments.lexers.python import PythonLexer
from pygments.token import STANDARD_TYPES
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from twolayer.rungs import RUNGS
from twolayer_docs.course import loop_lines, training_loop
from twolayer_docs.gallery.cards import line, link, plain_line, target
from twolayer_docs.gallery.ladder import kind_of, legend
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from twolayer.rungs import Rung

BEFORE = {after.name: before for before, after in pairwise(RUNGS.values())}
BEFORE |= {"data_parallel": RUNGS["optimizers"]}
"""The rung that each rung but the first changes: the one before, or the one whose loop it takes up again."""
_PAGES = {rung.page: rung for rung in RUNGS.values()}
_CODE = {"literal_block", "code_links_block"}
"""What holds code: docutils' node, and sphinx-gallery's with links in the code."""


class loop_code(nodes.General, nodes.TextElement):  # noqa: N801
    """A block of Python that has been cut into lines."""


def open_code(self: Any, _node: loop_code) -> None:
    """Open the block as Sphinx does."""
    self.body.append('<div class="highlight-python notranslate"><div class="highlight"><pre>')


def close_code(self: Any, _node: loop_code) -> None:
    """Close the block."""
    self.body.append("</pre></div></div>\n")


def loop_of(name: str) -> list[str]:
    """Read a rung's loop."""
    return training_loop(ROOT / f"{RUNGS[name].page}.py")


def new_lines(before: Iterable[str], after: Iterable[str]) -> list[bool]:
    """Tell for each line of a loop whether the loop before had none like it.

    Examples:
        >>> new_lines(["h = x @ w1", "loss = f(h)"], ["loss = f(h)", "loss.backward()"])
        [False, True]
    """
    left = Counter(code.strip() for code in before)
    left.subtract(after := [code.strip() for code in after])
    news = []
    for code in reversed(after):
        news.append(left[code] < 0)
        left[code] += left[code] < 0
    return news[::-1]


def gone(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """List what a loop no longer does, each line in short: another value for the same name, or another call of it, is a change.

    Examples:
        >>> gone(["h = x @ w1", "loss = f(h)", "net.zero_grad()"], ["loss = g(x)"])
        ['h = …', 'net.zero_grad()']
    """
    there = {_subject(code) for code in after}
    return [_short(code) for code in before if _subject(code) not in there]


def _subject(code: str) -> str:
    """What a line sets or calls, whatever it multiplies that by."""
    code = re.sub(r"^\(\w+ \* (\w+)\)", r"\1", code.strip())
    return re.split(r" -?= |\(", code, maxsplit=1)[0]


def _short(code: str) -> str:
    """A line without what it computes."""
    return re.sub(r"( -?= ).*", r"\1…", code.strip())


def tokens(code: str) -> Iterator[nodes.Node]:
    """Cut Python into nodes with the classes that Pygments gives."""
    for kind, text in PythonLexer().get_tokens(code):
        short = STANDARD_TYPES.get(kind, "")
        yield nodes.inline(text, text, classes=[short]) if short else nodes.Text(text)


def in_lines(
    pieces: Iterable[nodes.Node], classes: Mapping[int, Sequence[str]]
) -> Iterator[nodes.Node]:
    """Put the pieces of each line that has classes into a node of its own."""
    number, made = 0, -1
    around = nodes.inline()
    for piece in list(pieces):
        if number in classes and number != made:
            made, around = number, nodes.inline("", "", classes=classes[number])
            yield around
        if number in classes:
            around += piece
        else:
            yield piece
        number += piece.astext().count("\n")


class ColouredLoops(SphinxPostTransform):
    """Colours the loop on the page of a rung, and each that ``loops`` shows."""

    default_priority = 6  # sphinx-gallery puts its links in at 5
    formats = ("html",)

    def run(self, **_options: Any) -> None:
        """Rewrite the blocks of one page."""
        docname = self.env.current_document.docname
        rung = _PAGES.get(docname)
        for block in list(self.document.findall(nodes.TextElement)):
            if block.tagname not in _CODE or not (rung or "loop" in block):
                continue
            code = block.astext().splitlines()
            lines = [n for n in _loop_in(block) if code[n].strip()]
            if not lines:
                continue
            loop = [code[number] for number in lines]
            before = loop_of(BEFORE[rung.name].name) if rung and rung.name in BEFORE else loop
            news = new_lines(before, loop)
            classes = {
                number: ["loop-line", kind_of(code[number]), *["new"] * new]
                for number, new in zip(lines, news, strict=True)
            }
            plain = block.tagname == "literal_block"
            pieces = tokens(block.astext()) if plain else block.children
            made: list[nodes.Node] = [loop_code("", "", *in_lines(pieces, classes))]
            if rung:
                made += [
                    legend("loop-legend", *[_("new or changed here")] * any(news)),
                    *_step(rung, before, loop),
                ]
            block.replace_self(made)
            if rung:
                return


def _step(rung: Rung, before: list[str], loop: list[str]) -> Iterator[nodes.Node]:
    """Say what a rung changes in the loop before."""
    if rung.name not in BEFORE:
        return
    parts: dict[str, list[nodes.Node]] = {"page": [target(BEFORE[rung.name].page)]}
    lost, new = gone(before, loop), sum(new_lines(before, loop))
    template = _("Its loop is the same as that of {page}, line for line.")
    if lost or new:
        template = _("Compared with the loop of {page}, {gone}, and {new}.")
        no, one, more = _("no line is gone"), _("1 line is gone"), _("{} lines are gone")
        parts["gone"] = [nodes.Text(_counted(len(lost), no, one, more)), *_listed(lost)]
        no, one = _("no line is new or changed"), _("1 line is new or changed")
        more = _("{} lines are new or changed")
        parts["new"] = [nodes.Text(_counted(new, no, one, more))]
    said = plain_line("", _("{}. ").format(_(rung.change)), classes=["loop-step"])
    for place, text in enumerate(re.split(r"\{(\w+)\}", template)):
        said += parts[text] if place % 2 else [nodes.Text(text)]
    yield said


def _counted(count: int, no: str, one: str, more: str) -> str:
    """Count lines in what is said of them."""
    return no if not count else one if count == 1 else more.format(count)


def _listed(lines: list[str]) -> Iterator[nodes.Node]:
    """List lines of code in brackets, if there are any."""
    for number, code in enumerate(lines):
        yield nodes.Text(_(", ") if number else _(" ("))
        yield nodes.literal("", code)
    if lines:
        yield nodes.Text(_(")"))


def _loop_in(block: nodes.Element) -> range:
    """Find the loop in a block; what a page has printed is no Python, or has none."""
    try:
        return loop_lines(block.astext())
    except SyntaxError:
        return range(0)


class Loops(SphinxDirective):
    """The ``loops`` directive: the loops of some rungs, side by side."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Make a box for each loop, with its rung's name and its length."""
        row = nodes.container(classes=["loops"])
        for name in self.arguments[0].split():
            page = RUNGS[name].page
            self.env.note_dependency(str(ROOT / f"{page}.py"))
            loop = loop_of(name)
            code = "\n".join(loop)
            block = nodes.literal_block(code, code, language="python", loop=True)
            length = line(self, _("{} lines").format(len(loop)), "loop-length")
            row += nodes.container("", link(page, "loop-title"), length, block)
        return [row, legend("loop-legend")]
