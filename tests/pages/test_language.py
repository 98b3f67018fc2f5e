"""Phrasings that readers took for a translation, and how else to say it."""

from __future__ import annotations

import re

import pytest

from twolayer_docs.paths import ROOT

BANNED = {
    r"\b(?:hold|holds|held) (?:it |them |both |this |that )?against\b": "compare with",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\banew\b": "again, or a fresh one",
    r"\b(?:fall|falls|lie|lies) on one another\b": "coincide",
    r"\ban own\b": "its own, or one of its own",
    r"\bthat (?:is|are) none\b": "isn't one, or inf and NaN",
    r"\bwhat is none\b": "isn't one",
    r"(?:^|[.;:] )(?:New|Wrong|Different|Missing) (?:is|are)\b": "begin with the subject",
    r"\bin the others? (?:is|are)\b": "begin with the subject",
    r"\bin silence\b": "silently",
    r"\bat times\b": "sometimes",
    r"\bbut for\b": "except",
    r"\bso many\b": "say how many",
    r"\bthat which\b": "what, or the one that",
    r"\bput(?:s|ting)? aside\b": "save",
    r"\bmakes? nothing of\b": "don't read much into",
    r"\bone .{1,30} more:": "begin with the subject",
}
"""What is never said, with what is said instead."""
_FILES = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/*.md",
    "docs/reference/**/*.md",
    "docs/recordings/*.md",
    "docs/_templates/**/*.html",
    "docs/_static/scripts/*.js",
    "gallery/**/*.py",
    "gallery/**/*.rst",
    "twolayer/**/*.py",
)


@pytest.mark.parametrize("pattern", BANNED)
def test_nothing_is_said_as_a_translation_says_it(pattern: str) -> None:
    """No text that readers see has a banned phrasing; the message says what to write."""
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()}"
        for files in _FILES
        for path in sorted(ROOT.glob(files))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(pattern, line.lstrip("# "), re.IGNORECASE)
    ]
    assert found == [], f"{BANNED[pattern]}: {len(found)}"
