"""Scripts in Chinese: the same code, each comment and docstring translated, lines of some width."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

import pytest
from docutils.utils import column_width
from hypothesis import given
from hypothesis import strategies as st

from twolayer_docs.paths import ROOT
from twolayer_docs.translation import catalogues
from twolayer_docs.translation.scripts import WIDTH, fill, translated, translated_code

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = sorted((ROOT / "gallery").glob("*/*.py"))
every_script = pytest.mark.parametrize(
    "script", SCRIPTS, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


def code(source: str) -> str:
    """A script's code without docstrings, in a normal form."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        kinds = ast.Module | ast.FunctionDef | ast.ClassDef
        if isinstance(node, kinds) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def in_chinese(script: Path) -> str:
    """A script as the Chinese site offers it."""
    page = script.relative_to(ROOT).with_suffix("").as_posix()
    says = [partial(catalogues.say, catalogues.LANGUAGE, name) for name in (page, catalogues.CODE)]
    return translated(script.read_text("utf-8"), *says)


@every_script
def test_a_translated_script_has_the_same_code(script: Path) -> None:
    """All that runs is the same; the text isn't, and no line of it is too wide."""
    source, chinese = script.read_text("utf-8"), in_chinese(script)
    assert code(chinese) == code(source)
    assert "\n# 小结\n# ====\n" in chinese.replace("----", "====")
    texts = [line for line in chinese.splitlines() if line.startswith("# ") and "``" not in line]
    assert [line for line in texts if column_width(line) > WIDTH] == []


@every_script
def test_what_has_no_translation_stays(script: Path) -> None:
    """With empty catalogues a script is the same, byte for byte."""
    source = script.read_text("utf-8")
    assert translated(source, str, str) == source


def test_docstrings_and_comments_are_laid_out_anew() -> None:
    """A docstring of two paragraphs stays one, and a comment beside code stays there."""
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    return 1  # three\n'
    words = {"One.": "一。", "Two.": "二。", "three": "三"}
    assert translated_code(source, lambda text: words.get(text, text)) == (
        'def f():\n    """一。\n\n    二。\n    """\n    return 1  # 三\n'
    )


def test_what_is_no_python_stays() -> None:
    """Code that doesn't parse comes back as it was."""
    assert translated_code("x = # no\n", str.upper) == "x = # no\n"


@given(
    st.text(st.sampled_from("梯度，。（） ab`"), max_size=80).map(
        lambda text: re.sub(" +([，。）])", r"\1", text)
    ),
    st.integers(12, 30),
)
def test_lines_hold_all_of_a_text(text: str, limit: int) -> None:
    """Broken into lines, a text keeps every character but spaces; no line begins with a comma or a full stop."""
    lines = fill(text, limit=limit)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert not any(line.startswith(("，", "。", "）")) for line in lines[1:])
