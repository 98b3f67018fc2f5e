"""A small site, built to see what an extension makes of a page."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sphinx.application import Sphinx


def build(
    folder: Path,
    pages: Mapping[str, str],
    register: Callable[[Sphinx], object],
    extensions: tuple[str, ...] = (),
    **settings: object,
) -> tuple[Path, str]:
    """Build pages in a folder of their own.

    Args:
        folder: Where their sources go.
        pages: The reStructuredText of each page by its name.
        register: Registers with Sphinx what the pages need.
        extensions: The extensions to load.
        **settings: Settings that are not Sphinx's own.

    Returns:
        The folder of the HTML, and what Sphinx warned of.
    """
    # Not all who collect this folder's tests have Sphinx.
    from sphinx.application import Sphinx  # noqa: PLC0415
    from sphinx.util.docutils import docutils_namespace  # noqa: PLC0415

    for name, text in pages.items():
        file = folder / f"{name}.rst"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f":orphan:\n\n{text}", "utf-8")
    warnings = io.StringIO()
    settings = {"extensions": list(extensions), "html_theme": "basic", **settings}
    with docutils_namespace():
        app = Sphinx(
            srcdir=folder,
            confdir=None,
            outdir=folder / "_html",
            doctreedir=folder / "_doctrees",
            buildername="html",
            confoverrides=settings,
            status=None,
            warning=warnings,
        )
        register(app)
        app.build()
    return folder / "_html", warnings.getvalue()
