"""What a reader of a page's code need not see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.pages.expectations import PAGES
from tests.pages.run_page import code_of

if TYPE_CHECKING:
    from pathlib import Path

PLUMBING = re.compile(
    r"# ?noqa|# ?type: ?ignore|\balt:|\b(?:from|import) (?:twolayer_docs|tests)\b|set_label\("
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_code_holds_no_plumbing(page: Path) -> None:
    """No page's code silences a tool, writes for the site alone, or imports what can't be installed."""
    code, _ = code_of(page)

    assert PLUMBING.findall(code) == []
