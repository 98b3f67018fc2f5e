"""The machinery of the site: :func:`setup` says what happens at which event, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:  # noqa: PLR0915 - it is one list
    """Connect everything."""
    # Not above: some modules serve tests that run without Sphinx too.
    from docutils.parsers.rst.directives.body import Container  # noqa: PLC0415

    from twolayer_docs.figures import files, inline  # noqa: PLC0415
    from twolayer_docs.forms import book  # noqa: PLC0415
    from twolayer_docs.gallery import answers, cards, downloads, ladder, loops, run  # noqa: PLC0415
    from twolayer_docs.links import glossary, literals, names  # noqa: PLC0415
    from twolayer_docs.pages import (  # noqa: PLC0415
        assets,
        body,
        head,
        maths,
        playground,
        recordings,
    )
    from twolayer_docs.translation import page as translated_page  # noqa: PLC0415
    from twolayer_docs.translation import site as translated_site  # noqa: PLC0415

    # Which language the pages are in
    app.connect("config-inited", translated_site.prepare)
    app.connect("builder-inited", translated_site.share)
    app.connect("build-finished", translated_site.finish, priority=900)  # after the theme

    # How scripts and executed pages run
    app.connect("config-inited", recordings.leave_out)
    app.connect("config-inited", run.set_up_kernels)
    app.connect("config-inited", files.show_in_kernels)
    app.connect("builder-inited", downloads.finish_all, priority=600)  # sphinx-gallery is done
    app.connect("source-read", recordings.fill_in)

    # What pages may write
    app.add_directive("gallery-cards", cards.GalleryCards)
    app.add_directive("ladder", ladder.Ladder)
    app.add_directive("loops", loops.Loops)
    app.add_directive("div", Container)  # a box that the style sheet knows by its name
    app.add_directive("inline-svg", inline.InlineSvg)
    app.add_directive("playground", playground.Playground)
    app.add_role(names.SITE_FILE, names.SiteFile())

    # What becomes of it when it is read
    app.add_transform(translated_page.Marks)
    app.add_transform(translated_page.Translatable)
    app.add_transform(files.FiguresAsFiles)
    app.connect("doctree-read", run.check_outputs)
    app.connect("doctree-read", run.put_output_first)
    app.connect("doctree-read", glossary.depend)
    app.connect("doctree-read", answers.add_folds)
    app.connect("doctree-read", translated_page.translate_code)
    app.connect("doctree-read", answers.fold_long_code)
    app.connect("doctree-read", playground.add_to_lessons)
    app.connect("missing-reference", names.resolve)
    app.connect("doctree-resolved", literals.link_literals)
    app.connect("doctree-resolved", glossary.link_terms)
    app.connect("doctree-resolved", body.leave_out_downloads)
    app.add_post_transform(book.ForBook)
    app.add_post_transform(loops.ColouredLoops)
    app.add_post_transform(maths.Formulas)
    app.add_post_transform(files.PictureSizes)

    # How it is written
    app.add_builder(book.BookBuilder, override=True)
    app.set_translator("html", body.Translator)
    app.set_translator("epub", body.Translator)
    app.add_node(cards.plain_line, html=(cards.open_line, cards.close_line))
    app.add_node(loops.loop_code, html=(loops.open_code, loops.close_code))
    app.add_node(answers.fold, html=(answers.open_fold, answers.close_fold))
    write_playground: Any = (playground.write, None)
    app.add_node(playground.playground, html=write_playground)
    inline_maths: Any = (maths.visit_inline, None)
    display_maths: Any = (maths.visit_display, None)
    app.add_html_math_renderer(
        "temml", inline_renderers=inline_maths, block_renderers=display_maths
    )
    assets.register(app)

    # What each page's template gets
    app.connect("html-page-context", translated_site.lead_up, priority=400)  # Sphinx asks next
    app.connect("html-page-context", body.offer)
    app.connect("html-page-context", head.offer)
    app.connect("html-page-context", assets.bundle)
    app.connect("html-page-context", translated_site.offer)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
