"""What of a page is translated, and the check that all of it is."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import _
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.nodes import extract_messages

from twolayer_docs.gallery.run import is_output
from twolayer_docs.translation.catalogues import (
    CODE,
    IN_ENGLISH,
    LANGUAGE,
    has_words,
    messages,
    say,
)
from twolayer_docs.translation.interface import SUMMARY
from twolayer_docs.translation.scripts import translated_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

_LOGGER = logging.getLogger(__name__)
_LEADS = {"Next: ": "next", "Practise: ": "practise", "Back: ": "back"}


class Marks(SphinxTransform):
    """Gives what others look for in any language a class: exercises, and paragraphs that lead on or back."""

    # Before Sphinx's Locale, which is at 20, so while it is English.
    default_priority = 14

    def apply(self, **_options: Any) -> None:
        """Look at one page."""
        for section in self.document.findall(nodes.section):
            if section[0].astext().startswith("Exercise "):
                section["classes"].append("exercise")
        for paragraph in self.document.findall(nodes.paragraph):
            for start, name in _LEADS.items():
                if paragraph.astext().startswith(start):
                    paragraph["classes"].append(name)


class Translatable(SphinxTransform):
    """Leaves out what isn't translated, and warns of each message that has no translation yet."""

    # Before Sphinx's Locale, which is at 20.
    default_priority = 15

    def apply(self, **_options: Any) -> None:
        """Look at one page."""
        for node in self.document.findall(nodes.Element):
            for part in _untranslated(node):
                part["translatable"] = False
            if isinstance(node, nodes.image) and self.app.builder.name == "gettext":
                node["alt"] = ""
        docname = self.env.docname
        if self.config.language != LANGUAGE or IN_ENGLISH.fullmatch(docname):
            return
        known = messages(docname)
        for node, message in extract_messages(self.document):
            if has_words(message) and message not in known and not isinstance(node, nodes.image):
                said = "not in the catalogue, so run nox -s messages and translate: %s"
                _LOGGER.warning(said, message, location=node, type="translation")


def _untranslated(node: nodes.Element) -> Iterator[nodes.Element]:
    """Give what in a node is never translated: fields of a page's head, formulas, figures of a run, what no reader sees."""
    whole = isinstance(node, nodes.field_list | nodes.math_block)
    whole |= "sphx-glr-download-link-note" in node["classes"]
    # What a cell printed stays as the cell says it; where the cell is hidden, its words are the page's own.
    printed = "cell" in node["classes"] and list(node.findall(_is_printed))
    hidden = "tag_remove-input" in node["classes"]
    for place in [node] if whole else printed or ():
        for part in place.findall(nodes.TextElement):
            figures = any(letter.isdigit() for letter in part.astext())
            if not isinstance(part, nodes.Inline) and (figures or not hidden):
                yield part


def _is_printed(node: nodes.Node) -> bool:
    """Tell whether a node holds the Markdown that a cell printed."""
    return isinstance(node, nodes.Element) and node.get("mime_type") == "text/markdown"


def translate_code(app: Sphinx, document: nodes.document) -> None:
    """Translate the comments and docstrings of a page's code, and the names of folds that it writes as HTML."""
    if app.config.language != LANGUAGE or IN_ENGLISH.fullmatch(app.env.docname):
        return
    for block in document.findall(nodes.literal_block):
        code = block.astext()
        said = code if is_output(block) else translated_code(code, partial(say, LANGUAGE, CODE))
        if said != code:
            block.rawsource = said
            block.children = [nodes.Text(said)]
    for raw in document.findall(nodes.raw):
        html = SUMMARY.sub(lambda name: f"<summary>{_(name[1])}</summary>", raw.astext())
        html = re.sub(r"<svg (?=[^>]*aria-label)", '<svg lang="en" ', html)
        raw.children = [nodes.Text(html)]
