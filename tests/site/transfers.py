"""What a tab loads, and what it weighs, as the browser reports it.

Weights are in kB of 1000 bytes: what went over the line, compressed, with the headers of answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from playwright.sync_api import CDPSession

KB = 1000


class Transfer(NamedTuple):
    """A file that a tab loaded, and how many bytes went over the line: 0 if it came out of the cache."""

    url: str
    size: int


class Transfers:
    """Keeps count of what a tab loads."""

    def __init__(self, session: CDPSession) -> None:
        """Listen to a tab, by a session of the DevTools protocol."""
        self.done: list[Transfer] = []
        self._urls: dict[str, str] = {}
        self._waiting: set[str] = set()
        self._cached: set[str] = set()
        session.on("Network.requestWillBeSent", self._ask)
        session.on("Network.requestServedFromCache", self._take)
        session.on("Network.loadingFinished", self._finish)
        session.on("Network.loadingFailed", self._fail)
        session.send("Network.enable")

    @property
    def waiting(self) -> bool:
        """Whether anything is still on its way."""
        return bool(self._waiting)

    def _ask(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self._urls[event["requestId"]] = event["request"]["url"]
            self._waiting.add(event["requestId"])

    def _take(self, event: dict[str, Any]) -> None:
        self._cached.add(event["requestId"])

    def _finish(self, event: dict[str, Any]) -> None:
        request = event["requestId"]
        self._waiting.discard(request)
        if request in self._urls:
            size = 0 if request in self._cached else round(event["encodedDataLength"])
            self.done.append(Transfer(self._urls[request], size))

    def _fail(self, event: dict[str, Any]) -> None:
        self._waiting.discard(event["requestId"])


def over(transfers: Iterable[Transfer], kb: float, aside: Container[str] = ()) -> list[str]:
    """Say by how much files weigh more than they may, some addresses aside, and which weigh most.

    >>> css, js = Transfer("http://h/a.css", 1500), Transfer("http://h/b/c.js", 2500)
    >>> over([css, js], 3.5)
    ['4.0 kB, at most 3.5: 2.5 kB /b/c.js, 1.5 kB /a.css']
    >>> over([css, js], 3.5, aside={"http://h/a.css"})
    []
    """
    counted = sorted((each for each in transfers if each.url not in aside), key=lambda t: -t.size)
    weight = sum(each.size for each in counted) / KB
    shown = ", ".join(f"{size / KB:.1f} kB /{url.split('/', 3)[-1]}" for url, size in counted[:5])
    return [f"{weight:.1f} kB, at most {kb}: {shown}"] if weight > kb else []
