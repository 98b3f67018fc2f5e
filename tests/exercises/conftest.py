"""What exercises say in English can be said in Chinese too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from twolayer.exercises.verdict import LISTENERS
from twolayer.exercises.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTED = re.compile(r"`[^`]*`|'[^']*'|\[.*\]|\{.*\}")
_OF_OTHERS = re.compile(r"(?:抛出 \w+[:：]|报错[:：]|无法捕获你的函数：|计算（).*")
_ENGLISH = re.compile(r"\b(?:the|is|are|it|its|of|and|or|not|with|from|your|you)\b")


@pytest.fixture
def said_in_chinese() -> Iterator[None]:
    """Say every verdict of a test in Chinese; what is quoted and an exception's message stay as they are."""
    texts: list[str] = []
    LISTENERS.append(lambda verdict: texts.append(verdict.text))
    yield
    LISTENERS.pop()
    for text in texts:
        for line in say(text, "zh").splitlines():
            plain = _OF_OTHERS.sub("", _QUOTED.sub("", line))
            assert not _ENGLISH.search(plain), line
