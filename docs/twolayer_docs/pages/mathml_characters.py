"""Which characters of a font a piece of MathML needs.

A browser shows a one-letter ``<mi>`` in italics by exchanging the letter for its mathematical
italic twin, so the font has to hold the twin, not the letter.
"""

from __future__ import annotations

import html
import re

_TOKEN = re.compile(r"<(mi|mo|mn|mtext|ms)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ANNOTATION = re.compile(r"<annotation\b.*?</annotation>", re.DOTALL)
_INVISIBLE = (range(0x2000, 0x2010), range(0x2060, 0x2065), range(0xFE00, 0xFE10))
_UPPER_ALPHA = 0x391
_LOWER_ALPHA = 0x3B1
_SPECIAL = {
    "h": "\N{PLANCK CONSTANT}",
    "\N{LATIN SMALL LETTER DOTLESS I}": "\N{MATHEMATICAL ITALIC SMALL DOTLESS I}",
    "\N{LATIN SMALL LETTER DOTLESS J}": "\N{MATHEMATICAL ITALIC SMALL DOTLESS J}",
    "\N{GREEK CAPITAL THETA SYMBOL}": "\N{MATHEMATICAL ITALIC CAPITAL THETA SYMBOL}",
    "\N{NABLA}": "\N{MATHEMATICAL ITALIC NABLA}",
    "\N{PARTIAL DIFFERENTIAL}": "\N{MATHEMATICAL ITALIC PARTIAL DIFFERENTIAL}",
    "\N{GREEK LUNATE EPSILON SYMBOL}": "\N{MATHEMATICAL ITALIC EPSILON SYMBOL}",
    "\N{GREEK THETA SYMBOL}": "\N{MATHEMATICAL ITALIC THETA SYMBOL}",
    "\N{GREEK KAPPA SYMBOL}": "\N{MATHEMATICAL ITALIC KAPPA SYMBOL}",
    "\N{GREEK PHI SYMBOL}": "\N{MATHEMATICAL ITALIC PHI SYMBOL}",
    "\N{GREEK RHO SYMBOL}": "\N{MATHEMATICAL ITALIC RHO SYMBOL}",
    "\N{GREEK PI SYMBOL}": "\N{MATHEMATICAL ITALIC PI SYMBOL}",
}


def italic(character: str) -> str:
    """Give the mathematical italic twin of a letter.

    Args:
        character: One character.

    Returns:
        The twin, or the character itself where it has none.
    """
    if character in _SPECIAL:
        return _SPECIAL[character]
    code = ord(character)
    if "A" <= character <= "Z":
        return chr(0x1D434 + code - ord("A"))
    if "a" <= character <= "z":
        return chr(0x1D44E + code - ord("a"))
    if _UPPER_ALPHA <= code <= _UPPER_ALPHA + 24 and code != _UPPER_ALPHA + 17:
        return chr(0x1D6E2 + code - _UPPER_ALPHA)
    if _LOWER_ALPHA <= code <= _LOWER_ALPHA + 24:
        return chr(0x1D6FC + code - _LOWER_ALPHA)
    return character


def characters(mathml: str) -> set[str]:
    """Collect the characters that a font must hold to show some MathML.

    Args:
        mathml: One or more ``<math>`` elements as text.

    Returns:
        The characters as the browser draws them, without blanks and invisible operators.
    """
    found: set[str] = set()
    for tag, attributes, content in _TOKEN.findall(_ANNOTATION.sub("", mathml)):
        text = html.unescape(_TAG.sub("", content))
        upright = re.search(r"mathvariant\s*=\s*[\"']?normal", attributes) is not None
        if tag == "mi" and len(text) == 1 and not upright:
            text = italic(text)
        found.update(text)
    return {c for c in found if not c.isspace() and not _invisible(c)}


def _invisible(character: str) -> bool:
    """Tell whether a character only guides layout, such as the invisible times sign."""
    return any(ord(character) in span for span in _INVISIBLE)
