"""The guide to error messages: each entry raises what its heading says, mends it, and leads on.

That its code does what it shows is tested by running it: Sybil finds its blocks as those of the other guides.
"""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass
from doctest import DocTestParser, Example

import pytest

from tests.pages.expectations import ROOT

GUIDE = ROOT / "docs" / "error_messages.md"
_BLOCK = re.compile(r"(?ms)^```python\n(.*?)^```$")
_LINK = re.compile(r"\]\((?:gallery/\w+/\w+\.rst|\w+\.md)\)")
_NOT_TRIED = "Not run here"


@dataclass(frozen=True)
class Entry:
    """What stands under a heading, and the code that stands above the entries of its group."""

    title: str
    text: str
    before: str

    @property
    def blocks(self) -> list[list[Example]]:
        """The examples of each block of code."""
        return [DocTestParser().get_examples(code) for code in _BLOCK.findall(self.text)]


def flat(text: str) -> str:
    """Text in one line, without backslashes and backquotes."""
    return " ".join(re.sub(r"[\\`]", "", text).split())


def entries(text: str) -> list[Entry]:
    """Cut a guide into its entries."""
    opening, *groups = re.split(r"(?m)^## ", text)
    found = []
    for group in groups:
        intro, *parts = re.split(r"(?m)^### ", group)
        before = "\n".join(_BLOCK.findall(opening) + _BLOCK.findall(intro))
        for part in parts:
            title, _, rest = part.partition("\n")
            found.append(Entry(flat(title), rest, before))
    return found


def messages(block: list[Example]) -> list[str]:
    """What the examples of a block raise, or show of what a program of their own raised."""
    raised = (
        example.exc_msg or (example.want if "Error" in example.want else "") for example in block
    )
    return [flat(message) for message in raised if message]


def says(message: str, title: str) -> bool:
    """Whether a message has the words of a heading, in order."""
    pieces = [re.escape(piece.strip()) for piece in title.split("…")]
    return re.search(".*".join(pieces), message) is not None


def names(code: str) -> tuple[set[str], set[str]]:
    """The names that the examples of some code use, and those that they make."""
    used, made = set(), set()
    for example in DocTestParser().get_examples(code):
        for node in ast.walk(ast.parse(example.source)):
            match node:
                case ast.Name(id=name, ctx=ast.Load()):
                    used.add(name)
                case ast.Name(id=name) | ast.arg(arg=name):
                    made.add(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    made.add(name)
                case ast.alias(name=name, asname=other):
                    made.add((other or name).partition(".")[0])
    return used, made


ENTRIES = entries(GUIDE.read_text("utf-8"))
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)


def faults(entry: Entry) -> list[str]:
    """What an entry lacks of what every entry has."""
    lacks = []
    raising = [bool(messages(block)) for block in entry.blocks]
    raised = [message for block in entry.blocks for message in messages(block)]
    if _NOT_TRIED not in entry.text and not any(says(message, entry.title) for message in raised):
        lacks.append(f"code that raises it, not {raised}")
    if raised and (raising[-1] or not entry.blocks[-1][-1].want):
        lacks.append("code that works, and shows something, at its end")
    if not _LINK.search(entry.text):
        lacks.append("a page of this site")
    used, made = names("\n".join(_BLOCK.findall(entry.text)))
    free = used - made - names(entry.before)[1] - {*dir(builtins)}
    if free:
        lacks.append(f"names of its own, such as {sorted(free)}")
    return lacks


@each_entry
def test_an_entry_raises_its_message_mends_it_and_leads_on(entry: Entry) -> None:
    """Each heading's words stand in what its code raises, code that works follows, and a page is named.

    What can't be run here says so. No entry uses names of another one.
    """
    assert faults(entry) == []


def test_there_are_many_and_none_twice() -> None:
    """The guide has over sixty messages, nearly all of them raised, and each once."""
    titles = [entry.title for entry in ENTRIES]
    raised = [entry.title for entry in ENTRIES if entry.blocks]

    assert len(titles) == len(set(titles))
    assert len(raised) >= 80


@pytest.mark.parametrize(
    ("before", "after", "lacks"),
    [
        ("### no attribute", "### no such attribute", "code that raises it"),
        (">>> w.shape\ntorch.Size([2])\n", ">>> w = 1\n", "code that works"),
        ("[what autograd tracks](gallery/autograd/tracking.rst)", "another page", "a page"),
        (">>> w = torch.ones(2)\n", "", "names of its own, such as ['w']"),
    ],
)
def test_a_fault_of_an_entry_is_found(before: str, after: str, lacks: str) -> None:
    """An entry that says other words, mends nothing, leads nowhere or borrows a name is found."""
    guide = (
        "# A guide\n\n```python\n>>> import torch\n```\n\n## A group\n\n### no attribute\n\n"
        "```python\n>>> w = torch.ones(2)\n>>> w.size\nTraceback (most recent call last):\n"
        "AttributeError: no attribute 'size'\n```\n\nSee [what autograd tracks](gallery/autograd/tracking.rst).\n\n"
        "```python\n>>> w.shape\ntorch.Size([2])\n```\n"
    )
    (good,) = entries(guide)
    (bad,) = entries(guide.replace(before, after))

    assert faults(good) == []
    (fault,) = faults(bad)
    assert fault.startswith(lacks)
