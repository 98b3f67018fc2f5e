"""The links that sphinx-gallery puts into code, thinned out.

It links each name in a script to its documentation, and each variable to that of its value's class: every
``step`` to Python's ``int``. On a page of some length those are hundreds of stops for the Tab key, and more
bytes than the page's text. So variables lose their link; modules, classes, functions and methods keep it,
without the classes that no style of this site names.
"""

from __future__ import annotations

import re

_LINK = re.compile(
    r'<a class="(sphx-glr-backref-[^"]*?)(reference (?:ex|in)ternal)"([^>]*)>(.*?)</a>', re.DOTALL
)
_VARIABLE = "sphx-glr-backref-instance"


def thinned(html: str) -> str:
    """Thin out the links of a page's code.

    Args:
        html: A page.

    Returns:
        The page, its words as they were.

    Examples:
        >>> link = '<a class="sphx-glr-backref-{} reference external" href="x.html">n</a>'
        >>> thinned(link.format("type-py-class sphx-glr-backref-instance"))
        'n'
        >>> thinned(link.format("type-py-function"))
        '<a class="reference external" href="x.html">n</a>'
    """
    return _LINK.sub(
        lambda link: (
            link[4] if _VARIABLE in link[1] else f'<a class="{link[2]}"{link[3]}>{link[4]}</a>'
        ),
        html,
    )
