"""The search for a site that is read from a folder, where no script may fetch an index.

The pages' text is written as a script, ``_static/offline/search.js``, beside MiniSearch, the library
that searches it there. Neither is loaded on a hosted site.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from twolayer_docs import npm
from twolayer_docs.forms.search_index import weight
from twolayer_docs.npm import NpmError
from twolayer_docs.paths import DOCS

if TYPE_CHECKING:
    from twolayer_docs.forms.page_parts import Page

PACKAGES = DOCS / "_build" / "node"
ENGINE = Path(__file__).with_name("offline_search.js")
PLACE = Path("_static", "offline")


def ensure(folder: Path = PACKAGES) -> None:
    """Install MiniSearch unless the wanted version is there already.

    Args:
        folder: Where npm installs to.

    Raises:
        NpmError: If npm fails.
    """
    version = npm.dependencies(DOCS / "package.json")["minisearch"]
    if npm.installed_version(folder, "minisearch") == version:
        return
    folder.mkdir(parents=True, exist_ok=True)
    where = ("--prefix", str(folder), "--no-package-lock")
    status = npm.run_npm("install", *where, f"minisearch@{version}")
    if status != 0 or npm.installed_version(folder, "minisearch") != version:
        message = (
            f"npm could not install minisearch {version} (exit status {status}). "
            "Check the network, then run: nox -s docs"
        )
        raise NpmError(message)


def documents(pages: list[Page]) -> list[dict[str, str | float]]:
    """List what can be found.

    Args:
        pages: The site's pages, cut into parts.

    Returns:
        A record for each part that says something: its number, its page and what it says.
    """
    return [
        {
            "id": number,
            "page": page.title,
            "title": part.title,
            "url": page.address + (f"#{part.anchor}" if part.anchor else ""),
            "text": part.text,
            "code": part.code,
            "weight": weight(page.address),
        }
        for number, (page, part) in enumerate((page, part) for page in pages for part in page.parts)
        if part.text or part.code
    ]


def write(site: Path, pages: list[Page], folder: Path = PACKAGES) -> int:
    """Write the offline search into the site.

    Args:
        site: The site's folder.
        pages: Its pages, cut into parts.
        folder: Where npm installed MiniSearch.

    Returns:
        How many parts can be found.
    """
    place = site / PLACE
    place.mkdir(parents=True, exist_ok=True)
    package = folder / "node_modules" / "minisearch"
    library = (package / "dist" / "umd" / "index.js").read_text("utf-8")
    # Its source map is not published.
    kept = [line for line in library.splitlines() if not line.startswith("//# sourceMappingURL=")]
    (place / "minisearch.js").write_text("\n".join(kept) + "\n", "utf-8")
    shutil.copyfile(package / "LICENSE.txt", place / "minisearch-LICENSE.txt")
    found = documents(pages)
    records = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    engine = ENGINE.read_text("utf-8")
    (place / "search.js").write_text(f"window.twolayerRecords={records};\n{engine}", "utf-8")
    return len(found)
