"""The reference: which module stands on which page."""

from __future__ import annotations

import pkgutil
import re
from collections import Counter
from pathlib import Path

import pytest

import twolayer
from twolayer.rungs import RUNGS, Rung

REFERENCE = Path(__file__).parents[3] / "docs/reference"
# What only the package's own modules call, and the exercises, which the site shows as pages.
NOT_SHOWN = ("twolayer.checks", "twolayer.exercises.lessons")


def shown() -> Counter[str]:
    """Count how often the reference shows each module."""
    pages = [path.read_text("utf-8") for path in REFERENCE.rglob("*.md")]
    return Counter(name for page in pages for name in re.findall(r"automodule:: (\S+)", page))


def modules() -> set[str]:
    """List the package's modules."""
    found = pkgutil.walk_packages(twolayer.__path__, "twolayer.")
    return {"twolayer", *(module.name for module in found)}


def test_each_module_has_its_place() -> None:
    """The reference shows each public module once, and none that isn't there."""
    wanted = {name for name in modules() if not name.startswith(NOT_SHOWN)}

    assert shown() == Counter(wanted)


@pytest.mark.parametrize("rung", RUNGS.values(), ids=list(RUNGS))
def test_each_rung_has_its_page(rung: Rung) -> None:
    """A rung's page in the reference shows its module and leads to its lesson."""
    page = (REFERENCE / f"rungs/{rung.name}.md").read_text("utf-8")

    assert f".. automodule:: twolayer.rungs.{rung.name}\n" in page
    assert f"{{doc}}`/{rung.page}`" in page


def test_the_list_of_rungs_is_in_the_ladders_order() -> None:
    """The reference lists the rungs as the ladder has them."""
    page = (REFERENCE / "rungs.md").read_text("utf-8")

    assert re.findall(r"^rungs/(\w+)$", page, re.MULTILINE) == list(RUNGS)
