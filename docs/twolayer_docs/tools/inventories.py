"""Make the intersphinx inventories, so that links to other documentation need no network.

``docs/inventories/*.toml`` list the names that pages link to, each with its role and address.
``python -m twolayer_docs.tools.inventories`` writes the ``.inv`` beside each; ``--check`` only says
whether the committed ones are what it would write.
"""

from __future__ import annotations

import argparse
import builtins
import importlib
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import sphobjinv  # type: ignore[import-untyped]

from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = DOCS / "inventories"


def load(path: Path) -> dict[str, Any]:
    """Read one list of names.

    Args:
        path: A ``.toml`` file.

    Returns:
        Its contents: ``project``, ``version``, ``url`` and the ``group`` tables.
    """
    return tomllib.loads(path.read_text("utf-8"))


def listed(path: Path) -> list[tuple[str, str, str]]:
    """List the names of one inventory.

    Args:
        path: A ``.toml`` file.

    Returns:
        Name, role and address below the project's own, sorted, one row a name.

    Raises:
        ValueError: If a name stands there twice.
    """
    rows = [
        (name, group["role"], group["uri"].format(name=name))
        for group in load(path)["group"]
        for name in group["names"]
    ]
    names = [name for name, _, _ in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"{path.name} lists a name twice: {', '.join(twice)}"
        raise ValueError(message)
    return sorted(rows)


def plain_text(path: Path) -> bytes:
    """Make the uncompressed text of an inventory.

    Args:
        path: A ``.toml`` file.

    Returns:
        The text that the ``.inv`` holds.
    """
    source = load(path)
    inventory = sphobjinv.Inventory()
    inventory.project = source["project"]
    inventory.version = source["version"]
    for name, role, uri in listed(path):
        inventory.objects.append(
            sphobjinv.DataObjStr(
                name=name, domain="py", role=role, priority="1", uri=uri, dispname="-"
            )
        )
    text: bytes = inventory.data_file(contract=True)
    return text


def is_current(path: Path) -> bool:
    """Tell whether the ``.inv`` beside a list holds what the list says.

    Args:
        path: A ``.toml`` file.

    Returns:
        Whether a fresh one would hold the same text.
    """
    target = path.with_suffix(".inv")
    if not target.is_file():
        return False
    held: bytes = sphobjinv.decompress(target.read_bytes())
    return held == plain_text(path)


def write(path: Path) -> Path:
    """Write the ``.inv`` beside a list.

    Args:
        path: A ``.toml`` file.

    Returns:
        The file written.
    """
    target = path.with_suffix(".inv")
    target.write_bytes(sphobjinv.compress(plain_text(path)))
    return target


def find_object(name: str) -> object:
    """Find what a name stands for in the installed libraries.

    Args:
        name: A dotted name, or a built-in one.

    Returns:
        The module, class, function or attribute.

    Raises:
        LookupError: If there is no such thing.
    """
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


def main(arguments: list[str] | None = None) -> int:
    """Write or check all inventories.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description="Make the intersphinx inventories.")
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    options = parser.parse_args(arguments)
    stale = [path for path in sorted(FOLDER.glob("*.toml")) if not is_current(path)]
    for path in stale:
        if options.check:
            print(f"{path.with_suffix('.inv').name} differs from {path.name}", file=sys.stderr)
        else:
            print(f"wrote {write(path).relative_to(FOLDER.parent.parent)}")
    if options.check and stale:
        print("Run: python -m twolayer_docs.tools.inventories", file=sys.stderr)
    return int(options.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
