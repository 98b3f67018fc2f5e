"""Layers in a row."""

from __future__ import annotations

import pytest

from twolayer import random_problem
from twolayer.rungs import RUNGS

with_layers = pytest.mark.parametrize("rung", ["nn_sequential", "optimizers", "custom_module"])


@with_layers
def test_starts_near_700_from_pytorchs_own_draws(rung: str) -> None:
    """Default initialisation starts near 7e2 where standard normal weights start above 1e7."""
    fit = RUNGS[rung].fit(random_problem(), steps=1, initialization="default", bias=True)
    assert 500 < fit.losses[0] < 900
    assert RUNGS[rung].fit(random_problem(), steps=1).losses[0] > 1e7


@with_layers
def test_a_bias_learns_from_zero(rung: str) -> None:
    """With a bias the first loss is the same, the biases move, and the fit returns them."""
    problem = random_problem()
    fit = RUNGS[rung].fit(problem, steps=2, bias=True)
    assert fit.losses[0] == pytest.approx(RUNGS[rung].fit(problem, steps=1).losses[0], rel=1e-12)
    assert set(fit.others) == {"b1", "b2"}
    assert fit.others["b1"].any()
    assert fit.others["b2"].any()


@with_layers
def test_the_seed_decides_the_draws(rung: str) -> None:
    """One seed gives the same losses twice, another seed others."""
    first, again, other = (
        RUNGS[rung].fit(random_problem(), steps=2, initialization="default", seed=seed).losses
        for seed in (1, 1, 2)
    )
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


@with_layers
def test_the_default_seed_is_zero(rung: str) -> None:
    """Without a seed the draws are those of seed 0."""
    default, zero = (
        RUNGS[rung].fit(random_problem(), steps=1, initialization="default", **options).losses
        for options in ({}, {"seed": 0})
    )
    assert default.tolist() == zero.tolist()


@with_layers
def test_refuses_an_unknown_initialization(rung: str) -> None:
    """An initialisation that there isn't is answered with those there are."""
    with pytest.raises(ValueError, match="initialization: 'zeros' given; want one of 'problem'"):
        RUNGS[rung].fit(random_problem(), initialization="zeros")
