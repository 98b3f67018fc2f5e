"""The NumPy rung, which all others are held against."""

from __future__ import annotations

import numpy as np
import pytest

from twolayer import Problem, random_problem
from twolayer.rungs import RUNGS


def test_makes_the_step_that_paper_and_pencil_make() -> None:
    """One step of a network of one number each follows the chain rule."""
    x, y, w1, w2, rate = 3.0, 2.0, 0.5, 4.0, 0.01
    problem = Problem(*(np.array([[value]]) for value in (x, y, w1, w2)))
    fit = RUNGS["numpy_by_hand"].fit(problem, steps=1, learning_rate=rate)
    error = x * w1 * w2 - y
    assert fit.losses[0] == pytest.approx(error**2)
    assert fit.w1[0, 0] == pytest.approx(w1 - rate * 2 * error * w2 * x)
    assert fit.w2[0, 0] == pytest.approx(w2 - rate * 2 * error * x * w1)


def test_a_rate_twice_too_high_kills_the_relus() -> None:
    """At 2e-6 the fit ends near the sum of squared targets with few ReLUs alive."""
    problem = random_problem()
    fit = RUNGS["numpy_by_hand"].fit(problem, learning_rate=2e-6)
    assert (problem.x @ fit.w1 > 0).mean() < 0.02
    assert fit.losses[-1] == pytest.approx(np.square(problem.y).sum(), rel=0.15)
