"""Make the intersphinx inventories, so that links to other documentation need no network.

``docs/inventories/*.toml`` list the names that pages link to, each with its role and address.
``python -m twolayer_docs.tools.inventories`` writes the ``.inv`` beside each.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import sphobjinv  # type: ignore[import-untyped]

from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = DOCS / "inventories"


def load(path: Path) -> dict[str, Any]:
    """Read one list of names."""
    return tomllib.loads(path.read_text("utf-8"))


def listed(path: Path) -> list[tuple[str, str, str]]:
    """List the names of one inventory."""
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
    """Make the uncompressed text of an inventory."""
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
    """Tell whether the ``.inv`` beside a list holds what the list says."""
    target = path.with_suffix(".inv")
    if not target.is_file():
        return False
    held: bytes = sphobjinv.decompress(target.read_bytes())
    return held == plain_text(path)


def write(path: Path) -> Path:
    """Write the ``.inv`` beside a list."""
    target = path.with_suffix(".inv")
    target.write_bytes(sphobjinv.compress(plain_text(path)))
    return target


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.toml")):
        if not is_current(path):
            print(f"wrote {write(path).relative_to(DOCS)}")
