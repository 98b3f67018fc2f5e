"""Whether the pages' HTML is sound: what is opened is closed, and an anchor stands once."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905
)


class _Checker(HTMLParser):
    """Notes what is wrong with a page's elements."""

    def __init__(self) -> None:
        """Start before the first element."""
        super().__init__()
        self.problems: list[str] = []
        self._open: list[str] = []
        self._ids: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element's attributes, and wait for its end."""
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element's attributes."""
        for name, count in Counter(name for name, _ in attrs).items():
            if count > 1:
                self._note(f"<{tag}> has {name} {count} times")
        identity = dict(attrs).get("id")
        if identity is not None:
            self._ids[identity] += 1
            if self._ids[identity] > 1:
                self._note(f"<{tag}> has the id {identity!r} of another element")

    def handle_endtag(self, tag: str) -> None:
        """Look whether the element that ends is the last that began."""
        if self._open and self._open[-1] == tag:
            self._open.pop()
        else:
            self._note(f"</{tag}> ends what is not the last open element, {self._open[-1:]}")

    def close(self) -> None:
        """Note what was never ended."""
        super().close()
        self.problems += [f"<{tag}> is never closed" for tag in self._open]

    def _note(self, problem: str) -> None:
        self.problems.append(f"line {self.getpos()[0]}: {problem}")


def test_elements_are_nested_and_anchors_stand_once(site: Path) -> None:
    """Each element ends inside the one that it began in, and no page has an id or attribute twice."""
    problems = {}
    for page in sorted(site.rglob("*.html")):
        checker = _Checker()
        checker.feed(page.read_text("utf-8"))
        checker.close()
        if checker.problems:
            problems[page.relative_to(site).as_posix()] = checker.problems[:3]

    assert problems == {}
