"""What a tab loads, and what it weighs, as the browser reports it.

Weights are in kB of 1000 bytes: what went over the line, compressed, with the headers of answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from playwright.sync_api import CDPSession

KB = 1000


@dataclass(frozen=True)
class Transfer:
    """A file that a tab loaded.

    Args:
        url: Its address.
        size: How many bytes went over the line; 0 if it came out of the cache.
    """

    url: str
    size: int


class Transfers:
    """Keeps count of what a tab loads."""

    def __init__(self, session: CDPSession) -> None:
        """Listen to a tab.

        Args:
            session: A session of the DevTools protocol with the tab.
        """
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


def weight(transfers: Iterable[Transfer], aside: Container[str] = ()) -> float:
    """Add up what went over the line.

    Args:
        transfers: The files.
        aside: Addresses that don't count.

    Returns:
        The weight in kB.

    Examples:
        >>> weight([Transfer("a", 1500), Transfer("b", 200)], aside={"b"})
        1.5
    """
    return sum(each.size for each in transfers if each.url not in aside) / KB


def requests(transfers: Iterable[Transfer]) -> int:
    """Count what went over the line.

    Args:
        transfers: The files.

    Returns:
        How many of them did not come out of the cache.
    """
    return sum(each.size > 0 for each in transfers)


def heaviest(transfers: Iterable[Transfer], aside: Container[str] = ()) -> str:
    """Say what weighs most.

    Args:
        transfers: The files.
        aside: Addresses that don't count.

    Returns:
        The five heaviest with their weights.

    Examples:
        >>> heaviest([Transfer("http://h/a.css", 1500), Transfer("http://h/b/c.js", 2500)])
        '2.5 kB /b/c.js, 1.5 kB /a.css'
    """
    counted = (each for each in transfers if each.url not in aside)
    ordered = sorted(counted, key=lambda each: -each.size)[:5]
    return ", ".join(f"{each.size / KB:.1f} kB /{_path(each.url)}" for each in ordered)


def _path(url: str) -> str:
    return url.split("/", 3)[-1]
