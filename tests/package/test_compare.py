"""The comparison of all rungs."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.rungs.agreement import MODES, mode
from twolayer import DivergedError, Problem, checks, random_problem
from twolayer.compare import Row, compare
from twolayer.fit import Fit
from twolayer.rungs import RUNGS, Rung


def test_has_a_row_for_each_rung_in_the_ladders_order() -> None:
    """Without a choice every rung has its row, and all agree."""
    rows = compare(random_problem(), steps=30)
    assert [row.rung for row in rows] == list(RUNGS)
    assert all(row.loss_difference <= 1e-8 for row in rows)
    assert all(row.weight_difference <= 1e-8 for row in rows)
    assert all(row.seconds > 0 for row in rows)


def test_keeps_the_ladders_order_whatever_the_choice() -> None:
    """Rungs named in another order, or twice, come back in order and once."""
    rows = compare(random_problem(), steps=2, rungs=["optimizers", "autograd", "optimizers"])
    assert [row.rung for row in rows] == ["autograd", "optimizers"]


@pytest.mark.parametrize("name", ["w1", "w2"])
def test_measures_a_rung_that_is_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rung whose third loss and one of whose weights are off shows by how much."""
    losses = np.array([8.0, 4.0, 2.0, 1.0])
    weights: dict[str, Any] = {"w1": np.array([[1.0, -100.0]]), "w2": np.array([[2.0], [-3.0]])}

    def off(self: Rung) -> Any:
        if self.name != "autograd":
            return lambda *_, **__: Fit(losses, **weights)
        moved = {name: weights[name] + 0.5 * np.abs(weights[name]).max()}
        return lambda *_, **__: Fit(losses * np.array([1, 1, 1.25, 1]), **weights | moved)

    monkeypatch.setattr(Rung, "fit", property(off))
    (row,) = compare(random_problem(), steps=4, rungs=["autograd"])
    assert row.loss_difference == pytest.approx(0.25)
    assert row.weight_difference == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("losses", "reference", "difference"),
    [
        ([0.0, 0.75], [0.0, 0.5], 0.5),
        ([0.0, 2.0], [0.0, 8.0], 0.75),
        ([0.25, 8.0], [0.0, 8.0], np.inf),  # nothing to be relative to
    ],
)
def test_relates_each_loss_to_the_references(
    losses: list[float], reference: list[float], difference: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A difference counts relative to the NumPy rung's loss; beside a loss of zero it is infinite."""

    def fit(self: Rung) -> Any:
        values = np.array(losses if self.name == "autograd" else reference)
        return lambda *_, **__: Fit(values, np.ones((1, 1)), np.ones((1, 1)))

    monkeypatch.setattr(Rung, "fit", property(fit))
    (row,) = compare(random_problem(), rungs=["autograd"])
    assert row.loss_difference == difference


def test_hands_its_options_to_each_rung_and_times_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rung gets the options that it takes; its time is that of its fit, after a step untimed."""
    asked: list[dict[str, Any]] = []
    fitted = Fit(np.ones(1), np.ones((1, 1)), np.ones((1, 1)))

    def numpy_fit(problem: Problem, *, steps: int, learning_rate: float) -> Fit:
        asked.append({"steps": steps, "learning_rate": learning_rate, "in": problem.dtype})
        return fitted

    def torch_fit(problem: Problem, *, device: Any, dtype: Any, **others: Any) -> Fit:
        asked.append({"device": device, "dtype": dtype, "in": problem.dtype, **others})
        return fitted

    def fit(self: Rung) -> Any:
        return numpy_fit if self.name == "numpy_by_hand" else torch_fit

    monkeypatch.setattr(Rung, "fit", property(fit))
    times = iter([10.0, 12.5, 20.0, 20.25])

    def perf_counter() -> float:
        asked.append({"clock": next(times)})
        return float(asked[-1]["clock"])

    clock = SimpleNamespace(perf_counter=perf_counter)
    monkeypatch.setattr(sys.modules[compare.__module__], "time", clock)
    device = torch.device("meta")
    monkeypatch.setattr(checks, "torch_device", {"cpu": device}.__getitem__)

    rows = compare(random_problem(dtype="float32"), rungs=["numpy_by_hand", "autograd"])

    assert [row.seconds for row in rows] == [2.5, 0.25]
    shared = {"steps": 500, "learning_rate": 1e-6, "in": np.float32}
    chosen = {"device": device, "dtype": torch.float32, **shared}
    assert asked == [
        {**shared, "steps": 1},
        {"clock": 10.0},
        shared,
        {"clock": 12.5},
        {**chosen, "steps": 1},
        {"clock": 20.0},
        chosen,
        {"clock": 20.25},
    ]


def test_steps_per_second_divides_the_steps_by_the_time() -> None:
    """Two hundred steps in four seconds are fifty a second."""
    fit = Fit(np.ones(200), np.ones((1, 1)), np.ones((1, 1)))
    assert Row("autograd", fit, 0.0, 0.0, seconds=4.0).steps_per_second == 50


@pytest.mark.parametrize("dtype", [torch.float32, "float32"])
def test_runs_every_rung_in_the_dtype_asked_for(dtype: Any) -> None:
    """A dtype reaches the NumPy rung and the torch rungs alike."""
    rows = compare(random_problem(), steps=2, dtype=dtype)
    assert {row.fit.w1.dtype for row in rows} == {np.dtype(np.float32)}


def test_takes_the_problems_dtype_by_default() -> None:
    """A float32 problem is compared in float32."""
    rows = compare(random_problem(dtype=np.float32), steps=2, rungs=["autograd"])
    assert rows[0].fit.w1.dtype == np.float32


def test_reports_progress_rung_by_rung() -> None:
    """The callback hears of each rung that was asked for, once."""
    heard: list[str] = []
    compare(random_problem(), steps=2, rungs=["autograd"], progress=heard.append)
    assert heard == ["autograd"]


def test_a_fit_of_the_data_to_zero_loss_is_no_difference() -> None:
    """Where the loss is exactly zero on every rung, their difference is zero, not NaN."""
    ones = np.ones((1, 1))
    problem = type(random_problem())(x=ones, y=ones, w1=ones, w2=ones)
    assert {row.loss_difference for row in compare(problem, steps=2)} == {0.0}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rungs": ["autograd", "nope"]}, ValueError, "rungs: 'nope' given; want one of 'numpy"),
        ({"rungs": "autograd"}, TypeError, "rungs: 'autograd' (str) given; want a list of names"),
        ({"steps": 0}, ValueError, "steps: 0 given"),
        ({"learning_rate": -1}, ValueError, "learning_rate: -1 given"),
        ({"device": "tpu"}, ValueError, "device: 'tpu' given"),
        ({"dtype": "int8"}, ValueError, "dtype: 'int8' given"),
        ({"problem": "x"}, TypeError, "problem: 'x' (str) given; want an instance of Problem"),
    ],
)
def test_refuses_bad_arguments_before_the_first_fit(
    options: dict[str, Any], error: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad argument is named at once; no rung runs first."""
    monkeypatch.setattr(Rung, "fit", property(lambda _: pytest.fail("a rung ran")))
    with pytest.raises(error) as caught:
        compare(**({"problem": random_problem()} | options))
    assert str(caught.value).startswith(message)


def test_a_rung_that_diverges_ends_the_comparison() -> None:
    """The error of a learning rate that is too high comes through."""
    with pytest.raises(DivergedError):
        compare(random_problem(), learning_rate=1e-5, rungs=["autograd"])


@pytest.mark.parametrize("entered", MODES)
def test_compares_in_any_mode_and_leaves_it(entered: str) -> None:
    """Whatever the caller has set in torch, all rungs agree, and what was set is still set."""
    with MODES[entered]():
        before = mode()
        rows = compare(random_problem(N=4, D_in=5, H=3, D_out=2), steps=2)
        assert mode() == before
    assert all(row.loss_difference <= 1e-8 for row in rows)
