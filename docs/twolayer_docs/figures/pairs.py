"""Matplotlib figures for a page with two themes: one SVG for light, one for dark, and alt text.

Gallery scripts only call ``plt.show()``; :func:`scrape` is sphinx-gallery's image scraper. In an
executed page write ``show_figure(fig)`` as the last line of a cell.
"""

from __future__ import annotations

import base64
import html
import io
import math
import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.collections import Collection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text

from twolayer_docs.figures.small_svg import shrink
from twolayer_docs.figures.words import alt_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

DARK_BACKGROUND = (0.075, 0.078, 0.086)
_PIXELS_PER_POINT = 96 / 72
_WHITE = (1.0, 1.0, 1.0)
_INK = (0.92, 0.93, 0.94)
_VISIBLE = 3.0  # the least contrast of a line that was meant to be seen
_DARKEST_INK = 0.44  # the share of the page's colour at which grey still has contrast 4.5
_NEUTRAL = 0.12
_LOWEST_CONTRAST = 4.5
_RC: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "twolayer",
    "savefig.bbox": "tight",
    "image.composite_image": False,
}

_SIZE = re.compile(r'width="[\d.]+pt" height="[\d.]+pt"')

Colour = tuple[float, float, float, float]


class FigurePair(NamedTuple):
    """A figure drawn twice, with what a page needs to place it."""

    light: str
    """The SVG for the light theme."""
    dark: str
    """The SVG for the dark theme."""
    width: int
    """The width in CSS pixels."""
    height: int
    """The height in CSS pixels."""
    alt: str
    """What the figure shows, in words."""


class Shown:
    """A figure as an executed page shows it."""

    def __init__(self, pair: FigurePair, data: str = "") -> None:
        """Hold a figure.

        Args:
            pair: The figure drawn twice.
            data: What the figure shows, as JSON, where the page makes more of it than a picture.
        """
        self.pair = pair
        self.data = data

    def _repr_html_(self) -> str:
        """Give the two images, of which the theme shows one; the site makes files of them."""
        data = self.data.replace("<", r"\u003c")
        images = (("only-light", self.pair.light), ("only-dark", self.pair.dark))
        return (
            '<div class="figure-pair">'
            + "".join(
                f'<img class="{theme}" src="data:image/svg+xml;base64,'
                f'{base64.b64encode(svg.encode()).decode()}" width="{self.pair.width}" '
                f'height="{self.pair.height}" alt="{html.escape(self.pair.alt)}">'
                for theme, svg in images
            )
            + (f'<script type="application/json">{data}</script>' if data else "")
            + "</div>"
        )

    def __repr__(self) -> str:
        """Give the alt text, for readers without HTML."""
        return self.pair.alt


