"""One style sheet and one script for the whole site, in the place of two dozen files.

Sphinx, the theme and the extensions bring a file each, and a browser asks for them one by one. What
every page names is joined, in its order; what serves one kind of page stays apart, for those pages.
"""

from __future__ import annotations

import re
import zlib
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError

from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

STYLE, SCRIPT = "site.css", "site.js"
_CURVES, _PLAYGROUND = "data-curves=", "data-playground"
NEEDED_BY = {
    "chart.js": (_CURVES, _PLAYGROUND),
    "curves.css": (_CURVES, _PLAYGROUND),
    "curves.js": (_CURVES,),
    "playground.css": (_PLAYGROUND,),
    "playground.js": (_PLAYGROUND,),
    "zh-curves.js": (_CURVES,),
    "zh-playground.js": (_PLAYGROUND,),
}
"""What the pages have in their content that need a file: one of these."""
APART = {STYLE, SCRIPT, "pygments.css", "zh.js", *NEEDED_BY}
"""What is not joined; the theme writes its colours of code when all pages are there, and Chinese pages bring their words."""
LEFT_OUT = (
    "mystnb.*.css",
    "sg-tags.js",
    "doctools.js",
    "sphinx_highlight.js",
    "furo-extensions.js",
    "translations.js",
)
"""Styles for outputs that no page has, and scripts for Sphinx's own search."""
_MAP = re.compile(r"^//[#@] sourceMappingURL=.*$|/\*# sourceMappingURL=.*?\*/", re.MULTILINE)
_RELATIVE = re.compile(r"""url\((?!["']?(?:data:|#))""")
_joined: dict[Path, list[Path]] = {}


def register(app: Sphinx) -> None:
    """Make the joined files known, and have all pages written anew when one of their parts changes."""
    parts = sorted(path for path in (DOCS / "_static").rglob("*") if path.suffix in {".css", ".js"})
    total = zlib.crc32(b"".join(path.read_bytes() for path in parts))
    app.add_config_value("assets_sum", total, "html", types=[int])
    app.add_css_file(STYLE)
    # Before others, which say what it lets them say.
    app.add_js_file(SCRIPT, priority=400, loading_method="defer")


def bundle(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Let a page name the joined files, and those apart that its content needs."""
    if app.builder.name != "html":
        return
    for kind, name in (("css_files", STYLE), ("script_files", SCRIPT)):
        files = {Path(file.filename): file for file in context[kind]}
        ordered = sorted(files, key=lambda path: files[path].priority)
        apart = [path for path in ordered if path.name in APART]
        parts = [path for path in ordered if path not in apart and not left_out(path.name)]
        context[kind] = [files[path] for path in apart if needed(path.name, context)]
        target = app.outdir / "_static" / name
        if target not in _joined:
            target.write_text(joined([app.outdir / part for part in parts]), "utf-8")
        if parts != _joined.setdefault(target, parts):
            others = sorted(path.name for path in {*parts} ^ {*_joined[target]})
            message = f"{page}: not every page names {others}; want what serves some pages in assets.NEEDED_BY"
            raise ExtensionError(message)


def left_out(name: str) -> bool:
    """Say whether no page needs a file."""
    return any(fnmatch(name, pattern) for pattern in LEFT_OUT)


def needed(name: str, context: dict[str, Any]) -> bool:
    """Say whether a page's content needs a file."""
    return any(mark in context.get("body", "") for mark in NEEDED_BY.get(name, ("",)))


def joined(parts: list[Path]) -> str:
    """Join files of one kind, all from the folder of the joined one or without addresses in them."""
    texts = [path.read_text("utf-8").strip() for path in parts]
    for path, text in zip(parts, texts, strict=True):
        if path.parent.name != "_static" and _RELATIVE.search(text):
            message = f"{path.name} has an address that leads elsewhere from the joined file"
            raise ExtensionError(message)
    # A semicolon, since a script may end without one, and a line break, since it may end in a comment.
    between = "\n;\n" if parts[0].suffix == ".js" else "\n"
    return _MAP.sub("", between.join(texts)) + "\n"
