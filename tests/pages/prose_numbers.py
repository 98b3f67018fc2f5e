"""Numbers in the prose of a page that nothing near them computes, prints or writes in code.

A number counts when it is written in digits, and from ten on also in words; digits that belong to a name don't:
``w1``, float64, Conv2d. The words two to nine stand for so many things that a page nearly always has those
numbers somewhere, so only lists that such a word announces are counted.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect
from functools import cache, reduce
from typing import TYPE_CHECKING, NamedTuple

from tests.pages.expectations import ROOT, expected_file
from twolayer_docs.course import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LESSONS = ROOT / "twolayer" / "exercises" / "lessons"
_words = re.compile(r"\w+").findall
_SMALL = _words("two three four five six seven eight nine")
_TEENS = _words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
_BIG = _words("thousand million billion trillion")
_POWERS = {"hundred": 100} | {word: 1000**power for power, word in enumerate(_BIG, start=1)}
_VALUES = (
    {"a": 1, "one": 1}
    | {word: value for value, word in enumerate([*_SMALL, *_TEENS], start=2)}
    | {word: 10 * value for value, word in enumerate(_TENS, start=2)}
    | _POWERS
)
_UNIT = "|".join(["one", *_SMALL])
_POWER = "|".join(_POWERS)
_NUMBER = re.compile(
    r"(?<![\w.^{-])-?\d+(?:[,_]\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?(?P<percent> ?%)?(?![\w]|\.\d)"
    rf"|(?<![\w-])(?<!powers\sof\s)(?<!power\sof\s)(?:(?:(?:a|{_UNIT})\s)?(?:{_POWER})|"
    rf"(?:{'|'.join(_TEENS + _TENS)})(?:-(?:{_UNIT}))?(?:\s(?:{_POWER}))?)(?![\w-])",
    re.IGNORECASE,
)
# As code and output write numbers.
_WRITTEN = re.compile(r"(?:(?<![\w)\]])-)?(?:\d[\d,_]*(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)")
# What holds digits that state nothing: links' targets, roles' targets, anchors, an exercise's number.
_ADDRESS = re.compile(
    r"\]\([^)]*\)|\{[\w:]+\}`[^`]*`|https?://\S+|<[^>\s]+>|^Exercise \d: ", re.MULTILINE
)
# Code and formulas, which may take up a number from anywhere on the page.
_LITERAL = re.compile(r"``.+?``|`[^`]+`|\$\$.+?\$\$|\$[^$]+\$", re.DOTALL)
_ASIDE = re.compile(rf"{_LITERAL.pattern}|\s\([^)]*\)", re.DOTALL)
# A word for a number in front of a colon, and what follows, to the end of the sentence or the list.
_ANNOUNCED = re.compile(
    rf"\b(?P<number>{'|'.join(_SMALL)})(?:(?:\s(?!(?:{_UNIT})\b)[\w',-]+)+:\n\n(?P<list>(?:(?:- |\d+\. |  ).*\n+)+)"
    r"|(?:\s[\w'-]+){1,6}:\s(?P<items>[^\s.:;](?:(?!\n\n)[^.:;])*)[.;])",
    re.IGNORECASE,
)
# Directives that hold prose, such as a glossary.
_TOLD = re.compile(r"(`{3,})\{(?!code-cell|raw|eval-rst|toctree)")
# A page that an entry of the glossary links to, behind what it says, in the same paragraph.
_LINKED = re.compile(r"(?:(?!\n\n)[\s\S])*?\sSee\s+\[[^\]]*\]\((gallery/[\w/]+)\.rst\)")
# Numbers that get a name.
_NAMED = re.compile(r"(?m)^[\w, ]+ = ([\d\s.,_e()*-]+)(?:#.*)?$")
_EXACT = 100
_VAGUE = 1_000_000


class Number(NamedTuple):
    """A number in prose."""

    line: int
    """The line of the page."""
    text: str
    """As it is written, such as ``1e-8``, ``2,000``, ``97 %`` or ``a thousand``."""

    def is_backed_by(self, values: set[float]) -> bool:
        """Whether one of these is this number or rounds to it; a small whole number must be exact.

        Examples:
            >>> Number(1, "3.2e+07").is_backed_by({3.152e7})
            True
            >>> [Number(1, text).is_backed_by({0.97}) for text in ("97 %", "98 %")]
            [True, False]
            >>> [Number(1, text).is_backed_by({4.2, -1e-6}) for text in ("4", "1e-6", "-1e-6")]
            [False, False, True]
            >>> [Number(1, text).is_backed_by({100, 3e12}) for text in ("a hundred", "a trillion")]
            [True, True]
        """
        if self.text[-1].isalpha():
            words = re.split(r"[\s-]", self.text.lower())
            total = reduce(lambda so_far, word: _step(so_far, _VALUES[word]), words, 0)
            most = 1000 * total if total >= _VAGUE else total
            return any(total <= value <= most for value in values)
        digits = re.sub("[,_% ]", "", self.text)
        wanted = float(digits)
        mantissa, _, exponent = digits.partition("e")
        decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
        exact = abs(wanted) < _EXACT and decimals == 0 and not exponent
        allowed = 1e-9 if exact else 0.501 * 10.0**-decimals
        scales = (1, 100) if self.text.endswith("%") else (1,)
        return any(abs(scale * value - wanted) <= allowed for value in values for scale in scales)


def _step(so_far: int, value: int) -> int:
    return max(so_far, 1) * value if value in _POWERS.values() else so_far + value


class Block(NamedTuple):
    """Lines of a page without a break from prose to code, or back."""

    start: int
    prose: bool
    text: str


def _script_prose(lines: list[str]) -> Iterator[tuple[int, str]]:
    docstring = ast.parse("\n".join(lines)).body[0]
    text = False
    for number, line in enumerate(lines, start=1):
        if docstring.lineno <= number <= (docstring.end_lineno or 0):
            yield number, line.strip('"')
        elif line == "# %%":
            text = True
        elif text and line.startswith("#"):
            yield number, line.removeprefix("#").removeprefix(" ")
        else:
            text = False


def _markdown_prose(lines: list[str]) -> Iterator[tuple[int, str]]:
    ends = told = ""
    for number, line in enumerate(lines, start=1):
        if line.startswith("```{raw}") or ends == "```{raw}":  # a fold's edge parts no text
            ends = "" if line.strip() == "```" else "```{raw}"
            yield number, ""
        elif ends:
            ends = "" if line.strip() == ends else ends
        elif told and line == told:
            told = ""
        elif directive := _TOLD.match(line):
            told = directive[1]
        elif line.startswith("```"):
            ends = "```"
        elif number == 1 and line == "---":
            ends = "---"
        elif not line.startswith("|"):
            yield number, line


@cache
def blocks(page: Path) -> list[Block]:
    """A page's blocks of prose and of code, tables included, by turns."""
    lines = page.read_text(encoding="utf-8").splitlines()
    told = dict(_script_prose(lines) if page.suffix == ".py" else _markdown_prose(lines))
    found: list[Block] = []
    for number, line in enumerate(lines, start=1):
        prose = number in told
        if not found or (line.strip() not in ("", "#", "# %%") and prose != found[-1].prose):
            found.append(Block(number, prose, ""))
        text = told.get(number, line).rstrip()
        found[-1] = found[-1]._replace(text=f"{found[-1].text}{text}\n")
    return found


