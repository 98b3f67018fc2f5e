"""The playground: settings and lines of the training loop that the reader changes, and the fit that they give.

``playground.js`` runs it, in the reader's browser, with the network of ``network.js``. The directive ``playground``
shows all of it; two lessons, which hold no directives, get the settings and the chart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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


class Setting(NamedTuple):
    """A number that the reader can change, with its smallest and its largest value."""

    name: str
    label: str
    default: str
    least: str
    most: str
    whole: bool = True


SETTINGS = (
    Setting("rate", "Learning rate", "1e-6", "1e-9", "1e-3", whole=False),
    Setting("seed", "Seed", "0", "0", "4294967295"),
    Setting("N", "Rows N", "64", "1", "256"),
    Setting("H", "Hidden units H", "100", "1", "400"),
    Setting("steps", "Steps", "500", "1", "2000"),
)


class Choice(NamedTuple):
    """A mistake in a line of the loop: its name for scripts and addresses, its code, and what it teaches."""

    name: str
    code: str
    notice: str


CHOICES = {
    ("relu", "h_relu = np.maximum(h, 0)"): (
        Choice(
            "in_place",
            "h_relu = np.maximum(h, 0, out=h)",
            "The curves coincide. Writing ReLU's result into h makes h and h_relu the same array. "
            "The mask h <= 0 still finds the zeros in it, but h < 0 no longer would: try both together.",
        ),
    ),
    ("error", "grad_y_pred = 2 * (y_pred - y)"): (
        Choice(
            "sign",
            "grad_y_pred = 2 * (y - y_pred)",
            "The loss grows from the first step on, because each update climbs instead of descending.",
        ),
        Choice(
            "mean",
            "grad_y_pred = 2 * (y_pred - y) / y.size",
            "The loss hardly moves. This is the gradient of the mean, which is the gradient of the sum divided "
            "by the number of targets, so the same learning rate takes steps that are too short.",
        ),
    ),
    ("copy", "grad_h = grad_h_relu.copy()"): (
        Choice(
            "alias",
            "grad_h = grad_h_relu",
            "The curves coincide. Without the copy, the mask writes zeros into grad_h_relu too, but nothing "
            "reads grad_h_relu afterwards. You would notice only if you printed it.",
        ),
    ),
    ("mask", "grad_h[h <= 0] = 0"): (
        Choice(
            "less",
            "grad_h[h < 0] = 0",
            "The curves coincide. The two masks differ only where an element of h is exactly 0, and no "
            "element is. At 0, the slope of ReLU is a convention.",
        ),
        Choice(
            "none",
            "pass  # no mask",
            "The loss falls as far as it should, and yet the gradient of w1 is wrong at every step: it flows through the "
            "dead ReLUs too. A falling loss doesn't prove that the gradients are right. Central differences would find this mistake.",
        ),
        Choice(
            "gradient",
            "grad_h[grad_h <= 0] = 0",
            "The loss falls, but far more slowly than it should. The mask looks at the gradient's sign instead of "
            "the input's, so the input of each hidden unit can only be pushed one way.",
        ),
    ),
    ("w1", "w1 -= learning_rate * grad_w1"): (
        Choice(
            "up",
            "w1 += learning_rate * grad_w1",
            "The loss grows without end: the update of w1 climbs it faster than that of w2 can descend.",
        ),
        Choice(
            "none",
            "pass  # w1 stays",
            "The loss grows without end. With w1 fixed, the loss is a parabola in w2, and along its steepest "
            "direction this learning rate overshoots further at each step. At half the rate, the loss falls at every step.",
        ),
    ),
    ("w2", "w2 -= learning_rate * grad_w2"): (
        Choice(
            "up",
            "w2 += learning_rate * grad_w2",
            "The loss falls, and then stays near the loss of predicting zero: the update of w2 climbs it, and "
            "w1 escapes by switching off nearly all of the ReLUs.",
        ),
        Choice(
            "none",
            "pass  # w2 stays",
            "The loss falls, but not as far: w1 has to do all of the work. A loss that falls doesn't show that "
            "every weight is updated.",
        ),
    ),
}
"""The lines that the reader can change, by name and right code, and the mistakes to choose from."""


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
    settings = [setting._replace(label=_(setting.label)) for setting in SETTINGS]
    context: dict[str, Any] = {"settings": settings, "lines": _lines() if node["full"] else []}
    context["more"] = self.builder.get_relative_uri(self.builder.current_docname, GUIDE)
    self.body.append(self.builder.templates.render("playground.html", context))
    raise nodes.SkipNode


def _lines() -> list[dict[str, Any]]:
    """Cut the first rung's loop into lines, with the choices of those that have some."""
    choices = {right: (name, mistakes) for (name, right), mistakes in CHOICES.items()}
    lines = []
    for line in training_loop(LOOP):
        name, mistakes = choices.pop(code := line.strip(), ("", ()))
        indent = line.removesuffix(code)
        mistakes = tuple(mistake._replace(notice=_(mistake.notice)) for mistake in mistakes)
        lines.append({"indent": indent, "code": code, "name": name, "mistakes": mistakes})
    if choices:
        message = (
            f"{LOOP.name}: no line {[*choices]} in its loop, which the playground offers to change"
        )
        raise ValueError(message)
    return lines
