"""What exercises say, in the reader's language."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from twolayer.exercises import check, hint, words
from twolayer.exercises.registry import exercises_of, lesson_names
from twolayer.exercises.words import say

PACKAGE = Path(words.__file__).parents[1]
WORDS: dict[str, str] = json.loads((PACKAGE / "words" / "zh.json").read_text("utf-8"))
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def filled(template: str) -> str:
    """A text with something in each place."""
    text = template.replace("{place}", ", first at 1")
    return PLACEHOLDER.sub(
        lambda one: "7" if one[1].endswith(":d") else f"q{one[1].partition(':')[0]}", text
    )


def test_the_language_is_the_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """TWOLAYER_LANGUAGE decides; without it the locale does; anything but Chinese is English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", words.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("locale.getlocale", lambda: ("Chinese (Simplified)_China", "936"))
    assert words.language() == "zh"
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert words.language() == "en"
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert words.language() == "zh"
    monkeypatch.setenv(words.VARIABLE, "en")
    assert words.language() == "en"


def test_check_and_hint_speak_chinese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In Chinese, a verdict, its advice and a hint are Chinese; names and the diagnosis stay."""
    monkeypatch.setenv(words.VARIABLE, "zh")
    verdict = check("numpy_by_hand.4", lambda h, grad, slope: grad, why=True)
    assert verdict.text.startswith("numpy_by_hand.4：还不对。grad_h：")
    assert verdict.text.endswith('\n想要提示，请运行 hint("numpy_by_hand.4")。')
    assert verdict.diagnosis == "known-mistake"
    hint("numpy_by_hand.4", 2)
    said = capsys.readouterr().out.splitlines()[2:]
    assert said[0].startswith("你上次的答案：grad_h：")
    assert said[2] == '想知道更多，请运行 solution("numpy_by_hand.4")。'


def test_what_nobody_knows_stays() -> None:
    """A text without a translation, a name and an exception's message stay as they are."""
    assert say("Purple cows jump", "zh") == "Purple cows jump"
    assert say(
        "a.1: not yet. Your code raises ValueError: the input is a list, on line 3.", "zh"
    ) == ("a.1：还不对。你的代码在第 3 行抛出 ValueError: the input is a list。")


def test_what_is_filled_in_is_not_cut() -> None:
    """A number keeps its decimals before a place, a name its result, a position its message."""
    for english, chinese in {
        "w1 is 0 everywhere; expected 3.25 at (0, 1)": "w1 处处为 0；应为 3.25（在 (0, 1) 处）",
        "table: ones and zeros are swapped": "table：1 和 0 弄反了",
        "file: 'a.py' given, with a syntax error on line 3, column 4: invalid syntax: x =": (
            "file：给出的是 'a.py'，它有语法错误（SyntaxError），在第 3 行第 4 列：invalid syntax: x ="
        ),
    }.items():
        assert say(english, "zh") == chinese


def test_english_stays_english() -> None:
    """In English nothing changes."""
    assert say("nothing filled in yet: the answer is None", "en") == (
        "nothing filled in yet: the answer is None"
    )


@pytest.mark.parametrize("lesson", lesson_names())
def test_every_hint_is_translated(lesson: str) -> None:
    """Each hint has its Chinese, with the same code in it."""
    for exercise in exercises_of(lesson):
        for text in exercise.hints:
            assert re.search("[\u4e00-\u9fff]", say(text, "zh")), text


def test_each_text_is_found_by_itself() -> None:
    """No text is taken for an earlier, more general one."""
    for english, chinese in WORDS.items():
        if "{text}" not in english:
            expected = re.sub(r"(?<=[，。：；（]) | (?=[，。：；）])", "", filled(chinese))
            expected = expected.replace(", first at 1", "，首先出现在 1")
            assert say(filled(english), "zh") == expected, english


def test_no_text_is_left_over() -> None:
    """Each text, or each of its longer pieces, is still said somewhere in the exercises."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))]
    texts = [n.value for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    source = "\n".join(text for text in texts if isinstance(text, str))
    source += "\n".join(PLACEHOLDER.split(source))
    gone = [
        english
        for english in WORDS
        for piece in PLACEHOLDER.split(english)[::2]
        if len(piece.split()) > 2
        and piece.strip(" ;,.:(").removeprefix("a ").removesuffix(", on line") not in source
    ]
    assert gone == []
