"""Bring the catalogues up to date with what the course says in English: ``nox -s messages``.

A new message has no translation. One that has changed keeps the translation of the nearest message before,
marked ``fuzzy``: the site isn't built until somebody has looked at both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from babel.messages import Catalog
from babel.messages.pofile import read_po

from twolayer.exercises.registry import exercises_of, lesson_names
from twolayer_docs.build import run_sphinx
from twolayer_docs.paths import BUILD, DOCS, ROOT
from twolayer_docs.translation import catalogues
from twolayer_docs.translation.interface import interface
from twolayer_docs.translation.scripts import messages_in_code

if TYPE_CHECKING:
    from collections.abc import Iterable

TEMPLATES = BUILD / "gettext"
_BLOCK = re.compile(r"(?ms)^```(?:\{code-cell\}[^\n]*(?:\n:tags:[^\n]*)?|python)\n(.*?)^```")


def of_pages() -> dict[str, list[str]]:
    """List the messages of each page that is translated, and of the templates, as Sphinx extracts them."""
    run_sphinx("gettext", TEMPLATES, (), TEMPLATES / ".doctrees", "-q")
    found = {}
    for template in sorted(TEMPLATES.rglob("*.pot")):
        page = template.relative_to(TEMPLATES).with_suffix("").as_posix()
        if not catalogues.IN_ENGLISH.fullmatch(page):
            with template.open("rb") as file:
                ids = [str(message.id) for message in read_po(file)]
            found[page] = [message for message in ids if catalogues.has_words(message)]
    return found


def of_code() -> list[str]:
    """List the comments and docstrings in the code of the gallery, of guides and of solutions."""
    code = [script.read_text("utf-8") for script in sorted((ROOT / "gallery").glob("*/*.py"))]
    for guide in sorted(DOCS.glob("*.md")):
        code += _BLOCK.findall(guide.read_text("utf-8"))
    for lesson in lesson_names():
        code += [exercise.source for exercise in exercises_of(lesson)]
    return [message for source in code for message in messages_in_code(source)]


def update(domain: str, messages: Iterable[str]) -> tuple[int, int]:
    """Update a catalogue; say how many of its messages there are, and how many want a translation."""
    template = Catalog()
    for message in messages:
        template.add(message)
    catalogue = catalogues.load(domain) or Catalog(catalogues.LANGUAGE, charset="utf-8")
    catalogue.update(template, update_header_comment=False)
    catalogues.save(domain, catalogue)
    wanted = [message for message in catalogue if message.id]
    return len(wanted), sum(not message.string or message.fuzzy for message in wanted)


def main() -> None:
    """Update all catalogues."""
    domains = {**of_pages(), catalogues.CODE: of_code()}
    domains[catalogues.INTERFACE] += interface()
    for domain, messages in domains.items():
        count, wanting = update(domain, messages)
        if wanting:
            print(
                f"{catalogues.path(domain).relative_to(ROOT)}: {wanting} of {count} want a translation"
            )
    for path in sorted(catalogues.FOLDER.rglob("*.po")):
        if path.relative_to(catalogues.FOLDER).with_suffix("").as_posix() not in domains:
            path.unlink()


if __name__ == "__main__":
    main()
