"""Inventories for intersphinx, made from lists of names, so that links to other documentation need no network.

``docs/inventories/*.toml`` list the names that pages link to, each with its role and address.
"""

from __future__ import annotations

import tomllib
import zlib

from twolayer_docs.paths import BUILD, DOCS

LISTS = sorted((DOCS / "inventories").glob("*.toml"))
FOLDER = BUILD / "inventories"
_HEAD = """\
# Sphinx inventory version 2
# Project: {project}
# Version: {version}
# The remainder of this file is compressed using zlib.
"""


def write() -> dict[str, tuple[str, str]]:
    """Write an inventory for each list, and give what intersphinx is told of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    told = {}
    for path in LISTS:
        source = tomllib.loads(path.read_text("utf-8"))
        rows = "".join(
            f"{name} py:{group['role']} 1 {group['uri'].format(name=name)} -\n"
            for group in source["group"]
            for name in group["names"]
        )
        file = FOLDER / f"{path.stem}.inv"
        file.write_bytes(_HEAD.format(**source).encode() + zlib.compress(rows.encode()))
        told[path.stem] = (source["url"], str(file))
    return told
