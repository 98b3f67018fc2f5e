"""What is made of each page, kept from build to build while all that it is made of stays the same."""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Kept:
    """Texts in a folder, each under a sum of what it was made from.

    Args:
        folder: Where they are kept, and nothing else is; without one, each is made anew.
        makers: The files of Python that make them.
        packages: The packages that help.
    """

    def __init__(
        self, folder: Path | None, makers: Iterable[str], packages: Iterable[str] = ()
    ) -> None:
        self._folder = folder
        self._used: set[str] = set()
        self._maker = hashlib.sha256()
        for maker in makers:
            self._maker.update(Path(maker).read_bytes())
        for package in packages:
            self._maker.update(f"{package}=={metadata.version(package)}\0".encode())

    def get(self, make: Callable[[], str], *parts: str) -> str:
        """Give a text, made now or kept since an earlier build.

        Args:
            make: What makes the text.
            *parts: All that it is made from.

        Returns:
            The text.
        """
        if self._folder is None:
            return make()
        total = self._maker.copy()
        for part in parts:
            total.update(hashlib.sha256(part.encode()).digest())
        name = total.hexdigest()
        self._used.add(name)
        file = self._folder / name
        if file.is_file():
            return file.read_bytes().decode()
        text = make()
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part")
        partial.write_bytes(text.encode())
        partial.replace(file)
        return text

    def forget_others(self) -> None:
        """Remove the texts that nobody asked for since this was made."""
        for file in self._folder.glob("*") if self._folder else ():
            if file.name not in self._used:
                file.unlink()


def article(html: str) -> str:
    """Cut a page's article out, which is what changes when its text does.

    Args:
        html: The page.

    Returns:
        From the first article's start to the last one's end; the page where it has none.

    Examples:
        >>> article("<body><nav></nav><article>Text</article></body>")
        '<article>Text</article>'
    """
    end = "</article>"
    start, stop = html.find("<article"), html.rfind(end)
    return html if min(start, stop) < 0 else html[start : stop + len(end)]
