"""What the guide on memorising and learning says, computed anew in other ways."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from twolayer import Problem, random_problem
from twolayer.compare import compare
from twolayer.rungs import RUNGS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "is_it_learning.md"

Matrix = NDArray[np.floating[Any]]


def text() -> str:
    """The guide's source."""
    return GUIDE.read_text(encoding="utf-8")


def cells(source: str) -> list[str]:
    """The code cells of a guide or a part of one."""
    return re.findall(r"(?ms)^```\{code-cell\}[^\n]*\n(.*?)^```$", source)


def loss_per_element(x: Matrix, y: Matrix, w1: Matrix, w2: Matrix) -> float:
    """The mean square of what the network gets wrong."""
    h = x @ w1
    wrong = np.where(h > 0, h, 0) @ w2 - y
    return float((wrong * wrong).sum() / y.size)


def scaled(problem: Problem, scale: float) -> Problem:
    """The problem with smaller starting weights."""
    return replace(problem, w1=scale * problem.w1, w2=scale * problem.w2)


def train_and_fresh(
    problem: Problem, x: Matrix, y: Matrix, steps: int, learning_rate: float
) -> tuple[float, float]:
    """Fit with autograd, then give the loss on the training data and on other data."""
    fit = RUNGS["autograd"].fit(problem, steps=steps, learning_rate=learning_rate)
    train = loss_per_element(problem.x, problem.y, fit.w1, fit.w2)
    return train, loss_per_element(x, y, fit.w1, fit.w2)


@pytest.mark.parametrize(("scale", "learning_rate"), [(1, 1e-6), (0.1, 1e-4), (0.01, 1e-3)])
def test_the_ladders_network_memorises_noise(scale: float, learning_rate: float) -> None:
    """Training loss all but vanishes, and fresh loss is above that of predicting 0."""
    fresh = random_problem(seed=5, N=1000)
    baseline = float((fresh.y**2).mean())
    problem = scaled(random_problem(), scale)

    train, other = train_and_fresh(problem, fresh.x, fresh.y, 400, learning_rate)

    assert train < 1e-3 * baseline
    assert other > baseline
    assert (other > 1000 * baseline) == (scale == 1)


def test_the_start_stays_where_no_training_row_looks() -> None:
    """A fit does nothing for an input that is at right angles to all training rows."""
    problem = random_problem()
    fit = RUNGS["optimizers"].fit(problem, steps=50)
    x = random_problem(seed=6, N=10).x
    coefficients, *_ = np.linalg.lstsq(problem.x.T, x.T)
    outside = x - (problem.x.T @ coefficients).T

    assert np.abs(outside @ problem.w1).max() > 10
    assert np.allclose(outside @ fit.w1, outside @ problem.w1, rtol=0, atol=1e-8)
    assert not np.allclose(x @ fit.w1, x @ problem.w1, rtol=0, atol=1e-2)


def test_a_fit_in_stages_is_the_same_fit() -> None:
    """From the weights that a fit reached, the next goes on to the last digit as one would."""
    fit = RUNGS["numpy_by_hand"].fit
    problem = random_problem(N=8, D_in=5, H=4, D_out=2)
    whole = fit(problem, steps=30, learning_rate=1e-3)
    first = fit(problem, steps=11, learning_rate=1e-3)
    second = fit(replace(problem, w1=first.w1, w2=first.w2), steps=19, learning_rate=1e-3)

    assert whole.losses[-1] < whole.losses[0]
    assert np.array_equal(np.concatenate([first.losses, second.losses]), whole.losses)
    assert np.array_equal(second.w1, whole.w1)
    assert np.array_equal(second.w2, whole.w2)


def test_a_linear_map_alone_could_memorise() -> None:
    """As many singular values as rows are far from 0, for x and for the hidden layer."""
    problem = random_problem()
    h = problem.x @ problem.w1
    for features in (problem.x, np.where(h > 0, h, 0)):
        values = np.linalg.svd(features, compute_uv=False)
        assert len(values) == problem.sizes["N"]
        assert values[-1] > 0.01 * values[0]


