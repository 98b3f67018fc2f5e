"""One style sheet and one script for the whole site, in the place of a dozen.

Sphinx, the theme and the extensions bring a file each, and a browser asks for them one by one. Here those
that every page names are joined, in their order; a page that names more keeps the rest. Addresses carry a
sum of the content, so that a browser never keeps an old one.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

STYLES = PurePosixPath("_static/site.css")
SCRIPTS = PurePosixPath("_static/site.js")
WRITTEN = PurePosixPath("_static/scripts")
"""Where scripts lie that people wrote, none of which has a text of several lines that needs its spaces."""
KEPT = ("*LICENSE*", "fonts/*", "card.png")
"""What stays in ``_static`` though no page names it: licences, and what is fetched by other sites."""
_STYLE = re.compile(r'[ \t]*<link rel="stylesheet"[^>]*?href="([^"?]+)[^"]*"[^>]*>\n?')
_SCRIPT = re.compile(r'[ \t]*<script [^>]*?src="([^"?]+)[^"]*"[^>]*></script>\n?')
_ADDRESS = re.compile(r"""url\(\s*(["']?)(?!data:|#|/|[a-z]+:)([^)"']+)\1\s*\)""")
_MAP = re.compile(r"^//[#@] sourceMappingURL=.*$|/\*# sourceMappingURL=.*?\*/", re.MULTILINE)
_FOR_WRITERS = re.compile(r"(?m)^[ \t]*(?://.*\n)?")
"""Indentation, and comments on lines of their own."""
_TEXTS = {".html", ".css", ".js", ".json", ".svg"}


class Bundle(NamedTuple):
    """Files to join, and where to."""

    pattern: re.Pattern[str]
    """The elements that name them."""
    target: PurePosixPath
    """The joined file, within the site."""
    element: str
    """The element that names the joined file, with ``{}`` for its address."""


BUNDLES = (
    Bundle(_STYLE, STYLES, '<link rel="stylesheet" href="{}">'),
    Bundle(_SCRIPT, SCRIPTS, '<script src="{}" defer></script>'),
)


class BundleError(RuntimeError):
    """The site's files can't be joined."""


def pages(site: Path) -> list[Path]:
    """List a site's pages.

    Args:
        site: Its folder.

    Returns:
        Their files, sorted.
    """
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def rewrite(site: Path, *changes: Callable[[str], str]) -> None:
    """Pass each page of a site through functions, one after the other.

    Args:
        site: Its folder.
        *changes: Functions of a page's HTML that return it changed.
    """
    for page in pages(site):
        before = after = page.read_text("utf-8")
        for change in changes:
            after = change(after)
        if after != before:
            page.write_text(after, "utf-8")


def common(lists: Iterable[list[str]]) -> list[str]:
    """Give what stands in all of some lists.

    Args:
        lists: Names in order.

    Returns:
        The names that all have, in the first one's order.

    Examples:
        >>> common([["a", "b", "c"], ["b", "c", "d"]])
        ['b', 'c']
    """
    first, *others = lists
    return [name for name in first if all(name in other for other in others)]


def join_styles(site: Path, names: Iterable[str], folder: PurePosixPath) -> str:
    """Join style sheets.

    Args:
        site: The site's folder.
        names: The sheets, within the site.
        folder: Where the joined one will lie.

    Returns:
        Its text, in which addresses of fonts and pictures fit its place.
    """
    parts = []
    for name in names:
        here = PurePosixPath(name).parent

        def moved(found: re.Match[str], here: PurePosixPath = here) -> str:
            target = _normal(here / found[2])
            return f'url("{_from(folder, target)}")'

        parts.append(_ADDRESS.sub(moved, (site / name).read_text("utf-8")))
    return _MAP.sub("", "\n".join(parts))


def join_scripts(site: Path, names: Sequence[str]) -> str:
    """Join scripts, those that people wrote without their indentation and comments.

    Args:
        site: The site's folder.
        names: The scripts, within the site.

    Returns:
        The joined script's text.
    """
    texts = [(site / name).read_text("utf-8").strip() for name in names]
    texts = [
        _FOR_WRITERS.sub("", text) if WRITTEN in PurePosixPath(name).parents else text
        for name, text in zip(names, texts, strict=True)
    ]
    # A line break and a semicolon, since a script may end in a comment or without either.
    return _MAP.sub("", "\n;\n".join(texts)) + "\n"


def write(site: Path) -> None:
    """Join a site's style sheets and scripts, and remove what no page names any more.

    Args:
        site: The site's folder, changed in place.

    Raises:
        BundleError: If pages have no file in common, or one names a file that is not there.
    """
    texts = {page: page.read_text("utf-8") for page in pages(site)}
    for bundle in BUNDLES:
        named = {
            page: [
                _normal(_here(site, page) / name).as_posix()
                for name in bundle.pattern.findall(text)
            ]
            for page, text in texts.items()
        }
        shared = common(named.values())
        if not shared:
            message = f"no file for {bundle.target.name}: want one that every page names"
            raise BundleError(message)
        for name in shared:
            if not (site / name).is_file():
                message = f"pages name {name}, which is not in the site"
                raise BundleError(message)
        if bundle.target == STYLES:
            joined = join_styles(site, shared, bundle.target.parent)
        else:
            joined = join_scripts(site, shared)
        for name in shared:
            (site / name).unlink()
        (site / bundle.target).write_text(joined, "utf-8")
        version = hashlib.sha256(joined.encode()).hexdigest()[:8]
        for page, text in texts.items():
            address = f"{_from(_here(site, page), bundle.target)}?v={version}"
            element = f"    {bundle.element.format(address)}\n"
            texts[page] = _replaced(text, bundle.pattern, _here(site, page), set(shared), element)
    for page, text in texts.items():
        page.write_text(text, "utf-8")
    remove_unnamed(site)


def remove_unnamed(site: Path) -> list[str]:
    """Remove files of ``_static`` that no page needs: none names them, nor does a file that one needs.

    Args:
        site: The site's folder, changed in place.

    Returns:
        The files removed, within ``_static``.
    """
    static = site / "_static"
    waiting = {
        path: PurePosixPath(path.relative_to(static).as_posix())
        for path in sorted(static.rglob("*"))
        if path.is_file()
    }
    needed = [page.read_text("utf-8") for page in pages(site)]
    while True:
        found = [
            path
            for path, inside in waiting.items()
            if any(inside.match(pattern) for pattern in KEPT)
            or any(path.name in text for text in needed)
        ]
        if not found:
            break
        needed = [path.read_text("utf-8") for path in found if path.suffix in _TEXTS]
        for path in found:
            del waiting[path]
    for path in waiting:
        path.unlink()
    for folder in sorted((p for p in static.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return [inside.as_posix() for inside in waiting.values()]


def _replaced(
    text: str, pattern: re.Pattern[str], here: PurePosixPath, shared: set[str], element: str
) -> str:
    """Put one element in the place of the first that names a joined file, and drop the others."""
    elements = iter([element])

    def replace(found: re.Match[str]) -> str:
        if _normal(here / found[1]).as_posix() not in shared:
            return found[0]
        return next(elements, "")

    return pattern.sub(replace, text)


def _here(site: Path, page: Path) -> PurePosixPath:
    """The folder of a page, within the site."""
    return PurePosixPath(page.parent.relative_to(site).as_posix())


def _normal(path: PurePosixPath) -> PurePosixPath:
    """Resolve ``..`` in a path within the site."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)


def _from(folder: PurePosixPath, target: PurePosixPath) -> str:
    """Write the address of a file as seen from a folder of the site."""
    up, down = list(folder.parts), list(target.parts)
    while up and down and up[0] == down[0]:
        del up[0], down[0]
    return "/".join([".."] * len(up) + down)
