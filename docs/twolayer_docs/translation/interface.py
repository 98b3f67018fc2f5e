"""What the site says around its pages: in its scripts, in the theme, and in what the machinery writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import furo  # type: ignore[import-untyped]
from babel.messages.extract import extract_from_dir, extract_from_file

from twolayer.rungs import RUNGS
from twolayer_docs.gallery.ladder import KINDS
from twolayer_docs.pages import head
from twolayer_docs.pages.playground import CHANGES
from twolayer_docs.paths import DOCS
from twolayer_docs.translation.catalogues import INTERFACE, messages

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = DOCS / "_static" / "scripts"
WORDS = {
    "zh-curves.js": {"chart.js", "curves.js"},
    "zh-playground.js": {"chart.js", "playground.js"},
}
"""The scripts that give the interface's scripts their words: beside curves, the playground, and on every page."""
WORDS["zh.js"] = {path.name for path in SCRIPTS.glob("*.js")}.difference(*WORDS.values())
SUMMARY = re.compile("<summary>(.*?)</summary>")
"""What a fold that a guide writes as HTML is called."""
_THEME = Path(furo.__file__).parent / "theme" / "furo"
_OF_THE_THEME = ("page.html", "base.html", "genindex.html")
_JINJA = "jinja2.ext:babel_extract"


def in_scripts(names: set[str]) -> Iterator[str]:
    """List what some of the interface's scripts say."""
    for path in sorted(SCRIPTS / name for name in names):
        options = {"parse_template_string": True}
        found = extract_from_file("javascript", path, keywords={"say": None}, options=options)
        yield from (str(message) for _line, message, *_more in found)


def interface() -> list[str]:
    """List the messages of the interface but those in the site's own templates, which Sphinx extracts."""
    found = extract_from_dir(DOCS / "twolayer_docs", [("**.py", "python")], keywords={"_": None})
    said = [str(message) for _name, _line, message, *_more in found]
    for name in _OF_THE_THEME:
        said += [
            str(message) for _line, message, *_more in extract_from_file(_JINJA, _THEME / name)
        ]
    said += in_scripts({path.name for path in SCRIPTS.glob("*.js")})
    for guide in sorted(DOCS.glob("*.md")):
        said += SUMMARY.findall(guide.read_text("utf-8"))
    said += [head.FALLBACK, *head.DOWNLOADS.values(), *KINDS.values()]
    said += [rung.change for rung in RUNGS.values()]
    said += [mistake["notice"] for change in CHANGES for mistake in change["mistake"]]
    return said


def script(name: str) -> str:
    """Write a script with the words of some of the interface's scripts."""
    known = messages(INTERFACE)
    words = {one: known[one] for one in in_scripts(WORDS[name]) if one in known}
    held = json.dumps(words, ensure_ascii=False, separators=(",", ":"))
    return f"globalThis.twolayerWords={{...globalThis.twolayerWords,...{held}}};\n"
