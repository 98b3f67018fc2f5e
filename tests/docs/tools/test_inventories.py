"""The offline inventories."""

from __future__ import annotations

import builtins
import importlib
from typing import TYPE_CHECKING

import pytest

from twolayer_docs.tools import inventories

if TYPE_CHECKING:
    from pathlib import Path

LISTS = sorted(inventories.FOLDER.glob("*.toml"))


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
    """Every name that an inventory lists is in the installed library."""
    for name, _, _ in inventories.listed(path):
        find_object(name)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_the_committed_inventory_is_current(path: Path) -> None:
    """The committed inventory holds what its list says."""
    assert inventories.is_current(path)


def test_there_are_four() -> None:
    """PyTorch, NumPy, Python and Matplotlib each have an inventory."""
    assert [path.stem for path in LISTS] == ["matplotlib", "numpy", "python", "torch"]


def test_a_changed_list_is_noticed(tmp_path: Path) -> None:
    """A list that says more than the inventory beside it is found out, and mended by writing."""
    path = tmp_path / "numpy.toml"
    path.write_text((inventories.FOLDER / "numpy.toml").read_text("utf-8"), "utf-8")
    inventories.write(path)
    assert inventories.is_current(path)

    group = '\n[[group]]\nrole = "function"\nuri = "{name}.html#{name}"\nnames = ["numpy.sin"]\n'
    path.write_text(path.read_text("utf-8") + group, "utf-8")

    assert not inventories.is_current(path)
    inventories.write(path)
    assert inventories.is_current(path)


def test_a_name_listed_twice_is_refused(tmp_path: Path) -> None:
    """A name that stands in a list twice is an error that names it."""
    path = tmp_path / "x.toml"
    path.write_text('[[group]]\nrole = "data"\nuri = "x"\nnames = ["a", "a"]\n', "utf-8")

    with pytest.raises(ValueError, match="lists a name twice: a"):
        inventories.listed(path)


def test_an_unknown_name_is_refused() -> None:
    """A name that no library has is an error that names it."""
    with pytest.raises(LookupError, match=r"numpy\.no_such_thing"):
        find_object("numpy.no_such_thing")
