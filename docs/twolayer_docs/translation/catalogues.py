"""Catalogues: what the course says in English, with what it says in Chinese.

There is one for each page that is translated, one for what stands in code, and one for the interface. Messages
without words, such as a number or a piece of code, are in none.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po, write_po

from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages import Catalog

LANGUAGE = "zh_CN"
FOLDER = DOCS / "locale" / LANGUAGE / "LC_MESSAGES"
CODE, INTERFACE = "code", "sphinx"
"""The catalogues that belong to no page; Sphinx and the theme look for theirs by this name."""
IN_ENGLISH = re.compile(r"404|how_this_site_is_checked|(?:reference|recordings)/.*")
"""The pages that are not translated."""
_NO_WORDS = re.compile(
    r"(`+).*?\1(?!`)"  # code, and what a role is about
    r"|(?::\w+:|\{[\w:]+\})(?=`)"  # a role's name
    r"|\$[^$]*\$"  # a formula
    r"|(?<=\])\([^()\s]*\)"  # where a link leads
    r"|https?:\S+"
)
_WORD = re.compile(r"[^\W\d_]{2}")


def has_words(message: str) -> bool:
    """Tell whether a message can be said in another language.

    Examples:
        >>> has_words("See ``backward``."), has_words("``x`` and :math:`y`"), has_words("1e-6")
        (True, True, False)
        >>> has_words("``torch.relu``"), has_words("[`x`](a/page.md)")
        (False, False)
    """
    return _WORD.search(_NO_WORDS.sub(" ", message)) is not None


def path(domain: str) -> Path:
    """Give the place of a catalogue, by the page's name."""
    return FOLDER / f"{domain}.po"


def load(domain: str) -> Catalog | None:
    """Read a catalogue, if there is one."""
    if not path(domain).is_file():
        return None
    with path(domain).open("rb") as file:
        return read_po(file, LANGUAGE, domain)


def save(domain: str, catalogue: Catalog) -> None:
    """Write a catalogue, without a header, which would tell the day."""
    path(domain).parent.mkdir(parents=True, exist_ok=True)
    with path(domain).open("wb") as file:
        write_po(file, catalogue, width=0, omit_header=True, ignore_obsolete=True)


@cache
def messages(domain: str) -> dict[str, str]:
    """Map each message of a catalogue to its translation, but those without one or with a doubtful one."""
    catalogue = load(domain) or ()
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string and not m.fuzzy}


def say(language: str, domain: str, message: str) -> str:
    """Give a message in a language: its translation, if there is one."""
    return messages(domain).get(message, message) if language == LANGUAGE else message
