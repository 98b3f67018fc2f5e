"""What a check printed, two hints and the solution below each exercise, folded, in that order.

On a page of exercises, a cell that ends in ``check("<lesson>.<number>", ...)`` is followed by four folds. What the
check says of the stub is the first, since a reader is to look at the stub before. The solution is checked as a reader's answer is, and its verdict stands
below it: a solution that isn't right ends the build. A notebook has no folds; there ``hint`` and
``solution`` print the same.
"""

from __future__ import annotations

import contextlib
import io
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.locale import _

from twolayer.exercises.words import say
from twolayer_docs.gallery.run import is_output
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

    from twolayer.exercises.exercise import Exercise

FOLDER = "gallery/exercises/"
PACKAGE = ROOT / "twolayer" / "exercises"
_CHECK = re.compile(r'(?m)^check\("(\w+\.\d+)", ')
_LITERAL = re.compile(r"``(.+?)``")
LONGEST = 80
"""How many lines of code stay unfolded."""
_SECONDS = 60.0
"""How long one call of a solution may take on a slow machine that builds the site."""


class WrongSolutionError(ExtensionError):
    """A solution that its own check refuses."""


class fold(nodes.General, nodes.Element):  # noqa: N801
    """What a reader unfolds by a click on its name."""


def ids_in(code: str) -> list[str]:
    r"""List the exercises that a cell checks.

    Examples:
        >>> ids_in('x = 1\ncheck("autograd.2", x)')
        ['autograd.2']
    """
    return _CHECK.findall(code)


def said(text: str) -> Iterator[nodes.Node]:
    """Parse a hint, in which names of code stand between double backquotes.

    Examples:
        >>> [type(node).__name__ for node in said("print ``h`` twice")]
        ['Text', 'literal', 'Text']
    """
    for place, part in enumerate(_LITERAL.split(text)):
        if place % 2:
            yield nodes.literal("", part)
        elif part:
            yield nodes.Text(part)


def verdict_of(id_: str, exercise: Exercise) -> str:
    """Check a solution, and give the verdict's text."""
    from twolayer.exercises import check  # noqa: PLC0415 - pages without exercises don't need it

    with contextlib.redirect_stdout(io.StringIO()):
        verdict = check(id_, exercise.answer, seconds=_SECONDS)
    if not verdict.right:
        message = f"a solution is not right: {verdict.text}"
        raise WrongSolutionError(message)
    return verdict.text


def folds(id_: str, about: str, language: str) -> list[nodes.Node]:
    """Make the three folds of an exercise, named after what it is about: two hints and the solution."""
    from twolayer.exercises.registry import find  # noqa: PLC0415 - as above

    exercise = find(id_)
    made: list[nodes.Node] = []
    for number, text in enumerate(exercise.hints, start=1):
        hint = nodes.paragraph("", "", *said(say(text, language)))
        made.append(fold("", hint, title=_("Hint {}").format(number), about=about))
    source = nodes.literal_block(exercise.source, exercise.source, language="python")
    verdict = nodes.paragraph("", "", nodes.Text(_("The check prints: ")))
    verdict += nodes.literal("", say(verdict_of(id_, exercise), language))
    made.append(fold("", source, verdict, title=_("Solution"), about=about))
    return made


def translate(output: nodes.literal_block, language: str) -> None:
    """Let a check's output speak the page's language."""
    printed = output.astext()
    if (said := say(printed.strip("\n"), language)) not in printed:
        output.rawsource = said
        output.children = [nodes.Text(said)]


def add_folds(app: Sphinx, document: nodes.document) -> None:
    """Put the folds below what each check printed."""
    docname = app.env.docname
    if not docname.startswith(FOLDER):
        return
    for file in sorted(PACKAGE.rglob("*.py")):
        app.env.note_dependency(str(file))
    language = app.config.language[:2]
    for block in list(document.findall(nodes.literal_block)):
        parent = block.parent
        about = re.split(": |：", parent[0].astext(), maxsplit=1)[-1] if parent else ""
        made = [node for id_ in ids_in(block.astext()) for node in folds(id_, about, language)]
        if not made or parent is None:
            continue
        place = end = parent.index(block) + 1
        while end < len(parent) and is_output(parent[end]):
            end += 1
        printed = parent[place:end]
        for output in printed:
            if isinstance(output, nodes.literal_block):
                translate(output, language)
        title = _("What the check says about this code")
        parent[place:end] = [fold("", *printed, title=title, about=about), *made]


def fold_long_code(app: Sphinx, document: nodes.document) -> None:
    """Fold the code of a lesson's cell that is so long that a reader would lose the thread."""
    if not app.env.docname.startswith("gallery/"):
        return
    for block in list(document.findall(nodes.literal_block)):
        lines = block.astext().strip("\n").count("\n") + 1
        if lines > LONGEST and not is_output(block):
            title = _("Code, {} lines").format(lines)
            folded = fold("", title=title, about=block.parent[0].astext())
            block.replace_self(folded)
            folded += block


def open_fold(self: Any, node: fold) -> None:
    """Open a fold; its name says for a screen reader what it belongs to."""
    about = self.encode(_(", {}").format(node["about"]))
    name = f'{node["title"]}<span class="fold-about">{about}</span>'
    self.body.append(f'<details class="answer"><summary>{name}</summary>\n')


def close_fold(self: Any, _node: fold) -> None:
    """Close a fold."""
    self.body.append("</details>\n")
