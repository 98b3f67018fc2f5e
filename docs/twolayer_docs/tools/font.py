"""Make the site's maths font: the part of Latin Modern Math that the pages need.

``docs/_static/fonts/twolayer-math.txt`` lists the characters, ``twolayer-math.woff2`` beside it
holds them. ``python -m twolayer_docs.tools.font --add '⊗'`` adds characters to both;
``--from-site`` cuts both down to what a built site's formulas use; without an option the font is made
anew. A page with formulas loads all of it, so it holds little else.

The font that it is cut from comes with Debian's ``fonts-lmodern`` and with TeX distributions.
"""

from __future__ import annotations

import argparse
import string
import sys
import unicodedata
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from twolayer_docs.pages.mathml_characters import characters, italic
from twolayer_docs.paths import DOCS, SITE

FOLDER = DOCS / "_static" / "fonts"
LIST = FOLDER / "twolayer-math.txt"
FONT = FOLDER / "twolayer-math.woff2"
FAMILY = "Twolayer Math"
FILE_NAME = "latinmodern-math.otf"
PLACES = (
    "/usr/share/texmf/fonts/opentype/public/lm-math",
    "/usr/share/texlive/texmf-dist/fonts/opentype/public/lm-math",
    "/usr/local/share/fonts",
    "/Library/Fonts",
)
_OPERATORS = "+−=()[],."  # noqa: RUF001
_LETTERS = "hwxy"


class SourceFontError(FileNotFoundError):
    """The font to cut from is not on this machine."""


def base_characters() -> set[str]:
    """Give the characters that the font holds whether or not a page uses them yet.

    Returns:
        Digits, a few operators, and the letters of the network, upright and italic.
    """
    slanted = {italic(letter) for letter in _LETTERS}
    return {*_LETTERS, *string.digits, *_OPERATORS, *slanted}


def read_list(path: Path = LIST) -> set[str]:
    """Read the list of characters.

    Args:
        path: The list.

    Returns:
        Its characters, none where there is no list.
    """
    if not path.is_file():
        return set()
    lines = path.read_text("utf-8").splitlines()
    return set("".join(line for line in lines if not line.startswith("# ")))


def write_list(wanted: set[str], path: Path = LIST) -> None:
    """Write the list of characters, sorted.

    Args:
        wanted: The characters.
        path: Where to.
    """
    ordered = sorted(wanted)
    rows = ["".join(ordered[i : i + 40]) for i in range(0, len(ordered), 40)]
    head = "# The characters in twolayer-math.woff2. Written by docs/twolayer_docs/tools/font.py."
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")


def site_characters(site: Path) -> set[str]:
    """Collect the characters that the formulas of a built site use.

    Args:
        site: The site's folder.

    Returns:
        The characters.

    Raises:
        FileNotFoundError: If there is no site.
    """
    pages = sorted(site.rglob("*.html"))
    if not pages:
        message = f"there is no built site in {site}; run: python -m twolayer_docs.build"
        raise FileNotFoundError(message)
    found: set[str] = set()
    for page in pages:
        text = page.read_text("utf-8")
        for piece in text.split("<math")[1:]:
            found |= characters("<math" + piece.partition("</math>")[0])
    return found


def find_source(given: Path | None = None) -> Path:
    """Find the font to cut from.

    Args:
        given: Its path, where the caller knows it.

    Returns:
        The path of an existing file.

    Raises:
        SourceFontError: If it is not there; the message says how to get it.
    """
    candidates = [given] if given is not None else [Path(p) / FILE_NAME for p in PLACES]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    message = (
        f"{given or FILE_NAME} is not on this machine. Install Latin Modern Math (on Debian: "
        "apt-get install fonts-lmodern; else it comes with TeX distributions), or name the "
        f"file: python -m twolayer_docs.tools.font --source PATH/TO/{FILE_NAME}"
    )
    raise SourceFontError(message)


def make_font(source: Path, wanted: set[str], target: Path) -> set[str]:
    """Cut the wanted characters out of a font.

    Args:
        source: The whole font.
        wanted: The characters to keep.
        target: Where the cut font goes.

    Returns:
        The characters that the source lacks.
    """
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["dtls", "flac"]  # smaller letters for indices would double the size
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.hinting = False
    options.desubroutinize = True
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["DSIG", "FFTM"]
    with TTFont(source, recalcTimestamp=False) as font:
        lacking = {c for c in wanted if ord(c) not in font.getBestCmap()}
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=[ord(c) for c in wanted])
        subsetter.subset(font)
        _rename(font)
        subset.save_font(font, str(target), options)
    return lacking


def held(path: Path = FONT) -> set[str]:
    """List the characters that a font holds.

    Args:
        path: A font file.

    Returns:
        The characters.
    """
    with TTFont(path) as font:
        return {chr(code) for code in font.getBestCmap()}


def _rename(font: TTFont) -> None:
    """Give a changed font a name of its own, as its licence asks."""
    plain = FAMILY.replace(" ", "")
    for identifier, text in ((1, FAMILY), (3, f"{plain} 1"), (4, FAMILY), (6, plain)):
        for record in font["name"].names:
            if record.nameID == identifier:
                record.string = text
    cff = font["CFF "].cff
    cff.fontNames = [plain]
    cff.topDictIndex[0].FullName = FAMILY
    cff.topDictIndex[0].FamilyName = FAMILY


def main(arguments: list[str] | None = None) -> int:
    """Make the list and the font.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description="Make the site's maths font.")
    parser.add_argument("--source", type=Path, help=f"path of {FILE_NAME}")
    parser.add_argument("--add", default="", metavar="CHARACTERS", help="characters to add")
    parser.add_argument(
        "--from-site",
        type=Path,
        nargs="?",
        const=SITE,
        metavar="DIR",
        help="hold what a built site's formulas use, and little else (default: _site)",
    )
    options = parser.parse_args(arguments)
    wanted = read_list() | base_characters() | set(options.add)
    try:
        source = find_source(options.source)
        if options.from_site is not None:
            wanted = site_characters(options.from_site) | base_characters() | set(options.add)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    lacking = make_font(source, wanted, FONT)
    for character in sorted(lacking - base_characters()):
        name = unicodedata.name(character, "no name")
        print(f"Latin Modern Math lacks {character} (U+{ord(character):04X}, {name})")
    write_list(wanted - lacking)
    print(
        f"{FONT.relative_to(DOCS.parent)}: {len(wanted - lacking)} characters, "
        f"{FONT.stat().st_size} bytes"
    )
    return int(bool(lacking - base_characters()))


if __name__ == "__main__":
    sys.exit(main())
