"""What results alone say of a mistake, and what they don't."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from twolayer.exercises import comparing
from twolayer.exercises.comparing import Comparison
from twolayer.exercises.diagnoses import KNOWN
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import share_memory

ROW = np.array([1.0, 2.0, 4.0])
MISTAKE = Mistake(KNOWN, lambda: None, text="the mistake")


def comparisons(given: dict[str, Any], wants: dict[str, Any]) -> list[list[Comparison]]:
    """Each result in one case."""
    given, wants = ({name: np.array(v) for name, v in one.items()} for one in (given, wants))
    return [
        [Comparison(name=name, given=given[name], wanted=wants[name], results=given, wants=wants)]
        for name in wants
    ]


def known(given: dict[str, Any], wants: dict[str, Any], mistaken: dict[str, Any]) -> str | None:
    """What is said where a mistake is known that gives such results."""
    found = {name: np.array(value) for name, value in mistaken.items()}
    diagnosis = comparing.known(comparisons(given, wants), [(MISTAKE, [found])])
    return diagnosis and diagnosis.text


@pytest.mark.parametrize(
    ("stop", "start", "said"),
    [
        (8.0, 5.0, "stop: the mistake"),  # it gets the right result right
        (8.0, 6.0, None),  # a number may be the mistake's by chance
        (2 * ROW, 6.0, "stop: the mistake"),  # a row hardly
    ],
)
def test_a_number_by_chance_names_no_mistake(stop: Any, start: float, said: str | None) -> None:
    """A mistake that gets a right result wrong is not named for a single number that it explains."""
    given, wants = {"start": 5.0, "stop": stop}, {"start": 5.0, "stop": np.multiply(stop, 3)}
    assert known(given, wants, {"start": start, "stop": stop}) == said


def test_swapped_results_are_told_before_half_a_mistake() -> None:
    """A mistake that explains one of two swapped results is not named."""
    given, wants = {"first": 2 * ROW, "second": ROW}, {"first": ROW, "second": 2 * ROW}
    assert (
        known(given, wants, {"first": 2 * ROW, "second": 2 * ROW}) == "first and second are swapped"
    )


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        (3.7, None),
        (3.0, "y is off by a factor of 3 / 5, where 5 is N"),
        (0.25, "y is off by a factor of 0.25 / 5, where 5 is N"),
    ],
)
def test_a_factor_beside_a_size_is_a_whole_number(scale: float, said: str | None) -> None:
    """A factor that changes with a size is named if it is simple otherwise."""
    cases = [
        Comparison(
            name="y", given=scale / N * ROW, wanted=ROW, results={}, wants={}, sizes={"N": N}
        )
        for N in (5, 7)
    ]
    diagnosis = comparing.factor(cases)
    assert (diagnosis and diagnosis.text) == said


X = torch.arange(12.0).view(3, 4)


@pytest.mark.parametrize("x", [X, X.numpy()], ids=["tensor", "array"])
def test_memory_is_shared_where_elements_overlap(x: Any) -> None:
    """A view is told from a copy, from another part, and from what is empty where it begins."""
    shared = [(x, x), (x[0], x), (x.T, x[1:]), (x[:1, :2], x[:1, :1])]
    apart = [(1 * x, x), (x[0], x[1]), (x[:, ::2], x[:, 1::2]), (x[:0], x), (x, x[:0])]
    apart.append((x[:0] * 1, x[:0] * 1))
    assert [share_memory(a, b) for a, b in [*shared, *apart]] == [True] * 4 + [False] * 6
