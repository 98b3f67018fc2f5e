"""Links from the first use of a word on a page to its place in the glossary.

Gallery text holds no roles, and nobody would write them at each first use; so the words of
``docs/glossary.md`` are looked for in every page's prose. A word counts in any case and in its
regular plural. The link carries the definition, which browsers show on hovering.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx

GLOSSARY = "glossary"
WITHOUT = frozenset({GLOSSARY, "404"})
"""Pages whose words are not linked: the glossary, and what nobody reads."""
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
    """List the words that a glossary explains.

    Args:
        glossary: The doctree of its page.

    Returns:
        The terms by their text, as written.
    """
    found = {}
    for entry, item in enumerate(glossary.findall(nodes.definition_list_item)):
        definition = next(item.findall(nodes.definition)).astext()
        for term in item.findall(nodes.term):
            anchor = term["ids"][0]
            found[term.astext()] = Term(anchor, " ".join(definition.split()), entry)
    return found


def plural(word: str) -> str:
    """Give the regular plural of a word.

    Args:
        word: A word or several, of which the last takes the ending.

    Returns:
        The plural.

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
    """Make the expression that finds the words in prose, longer ones first.

    Args:
        words: The glossary's terms.

    Returns:
        A pattern with a group for the word.
    """
    forms = {form for word in words for form in (word, plural(word))}
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    choices = "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in ordered)
    return re.compile(rf"(?<![\w-])({choices})(?![\w-])", re.IGNORECASE)


def lookup(words: Mapping[str, Term]) -> dict[str, Term]:
    """List each form of each word, in small letters.

    Args:
        words: The glossary's terms.

    Returns:
        The terms by what a page may write.
    """
    return {form.lower(): term for word, term in words.items() for form in (plural(word), word)}


def prose(document: nodes.Node) -> Iterator[nodes.Text]:
    """Give the pieces of a page's running text, in order.

    Args:
        document: The page's doctree.

    Yields:
        Text in paragraphs, so no headings and no blocks of code, that is no link.
    """
    for paragraph in document.findall(nodes.paragraph):
        for text in paragraph.findall(nodes.Text):
            node: Any = text.parent
            while node is not paragraph and not isinstance(node, _CLOSED):
                node = node.parent
            if node is paragraph:
                yield text


class GlossaryLinks(SphinxPostTransform):
    """Turn the first use of each of the glossary's words into a link."""

    default_priority = 6
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Link the words of one page.

        Args:
            **kwargs: Unused, part of docutils' interface.
        """
        del kwargs
        docname = self.env.current_document.docname
        if docname in WITHOUT or GLOSSARY not in self.env.found_docs:
            return
        words = terms_of(self.env.get_doctree(GLOSSARY))
        pattern, known = pattern_of(words), lookup(words)
        met: set[int] = set()
        for text in list(prose(self.document)):
            parts = list(self._parts(text.astext(), pattern, known, met, docname))
            if len(parts) > 1 or not isinstance(parts[0], nodes.Text):
                text.parent.replace(text, parts)

    def _parts(
        self,
        text: str,
        pattern: re.Pattern[str],
        known: Mapping[str, Term],
        met: set[int],
        docname: str,
    ) -> Iterator[nodes.Node]:
        """Cut a piece of text at the words that are used there for the first time."""
        done = 0
        for match in pattern.finditer(text):
            term = known[" ".join(match[0].lower().split())]
            if term.entry in met:
                continue
            met.add(term.entry)
            if match.start() > done:
                yield nodes.Text(text[done : match.start()])
            yield self._link(docname, term, match[0])
            done = match.end()
        if done < len(text) or not text:
            yield nodes.Text(text[done:])

    def _link(self, docname: str, term: Term, written: str) -> nodes.reference:
        builder = self.env._app.builder  # noqa: SLF001
        child = nodes.Text(written)
        link = make_refnode(builder, docname, GLOSSARY, term.anchor, child, term.definition)
        link["classes"].append("glossary-link")
        return link


def depend(app: Sphinx, _document: nodes.document) -> None:
    """Read a page anew when the glossary has changed."""
    app.env.note_dependency(str(app.env.doc2path(GLOSSARY)))
