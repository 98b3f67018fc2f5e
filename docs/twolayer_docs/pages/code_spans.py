"""The spans of code that change nothing about its look, taken out.

Pygments puts each word of code into a span, and Sphinx each part of a signature into one more. On a page of
code those are half of its elements, and a phone has to read, style and place every one before it answers.
So words lose their span where both of the site's styles give them the colour of plain text.
"""

from __future__ import annotations

import re

PLAIN = ("n", "nn", "nx", "p", "pm", "w")
"""Pygments' names for words that both styles write like plain text: names, punctuation, spaces."""

SIGNATURE = ("n", "p", "w", "o", "k", "s", "default_value")
"""Sphinx's names for the words of a signature that no style of this site names."""

_BLOCK = re.compile(r'<div class="highlight">.*?</pre>', re.DOTALL)
_WORD = re.compile(rf'<span class="(?:{"|".join(PLAIN)})">([^<]*)</span>')
_LITERAL = re.compile(r'<span class="pre">((?:[^<]|<wbr/?>)*)</span>')
_SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)
# The innermost span with nothing but words and links in it.
_PART = re.compile(rf'<span class="(?:{"|".join(SIGNATURE)})">((?:(?!</?span)[\s\S])*?)</span>')


def without(html: str) -> str:
    """Take out of a page the spans that change nothing about the look of code.

    Args:
        html: A page.

    Returns:
        The page, its words as they were.

    Examples:
        >>> without(
        ...     '<div class="highlight"><pre><span class="n">w</span><span class="o">-=</span>1</pre>'
        ... )
        '<div class="highlight"><pre>w<span class="o">-=</span>1</pre>'
        >>> without('<dt class="sig py"><span class="n"><span class="pre">w</span></span></dt>')
        '<dt class="sig py">w</dt>'
        >>> without('<code><span class="pre">w</span></code>')
        '<code>w</code>'
    """
    html = _BLOCK.sub(lambda block: _WORD.sub(r"\1", block[0]), html)
    html = _LITERAL.sub(r"\1", html)
    return _SIGNATURE.sub(lambda signature: _bare(signature[0]), html)


def _bare(signature: str) -> str:
    """Take the spans of words out of a signature, the inner ones first."""
    while (inner := _PART.sub(r"\1", signature)) != signature:
        signature = inner
    return signature
