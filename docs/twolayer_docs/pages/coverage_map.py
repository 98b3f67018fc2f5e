"""The map of what is taught where, and which test holds it: ``.. coverage-map:: taught``.

``docs/what_is_taught_where.toml`` has the rows. The directive writes them as tables, each page by its
title, each test by the sentence in which its docstring says what it checks. A row whose page, whose
words on the page or whose test is gone ends the build.
"""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

ROWS = ROOT / "docs" / "what_is_taught_where.toml"


class Row(NamedTuple):
    """One thing that the site teaches."""

    group: str
    """The heading that it stands under."""
    says: str
    """What old texts say instead; empty where nothing is put right."""
    teaches: str
    """What is taught, in Markdown."""
    page: str
    """The page, ``gallery/<folder>/<name>`` or a guide's name."""
    shows: tuple[str, ...]
    """Pieces of the page's source that teach it."""
    tests: tuple[str, ...]
    """The tests that hold it, ``path::function``, or a page whose cells assert it."""


class StaleRowError(ValueError):
    """A row that names something that is not there.

    Args:
        row: The row.
        problem: What is missing.
    """

    def __init__(self, row: Row, problem: str) -> None:
        super().__init__(f"{row.page}: {row.teaches!r}: {problem}")


def read_rows(path: Path = ROWS) -> list[Row]:
    """Read the map.

    Args:
        path: The file.

    Returns:
        Its rows, in order.
    """
    data = tomllib.loads(path.read_text("utf-8"))
    return [
        Row(
            group["title"],
            row.get("says", ""),
            row["teaches"],
            row["page"],
            tuple(row["shows"]),
            tuple(row["tests"]),
        )
        for group in data["group"]
        for row in group["row"]
    ]


def source_of(page: str) -> Path:
    """Say where a page is written.

    Args:
        page: ``gallery/<folder>/<name>`` or a guide's name.

    Returns:
        The path of a script or of a Markdown file, which may not be there.
    """
    return ROOT / f"{page}.py" if page.startswith("gallery/") else ROOT / "docs" / f"{page}.md"


@cache
def _docstrings(path: Path) -> dict[str, str]:
    """The first sentence of each function of a file."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {node.name: (ast.get_docstring(node) or "").partition("\n\n")[0] for node in functions}


def sentence(test: str) -> str:
    """Say what a test checks, in the words of its docstring.

    Args:
        test: ``path::function``, or the path of a page that is a test itself.

    Returns:
        A sentence.

    Raises:
        FileNotFoundError: If there is no such file.
        KeyError: If the file has no such function.
    """
    path, _, function = test.partition("::")
    if not function:
        if not (ROOT / path).is_file():
            raise FileNotFoundError(path)
        return "The page's own examples, run as tests."
    return " ".join(_docstrings(ROOT / path)[function].split())


def check(row: Row) -> None:
    """Check that what a row names is there.

    Args:
        row: The row.

    Raises:
        StaleRowError: If the page, one of its pieces or one of the tests is gone.
    """
    source = source_of(row.page)
    if not source.is_file():
        raise StaleRowError(row, f"there is no {source.relative_to(ROOT)}")
    text = " ".join(source.read_text("utf-8").replace("\n# ", "\n").split())
    for piece in row.shows:
        if " ".join(piece.split()) not in text:
            raise StaleRowError(row, f"the page has no {piece!r}")
    if not row.shows or not row.tests:
        raise StaleRowError(row, "no piece of the page, or no test, is named")
    for test in row.tests:
        try:
            words = sentence(test)
        except (FileNotFoundError, KeyError):
            raise StaleRowError(row, f"there is no test {test}") from None
        if not words:
            raise StaleRowError(row, f"{test} doesn't say what it checks")


def tables(rows: list[Row]) -> str:
    """Write rows as Markdown tables, one for each group.

    Args:
        rows: The rows.

    Returns:
        Markdown.
    """
    parts = []
    for group in dict.fromkeys(row.group for row in rows):
        mine = [row for row in rows if row.group == group]
        puts_right = any(row.says for row in mine)
        first = "| an old text says | what is true " if puts_right else "| what is taught "
        parts += ["", f"## {group}", "", f"{first}| page | what the tests hold |"]
        parts.append("|---" * (4 if puts_right else 3) + "|")
        for row in mine:
            said = (row.says,) if puts_right else ()
            tests = " ".join(sentence(test) for test in row.tests).replace("``", "`")
            link = f"{row.page}.rst" if row.page.startswith("gallery/") else f"{row.page}.md"
            cells = (*said, row.teaches, f"[]({link})", tests)
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(parts)


class CoverageMap(SphinxDirective):
    """The ``coverage-map`` directive."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Read and check the rows, and parse the tables.

        Returns:
            The nodes of the tables with their headings.

        Raises:
            docutils.utils.SystemMessage: If a row is stale.
        """
        rows = read_rows()
        self.env.note_dependency(str(ROWS))
        try:
            for row in rows:
                check(row)
                self.env.note_dependency(str(source_of(row.page)))
                for test in row.tests:
                    self.env.note_dependency(str(ROOT / test.partition("::")[0]))
        except StaleRowError as error:
            message = f"coverage-map: {error}"
            raise self.error(message) from None
        lines = StringList(tables(rows).splitlines(), source=str(ROWS))
        container = nodes.Element()
        self.state.nested_parse(lines, self.content_offset, container, match_titles=True)
        return container.children


def name_tables(app: Sphinx, doctree: nodes.document) -> None:
    """Let the style sheet give the map's columns widths of which no row decides."""
    if app.env.docname == ROWS.stem:
        for table in doctree.findall(nodes.table):
            table["classes"].append("steady-columns")
