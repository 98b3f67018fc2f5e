"""Scripts in Chinese: text cells, comments and docstrings are translated, every other token stays as it is."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING, NamedTuple

from docutils.utils import column_width
from sphinx.writers.text import TextWrapper

from twolayer_docs.translation.catalogues import has_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Say = Callable[[str], str]

WIDTH = 88
"""How wide a line is at most; a Chinese character is two wide."""
_ITEM = re.compile(r"- |\d+\. ")
_UNDERLINE = re.compile(r"([=\-~^])\1+")
_CELL = re.compile(r"(?m)^# ?%%")
_PIECES = re.compile(r"\s+|[（《“]*(?:``[^`]+``|[!-~]+|.)[，。；：、！？）》”…]*")


class Change(NamedTuple):
    """Lines of a script, from ``first`` to before ``end``, and what stands there instead."""

    first: int
    end: int
    lines: list[str]


class Block(NamedTuple):
    """A title, a list's item or a paragraph, by its lines."""

    first: int
    end: int
    mark: str
    """What an item begins with, or the character below a title."""
    message: str


class _Lines(TextWrapper):
    """Lines that may end between any two Chinese characters, but not where punctuation belongs to a word."""

    def _split(self, text: str) -> list[str]:
        return _PIECES.findall(text)


def fill(text: str, first: str = "", rest: str = "", limit: int = WIDTH) -> list[str]:
    """Break a text into lines.

    Examples:
        >>> fill("每一步都会更新 ``w1``。", "- ", "  ", limit=16)
        ['- 每一步都会更新', '  ``w1``。']
    """
    return _Lines(limit, first, rest, break_long_words=False).wrap(text)


def blocks(lines: list[str]) -> Iterator[Block]:
    r"""Cut reStructuredText as the gallery writes it into blocks, whose messages are those that Sphinx extracts.

    Examples:
        >>> for block in blocks(["Title", "=====", "", "One", "two.", "", "- a", "  b", "- c"]):
        ...     print(block)
        Block(first=0, end=2, mark='=', message='Title')
        Block(first=3, end=5, mark='', message='One two.')
        Block(first=6, end=8, mark='- ', message='a b')
        Block(first=8, end=9, mark='- ', message='c')
    """
    start = 0
    while start < len(lines):
        if not lines[start].strip():
            start += 1
            continue
        item, end = _ITEM.match(lines[start]), start + 1
        while end < len(lines) and lines[end].strip() and not (item and _ITEM.match(lines[end])):
            end += 1
        said = [line.strip() for line in lines[start:end]]
        if len(said) == 2 and _UNDERLINE.fullmatch(said[1]):  # noqa: PLR2004 - a title and its line
            yield Block(start, end, said[1][0], said[0])
        elif item:
            yield Block(start, end, item[0], " ".join(said).removeprefix(item[0]))
        else:
            yield Block(start, end, "", " ".join(said))
        start = end


def translated_text(lines: list[str], say: Say, limit: int) -> list[str]:
    """Translate reStructuredText; what has no translation stays as it is wrapped."""
    changes = []
    for first, end, mark, message in blocks(lines):
        said = say(message)
        if said == message:
            continue
        if _UNDERLINE.fullmatch(mark * 2):
            changes.append(Change(first, end, [said, mark * column_width(said)]))
        else:
            changes.append(Change(first, end, fill(said, mark, " " * len(mark), limit)))
    return _changed(lines, changes)


def _changed(lines: list[str], changes: list[Change]) -> list[str]:
    made = list(lines)
    for first, end, new in sorted(changes, reverse=True):
        made[first:end] = new
    return made


def translated(source: str, say_text: Say, say_code: Say, *, limit: int = WIDTH) -> str:
    """Translate a script of the gallery, by the catalogue of its page and by that of code."""
    opening = ast.parse(source).body[0]
    lines = source.split("\n")
    inner = lines[opening.lineno : (opening.end_lineno or 0) - 1]
    changes = [
        Change(opening.lineno, opening.lineno + len(inner), translated_text(inner, say_text, limit))
    ]
    cells = [number for number, line in enumerate(lines) if _CELL.match(line)]
    for cell in cells:
        end = cell + 1
        while end < len(lines) and lines[end].startswith("#"):
            end += 1
        text = [line.removeprefix("#").removeprefix(" ") for line in lines[cell + 1 : end]]
        said = translated_text(text, say_text, limit - 2)
        changes.append(Change(cell + 1, end, [f"# {line}".rstrip() for line in said]))
    taken = {n for change in changes for n in range(change.first, change.end)} | {*cells}
    taken |= {*range(opening.lineno)}
    return "\n".join(_changed(lines, [*changes, *_in_code(source, say_code, taken)]))


def translated_code(source: str, say: Say) -> str:
    r"""Translate the comments and docstrings of a piece of code; what is no whole Python stays as it is.

    Examples:
        >>> print(
        ...     translated_code(
        ...         "x = 1  # a number\ny = '# no comment'\n", {"a number": "一个数"}.get
        ...     )
        ... )
        x = 1  # 一个数
        y = '# no comment'
        <BLANKLINE>
    """
    try:
        changes = _in_code(source, say, set())
    except (SyntaxError, tokenize.TokenError):
        return source
    return "\n".join(_changed(source.split("\n"), changes))


def _in_code(source: str, say: Say, taken: set[int]) -> list[Change]:
    lines, changes = source.split("\n"), []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        docstring = ast.get_docstring(node)
        messages = [" ".join(part.split()) for part in (docstring or "").split("\n\n")]
        said = [say(message) for message in messages]
        if docstring and said != messages:
            place = node.body[0]
            indent = " " * place.col_offset
            said[0] = f'"""{said[0]}'
            said[-1] += '"""' if len(said) == 1 else ""
            new = [line for part in said for line in ("", *fill(part, indent, indent))][1:]
            new += [f'{indent}"""'] * (len(said) > 1)
            changes.append(Change(place.lineno - 1, place.end_lineno or place.lineno, new))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        number, column = token.start[0] - 1, token.start[1]
        text = token.string.lstrip("# ")
        if (
            token.type == tokenize.COMMENT
            and number not in taken
            and (comment := say(text)) != text
        ):
            changes.append(Change(number, number + 1, [f"{lines[number][:column]}# {comment}"]))
    return changes


def messages_in_code(source: str) -> list[str]:
    """List what the comments and docstrings of some code say, but the text cells of a script."""
    found: list[str] = []

    def note(message: str) -> str:
        if has_words(message):
            found.append(message)
        return message

    if _CELL.search(source):
        translated(source, str, note)
    else:
        translated_code(source, note)
    return found