def test_more_rows_of_noise_end_memorising() -> None:
    """Fresh loss has a peak between few rows and many, where both losses near the variance."""
    fresh = random_problem(seed=200, N=5000, D_in=20, H=10, D_out=1)
    train, other = {}, {}
    for N in (10, 160, 2560):
        problem = scaled(random_problem(seed=3, N=N, D_in=20, H=10, D_out=1), 0.1)
        train[N], other[N] = train_and_fresh(problem, fresh.x, fresh.y, 1500, 0.05 / max(N, 20))

    assert max(train[10], train[160]) < 0.1
    assert 0.85 < train[2560] < 1
    assert 1 < other[2560] < 1.2
    assert other[160] > 1.5 * max(other[10], other[2560])


def test_the_peak_is_at_fewer_rows_after_fewer_steps() -> None:
    """Where the fresh loss is largest depends on the steps, as the guide says."""
    fresh = random_problem(seed=200, N=5000, D_in=20, H=10, D_out=1)
    other = {}
    for steps in (300, 1500):
        for N in (80, 160):
            losses = []
            for seed in range(3):
                noise = random_problem(seed=seed, N=N, D_in=20, H=10, D_out=1)
                fit = train_and_fresh(scaled(noise, 0.1), fresh.x, fresh.y, steps, 0.05 / N)
                losses.append(fit[1])
            other[steps, N] = np.mean(losses)

    assert other[300, 80] > 1.05 * other[300, 160]
    assert other[1500, 160] > 1.05 * other[1500, 80]


def sine(seed: int, N: int) -> tuple[Matrix, Matrix]:
    """Inputs with a constant column, and a noisy sine of them, as the guide draws them."""
    rng = np.random.default_rng(seed)
    s = rng.uniform(-3, 3, (N, 1))
    return np.column_stack([s, np.ones(N)]), np.sin(s) + rng.normal(0, 0.3, (N, 1))


def sine_problem() -> Problem:
    """The guide's problem that can be plotted."""
    rng = np.random.default_rng(3)
    w1, w2 = rng.standard_normal((2, 20)), rng.standard_normal((20, 1))
    return Problem(*sine(0, 30), w1, 0.1 * w2)


def test_all_rungs_agree_on_the_target_that_can_be_plotted() -> None:
    """On the noisy sine too, all rungs agree to a relative 1e-8 at each step."""
    rows = compare(sine_problem(), steps=300, learning_rate=3e-4)

    assert [row.rung for row in rows] == list(RUNGS)
    assert max(row.loss_difference for row in rows) < 1e-8
    assert max(row.weight_difference for row in rows) < 1e-8
    assert rows[0].fit.losses[-1] < 0.5 * rows[0].fit.losses[0]


def test_the_sine_is_learned_and_then_its_noise() -> None:
    """Fresh loss falls far below the baseline, then rises while training loss falls on."""
    x, y = sine(1, 1000)
    problem, fit = sine_problem(), RUNGS["numpy_by_hand"].fit
    losses = []
    for steps in (100, 4900, 15000):
        done = fit(problem, steps=steps, learning_rate=3e-4)
        problem = replace(problem, w1=done.w1, w2=done.w2)
        train = loss_per_element(problem.x, problem.y, done.w1, done.w2)
        losses.append((train, loss_per_element(x, y, done.w1, done.w2)))
    (early, early_fresh), (middle, middle_fresh), (late, late_fresh) = losses

    assert early > middle > late
    assert late < 0.3**2 < middle_fresh
    assert middle_fresh < 0.3 * float((y**2).mean())
    assert middle_fresh < 0.5 * early_fresh
    assert middle_fresh < late_fresh / 1.1


def test_stopping_early_pays_on_data_that_had_no_say() -> None:
    """The step with the lowest loss on some data is better on other data than the last one, for any draw."""
    problem, fit = sine_problem(), RUNGS["numpy_by_hand"].fit
    weights = []
    for steps in (500, 4500, 15000):
        done = fit(problem, steps=steps, learning_rate=3e-4)
        problem = replace(problem, w1=done.w1, w2=done.w2)
        weights.append((done.w1, done.w2))

    for seed in range(5, 10):
        validation, test = (
            [loss_per_element(*sine(number, 500), w1, w2) for w1, w2 in weights]
            for number in (seed, 100 + seed)
        )
        chosen = int(np.argmin(validation))
        assert chosen == 1
        assert test[chosen] < 0.95 * test[-1]


