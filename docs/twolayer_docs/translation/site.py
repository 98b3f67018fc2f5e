"""The site in Chinese, in its folder: what it shares with the English site, and where the two lead to each other.

It is the same pages, built from the same runs. Styles, scripts, pictures and sources are those of the English site; the
downloads are its own.
"""

from __future__ import annotations

import json
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sphinx_gallery.notebook import jupyter_notebook  # type: ignore[import-untyped]
from sphinx_gallery.py_source_parser import (  # type: ignore[import-untyped]
    split_code_and_text_blocks,
)

from twolayer.exercises.words import VARIABLE
from twolayer_docs.course import EXERCISES
from twolayer_docs.gallery import downloads
from twolayer_docs.pages import head
from twolayer_docs.paths import CHINESE
from twolayer_docs.translation.catalogues import CODE, IN_ENGLISH, LANGUAGE, say
from twolayer_docs.translation.interface import WORDS, script
from twolayer_docs.translation.scripts import translated

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config

_IN_CHINESE = ("code", f'import os\n\nos.environ["{VARIABLE}"] = "zh"  # 检查用中文说明', 1)
"""The cell of an exercise's notebook that chooses the language of the checks."""
UP, NOT_FOUND = "../", head.NOT_FOUND.removesuffix(".html")
_SHARED = ("_static/", "_sources/")
_NOT_WANTED = ("_static", "_sources", "objects.inv", "searchindex.js", f"{UP}jupyter_execute")


class Alternate(NamedTuple):
    """A page in a language, for search engines."""

    language: str
    href: str


def is_chinese(config: Config) -> bool:
    """Tell whether this build writes the site in Chinese."""
    return bool(config.language == LANGUAGE)


def prepare(_app: Sphinx, config: Config) -> None:
    """Give the pages their address; the page for missing addresses is there once, for both languages."""
    if is_chinese(config):
        config.exclude_patterns = [*config.exclude_patterns, f"{NOT_FOUND}.md"]
        if config.html_baseurl:
            config.html_baseurl += CHINESE


def share(app: Sphinx) -> None:
    """Let pages show the pictures of the English site, and bring the words of the interface's scripts."""
    if is_chinese(app.config) and app.builder.name == "html":
        app.builder.imagedir = f"{UP}_images"
        for name in WORDS:
            Path(app.outdir.parent, "_static", name).write_text(script(name), "utf-8")
            app.add_js_file(name, priority=100, loading_method="defer")


def lead_up(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Let a page's template find what both sites share; before others ask where that is."""
    if not is_chinese(app.config) or app.builder.name != "html":
        return
    own = context["pathto"]

    def pathto(uri: str, resource: bool = False, **options: Any) -> str:  # noqa: FBT001, FBT002 - Sphinx's
        shared = resource and uri.startswith(_SHARED)
        found: str = own(UP + uri if shared else uri, resource, **options)
        return found

    context["pathto"] = pathto


def offer(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Offer a page's template its link to the other language; let it name the shared styles and scripts."""
    if app.builder.name != "html":
        return
    chinese, in_english = is_chinese(app.config), IN_ENGLISH.fullmatch(page) is not None
    up = context["content_root"] + UP * chinese
    places = {"en": f"{up}{page}.html", "zh-CN": f"{up}{CHINESE}{page}.html"}
    language = "en" if chinese else "zh-CN"
    context["other_language"] = None if page == NOT_FOUND else Alternate(language, places[language])
    context["in_english"] = chinese and in_english
    if address := context["address"]:
        name = "" if page == app.config.root_doc else f"{page}.html"
        places = {"en": address + name, "zh-CN": address + CHINESE + name}
        context["pageurl"] = places["zh-CN" if chinese and not in_english else "en"]
        if not in_english:  # search engines want whole addresses
            context["alternates"] = [Alternate(*place) for place in places.items()]
            context["alternates"].append(Alternate("x-default", places["en"]))
    if chinese:
        for kind in ("css_files", "script_files"):
            context[kind] = [_moved(file) for file in context[kind]]


def _moved(file: Any) -> Any:
    """Name a style or a script of the English site."""
    moved = type(file)(file.filename, priority=file.priority, **file.attributes)
    object.__setattr__(moved, "filename", UP + str(file.filename))
    return moved


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Translate the downloads, and leave out what is shared."""
    if exception or not is_chinese(app.config) or app.builder.name != "html":
        return
    files = app.env.dlfiles.items()
    places = {str(source): Path(app.outdir, "_downloads", name) for source, (_pages, name) in files}
    for source in places:
        if source.endswith(".py"):
            page = source.removesuffix(".py")
            kinds = (".py", ".ipynb", ".zip")
            write_downloads(app, page, *(places[page + kind] for kind in kinds))
    for name in _NOT_WANTED:
        path = Path(app.outdir, name)
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def write_downloads(app: Sphinx, page: str, script: Path, notebook: Path, packed: Path) -> None:
    """Write a page's script, its notebook, whose lines nobody has to wrap, and the zip of both."""
    source = Path(app.srcdir, f"{page}.py").read_text("utf-8")
    says = (partial(say, LANGUAGE, page), partial(say, LANGUAGE, CODE))
    script.write_text(translated(source, *says, limit=sys.maxsize), "utf-8")
    _settings, blocks = split_code_and_text_blocks(str(script))
    if page.startswith(f"gallery/{EXERCISES}/"):
        blocks.insert(1, _IN_CHINESE)
    content = jupyter_notebook(blocks, app.config.sphinx_gallery_conf, str(script.parent))
    content = downloads.with_needs(content, downloads.needs(source, head.settings().address))
    notebook.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    script.write_text(translated(source, *says), "utf-8")
    packed.write_bytes(downloads.zipped([script, notebook]))
