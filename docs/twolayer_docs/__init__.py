"""The machinery of the site: :func:`setup` says what happens at which event, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twolayer_docs.figures import files, inline
from twolayer_docs.forms import book_pages
from twolayer_docs.gallery import (
    answers,
    cards,
    downloads,
    kernels,
    ladder,
    output_checks,
    parallel,
    plain_line,
)
from twolayer_docs.links import glossary, literals, short_names, site_files
from twolayer_docs.pages import (
    body,
    brand,
    check_reports,
    coverage_map,
    descriptions,
    landmarks,
    lean_assets,
    maths,
    near_pages,
    page_links,
    policy,
    recordings,
    stale_pages,
)

if TYPE_CHECKING:
    from typing import Any

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect everything.

    Args:
        app: The Sphinx application.

    Returns:
        What Sphinx wants to know of an extension.
    """
    # How scripts and executed pages run
    app.connect("config-inited", kernels.configure)
    app.connect("config-inited", recordings.leave_out)
    app.connect("builder-inited", parallel.start, priority=100)
    app.connect("builder-inited", parallel.stop, priority=550)
    app.connect("builder-inited", downloads.finish_all, priority=600)
    app.connect("builder-inited", output_checks.check_gallery, priority=900)
    app.connect("env-updated", output_checks.check_notebooks)
    app.connect("source-read", cards.replace)
    app.connect("source-read", recordings.fill_in)

    # What pages may write
    app.add_directive("gallery-cards", cards.GalleryCards)
    app.add_directive("ladder", ladder.Ladder)
    app.add_directive("inline-svg", inline.InlineSvg)
    app.add_directive("coverage-map", coverage_map.CoverageMap)
    app.add_directive("mutants-report", check_reports.MutantsReport)
    app.add_directive("faults-report", check_reports.FaultsReport)
    app.add_directive("site-report", check_reports.SiteReport)
    app.add_role(site_files.CLASS, site_files.SiteFile())

    # What becomes of it when it is read
    app.add_transform(files.FiguresAsFiles)
    app.connect("doctree-read", coverage_map.name_tables)
    app.connect("doctree-read", glossary.depend)
    app.connect("doctree-read", answers.add_folds)
    app.connect("missing-reference", short_names.resolve)
    app.add_post_transform(literals.LiteralLinks)
    app.add_post_transform(glossary.GlossaryLinks)
    app.add_post_transform(book_pages.ForBooks)

    # How it is written
    plain: Any = (files.write_nothing, files.write_nothing)
    app.add_node(
        files.figure_pair,
        html=(files.visit_pair, files.depart_pair),
        text=plain,
        latex=plain,
        man=plain,
        texinfo=plain,
    )
    app.add_node(plain_line.plain_line, html=(plain_line.open_line, plain_line.close_line))
    app.add_node(answers.fold, html=(answers.open_fold, answers.close_fold))
    inline_maths: Any = (maths.visit_inline, None)
    display_maths: Any = (maths.visit_display, None)
    app.add_html_math_renderer(
        "temml", inline_renderers=inline_maths, block_renderers=display_maths
    )

    # What each page's template gets
    app.connect("html-page-context", near_pages.name_near, priority=400)
    app.connect("html-page-context", brand.offer)
    app.connect("html-page-context", landmarks.offer)
    app.connect("html-page-context", descriptions.add)
    app.connect("html-page-context", body.rewrite)
    app.connect("html-page-context", page_links.add)
    app.connect("html-page-context", policy.offer)
    app.connect("html-page-context", files.complete_pages, priority=600)
    app.connect("html-page-context", lean_assets.leave_out, priority=900)
    app.connect("html-page-context", book_pages.rewrite, priority=900)

    # Which pages are written anew, and the end
    app.connect("env-get-updated", stale_pages.stale)
    app.connect("write-started", near_pages.find)
    app.connect("build-finished", stale_pages.note_known)
    app.connect("build-finished", maths.end)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
