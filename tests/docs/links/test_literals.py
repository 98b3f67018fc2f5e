"""Which literals lead where."""

from __future__ import annotations

import pytest

from twolayer_docs.links.literals import Target, find_pages, find_target, names_in_code

NAMES = {
    "torch.relu": Target(None, "https://torch.example/relu", "torch.relu"),
    "torch.nn.Linear": Target(None, "https://torch.example/linear", "torch.nn.Linear"),
    "numpy.maximum": Target(None, "https://numpy.example/maximum", "numpy.maximum"),
    "int": Target(None, "https://python.example/int", "int"),
}
PAGES = {"tensors_by_hand": Target("gallery/two_layer/tensors_by_hand", "", "Tensors by hand")}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("torch.relu", "torch.relu"),
        ("torch.relu()", "torch.relu"),
        ("np.maximum", "numpy.maximum"),
        ("numpy.maximum", "numpy.maximum"),
        ("nn.Linear", "torch.nn.Linear"),
        ("nn.Linear()", "torch.nn.Linear"),
    ],
)
def test_known_names_become_links(text: str, name: str) -> None:
    """A full or usual short form of a known name leads to its documentation."""
    assert NAMES[name] == find_target(text, PAGES, NAMES)


def test_a_rung_becomes_a_link_to_its_page() -> None:
    """A literal that is a rung's name leads to the rung's page."""
    assert PAGES["tensors_by_hand"] == find_target("tensors_by_hand", PAGES, NAMES)


@pytest.mark.parametrize(
    "text", ["w1", "int", "torch.unknown", "torch.relu(x)", "x @ w1", "", "a b"]
)
def test_other_literals_stay(text: str) -> None:
    """Variables, unknown names and expressions stay plain literals."""
    assert find_target(text, PAGES, NAMES) is None


def test_gallery_pages_and_guides_are_known_by_name() -> None:
    """Pages of all gallery folders and guides can be linked, exercises with their folder; other
    indexes and names given twice can't.
    """
    docnames = {
        "gallery/two_layer/autograd",
        "gallery/tensors/creating",
        "gallery/tensors/index",
        "gallery/tensors/twice",
        "gallery/autograd/twice",
        "gallery/exercises/index",
        "gallery/exercises/autograd",
        "reference/gradients",
        "index",
        "all_rungs",
    }

    expected = {
        "autograd": "gallery/two_layer/autograd",
        "exercises": "gallery/exercises/index",
        "exercises/autograd": "gallery/exercises/autograd",
        "creating": "gallery/tensors/creating",
        "all_rungs": "all_rungs",
    }
    assert expected == find_pages(docnames)


def test_what_a_pages_code_calls_by_the_same_name_is_noticed() -> None:
    """Variables, functions, arguments, imports and whole strings are names that code uses."""
    code = """
from somewhere import tracking
operations = tracking("creating", "not cuda_device")
torch.autograd.grad(operations)
def gradients(w1):
    return w1
"""

    used = names_in_code([code, "an output: 1 2"])

    assert {"tracking", "operations", "creating", "gradients", "w1"} <= used
    assert used.isdisjoint({"cuda_device", "autograd", "output"})
