"""Sphinx's configuration: every page that shows output was run by this build.

Call ``python docs/_tools/build_site.py`` (or ``nox -s docs``) rather than ``sphinx-build``: it
fetches Temml, keeps caches honest and replaces the finished site in one step.
"""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from docutils.parsers.rst.directives.body import Container

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT), str(DOCS / "_extensions"), str(DOCS / "_tools")]

# The project

project = "twolayer"
author = "The twolayer authors"
project_copyright = author
try:
    release = metadata.version("twolayer")
except metadata.PackageNotFoundError:
    release = "0"
version = release
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "gallery_downloads",
    "temml_math",
    "output_checks",
    "literal_links",
    "check_reports",
    "coverage_map",
    "glossary_links",
    "inline_svg",
    "strict_kernels",
    "landmarks",
    "page_descriptions",
    "short_names",
    "page_html",
]

# Pages

exclude_patterns = [
    "_build",
    "_extensions",
    "_tools",
    "_static",
    "_templates",
    "inventories",
    "node_modules",
    "gallery/**.ipynb",
    "gallery/**.py",
    "**/*.recommendations",
]
templates_path = ["_templates"]
nitpicky = True
default_role = None
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

# Markdown pages, some of them executed

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
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

_folders = sorted(path.parent.name for path in (ROOT / "gallery").glob("*/GALLERY_HEADER.rst"))
sphinx_gallery_conf = {
    "examples_dirs": [f"../gallery/{folder}" for folder in _folders],
    "gallery_dirs": [f"gallery/{folder}" for folder in _folders],
    "filename_pattern": r"\.py$",
    "ignore_pattern": r"__init__\.py$",
    "within_subsection_order": "gallery_order.LadderOrder",
    "image_scrapers": ("figures.scrape", "graph_pictures.scrape"),
    "reset_modules": ("gallery_reset.reset",),
    "reset_modules_order": "both",
    "capture_repr": ("_repr_html_", "__repr__"),
    "remove_config_comments": True,
    "download_all_examples": False,
    "min_reported_time": sys.maxsize,
    "write_computation_times": False,
    "show_signature": False,
    "css": ("sg_gallery", "sg_gallery-rendered-html"),
}

# API pages

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_rtype = False

# Links to other documentation, without a network: see _tools/inventories.py

intersphinx_mapping = {
    "torch": ("https://docs.pytorch.org/docs/stable/", "inventories/torch.inv"),
    "numpy": ("https://numpy.org/doc/stable/", "inventories/numpy.inv"),
    "python": ("https://docs.python.org/3/", "inventories/python.inv"),
    "matplotlib": ("https://matplotlib.org/stable/", "inventories/matplotlib.inv"),
}
intersphinx_disabled_reftypes = ["std:*"]

# HTML

html_theme = "furo"
html_title = "twolayer"
html_static_path = ["_static"]
html_css_files = ["twolayer.css"]
html_favicon = "_static/favicon.svg"
html_math_renderer = "temml"
html_scaled_image_link = False
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = True
html_last_updated_fmt = None
html_theme_options = {
    "sidebar_hide_name": False,
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#0b5f8a", "color-brand-content": "#0b5f8a"},
    "dark_css_variables": {"color-brand-primary": "#7cc4ee", "color-brand-content": "#7cc4ee"},
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
# What a page prints is not there to be run.
copybutton_selector = "div.highlight pre:not(.sphx-glr-script-out *, .cell_output *)"


def setup(app: Sphinx) -> None:
    """Let Markdown pages write ``:::{div} name`` for a box that the style sheet knows.

    Args:
        app: The Sphinx application.
    """
    app.add_directive("div", Container)