def test_the_network_draws_a_line_with_a_kink_for_each_unit() -> None:
    """Its slope changes only where a hidden unit switches."""
    w1, w2 = (np.asarray(w) for w in (sine_problem().w1, sine_problem().w2))
    s = np.linspace(-3, 3, 60001)
    h = np.outer(s, w1[0]) + w1[1]
    slopes = np.diff((np.maximum(h, 0) @ w2)[:, 0]) / np.diff(s)
    active = h > 0
    # Where the same units are active at three points in a row, the two slopes are one.
    same = (active[:-2] == active[1:-1]).all(axis=1) & (active[1:-1] == active[2:]).all(axis=1)
    bends = np.abs(np.diff(slopes))
    inside = np.count_nonzero(np.abs(w1[1] / w1[0]) < 3)

    assert bends[same].max() < 1e-8
    assert (~same).sum() <= 2 * inside
    assert bends[~same].max() > 1e-3
    assert 0 < inside <= w1.shape[1]


def hidden_network(seed: int, N: int, D_in: int) -> tuple[Matrix, Matrix]:
    """Inputs, and targets from a hidden network of mean 0, with noise."""
    teacher = random_problem(seed=42, N=1, D_in=D_in, H=5)
    drawn = random_problem(seed=seed, N=N, D_in=D_in)
    lengths = np.sqrt((teacher.w1**2).sum(axis=0))
    hidden = np.maximum(drawn.x @ teacher.w1, 0) - lengths / np.sqrt(2 * np.pi)
    return drawn.x, hidden @ teacher.w2 / np.sqrt(5 * D_in) + 0.1 * drawn.y


@pytest.mark.parametrize(
    ("N", "D_in", "scale", "learning_rate", "share"),
    [
        (64, 1000, 0.01, 1e-3, (0.9, 1)),
        (64, 20, 0.1, 1e-3, (0.1, 0.6)),
        (1000, 20, 0.1, 2e-4, (0, 0.1)),
    ],
)
def test_a_hidden_network_is_learned(
    N: int, D_in: int, scale: float, learning_rate: float, share: tuple[float, float]
) -> None:
    """Fresh loss ends below the baseline: by little in the ladder's sizes, elsewhere by far."""
    lowest, highest = share
    start = random_problem(seed=0, D_in=D_in)
    problem = scaled(Problem(*hidden_network(2, N, D_in), start.w1, start.w2), scale)
    x, y = hidden_network(8, 1000, D_in)
    baseline = float((y**2).mean())

    train, other = train_and_fresh(problem, x, y, 400, learning_rate)

    assert train < 0.1 * baseline
    assert lowest * baseline < other < highest * baseline
    assert float(y.var(axis=0).mean()) == pytest.approx(baseline, rel=0.02)


def test_every_section_with_code_asserts_what_it_says() -> None:
    """No section of the guide shows numbers without holding them to its words."""
    sections = [section for section in text().split("\n## ")[1:] if cells(section)]

    assert len(sections) == 7
    for section in sections:
        assert re.search(r"(?m)^ *assert ", "\n".join(cells(section))), section.splitlines()[0]


def test_the_guides_first_cell_holds_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    """The first cell runs, and prints the three losses that the text compares."""
    exec(cells(text())[0], {})  # noqa: S102 - the guide's own code

    printed = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in printed] == ["baseline", "training data", "fresh data"]


@pytest.mark.parametrize(
    ("shown", "broken"),
    [("random_problem(seed=1, N=1000)", "problem"), ("learning_rate=1e-6", "learning_rate=1e-9")],
    ids=["fresh data that isn't", "a fit that gets nowhere"],
)
def test_the_guides_first_cell_can_fail(shown: str, broken: str) -> None:
    """With training data for fresh, or without a fit, the cell's assertions stop the build."""
    cell = cells(text())[0]
    assert cell.count(shown) == 1

    with pytest.raises(AssertionError):
        exec(cell.replace(shown, broken), {})  # noqa: S102 - the guide's own code
