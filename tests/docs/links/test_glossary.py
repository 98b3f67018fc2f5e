"""Links from pages to the glossary."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docutils import nodes
from sphinx import addnodes

from tests.docs.small_site import build
from twolayer_docs.links.glossary import (
    Term,
    link_terms,
    lookup,
    pattern_of,
    plural,
    prose,
    terms_of,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parents[3] / "docs"
WORDS = {
    "leaf": Term("term-leaf", "A tensor that nothing made.", 0),
    "leaves": Term("term-leaves", "A tensor that nothing made.", 0),
    "Jacobian": Term("term-Jacobian", "A matrix of slopes.", 1),
    "vector-Jacobian product": Term("term-vjp", "A vector times that.", 2),
    "batch": Term("term-batch", "All inputs.", 3),
    "mini-batch": Term("term-mini-batch", "Some inputs.", 4),
}


def found(text: str) -> list[str]:
    """The words found in a text."""
    return pattern_of(WORDS).findall(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A leaf, two leaves.", ["leaf", "leaves"]),
        ("The Jacobian and a vector-Jacobian product", ["Jacobian", "vector-Jacobian product"]),
        ("vector-Jacobian\nproducts", ["vector-Jacobian\nproducts"]),
        ("Mini-batches, then batches", ["Mini-batches", "batches"]),
        ("leaflet, batch_size, subbatch, batch-wise", []),
    ],
)
def test_words_are_found_whole(text: str, words: list[str]) -> None:
    """A word counts whole, in any case, in its plural and across a line's end; the longest wins."""
    assert found(text) == words


def test_every_form_leads_to_the_entry() -> None:
    """Whatever the pattern finds can be looked up."""
    known = lookup(WORDS)
    for text in ("Leaves", "JACOBIANS", "mini-batches", "vector-jacobian products"):
        (word,) = found(text)
        assert known[word.lower()].definition
    assert known["leaves"].entry == known["leaf"].entry


@pytest.mark.parametrize(
    ("word", "several"),
    [("batch", "batches"), ("accuracy", "accuracies"), ("array", "arrays"), ("view", "views")],
)
def test_plurals(word: str, several: str) -> None:
    """Regular plurals are formed as English does."""
    assert plural(word) == several


def test_only_prose_is_looked_at() -> None:
    """Code, headings, links and output are passed over."""
    document = nodes.section(
        "",
        nodes.title("", "leaf 1"),
        nodes.paragraph(
            "",
            "",
            nodes.Text("leaf 2"),
            nodes.literal("", "leaf 3"),
            nodes.reference("", "leaf 4"),
            nodes.emphasis("", "leaf 5"),
            addnodes.pending_xref("", nodes.inline("", "leaf 8")),
        ),
        nodes.literal_block("", "leaf 6"),
        nodes.bullet_list("", nodes.list_item("", nodes.paragraph("", "leaf 7"))),
    )
    assert [str(text) for text in prose(document)] == ["leaf 2", "leaf 5", "leaf 7"]


def test_a_word_in_another_sense_is_no_link(tmp_path: Path) -> None:
    """In a phrase where it means something else a word is passed over; its first true use is the link."""

    def register(app: Sphinx) -> None:
        app.connect("doctree-resolved", link_terms)

    glossary = "Words\n=====\n\n.. glossary::\n\n   in place\n      Without a copy.\n\n   graph\n      A record.\n"
    text = "A mean in place of a sum, CUDA graphs.\n\nA change in place, and a graph.\n"
    pages = {
        "index": "Home\n====\n\nHello.\n",
        "glossary": glossary,
        "page": f"Page\n====\n\n{text}",
    }
    site, _ = build(tmp_path, pages, register)
    html = (site / "page.html").read_text("utf-8")

    assert "A mean in place of a sum, CUDA graphs." in html
    assert re.findall(r"glossary-link[^>]*>([^<]+)</a>", html) == ["in place", "graph"]


def test_terms_of_a_glossary() -> None:
    """Each word of an entry is a term with the entry's definition and its own anchor."""
    glossary = nodes.definition_list(
        "",
        nodes.definition_list_item(
            "",
            nodes.term("", "leaf", ids=["term-leaf"]),
            nodes.term("", "leaves", ids=["term-leaves"]),
            nodes.definition("", nodes.paragraph("", "A tensor\nthat nothing made.")),
        ),
    )
    assert terms_of(glossary) == {word: WORDS[word] for word in ("leaf", "leaves")}


def entries() -> dict[str, str]:
    """The entries of the glossary's source."""
    source = (DOCS / "glossary.md").read_text("utf-8")
    blocks = re.findall(r"(?s)```\{glossary\}\n(.*?)```", source)
    items = [item for block in blocks for item in block.strip().split("\n\n")]
    return {item.partition("\n")[0]: " ".join(re.findall(r"(?m)^  (.*)$", item)) for item in items}


def test_the_glossary_is_in_order() -> None:
    """Words stand in alphabetical order, each under the letters of its section."""
    words = [word.lower() for word in entries()]
    assert words == sorted(words)
    source = (DOCS / "glossary.md").read_text("utf-8")
    for first, last, block in re.findall(
        r"(?s)## (\w) to (\w)\n\n```\{glossary\}\n(.*?)```", source
    ):
        heads = re.findall(r"(?m)^(\w)", block)
        assert all(first <= head.upper() <= last for head in heads)


@pytest.mark.parametrize("word", entries())
def test_definitions_are_short(word: str) -> None:
    """A definition has one or two sentences, beside the one that says where to see the thing."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", entries()[word])
    sentences = re.split(r"(?<=[.?])\s+(?=[A-Z])", text)
    own = [s for s in sentences if not s.startswith(("See ", "Shown in ", "Is this "))]
    assert 1 <= len(own) <= 2, own
    assert text.endswith((".", "?"))


def test_every_word_is_used() -> None:
    """No entry explains a word that no page uses."""
    root = DOCS.parent
    pages = [*(root / "gallery").rglob("*.py"), *(root / "gallery").rglob("*.rst")]
    pages += [path for path in DOCS.glob("*.md") if path.stem != "glossary"]
    text = "\n".join(path.read_text("utf-8").replace("\n# ", "\n") for path in pages)
    for word in entries():
        words = {word: WORDS["leaf"]}
        assert pattern_of(words).search(text), word
