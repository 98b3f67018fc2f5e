"""Spans of code that are taken out."""

from __future__ import annotations

import re
from pathlib import Path

import code_spans
import pytest
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Token

CONFIGURATION = Path(__file__).parents[2] / "docs" / "conf.py"
STYLES = re.findall(r'(?m)^pygments_\w*style = "(.*)"$', CONFIGURATION.read_text("utf-8"))


@pytest.mark.parametrize("name", STYLES)
def test_words_without_a_span_look_as_they_did(name: str) -> None:
    """Both styles of the site write the words that lose their span like plain text."""
    style = get_style_by_name(name)
    kinds = {short: kind for kind, short in STANDARD_TYPES.items()}
    text = style.style_for_token(Token.Text)

    assert len(STYLES) == 2
    assert {word: style.style_for_token(kinds[word]) for word in code_spans.PLAIN} == dict.fromkeys(
        code_spans.PLAIN, text
    )


def test_links_in_code_stay() -> None:
    """A word that leads somewhere loses its span and keeps its link."""
    html = '<div class="highlight"><pre><a href="x.html"><span class="n">Tensor</span></a>\n</pre></div>'

    assert code_spans.without(html) == (
        '<div class="highlight"><pre><a href="x.html">Tensor</a>\n</pre></div>'
    )


def test_what_is_no_code_stays() -> None:
    """Outside of code, and in words of another colour, nothing changes."""
    html = (
        '<p><span class="n">a</span></p><div class="highlight"><pre><span class="k">if</span></pre>'
        '</div><span class="p">,</span><dl><dd><span class="pre">b</span></dd></dl>'
    )

    assert code_spans.without(html) == html
