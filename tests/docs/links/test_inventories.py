"""The offline inventories."""

from __future__ import annotations

import builtins
import importlib
import tomllib
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.links.inventories import LISTS

if TYPE_CHECKING:
    from pathlib import Path


def find_object(name: str) -> object:
    """Find what a name stands for in the installed libraries."""
    if hasattr(builtins, name):
        found: object = getattr(builtins, name)
        return found
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        try:
            for part in parts[length:]:
                found = getattr(found, part)
        except AttributeError:
            continue
        return found
    message = f"the installed libraries have no {name}"
    raise LookupError(message)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_every_listed_name_exists(path: Path) -> None:
    """Every name that a list has is in the installed library, and in the list once."""
    groups = tomllib.loads(path.read_text("utf-8"))["group"]
    names = [name for group in groups for name in group["names"]]
    for name in names:
        find_object(name)
    assert len(names) == len({*names})


def test_an_unknown_name_is_refused() -> None:
    """A name that no library has is an error that names it."""
    with pytest.raises(LookupError, match=r"numpy\.no_such_thing"):
        find_object("numpy.no_such_thing")
