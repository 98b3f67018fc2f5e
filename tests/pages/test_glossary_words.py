"""The words that the glossary must explain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GLOSSARY = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"

# The field's own words for what the pages are about. Others may join; none of these may leave.
WORDS = """
    accuracy, array, autograd, backward pass, batch, bias, broadcasting, central difference,
    chain rule, contiguous, convolution, cross-entropy, device, double descent, dtype,
    early stopping, epoch, float32, float64, forward pass, gradient, gradient accumulation,
    gradient descent, graph, held out, hidden unit, in-place,
    initialisation, Jacobian, layer, leaf, learning rate, loss, mini-batch, module, momentum,
    optimizer, overfitting, parameter, pooling, ReLU, reverse mode, seed, SGD, shape, softmax, static graph,
    storage, stride, target, tensor, vector-Jacobian product, view, weight
"""


def terms() -> set[str]:
    """The words that the glossary explains: the lines that begin at the margin of its lists."""
    blocks = re.findall(r"(?s)```\{glossary\}\n(.*?)```", GLOSSARY.read_text("utf-8"))
    return {line for block in blocks for line in block.splitlines() if line[:1].strip()}


@pytest.mark.parametrize("word", [word.strip() for word in WORDS.replace("\n", " ").split(",")])
def test_the_glossary_explains(word: str) -> None:
    """No word that the pages can't do without has left the glossary."""
    assert " ".join(word.split()) in terms()
