"""Sphinx's configuration: every page that shows output was run by this build.

Call ``python -m twolayer_docs.build`` (or ``nox -s docs``) rather than ``sphinx-build``: it
installs what comes from npm, decides what runs anew, and replaces the finished site in one step.
"""

from __future__ import annotations

import os
import sys
from importlib import metadata

from twolayer_docs.course import FOLDERS
from twolayer_docs.links import inventories
from twolayer_docs.pages import head
from twolayer_docs.paths import DOCS

# The project

project = "twolayer"
author = "The twolayer authors"
project_copyright = author
version = release = metadata.version("twolayer")
language = "en"  # twolayer_docs.build builds the site in Chinese too

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "twolayer_docs",
]

# Pages

exclude_patterns = ["_*", "twolayer_docs", "inventories", "gallery/**.ipynb"]
templates_path = ["_templates"]
locale_dirs = ["locale"]
gettext_compact = False
gettext_location = False
nitpicky = True
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

# Markdown pages, some of them executed

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force" if os.environ.get("CI") else "cache"
nb_execution_cache_path = str(DOCS / "_build" / "jupyter_cache")
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_render_markdown_format = "myst"
nb_output_stderr = "warn"
nb_ipywidgets_js: dict[str, object] = {}

# Gallery pages: each folder of gallery/ is a gallery of its own

sphinx_gallery_conf = {
    "examples_dirs": [f"../gallery/{folder}" for folder in FOLDERS],
    "gallery_dirs": [f"gallery/{folder}" for folder in FOLDERS],
    "copyfile_regex": r"index\.rst",
    "filename_pattern": r"\.py$",
    "image_scrapers": ("twolayer_docs.figures.pairs.scrape", "twolayer_docs.gallery.graphs.scrape"),
    "reset_modules": ("twolayer_docs.gallery.run.reset",),
    "reset_modules_order": "both",
    "capture_repr": ("_repr_html_", "__repr__"),
    # A verdict is printed; shown as a cell's value, it would stand there twice.
    "ignore_repr_types": r"twolayer\.exercises\.verdict\.Verdict",
    "download_all_examples": False,
    "min_reported_time": sys.maxsize,
    "write_computation_times": False,
    "show_signature": False,
    "css": ("sg_gallery",),
}

# Exercises have their lesson's name, and each page is linked with its folder.
suppress_warnings = ["sphinx_gallery.duplicate_filename"]
if len(str(DOCS).split()) > 1:
    # sphinx-gallery looks for spaces in whole paths, though only those below its folder reach links.
    suppress_warnings.append("sphinx_gallery.space_in_filename")

# API pages

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_rtype = False

# Links to other documentation, without a network

intersphinx_mapping = inventories.write()
intersphinx_disabled_reftypes = ["std:*"]

# HTML

html_theme = "furo"
html_title = "twolayer"
html_context = head.settings()._asdict()
html_baseurl = html_context["address"] or ""
html_static_path = ["_static"]
_STYLES = (
    "twolayer",
    "gallery",
    "home",
    "brand",
    "search",
    "reading",
    "curves",
    "playground",
    "progress",
)
html_css_files = [f"{name}.css" for name in _STYLES]
_SCRIPTS = ("words", "search", "glossary", "reading", "chart", "curves", "playground", "progress")
html_js_files = [(f"scripts/{name}.js", {"defer": "defer"}) for name in _SCRIPTS]
html_favicon = "_static/favicon.svg"
html_search_language = "en"  # Sphinx's own search, which the site leaves out
html_math_renderer = "temml"
html_scaled_image_link = False
html_sourcelink_suffix = ""
html_show_sourcelink = False
# The reference lists the modules; Sphinx's own list of them folds itself after it is shown.
html_domain_indices = False


def _colour(value: str) -> dict[str, str]:
    """Give the theme a colour for its marks and for links."""
    return {"color-brand-primary": value, "color-brand-content": value}


html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {**_colour("#0b5f8a"), "color-code-background": "#f5f7fa"},
    "dark_css_variables": _colour("#7cc4ee"),
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
# Code only: no button on what code printed, on drawings in letters, on differences.
copybutton_selector = (
    "div.highlight:not(.sphx-glr-script-out *, .cell_output *, .highlight-text *, .highlight-diff *, "
    ".highlight-none *) > pre"
)

# EPUB: twolayer_docs/forms/book.py checks the book

html_theme_path = ["_themes"]
epub_theme = "book"
epub_title = "Learn PyTorch with one small network"
epub_contributor = author
epub_description = "One network, fitted again and again, from NumPy by hand to several processes"
epub_identifier = epub_uid = "twolayer-6f0c3b0e-0d6c-5c0e-9a43-2f6a3f1d7b52"
epub_cover = ("_static/cover.svg", "")
epub_exclude_files = ["404.xhtml"]
epub_tocscope = "includehidden"
epub_tocdup = False
epub_tocdepth = 3
epub_show_urls = "no"
