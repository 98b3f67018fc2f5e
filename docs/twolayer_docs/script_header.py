"""The header of a script that names what it needs, as PEP 723 writes it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_BLOCK = re.compile(r"(?m)^# /// script\n(?P<toml>(?:#(?: .*)?\n)+?)# ///\n")


class HeaderError(ValueError):
    """A script has no header, or one that can't be read."""


def text(source: str) -> str:
    r"""Find a script's header.

    Args:
        source: The script, which begins with it.

    Returns:
        The header's lines as they stand.

    Raises:
        HeaderError: If the script doesn't begin with one.

    Examples:
        >>> text("# /// script\n# dependencies = []\n# ///\nprint(1)\n")
        '# /// script\n# dependencies = []\n# ///\n'
    """
    match = _BLOCK.match(source)
    if match is None:
        first = source.partition("\n")[0]
        message = f"a script begins with '# /// script', not with {first!r}"
        raise HeaderError(message)
    return match.group()


def read(source: str) -> dict[str, Any]:
    r"""Read a script's header.

    Args:
        source: The script, which begins with it.

    Returns:
        What the header says, such as ``requires-python`` and ``dependencies``.

    Raises:
        HeaderError: If the script doesn't begin with a header, or it is no TOML.

    Examples:
        >>> read('# /// script\n# dependencies = ["numpy>=2.0"]\n# ///\n')
        {'dependencies': ['numpy>=2.0']}
    """
    lines = text(source).splitlines()[1:-1]
    toml = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
    try:
        return tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        message = f"the header is no TOML: {error}"
        raise HeaderError(message) from error
