"""The optimizers by their names."""

from __future__ import annotations

import numpy as np
import pytest

from twolayer import random_problem
from twolayer.rungs.optimizers import OPTIMIZERS, fit

RATES = {
    "sgd": 1e-4,
    "momentum": 1e-4,
    "adagrad": 1e-2,
    "rmsprop": 1e-4,
    "adam": 1e-4,
    "adamw": 1e-4,
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns_at_a_rate_of_its_own(optimizer: str) -> None:
    """From PyTorch's own draws each optimizer brings the loss down to a tenth at least."""
    fitted = fit(
        random_problem(),
        optimizer=optimizer,
        learning_rate=RATES[optimizer],
        initialization="default",
        bias=True,
    )
    assert fitted.losses[-1] < fitted.losses[0] / 10
    assert set(fitted.others) == {"b1", "b2"}


def test_adam_at_the_rate_of_sgd_goes_nowhere() -> None:
    """At 1e-6 Adam's loss stays above four fifths of the first; at 1e-4 it falls to nothing."""
    options = {"optimizer": "adam", "initialization": "default", "bias": True}
    slow = fit(random_problem(), learning_rate=1e-6, **options).losses  # type: ignore[arg-type]
    fast = fit(random_problem(), learning_rate=1e-4, **options).losses  # type: ignore[arg-type]
    assert slow[-1] > 0.8 * slow[0]
    assert fast[-1] < 1e-3 * fast[0]


def test_momentum_is_sgd_with_nine_tenths_of_the_last_step() -> None:
    """The second update of each weight adds 0.9 times the first."""
    problem = random_problem(N=3, D_in=4, H=5, D_out=2)
    rate = 1e-3
    plain1 = fit(problem, steps=1, learning_rate=rate)
    momentum2 = fit(problem, steps=2, learning_rate=rate, optimizer="momentum")
    plain2 = fit(problem, steps=2, learning_rate=rate)
    first_step = plain1.w2 - problem.w2
    assert momentum2.w2 == pytest.approx(plain2.w2 + 0.9 * first_step, rel=1e-9)


def test_refuses_an_unknown_optimizer() -> None:
    """An optimizer that there isn't is answered with those there are."""
    with pytest.raises(ValueError, match="optimizer: 'sdg' given; want one of 'sgd', 'momentum'"):
        fit(random_problem(), optimizer="sdg")


def test_the_table_is_read_only() -> None:
    """Nobody changes what a name stands for."""
    with pytest.raises(TypeError):
        OPTIMIZERS["sgd"] = OPTIMIZERS["adam"]  # type: ignore[index]
    assert np.array_equal(list(OPTIMIZERS), list(RATES))
