"""The course: its pages in reading order, and what the gallery's scripts hold for others to read.

The home page's tables of contents have the order of guides and sections; ``SECTIONS`` has the order of the
pages in a section, and ``GUIDES`` the guides among them. Nothing else lists the gallery's pages.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

from twolayer.rungs import RUNGS
from twolayer_docs.paths import DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

LADDER = "two_layer"
EXERCISES = "exercises"
SECTIONS = {
    LADDER: tuple(rung.name for rung in RUNGS.values() if rung.folder == LADDER),
    "tensors": ("creating", "operations", "numpy_interop", "cuda_device"),
    "autograd": ("gradients", "tracking", "graph", "vector_jacobian_product"),
    "networks": ("lenet", "data_loading", "digits", "train_on_gpu"),
    "scaling": ("how_fast", "data_parallel"),
    "labs": ("break_it", "learning_rate_map"),
}
"""The gallery's folders but that of the exercises, and the pages of each in reading order."""
FOLDERS = (*SECTIONS, EXERCISES)
GUIDES = {"numpy_by_hand": ("try_it", "backward_pass"), "autograd": ("is_it_learning",)}
"""The guides on the ladder's way, by the rung that each comes after."""
HOME = DOCS / "index.md"
RECORDINGS = "recordings/index"
_TOCTREE = re.compile(r"(?ms)^```\{toctree\}\n(.*?)^```$")
_SECTION = re.compile(r"gallery/(\w+)/index")
_HEADER = re.compile(r"(?m)^# /// script\n(?P<toml>(?:#(?: .*)?\n)+?)# ///\n")


class HeaderError(ValueError):
    """A script has no header, or one that can't be read."""


@cache
def reading_order() -> tuple[str, ...]:
    """List the pages from the home page on, each as Sphinx names it.

    Two things lie beside the way: exercises, to which each lesson leads, and recordings, of which there may
    be none.
    """
    order = ["index"]
    for toctree in _TOCTREE.findall(HOME.read_text("utf-8")):
        for entry in filter(None, re.sub(r"(?m)^:.*$", "", toctree).split()):
            section = _SECTION.fullmatch(entry)
            if section is None and entry != RECORDINGS:
                order.append(entry)
            elif section and section[1] != EXERCISES:
                order += section_pages(section[1])
    return tuple(order)


def page_names(folder: str) -> tuple[str, ...]:
    """List the pages of a gallery's folder; exercises have the names and the order of their lessons."""
    if folder in SECTIONS:
        return SECTIONS[folder]
    if folder != EXERCISES:
        message = f"folder: {folder!r} given; want one of {', '.join(FOLDERS)}"
        raise ValueError(message)
    there = {script.stem for script in (ROOT / "gallery" / EXERCISES).glob("*.py")}
    lessons = (docname.rpartition("/")[2] for docname in reading_order())
    return tuple(name for name in lessons if name in there)


def section_pages(folder: str) -> list[str]:
    """List a folder's pages as Sphinx names them, guides on the way included.

    Examples:
        >>> section_pages("two_layer")[:3]
        ['gallery/two_layer/numpy_by_hand', 'try_it', 'backward_pass']
    """
    pages = []
    for name in page_names(folder):
        pages.append(f"gallery/{folder}/{name}")
        pages += GUIDES.get(name, ()) if folder == LADDER else ()
    return pages


def script_header(source: str) -> str:
    r"""Take the lines from the top of a script that name what it needs, as PEP 723 writes them.

    Examples:
        >>> script_header("# /// script\n# dependencies = []\n# ///\nprint(1)\n")
        '# /// script\n# dependencies = []\n# ///\n'
    """
    found = _HEADER.match(source)
    if found is None:
        first = source.partition("\n")[0]
        message = f"a script begins with '# /// script', not with {first!r}"
        raise HeaderError(message)
    return found[0]


def read_header(source: str) -> dict[str, Any]:
    r"""Read a script's header.

    Examples:
        >>> read_header('# /// script\n# dependencies = ["numpy>=2.0"]\n# ///\n')
        {'dependencies': ['numpy>=2.0']}
    """
    lines = script_header(source).splitlines()[1:-1]
    toml = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
    try:
        return tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        message = f"the header is no TOML: {error}"
        raise HeaderError(message) from error


def loop_lines(source: str) -> range:
    r"""Find the loop on a script's top level that fills ``losses``: the numbers of its lines, from 0.

    Examples:
        >>> loop_lines("losses = []\nfor t in range(2):\n    losses.append(t)\nprint(1)\n")
        range(1, 3)
        >>> loop_lines("print(1)\n")
        range(0, 0)
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.For) and "losses.append(" in ast.unparse(node):
            return range(node.lineno - 1, node.end_lineno or node.lineno)
    return range(0)


def training_loop(script: Path) -> list[str]:
    """Take the loop that fills ``losses`` out of a script: its lines without blank ones."""
    source = script.read_text("utf-8")
    lines = source.splitlines()
    if loop := [lines[number].rstrip() for number in loop_lines(source) if lines[number].strip()]:
        return loop
    message = f"{script.name}: no loop with losses.append given; want one on the top level"
    raise ValueError(message)
