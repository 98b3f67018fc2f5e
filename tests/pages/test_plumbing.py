"""What a reader of a page's code need not see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.pages.expectations import PAGES

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = re.compile(r"(?ms)^```\{code-cell\} \w+\n:tags: \[remove-input\]\n.*?^```$")
PLUMBING = re.compile(
    r"# ?noqa|# ?type: ?ignore|\balt:|\b(?:from|import) (?:twolayer_docs|tests)\b|set_label\("
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_code_holds_no_plumbing(page: Path) -> None:
    """No code that a page shows silences a tool, writes for the site alone, or imports what can't be installed."""
    shown = HIDDEN.sub("", page.read_text("utf-8"))

    assert PLUMBING.findall(shown) == []
