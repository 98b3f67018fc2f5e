r"""Maths as MathML, made while the site is built, by Temml in one node process.

The extension registers a maths renderer named ``temml``. TeX that Temml can't read, and a
character that the maths font lacks, become Sphinx warnings at the place in the source.
"""

from __future__ import annotations

import atexit
import html
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from twolayer_docs import npm
from twolayer_docs.pages.mathml_characters import characters
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

WORKER = Path(__file__).with_name("temml_worker.cjs")
FONT_CHARACTERS = DOCS / "_static" / "fonts" / "twolayer-math.txt"
_LOGGER = logging.getLogger(__name__)


class TexError(ValueError):
    """TeX that Temml can't read."""


class Temml:
    """A node process that turns TeX into MathML for as long as it is wanted.

    The process starts with the first formula. It ends on :meth:`close`, when the interpreter
    exits, and, because its input is a pipe from this process, also when this process is killed.
    """

    def __init__(self, worker: Path = WORKER, folder: Path | None = None) -> None:
        """Prepare without starting anything.

        Args:
            worker: The script that node runs.
            folder: Where npm installed Temml; the documentation's own folder if left out.
        """
        self._worker = worker
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the process runs, else ``None``."""
        return None if self._process is None else self._process.pid

    def render(self, tex: str, *, display: bool = False) -> str:
        r"""Turn a formula into MathML.

        Args:
            tex: The formula, such as ``x^2``.
            display: Whether it stands on a line of its own.

        Returns:
            A ``<math>`` element.

        Raises:
            TexError: If Temml can't read the formula.
            npm.NpmError: If Temml is not installed or its process ended early.
        """
        process = self._start()
        if process.stdin is None or process.stdout is None:  # pragma: no cover
            message = "Temml's process has no pipes"
            raise npm.NpmError(message)
        try:
            process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            status = process.wait(timeout=10)
            self.close()
            message = f"Temml's process ended with status {status} while it read: {tex}"
            raise npm.NpmError(message)
        answer: dict[str, str] = json.loads(line)
        if "error" in answer:
            raise TexError(answer["error"])
        return answer["mathml"]

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.close)
        try:
            if process.stdin is not None:
                process.stdin.close()
        except OSError:
            pass
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _start(self) -> subprocess.Popen[str]:
        """Start the process unless it runs."""
        if self._process is None:
            module = npm.module("temml/dist/temml.cjs", self._folder or npm.FOLDER)
            command = [str(npm.node()), str(self._worker), str(module)]
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            atexit.register(self.close)
        return self._process


_TEMML = Temml()


def missing_characters(mathml: str, held: frozenset[str]) -> list[str]:
    """List the characters that the maths font lacks.

    Args:
        mathml: A ``<math>`` element.
        held: The characters that the font holds.

    Returns:
        The missing characters, sorted.
    """
    return sorted(characters(mathml) - held)


def held_characters(path: Path = FONT_CHARACTERS) -> frozenset[str]:
    """Read the list of characters that the maths font is made of.

    Args:
        path: The list, as ``docs/twolayer_docs/tools/font.py`` writes it.

    Returns:
        The characters.
    """
    lines = path.read_text("utf-8").splitlines()
    return frozenset("".join(line for line in lines if not line.startswith("# ")))


def prepare_display(tex: str) -> str:
    r"""Make a display formula ready for Temml.

    Args:
        tex: The formula; blank lines part equations, ``\\`` ends a line.

    Returns:
        The formula in which more than one line stands inside ``aligned``.
    """
    parts = [part.strip() for part in tex.split("\n\n") if part.strip()]
    body = " \\\\\n".join(parts)
    if "\\\\" in body and "\\begin{" not in body:
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
    return body


def _mathml(tex: str, node: nodes.Node, *, display: bool) -> str:
    """Render a formula; report what is wrong with it at its place in the source."""
    try:
        mathml = _TEMML.render(tex, display=display)
    except TexError as error:
        _LOGGER.warning("maths: %s in: %s", error, tex, location=node, type="temml")
        return f"<code>{html.escape(tex)}</code>"
    except npm.NpmError as error:
        raise ExtensionError(str(error)) from error
    for character in missing_characters(mathml, held_characters()):
        _LOGGER.warning(
            "maths: the font lacks %s (U+%04X), which this needs: %s. Run: "
            "python -m twolayer_docs.tools.font --add '%s'",
            character,
            ord(character),
            tex,
            character,
            location=node,
            type="temml",
        )
    return mathml


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula inside a line.

    Args:
        self: Sphinx's HTML writer.
        node: The formula.

    Raises:
        nodes.SkipNode: Always; the content is written.
    """
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(_mathml(node.astext(), node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, with its number where it has one.

    Args:
        self: Sphinx's HTML writer.
        node: The formula.

    Raises:
        nodes.SkipNode: Always; the content is written.
    """
    classes = "math notranslate nohighlight"
    if node["number"]:
        classes += " numbered"
    # The theme wraps the formula in a box that has its anchor already.
    anchored = set(node["ids"]) <= set(node.parent.get("ids", ()))
    self.body.append(self.starttag(nodes.Element() if anchored else node, "div", CLASS=classes))
    self.body.append('<div class="math-scroll" tabindex="0">')
    self.body.append(_mathml(prepare_display(node.astext()), node, display=True))
    self.body.append("</div>")
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def end(_app: Sphinx, _exception: Exception | None) -> None:
    """End node when the build is over, well or badly."""
    _TEMML.close()
