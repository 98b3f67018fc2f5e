"""Maths as MathML, made by Temml while the site is built: node runs once for each page with formulas."""

from __future__ import annotations

import html
import json
import re
import subprocess
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from twolayer_docs import npm
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator

FONT = DOCS / "_static" / "fonts" / "twolayer-math.woff2"
_WORKER = Path(__file__).with_name("temml_worker.cjs")
_SECONDS = 60
_LONE = re.compile(r"<mi>(.)</mi>")
_NO_TEXT = re.compile(r"<annotation\b.*?</annotation>|<[^>]*>", re.DOTALL)
_INVISIBLE = {"Cf", "Cc", "Zs", "Mn"}
_CLASSES = "math notranslate nohighlight"
_LOGGER = logging.getLogger(__name__)


class Formulas(SphinxPostTransform):
    """Gives each formula of a page its MathML; what is wrong with one is a warning at its place."""

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Render all formulas of a page at once."""
        del kwargs
        display = list(self.document.findall(nodes.math_block))
        found = [*display, *self.document.findall(nodes.math)]
        if not found:
            return
        wanted = [(node.astext().strip(), place < len(display)) for place, node in enumerate(found)]
        for node, (tex, _is_display), answer in zip(found, wanted, render(wanted), strict=True):
            node["mathml"] = answer.get("mathml", f"<code>{html.escape(tex)}</code>")
            if "error" in answer:
                _LOGGER.warning("maths: %s in: %s", answer["error"], tex, location=node)
            elif missing := lacking(answer["mathml"]):
                message = "maths: the font lacks %s of: %s; see twolayer_docs/pages/font.py"
                _LOGGER.warning(message, " ".join(sorted(missing)), tex, location=node)


def render(formulas: list[tuple[str, bool]]) -> list[dict[str, str]]:
    """Turn TeX into ``{"mathml": ...}`` or ``{"error": ...}``; with each formula stands whether it is display."""
    wanted = json.dumps([{"tex": tex, "display": display} for tex, display in formulas])
    try:
        command = [npm.node(), _WORKER, npm.module("temml/dist/temml.cjs")]
        done = subprocess.run(  # noqa: S603
            command,
            input=wanted,
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=_SECONDS,
        )
    except npm.NpmError as error:
        raise ExtensionError(str(error)) from error
    except subprocess.SubprocessError as error:
        message = f"Temml failed: {error} {error.stderr or ''}"  # type: ignore[attr-defined]
        raise ExtensionError(message) from error
    answers: list[dict[str, str]] = json.loads(done.stdout)
    return answers


def lacking(mathml: str) -> set[str]:
    """List the characters of a formula that the site's font lacks; a lone letter is drawn in italics."""
    upright, italic = held()
    lone = {one for one in _LONE.findall(mathml) if one.isalpha() or one not in upright}
    others = set(html.unescape(_NO_TEXT.sub("", _LONE.sub("", mathml))))
    missing = (lone - italic) | (others - upright)
    return {one for one in missing if unicodedata.category(one) not in _INVISIBLE}


@cache
def held() -> tuple[set[str], set[str]]:
    """List the characters that the font holds as they are, and the letters that it holds in italics."""
    with TTFont(FONT) as font:
        upright = {chr(code) for code in font.getBestCmap()}
    return upright, {unicodedata.normalize("NFKC", one) for one in upright if not one.isascii()}


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula inside a line."""
    self.body.append(self.starttag(node, "span", "", CLASS=_CLASSES) + f"{node['mathml']}</span>")
    raise nodes.SkipNode


def visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, with its number where it has one."""
    classes = f"{_CLASSES} numbered" if node["number"] else _CLASSES
    # The theme wraps the formula in a box that has its anchor already.
    anchored = set(node["ids"]) <= set(node.parent.get("ids", ()))
    self.body.append(self.starttag(nodes.Element() if anchored else node, "div", CLASS=classes))
    self.body.append(f'<div class="math-scroll" tabindex="0">{node["mathml"]}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode
