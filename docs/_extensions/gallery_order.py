"""The order of gallery pages: the ladder's from the table of rungs, any other by title."""

from __future__ import annotations

from pathlib import Path


class LadderOrder:
    """A sphinx-gallery sort key that puts the rungs in the ladder's order."""

    def __init__(self, src_dir: str) -> None:
        """Remember the gallery folder.

        Args:
            src_dir: The folder whose scripts are sorted.
        """
        self.src_dir = src_dir

    def __call__(self, filename: str) -> tuple[int, str]:
        """Give a script its place.

        Args:
            filename: The script's file name.

        Returns:
            A key: rungs first, as the table has them, then other scripts by name.
        """
        from twolayer.rungs import RUNGS  # noqa: PLC0415

        name = Path(filename).stem
        names = list(RUNGS)
        return (names.index(name) if name in names else len(names), name)

    def __repr__(self) -> str:
        """Name the key the same way in each run, since Sphinx compares configurations."""
        return "<LadderOrder>"
