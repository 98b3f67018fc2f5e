"""The autograd rung."""

from __future__ import annotations

from twolayer import random_problem
from twolayer.rungs.autograd import fit


def test_clears_gradients_between_steps() -> None:
    """The second step follows its own gradient, not the sum of both."""
    problem = random_problem(N=3, D_in=4, H=5, D_out=2)
    rate = 1e-3
    first = fit(problem, steps=1, learning_rate=rate)
    two_steps = fit(problem, steps=2, learning_rate=rate)
    restarted = type(problem)(problem.x, problem.y, first.w1, first.w2)
    assert two_steps.w1.tolist() == fit(restarted, steps=1, learning_rate=rate).w1.tolist()
