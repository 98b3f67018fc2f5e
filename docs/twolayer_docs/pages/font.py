"""Make the site's maths font, a part of Latin Modern Math: ``python -m twolayer_docs.pages.font``.

Latin Modern Math comes with Debian's ``fonts-lmodern`` and with TeX distributions.
"""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from twolayer_docs.pages.maths import FONT
from twolayer_docs.paths import DOCS

CHARACTERS = "()+,.0123456789=>[]{∑−≤abefhimnoprstuwxyℎ𝐷𝐻𝐿𝑁𝑃𝑅𝑊𝑋𝑌𝑍𝑖𝑗𝑘𝑛𝑤𝑥𝑦𝜕"  # noqa: RUF001
"""What formulas need; a letter that stands alone is drawn as its italic twin."""
SOURCE = Path("/usr/share/texmf/fonts/opentype/public/lm-math/latinmodern-math.otf")
SCRIPT = FONT.with_suffix(".js")
"""The same for the head of pages with formulas: what a script brings is there before anything is drawn."""
FAMILY = "Twolayer Math"


def make(source: Path, target: Path = FONT) -> None:
    """Cut the characters out of a font, under a name of its own, as its licence asks."""
    options = subset.Options(flavor="woff2", hinting=False, desubroutinize=True)
    options.layout_features = ["dtls", "flac"]  # smaller letters for indices would double the size
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["DSIG", "FFTM"]
    with TTFont(source, recalcTimestamp=False) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=CHARACTERS)
        subsetter.subset(font)
        plain = FAMILY.replace(" ", "")
        names = {1: FAMILY, 3: f"{plain} 1", 4: FAMILY, 6: plain}
        for record in font["name"].names:
            record.string = names.get(record.nameID, record.string)
        font["CFF "].cff.fontNames = [plain]
        font["CFF "].cff.topDictIndex[0].FullName = FAMILY
        font["CFF "].cff.topDictIndex[0].FamilyName = FAMILY
        subset.save_font(font, str(target), options)
    data = f'Uint8Array.from(atob("{base64.b64encode(target.read_bytes()).decode()}"), (c) => c.charCodeAt(0))'
    target.with_suffix(SCRIPT.suffix).write_text(
        f'document.fonts.add(new FontFace("{FAMILY}", {data}));\n', "utf-8"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=SOURCE, help="latinmodern-math.otf")
    make(parser.parse_args().source)
    print(f"{FONT.relative_to(DOCS)}: {len(CHARACTERS)} characters, {FONT.stat().st_size} bytes")
