"""Links from the first use of a word on a page to its place in the glossary.

Gallery text holds no roles, and nobody would write them at each first use; so the words of
``docs/glossary.md`` are looked for in every page's prose. A word counts in any case and in its
regular plural, unless it is part of a phrase in which it means something else. The link carries the
definition, which browsers show on hovering.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx

GLOSSARY = "glossary"
WITHOUT = frozenset({GLOSSARY, "404"})
"""Pages whose words are not linked: the glossary, and what nobody reads."""
OTHER_SENSES = ("in place of", "CUDA graph", "hash seed", "Python module")
"""Phrases in which a word of the glossary has another meaning than there."""
_CLOSED = (
    nodes.caption,
    nodes.literal,
    nodes.raw,
    nodes.reference,
    addnodes.pending_xref,
    addnodes.toctree,
)
"""Where a word of a paragraph is not looked for: code, and what is a link already."""


class Term(NamedTuple):
    """A word of the glossary."""

    anchor: str
    """Its place on the glossary's page."""
    definition: str
    """What it means, in plain text."""
    entry: int
    """The number of its entry, which words of one meaning share."""


def terms_of(glossary: nodes.Node) -> dict[str, Term]:
    """List the words that a glossary explains, from the doctree of its page."""
    found: dict[str, Term] = {}
    for entry, item in enumerate(glossary.findall(nodes.definition_list_item)):
        definition = next(item.findall(nodes.definition)).astext()
        for term in item.findall(nodes.term):
            anchor = term["ids"][0]
            word = term.astext().partition("（")[0]  # in Chinese, the English word follows
            found.setdefault(word, Term(anchor, " ".join(definition.split()), entry))
    return found


def plural(word: str) -> str:
    """Give the regular plural of a word.

    Examples:
        >>> plural("gradient"), plural("batch"), plural("accuracy"), plural("array")
        ('gradients', 'batches', 'accuracies', 'arrays')
    """
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def pattern_of(words: Mapping[str, Term]) -> re.Pattern[str]:
    """Make the expression that finds the words, and phrases of other senses, in prose, longer ones first."""
    forms = {form for word in (*words, *OTHER_SENSES) for form in (word, plural(word))}
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    choices = "|".join(
        _bounded(re.escape(form).replace(r"\ ", r"\s+")) for form in ordered if len(form) > 1
    )
    return re.compile(rf"({choices})", re.IGNORECASE)


def _bounded(form: str) -> str:
    """Let a form begin and end where a word does; in Chinese, words stand side by side."""
    start = r"(?<![A-Za-z0-9_-])" if form[0].isascii() else ""
    return start + form + (r"(?![A-Za-z0-9_-])" if form[-1].isascii() else "")


def lookup(words: Mapping[str, Term]) -> dict[str, Term]:
    """List the terms by each form of their words, in small letters."""
    return {form.lower(): term for word, term in words.items() for form in (plural(word), word)}


def prose(document: nodes.Node) -> Iterator[nodes.Text]:
    """Give the text in a page's paragraphs, so no headings and no blocks of code, that is no link."""
    for paragraph in document.findall(nodes.paragraph):
        for text in paragraph.findall(nodes.Text):
            node: Any = text.parent
            while node is not paragraph and not isinstance(node, _CLOSED):
                node = node.parent
            if node is paragraph:
                yield text


def link_terms(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Turn the first use of each of the glossary's words on a page into a link."""
    env, builder = app.env, app.builder
    if builder.format != "html" or docname in WITHOUT or GLOSSARY not in env.found_docs:
        return
    pattern, known = _looked_for(app)
    met: set[int] = set()

    def parts(text: str) -> Iterator[nodes.Node]:
        """Cut a piece of text at the words that are used there for the first time."""
        done = 0
        for match in pattern.finditer(text):
            term = known.get(" ".join(match[0].lower().split()))
            if term is None or term.entry in met:
                continue
            met.add(term.entry)
            yield nodes.Text(text[done : match.start()])
            word = nodes.Text(match[0])
            link = make_refnode(builder, docname, GLOSSARY, term.anchor, word, term.definition)
            link["classes"].append("glossary-link")
            yield link
            done = match.end()
        yield nodes.Text(text[done:])

    for text in list(prose(document)):
        text.parent.replace(text, [part for part in parts(text.astext()) if part.astext()])


@cache
def _looked_for(app: Sphinx) -> tuple[re.Pattern[str], dict[str, Term]]:
    """Read the glossary once for all pages."""
    words = terms_of(app.env.get_doctree(GLOSSARY))
    return pattern_of(words), lookup(words)


def depend(app: Sphinx, _document: nodes.document) -> None:
    """Read a page anew when the glossary has changed."""
    app.env.note_dependency(str(app.env.doc2path(GLOSSARY)))
