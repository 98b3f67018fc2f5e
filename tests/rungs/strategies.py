"""What Hypothesis draws for the tests: problems of random shapes and contents."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from twolayer import Problem, random_problem

_SIZES = st.integers(1, 50)


@st.composite
def problems(draw: st.DrawFn, dtype: type[np.floating] = np.float64) -> Problem:
    """Draw a problem of any sizes from 1 to 50, none of whose ReLUs is near its kink.

    A central difference across a kink is no gradient, so the starting weights of such a problem
    are moved away from it by a new draw.
    """
    sizes = {name: draw(_SIZES, label=name) for name in ("N", "D_in", "H", "D_out")}
    seed = draw(st.integers(0, 2**32 - 1), label="seed")
    while True:
        problem = random_problem(seed, **sizes, dtype=dtype)
        if np.abs(problem.x @ problem.w1).min() > 1e-4 * np.abs(problem.x).max():
            return problem
        seed += 1
