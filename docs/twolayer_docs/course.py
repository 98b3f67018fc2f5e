"""The order of gallery pages: from ``ORDER``, and for the ladder from the table of rungs."""

from __future__ import annotations

from pathlib import Path

from twolayer_docs.paths import ROOT

ORDER = {
    "tensors": ("creating", "operations", "numpy_interop", "cuda_device"),
    "autograd": ("tracking", "graph", "gradients", "vector_jacobian_product"),
    "networks": ("lenet", "digits"),
    "scaling": ("how_fast", "data_parallel"),
    "labs": ("break_it", "learning_rate_map"),
}
"""The pages of each folder but the ladder's, in reading order."""
EXERCISES = "exercises"
"""The folder of exercises, whose pages have the names and the order of their lessons."""
GUIDES = ("all_rungs", "backward_pass", "is_it_learning")
LAST_GUIDES = ("cheat_sheet", "then_and_now", "glossary")
"""The guides that stand between the ladder and the other galleries, and those after them."""


class LadderOrder:
    """A sphinx-gallery sort key that puts a folder's pages in reading order."""

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
            A key: pages that have a place first, in order, then other scripts by name.
        """
        name = Path(filename).stem
        names = page_names(Path(self.src_dir).name)
        return (names.index(name) if name in names else len(names), name)

    def __repr__(self) -> str:
        """Name the key the same way in each run, since Sphinx compares configurations."""
        return "<LadderOrder>"


def page_names(folder: str) -> tuple[str, ...]:
    """List the pages of a gallery folder that have a place.

    Args:
        folder: The folder's name.

    Returns:
        The names in reading order; none for a folder that nobody ordered.
    """
    from twolayer.rungs import RUNGS  # noqa: PLC0415

    if folder == EXERCISES:
        there = {path.stem for path in (ROOT / "gallery" / EXERCISES).glob("*.py")}
        return tuple(name for name in lessons() if name in there)
    return ORDER.get(folder) or tuple(r.name for r in RUNGS.values() if r.folder == folder)


def lessons() -> tuple[str, ...]:
    """List the pages that exercises can belong to, in the order of the way through all pages.

    Returns:
        The names of the gallery's pages and of the guides.
    """
    folders = [name for names in ORDER.values() for name in names]
    return (*page_names("two_layer"), *GUIDES, *folders, *LAST_GUIDES)