def written(text: str) -> set[float]:
    """The numbers in code and output. One may end a name or have commas; each way counts."""
    found = [number.replace("_", ",") for number in _WRITTEN.findall(text)]
    texts = {part for number in found for part in (number.replace(",", ""), *number.split(","))}
    return {float(text) for text in texts if re.fullmatch(r"-?[\d.]+(?:e[+-]?\d+)?", text)}


@cache
def code(page: Path) -> str:
    """What of a page is no prose, and for exercises also the module that checks them."""
    checks = (LESSONS / page.name).read_text("utf-8") if page.parent.name == EXERCISES else ""
    return "".join(block.text for block in blocks(page) if not block.prose) + checks


def unbacked(page: Path, shown: list[tuple[int, str]]) -> list[Number]:
    """The numbers in prose that are neither in the code next to it, nor shown by that, nor given a name.

    The first and the last block of prose, code and formulas have the whole page, and a page without code what it
    says to see. ``shown`` is what the page shows, each with the line that shows it.
    """
    parts = blocks(page)
    near = [set() if part.prose else written(part.text) for part in parts]
    for line, text in shown:
        near[bisect([part.start for part in parts], line) - 1] |= written(text)
    named = written("\n".join(_NAMED.findall(code(page))))
    whole = written(code(page)).union(*near)
    told = [place for place, part in enumerate(parts) if part.prose]
    found = []
    for place in told:
        text = parts[place].text
        stated = _ADDRESS.sub(lambda address: " " * len(address[0]), text)
        literal = {at for span in _LITERAL.finditer(stated) for at in range(*span.span())}
        ends = place in (told[0], told[-1]) or page.parent.name == EXERCISES
        beside = whole if ends else named.union(*near[max(place - 1, 0) : place + 2])
        for match in _NUMBER.finditer(stated):
            line = parts[place].start + stated.count("\n", 0, match.start())
            number = Number(line, " ".join(match[0].split()))
            values = whole if match.start() in literal else beside
            if not whole and (linked := _LINKED.match(text, match.end())):
                other = ROOT / f"{linked[1]}.py"
                expected = expected_file(other).read_text(encoding="utf-8")
                values = values.union(written(code(other) + expected))
            if match[0] not in ("0", "1") and not number.is_backed_by(values):
                found.append(number)
    return found


def miscounted(text: str) -> list[str]:
    r"""The places in prose that announce a number of things, "in two ways: by hand or not", and list others.

    Examples:
        >>> miscounted(
        ...     "Two ways: by hand, or with a loop. Three ways (1, 2): by ``f(a, b)``, c\nor d."
        ... )
        []
        >>> miscounted("Three ways: by hand, or with a loop.")
        ['Three ways: by hand, or with a loop.']
        >>> miscounted("Two of the three are fast, and easy:\n\n- a;\n\n  b\n- c;\n- d.\n")
        []
        >>> miscounted("It takes one of two words:\n\n- yes;\n- no;\n- maybe.\n")
        ['two words: - yes; - no; - maybe.']
    """
    found = []
    for match in _ANNOUNCED.finditer(_ASIDE.sub("X", text)):
        listed = re.findall(r"(?m)^(?:- |\d+\. )", match["list"] or "")
        items = listed or re.split(r",\s(?:and|or)\s|,\s|\s(?:and|or)\s", match["items"])
        wanted = _VALUES[match["number"].lower()]
        if len(items) != wanted and (listed or wanted > len(("this", "that"))):
            found.append(" ".join(match[0].split()))
    return found
