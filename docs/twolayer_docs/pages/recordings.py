"""Recorded runs on GPUs: a page that is there only when ``docs/recordings/`` holds a recording.

``python -m twolayer record`` writes recordings. The page, ``docs/recordings/index.md``, is a Jinja
template. A file that was not recorded on a GPU, or lacks a field, ends the build.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, TemplateError
from sphinx.errors import ExtensionError

from twolayer.rungs import RUNGS
from twolayer_docs.course import RECORDINGS

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

_WANTED = "want what `python -m twolayer record` wrote on a machine with a GPU, without --quick"


def leave_out(app: Sphinx, config: Config) -> None:
    """Leave the page out where nothing is recorded, also of the home page's contents."""
    if not _files(app):
        config.exclude_patterns = [*config.exclude_patterns, f"{Path(RECORDINGS).parent}/**"]
        config.suppress_warnings = [*config.suppress_warnings, "toc.excluded"]


def fill_in(app: Sphinx, docname: str, content: list[str]) -> None:
    """Fill the page's template with the recordings."""
    if docname != RECORDINGS:
        return
    app.env.note_reread()  # No dependency tells Sphinx that a folder has a new file.
    template = Environment(undefined=StrictUndefined).from_string(content[0])  # noqa: S701 - no HTML
    try:
        recordings = [read(path) for path in _files(app)]
        content[0] = template.render(recordings=recordings, rungs=RUNGS)
    except (KeyError, TypeError, ValueError, TemplateError) as error:
        message = f"recordings: {error!r}; {_WANTED}"
        raise ExtensionError(message) from error


def read(path: Path) -> dict[str, Any]:
    """Read a recording, and refuse one that would pass for a GPU's."""
    recording: dict[str, Any] = json.loads(path.read_text("utf-8"))
    device, quick = recording["device"]["type"], recording["quick"]
    if device != "cuda" or quick:
        message = f"device {device!r} with quick {quick!r} given in {path.name}"
        raise ValueError(message)
    return recording


def _files(app: Sphinx) -> list[Path]:
    return sorted(Path(app.srcdir, "recordings").glob("*.json"))
