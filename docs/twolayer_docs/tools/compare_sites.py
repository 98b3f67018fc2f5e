"""Say where two built sites differ.

``python -m twolayer_docs.tools.compare_sites FIRST SECOND`` prints each file that only one of them has, and
for each that has other bytes in the other the place and the bytes where they part. It ends with status
1 if there is any.
"""

from __future__ import annotations

import argparse
import sys
from itertools import zip_longest
from pathlib import Path

_BEFORE = 30
_AFTER = 50


def contents(site: Path) -> dict[str, bytes]:
    """Read a site.

    Args:
        site: Its folder.

    Returns:
        The bytes of each file, by its path within the site.
    """
    files = sorted(path for path in site.rglob("*") if path.is_file())
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in files}


def parting(first: bytes, second: bytes) -> int | None:
    """Find where two files part.

    Args:
        first: A file's bytes.
        second: Another's.

    Returns:
        The number of bytes that both begin with, or ``None`` where they are equal.

    Examples:
        >>> parting(b"at noon", b"at night"), parting(b"at", b"at night"), parting(b"at", b"at")
        (4, 2, None)
    """
    if first == second:
        return None
    pairs = zip_longest(first, second)
    return next(place for place, (one, other) in enumerate(pairs) if one != other)


def differences(first: Path, second: Path) -> list[str]:
    """Compare two sites.

    Args:
        first: A site's folder.
        second: Another's.

    Returns:
        A line or more for each file that differs: which it is, where it parts, and what stands there.

    Raises:
        FileNotFoundError: If a folder holds no file.
    """
    sites = {folder: contents(folder) for folder in (first, second)}
    for folder, files in sites.items():
        if not files:
            message = f"there is no site in {folder}"
            raise FileNotFoundError(message)
    ones, others = sites[first], sites[second]
    found = []
    for name in sorted(ones.keys() | others.keys()):
        if name not in ones or name not in others:
            found.append(f"{name}: only in {first if name in ones else second}")
            continue
        place = parting(ones[name], others[name])
        if place is not None:
            part = slice(max(place - _BEFORE, 0), place + _AFTER)
            found.append(
                f"{name}: differs from byte {place}\n  {ones[name][part]!r}\n  {others[name][part]!r}"
            )
    return found


def main(arguments: list[str] | None = None) -> int:
    """Compare two sites and print where they differ.

    Args:
        arguments: The command line, without the program.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description="Say where two built sites differ.")
    parser.add_argument("first", type=Path, help="a site's folder")
    parser.add_argument("second", type=Path, help="another's")
    options = parser.parse_args(arguments)
    found = differences(options.first, options.second)
    print("\n".join(found) if found else "The two sites are the same, byte for byte.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
