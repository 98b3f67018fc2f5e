"""Spans of code that are taken out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Token

from twolayer_docs.pages import code_spans

CONFIGURATION = Path(__file__).parents[3] / "docs" / "conf.py"
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


def test_a_signature_keeps_its_links_and_its_name() -> None:
    """Of a signature's elements, those that are styled or lead somewhere are left."""
    part = '<span class="{}"><span class="pre">{}</span></span>'.format
    html = (
        f'<dt class="sig py">{part("sig-name descname", "fit")}<em class="sig-param">{part("n", "x")}'
        f'{part("p", ":")}<span class="w"> </span><span class="n"><a href="t.html"><span class="pre">'
        f"Tensor</span></a>{part('p', '[')}</span></em></dt>"
    )

    assert code_spans.without(html) == (
        '<dt class="sig py"><span class="sig-name descname">fit</span><em class="sig-param">x: '
        '<a href="t.html">Tensor</a>[</em></dt>'
    )


def test_what_is_no_code_stays() -> None:
    """Outside of code, and in words of another colour, nothing changes."""
    html = (
        '<p><span class="n">a</span></p><div class="highlight"><pre><span class="k">if</span></pre>'
        '</div><span class="p">,</span><dl><dd><span class="s">b</span></dd></dl>'
    )

    assert code_spans.without(html) == html
