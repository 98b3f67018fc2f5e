"""What the built site offers for download."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import re
import tokenize
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = sorted((ROOT / "gallery").rglob("*.py"))
EXERCISES = "exercises"
NAMES = [
    f"{EXERCISES}/{script.stem}" if script.parent.name == EXERCISES else script.stem
    for script in SCRIPTS
]
"""Each page's name; exercises have their lesson's, so theirs goes with the folder."""
KINDS = (".py", ".ipynb", ".zip")
# What only Sphinx understands, or only docutils, and what sphinx-gallery tells itself.
_RAW = {
    "a role": r":[a-zA-Z][\w:+.-]*:`[^`]",
    "a directive": r"(?m)^\s*\.\. \S",
    "a link of reStructuredText's": r"`__?(?!\w)",
    "a substitution": r"\|[A-Za-z]\w*\|",
    "a heading of reStructuredText's": r"(?m)^\S.*\n([=~^\"*+#-])\1{3,}$",
    "a literal block of reStructuredText's": r"(?m)::$",
    "a setting for sphinx-gallery": r"sphinx_gallery_\w+",
    "a file's address": r"file://",
}
# A script is read as reStructuredText is: its headings and literal blocks are plain text there.
_PLAIN_IN_SCRIPTS = {"a heading of reStructuredText's", "a literal block of reStructuredText's"}


def site_folder() -> Path:
    """Where the built site is or would be: in ``TWOLAYER_SITE``, else in ``_site``."""
    return Path(os.environ.get("TWOLAYER_SITE", ROOT / "_site")).resolve()


def built_site() -> Path:
    """Find the built site.

    Returns:
        Its folder.

    Raises:
        FileNotFoundError: If there is none.
    """
    folder = site_folder()
    if not (folder / "index.html").is_file():
        message = f"there is no site in {folder}; run: nox -s docs"
        raise FileNotFoundError(message)
    return folder


def page_names(site: Path) -> list[str]:
    """List a site's pages by their paths in it."""
    pages = (path.relative_to(site) for path in site.rglob("*.html"))
    return sorted(page.as_posix() for page in pages if page.parts[0] != "_static")


def offered(site: Path) -> list[Path]:
    """List each script, notebook and zip that a site's pages offer.

    Args:
        site: The site's folder.

    Returns:
        Their paths.
    """
    return sorted(path for path in site.glob("_downloads/*/*") if path.suffix in KINDS)


def download(site: Path, name: str) -> Path:
    """Find a file that the site offers for download.

    Args:
        site: The site's folder.
        name: The file's name, that of exercises with their folder.

    Returns:
        Its path.
    """
    stem = name.rpartition(".")[0]
    script = SCRIPTS[NAMES.index(stem)].relative_to(ROOT)
    source = script.with_name(name.rpartition("/")[2]).as_posix()
    # Sphinx keeps downloads of one name apart by a digest of where they come from.
    folder = hashlib.md5(source.encode(), usedforsecurity=False).hexdigest()
    return site / "_downloads" / folder / name.rpartition("/")[2]


def members(archive: Path) -> dict[str, bytes]:
    """Read a zip.

    Args:
        archive: The zip.

    Returns:
        Its files' names and contents, in its own order.
    """
    with zipfile.ZipFile(archive) as opened:
        return {entry.filename: opened.read(entry) for entry in opened.infolist()}


def cells(notebook: bytes, kind: str) -> Iterator[dict[str, Any]]:
    """Go through a notebook's cells of one kind.

    Args:
        notebook: The notebook.
        kind: ``"code"`` or ``"markdown"``.

    Yields:
        Each such cell, its source as one string.
    """
    for cell in json.loads(notebook)["cells"]:
        if cell["cell_type"] == kind:
            yield {**cell, "source": "".join(cell["source"])}


def prose(script: str) -> Iterator[str]:
    r"""Go through what a script says to people.

    Args:
        script: A script.

    Yields:
        Its docstring, then each block of comments that stand on lines of their own.

    Examples:
        >>> list(prose("'Title.'\n# one\n# two\nprint('# no')\nx = 1  # beside\n"))
        ['Title.', 'one\ntwo', 'beside']
    """
    yield ast.get_docstring(ast.parse(script)) or ""
    block: list[str] = []
    line = 0
    for token in tokenize.generate_tokens(io.StringIO(script).readline):
        if token.type == tokenize.COMMENT:
            if block and token.start[0] != line + 1:
                yield "\n".join(block)
                block = []
            block.append(token.string.removeprefix("#").removeprefix(" "))
            line = token.start[0]
    if block:
        yield "\n".join(block)


def raw_markup(text: str, *, script: bool) -> list[str]:
    r"""Find what stays raw outside Sphinx.

    Args:
        text: Prose of a script or a notebook.
        script: Whether it is a script's.

    Returns:
        For each kind of markup that is there, its name and the first place.

    Examples:
        >>> raw_markup("see :func:`torch.relu`", script=True)
        ["a role: ':func:`t'"]
        >>> raw_markup("Title\n=====", script=False)
        ["a heading of reStructuredText's: 'Title\\n====='"]
        >>> raw_markup("the slice x[1::2] and ``print(':a')``", script=False)
        []
    """
    # Between double backquotes all is literal, in Markdown too.
    plain = re.sub(r"``.+?``", "``literal``", text, flags=re.DOTALL)
    kinds = {k: v for k, v in _RAW.items() if not (script and k in _PLAIN_IN_SCRIPTS)}
    found = {kind: re.search(pattern, plain) for kind, pattern in kinds.items()}
    return [f"{kind}: {match.group()!r}" for kind, match in found.items() if match]


def code(script: str) -> str:
    """Write a script's code in a normal form, to compare it with another's.

    Args:
        script: A script, with or without a docstring.

    Returns:
        Its code without docstring, comments and layout.
    """
    tree = ast.parse(script)
    if ast.get_docstring(tree) is not None:
        del tree.body[0]
    return ast.unparse(tree)
