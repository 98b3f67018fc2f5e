"""Which pages to write anew though their own text is the same.

Sphinx writes a page anew when its source is newer than what was written of it. It doesn't see that a page
shows what another one says (a title in the navigation, a link that came or went), nor that a page was read
anew, in another builder's run, since a file beside it changed. Without this, a site built after a change
would differ from one built from nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx import addnodes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

BUILDERS = frozenset({"html", "epub"})
"""The builders that write a file for each page."""
_STATIC = frozenset({".css", ".js"})


def known(env: BuildEnvironment, static: Iterable[Path] = ()) -> str:
    """Sum up what pages may show of other pages: titles, order, names that links lead to.

    Args:
        env: What Sphinx knows of all pages.
        static: Folders of style sheets and scripts, whose sums stand in each page's head.

    Returns:
        A hexadecimal number.
    """
    facts: list[str] = []
    for name, toc in sorted(env.tocs.items()):
        trees = toc.findall(addnodes.toctree)
        facts += [f"tree {name} {tree.get('caption')} {tree.get('entries')}" for tree in trees]
    for domain in env.domains.sorted():
        # Pages with their titles are objects too. How much one counts in a search, no page shows.
        facts += sorted(f"{domain.name} {parts[:-1]}" for parts in domain.get_objects())
    files = [file for folder in static for file in sorted(folder.rglob("*"))]
    for file in files:
        if file.suffix in _STATIC:
            facts.append(f"file {file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}")
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _note(app: Sphinx) -> Path:
    """Name the file that says what the pages in the output folder know of each other."""
    return Path(f"{app.outdir}.known")


def _now(app: Sphinx) -> str:
    """Sum up what pages know of each other in this build."""
    return known(app.env, [Path(app.confdir, folder) for folder in app.config.html_static_path])


def stale(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the pages to write anew, beyond those that Sphinx finds itself."""
    if app.builder.name not in BUILDERS:
        return []
    note = _note(app)
    if not note.is_file() or note.read_text("utf-8") != _now(app):
        # Gone until all are written, so that a build cut short writes all the next time.
        note.unlink(missing_ok=True)
        return sorted(env.found_docs)
    return [name for name in sorted(env.found_docs) if _older(app, name)]


def _older(app: Sphinx, name: str) -> bool:
    """Say whether a page was read since it was written."""
    written = Path(app.builder.get_output_path(name))  # type: ignore[attr-defined]
    read = Path(app.doctreedir, f"{name}.doctree")
    return not written.is_file() or written.stat().st_mtime < read.stat().st_mtime


def note_known(app: Sphinx, exception: Exception | None) -> None:
    """Note what the pages know, once all are written."""
    if app.builder.name in BUILDERS and exception is None:
        _note(app).write_text(_now(app), "utf-8")