def contrast(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Compute the contrast ratio of two colours as WCAG 2 defines it.

    Args:
        first: A colour, red, green and blue from 0 to 1.
        second: Another colour.

    Returns:
        The ratio, from 1 to 21.
    """
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def for_dark(colour: Any) -> Colour:
    """Turn a colour chosen for white paper into one that reads on a dark page.

    Greys change places, black with near-white, and those that were meant to be seen stay visible;
    other colours stay, or are mixed with white until they stand out enough.

    Args:
        colour: Any colour that Matplotlib understands.

    Returns:
        Red, green, blue and opacity.
    """
    red, green, blue, alpha = to_rgba(colour)
    rgb = (red, green, blue)
    if max(rgb) - min(rgb) <= _NEUTRAL:
        grey = sum(rgb) / 3
        if contrast(rgb, _WHITE) >= _VISIBLE:
            grey = min(grey, _DARKEST_INK)
        mixed = [ink + (page - ink) * grey for ink, page in zip(_INK, DARK_BACKGROUND, strict=True)]
        return (mixed[0], mixed[1], mixed[2], alpha)
    for step in range(11):
        share = step / 10
        lighter = (red + (1 - red) * share, green + (1 - green) * share, blue + (1 - blue) * share)
        if contrast(lighter, DARK_BACKGROUND) >= _LOWEST_CONTRAST:
            break
    return (*lighter, alpha)


def draw_pair(figure: Figure) -> FigurePair:
    """Draw a figure for both themes.

    The figure looks after the call as it did before.

    Args:
        figure: A Matplotlib figure.

    Returns:
        Both drawings, their size and the alt text.
    """
    with unscaled(figure):
        light = _svg(figure)
        with recoloured(figure):
            dark = _svg(figure)
    points = _size(light)
    width, height = (math.ceil(side * _PIXELS_PER_POINT) for side in points)
    # The drawing says the same whole numbers as the page, so that nothing moves when it arrives.
    light, dark = (_SIZE.sub(f'width="{width}" height="{height}"', svg, 1) for svg in (light, dark))
    return FigurePair(light, dark, width, height, alt_text(figure))


def show_figure(figure: Figure | None = None) -> Shown:
    """Show a figure in an executed page, light and dark, with alt text, and close it.

    Args:
        figure: The figure; the current one if left out.

    Returns:
        An object that a notebook shows.
    """
    chosen = plt.gcf() if figure is None else figure
    pair = draw_pair(chosen)
    plt.close(chosen)
    return Shown(pair)


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save each open figure twice and write the reStructuredText that shows it.

    Args:
        block: sphinx-gallery's code block, unused.
        block_vars: Its variables; ``image_path_iterator`` names the files.
        gallery_conf: sphinx-gallery's configuration; ``src_dir`` is the documentation's folder.

    Returns:
        reStructuredText, empty where the block drew nothing.
    """
    del block
    parts = []
    for number in plt.get_fignums():
        pair = draw_pair(plt.figure(number))
        light = Path(next(block_vars["image_path_iterator"])).with_suffix(".svg")
        dark = light.with_name(f"{light.stem}_dark.svg")
        light.write_text(pair.light, "utf-8")
        dark.write_text(pair.dark, "utf-8")
        for path, theme in ((light, "only-light"), (dark, "only-dark")):
            place = PurePosixPath(path.relative_to(gallery_conf["src_dir"]).as_posix())
            parts.append(_image_rst(place, pair, theme))
    plt.close("all")
    return "".join(parts)


@contextmanager
def recoloured(figure: Figure) -> Iterator[None]:
    """Show a figure in the dark theme's colours for as long as the context lasts.

    Args:
        figure: A Matplotlib figure.

    Yields:
        Nothing.
    """
    figure.draw_without_rendering()
    undo: list[Callable[[], Any]] = []
    for artist in _artists(figure):
        _recolour(artist, undo)
    try:
        yield
    finally:
        for step in reversed(undo):
            step()


@contextmanager
def unscaled(figure: Figure) -> Iterator[None]:
    """Keep the pixels of pictures as they are for as long as the context lasts.

    Matplotlib would draw each value many times over, in a size that suits no screen. The browser
    does it better, from a hundredth of the bytes.

    Args:
        figure: A Matplotlib figure.

    Yields:
        Nothing.
    """
    pictures = [
        (image, before)
        for axes in figure.axes
        for image in axes.images
        if (before := image.get_interpolation()) in {"auto", "antialiased", "nearest"}
    ]
    for image, _ in pictures:
        image.set_interpolation("none")
    try:
        yield
    finally:
        for image, before in pictures:
            image.set_interpolation(before)


def _artists(figure: Figure) -> list[Artist]:
    """List the artists to recolour: all but words that stand on a picture or a heat map."""
    on_pictures = {
        text
        for axes in figure.axes
        if axes.images or any(c.get_array() is not None for c in axes.collections)
        for text in axes.texts
    }
    artists = [a for a in figure.findobj() if a not in on_pictures]
    for artist in list(artists):
        if isinstance(artist, Annotation) and artist.arrow_patch is not None:
            artists.append(artist.arrow_patch)
        if isinstance(artist, Text) and (box := artist.get_bbox_patch()) is not None:
            artists.append(box)
    return list(dict.fromkeys(artists))


def _recolour(artist: Artist, undo: list[Callable[[], Any]]) -> None:
    """Change the colours of one artist and note how to change them back."""
    if isinstance(artist, Text):
        names = ["color"]
    elif isinstance(artist, Line2D):
        names = ["color", "markeredgecolor", "markerfacecolor"]
    elif isinstance(artist, Patch):
        names = ["edgecolor", "facecolor"]
    elif isinstance(artist, Collection):
        if artist.get_array() is not None:
            return
        names = ["edgecolor", "facecolor"]
    else:
        return
    befores = {name: getattr(artist, f"get_{name}")() for name in names}
    for name, before in befores.items():
        if isinstance(before, str) and before in {"none", "auto"}:
            continue
        after: Any = (
            for_dark(before) if not isinstance(artist, Collection) else [*map(for_dark, before)]
        )
        set_it = getattr(artist, f"set_{name}")
        undo.append(partial(set_it, before))
        set_it(after)


def _svg(figure: Figure) -> str:
    """Draw a figure as SVG that is the same in each run."""
    buffer = io.StringIO()
    with mpl.rc_context(_RC):
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    lines = (line.rstrip() for line in buffer.getvalue().splitlines())
    return shrink("\n".join(lines) + "\n")


def _size(svg: str) -> tuple[float, float]:
    """Read the size of a drawing in points from its ``viewBox``."""
    match = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if match is None:
        message = "Matplotlib wrote an SVG without a viewBox"
        raise ValueError(message)
    return float(match.group(1)), float(match.group(2))


def _image_rst(place: PurePosixPath, pair: FigurePair, theme: str) -> str:
    """Write an image directive."""
    alt = pair.alt.replace("\\", "\\\\").replace("*", "\\*").replace("`", "\\`")
    return (
        f"\n.. image:: /{place}\n"
        f"   :alt: {alt}\n"
        f"   :width: {pair.width}px\n"
        f"   :height: {pair.height}px\n"
        f"   :loading: lazy\n"
        f"   :class: {theme} sphx-glr-single-img\n"
    )


def _luminance(colour: tuple[float, ...]) -> float:
    """Compute the relative luminance of a colour as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]  # noqa: PLR2004
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
