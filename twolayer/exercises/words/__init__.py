"""What the exercises say, in the reader's language.

Every text is English where it is made. The file ``zh.json`` has the Chinese for each; where something is filled in, such
as ``grad_w1`` or a number, both have a placeholder in braces.
"""

from __future__ import annotations

import json
import locale
import os
import re
from functools import cache
from importlib.resources import files

VARIABLE = "TWOLAYER_LANGUAGE"
"""The environment variable that chooses between ``zh`` and ``en``."""
LANGUAGES = ("en", "zh")

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FILLED = {"place": "(?:,? .*)?", "name": "(?:(?!: )[^;])+?"}  # by what may stand there
_AS_GIVEN = {"message", "type"}  # An exception's.
_HAN = r"[\u4e00-\u9fff，。：；？！、（）“”]"


def language() -> str:
    """Choose the reader's language: what ``TWOLAYER_LANGUAGE`` says, or else the locale.

    Returns:
        ``"zh"`` for Chinese, ``"en"`` for everything else.

    Examples:
        >>> os.environ[VARIABLE] = "zh_CN"
        >>> language()
        'zh'
        >>> os.environ[VARIABLE] = "en"
        >>> language()
        'en'
    """
    names = (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")
    named = next(filter(None, map(os.environ.get, names)), locale.getlocale()[0] or "")
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"


def say(text: str, to: str | None = None) -> str:
    """Say a text in the reader's language.

    Args:
        text: What an exercise says, in English.
        to: The language, ``"zh"`` or ``"en"``; by default the reader's.

    Returns:
        The text in that language. What has no translation stays English: names, code, messages of errors.

    Examples:
        >>> say("grad_w1: its sign is flipped", "zh")
        'grad_w1：符号反了'
    """
    return _said(text) if (to or language()) == "zh" else text


def _said(text: str) -> str:
    return "\n".join(map(_line, text.split("\n")))


def _line(text: str) -> str:
    """Say one line, with or without a full stop at its end."""
    plain = text.removesuffix(".")
    said = _translation(plain)
    if said is None:
        return text
    return said if plain == text or said.endswith(("？", "！")) else f"{said}。"


def _translation(text: str) -> str | None:
    whole, patterns = _catalogue()
    if text in whole:
        return whole[text]
    for pattern, chinese in patterns:
        found = pattern.fullmatch(text)
        if found is None or ("{text}" in chinese and _translation(found["_text"]) is None):
            continue
        parts = _PLACEHOLDER.split(chinese)
        for place, name in enumerate(parts):
            if place % 2:
                given = found[_group(name)]
                parts[place] = given if name in _AS_GIVEN else _line(given)
        return re.sub(rf"(?<={_HAN}) (?={_HAN})", "", "".join(parts))
    return None


@cache
def _catalogue() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """The texts without placeholders, and the others as patterns, of which the first that fits counts."""
    words: dict[str, str] = json.loads(files(__package__).joinpath("zh.json").read_text("utf-8"))
    whole: dict[str, str] = {}
    patterns = []
    for english, chinese in words.items():
        text, said = english.removesuffix("."), chinese.removesuffix("。")
        if _PLACEHOLDER.search(text):
            patterns.append((_pattern(text), said))
        else:
            whole |= {text: said, text[:1].upper() + text[1:]: said}
    return whole, patterns


def _pattern(template: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(template)
    for place, part in enumerate(parts):
        some = r"\d+" if part.endswith(":d") else _FILLED.get(part, ".+?")
        parts[place] = f"(?P<{_group(part)}>{some})" if place % 2 else re.escape(part)
    if parts[0][:1].isalpha():  # A sentence begins with a capital letter, a piece of one doesn't.
        parts[0] = f"[{parts[0][0].lower()}{parts[0][0].upper()}]{parts[0][1:]}"
    return re.compile("".join(parts))


def _group(name: str) -> str:
    return f"_{name.partition(':')[0]}"
