"""The catalogues: complete, and each translation says of code, links and figures what the English says."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.course import reading_order
from twolayer_docs.paths import ROOT
from twolayer_docs.translation import catalogues, messages
from twolayer_docs.translation.catalogues import has_words
from twolayer_docs.translation.interface import interface

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAINS = sorted(
    path.relative_to(catalogues.FOLDER).with_suffix("").as_posix()
    for path in catalogues.FOLDER.rglob("*.po")
)
VERDICTS: dict[str, str] = json.loads(
    (ROOT / "twolayer" / "exercises" / "words" / "zh.json").read_text("utf-8")
)
HAN = "\u4e00-\u9fff"
NEVER = (
    *("渐变", "纯量", "向前传播", "体重衰减", "欧氏距离", "雅各比", "前向传递", "反向传递"),
    *("自动梯度", "丢弃法", "随机失活", "全规约", "独热码", "我们", "您"),
)
"""Words of old translations, and what isn't said to a reader."""
_SAME = {
    "code": r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)",
    "roles": r"(?::\w+:|\{[\w:-]+\})(?=`)",
    "targets of links": r"(?<=\])\([^()\s]*\)",
    "formulas": r"\$[^$]*\$",
    "placeholders": r"\{\w*(?::\w+)?\}|%\(\w+\)s",
    "tags": r"</?a\b[^>]*>",
    "emphasis": r"(?<!\*)\*(?!\*)",
}
_PROSE = re.compile(r"(`+).*?\1(?!`)|\([^()\s]*\)|\$[^$]*\$|\{[^{}]*\}|%\(\w+\)s|<[^>]+>")
_EITHER = {"Pi", "Pf", "Pd", "Po"}
_NUMBER = r"(?<![\w.])\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_SPACING = {
    "half-width punctuation": f"[{HAN}][,;:!?]|[{HAN}]\\.(?!\\w)|[,;](?=[{HAN}])",
    "no space beside Latin letters": f"[{HAN}][A-Za-z0-9`]|[A-Za-z0-9`][{HAN}]",
    "a space beside full-width punctuation": r"\S [，。：；？！、）”]|[，。：；？！、（“] \S",
    "a space between Chinese": f"[{HAN}] [{HAN}]",
    "ASCII brackets or quotes": f'\\([{HAN}]|[{HAN}]\\)|"[{HAN}]|[{HAN}]"',
}


def faults(english: str, chinese: str) -> Iterator[str]:
    """Say what is wrong with a translation, as far as a program can tell."""
    for what, pattern in _SAME.items():
        counts = [
            Counter(found[0] for found in re.finditer(pattern, text)) for text in (english, chinese)
        ]
        if counts[0] != counts[1]:
            yield f"other {what}: {counts[0] - counts[1]} gone, {counts[1] - counts[0]} new"
    plain = [_PROSE.sub(" ", text) for text in (english, chinese)]
    numbers = [Counter(re.findall(_NUMBER, text)) for text in plain]
    if numbers[0] != numbers[1]:
        yield f"other numbers: {numbers[0] - numbers[1]} gone, {numbers[1] - numbers[0]} new"
    for word in NEVER:
        if word in plain[1]:
            yield f"the word {word}"
    for what, pattern in _SPACING.items():
        if found := re.search(pattern, re.sub(r"\{[^{}]*\}|%\(\w+\)s|<[^>]+>", "…", chinese)):
            yield f"{what}: {found[0]!r}"


def unseen(chinese: str) -> list[str]:
    r"""List the literals that reStructuredText doesn't see: what stands beside them hides them.

    >>> unseen("（``a``）``b`` 和 ``c``（d）")
    ['）``b`` ', ' ``c``（']
    """
    hidden = []
    for literal in re.finditer(r"``[^`]+``", chinese):
        before, after = chinese[: literal.start()][-1:] or " ", chinese[literal.end() :][:1] or " "
        kinds = unicodedata.category(before), unicodedata.category(after)
        if kinds[0] not in {"Zs", "Ps", *_EITHER} or kinds[1] not in {"Zs", "Pe", *_EITHER}:
            hidden.append(f"{before}{literal[0]}{after}")
    return hidden


def test_every_page_that_teaches_has_a_catalogue() -> None:
    """Each page of the course has one, and no other page."""
    pages = {page for page in reading_order() if not catalogues.IN_ENGLISH.fullmatch(page)}
    exercises = {f"gallery/exercises/{path.stem}" for path in ROOT.glob("gallery/exercises/*.py")}
    indexes = {
        f"{path.relative_to(ROOT).with_suffix('')}" for path in ROOT.glob("gallery/*/index.rst")
    }
    more = {catalogues.CODE, catalogues.INTERFACE}
    assert {*DOMAINS} == pages | exercises | indexes | more


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_catalogue_is_complete_and_sound(domain: str) -> None:
    """Every message has a translation that nobody doubts, with the same code, links, formulas and numbers."""
    catalogue = catalogues.load(domain)
    assert catalogue is not None
    wrong = {}
    for message in catalogue:
        english, chinese = str(message.id), str(message.string)
        if english:
            found = [*faults(english, chinese)]
            if message.fuzzy or not chinese:
                found.append("not translated")
            if domain.startswith("gallery/"):
                found += unseen(chinese)
            if found:
                wrong[english[:60]] = found
    assert wrong == {}


def test_what_stands_in_code_and_around_pages_is_in_the_catalogues() -> None:
    """Each comment, each docstring of the gallery and each word of the interface has its message."""
    code, around = (catalogues.messages(name) for name in (catalogues.CODE, catalogues.INTERFACE))
    assert {*messages.of_code()} - code.keys() == set()
    assert {*interface()} - around.keys() == set()


@pytest.mark.parametrize("start", range(0, len(VERDICTS), 100))
def test_verdicts_keep_what_is_filled_in(start: int) -> None:
    """What exercises say has the same placeholders and code in Chinese, and none of the old words."""
    pairs = [*VERDICTS.items()][start : start + 100]
    wrong = {}
    for english, chinese in pairs:
        if found := [
            fault for fault in faults(english, chinese) if not fault.startswith("other numbers")
        ]:
            wrong[english] = found
    assert wrong == {}


def test_what_has_no_words_is_no_message() -> None:
    """Code, formulas, numbers and addresses alone need no translation; a word beside them does."""
    assert not any(map(has_words, ("``x.y``", "$a_b$", "{py:func}`f`", "[`x`](y.md)", "1.5e-7 %")))
    assert all(map(has_words, ("``x`` and", "[the page](y.md)", "of 3")))
