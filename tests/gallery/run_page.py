"""Run one gallery script alone, as a person does who downloaded it, and keep its variables.

Usage: ``python -I run_page.py SCRIPT VALUES``. Whatever environment this runs in, the script can't
import twolayer; warnings are errors; figures are drawn but not shown.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import json
import runpy
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class _NoPackage(importlib.abc.MetaPathFinder):
    """A finder that answers for twolayer first, and says that there is none."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] == "twolayer":
            message = f"no {fullname} for a downloaded script"
            raise ModuleNotFoundError(message, name=fullname)
        return None


def plain(page: dict[str, Any]) -> dict[str, Any]:
    """Choose the variables that JSON can hold.

    Args:
        page: A script's variables.

    Returns:
        Those that are numbers, strings, or lists and dictionaries of such.
    """
    kept = {}
    for name, value in page.items():
        with contextlib.suppress(TypeError, ValueError):
            json.dumps(value)
            kept[name] = value
    return {name: value for name, value in kept.items() if not name.startswith("__")}


def main(script: str, values: str) -> None:
    """Run the script and write its variables, those that JSON can hold.

    Args:
        script: The script's path.
        values: Where to write them.
    """
    sys.meta_path.insert(0, _NoPackage())
    mpl.use("agg")
    warnings.simplefilter("error")
    page = runpy.run_path(script, run_name="__main__")
    Path(values).write_text(json.dumps(plain(page)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
