"""Fits, and the error of those that diverge."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from twolayer import DivergedError, Fit
from twolayer.fit import LossHistory
from twolayer.problem import random_problem
from twolayer.workers import WorkerError


def pickled(value: Any) -> Any:
    """What another process gets."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_are_equal_and_read_only(copied: Any) -> None:
    """A copy of a fit or a problem, by whatever means, has the same arrays, and none can be written."""
    ones = np.ones((2, 2))
    for made in (Fit(ones[0], ones, ones, {"b1": ones}), random_problem(N=2)):
        kept, other = (
            {**vars(each), **vars(each).get("others", {})} for each in (made, copied(made))
        )
        kept.pop("others", None), other.pop("others", None)
        assert kept.keys() == other.keys()
        for name, array in other.items():
            assert np.array_equal(array, kept[name])
            assert not array.flags.writeable
    with pytest.raises(TypeError):
        copied(Fit(ones[0], ones, ones)).others["b1"] = ones


def test_a_workers_error_survives_pickling() -> None:
    """The error comes back whole from another process."""
    error = pickled(WorkerError(1, 4711, "rank 1 ended"))
    assert (error.rank, error.pid, str(error)) == (1, 4711, "rank 1 ended")


def test_history_keeps_losses_in_order() -> None:
    """The losses of a fit are those added, as float64."""
    history = LossHistory(learning_rate=0.1)
    for loss in (3.0, 2.0, 1.0):
        history.add(loss)
    losses = history.fit(w1=np.ones((1, 1)), w2=np.ones((1, 1))).losses
    assert losses.tolist() == [3.0, 2.0, 1.0]
    assert losses.dtype == np.float64


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), -float("inf")])
def test_history_ends_at_a_loss_that_is_not_finite(loss: float) -> None:
    """NaN and both infinities raise, with the step counted from 0."""
    history = LossHistory(learning_rate=0.1)
    history.add(5.0)
    history.add(7.0)
    with pytest.raises(DivergedError) as caught:
        history.add(loss)
    assert (caught.value.step, caught.value.last_finite_loss) == (2, 7.0)
    assert caught.value.losses == [5.0, 7.0]


def test_history_takes_whole_numbers_as_losses() -> None:
    """Losses that are Python integers become float64 too."""
    history = LossHistory(learning_rate=0.1)
    history.add(3)
    losses = history.fit(w1=np.ones((1, 1)), w2=np.ones((1, 1))).losses
    assert losses.tolist() == [3.0]
    assert losses.dtype == np.float64


def test_a_first_loss_that_is_not_finite_is_no_matter_of_the_learning_rate() -> None:
    """Before the first update only the problem's own size can be to blame, and the error says so."""
    with pytest.raises(DivergedError) as caught:
        LossHistory(learning_rate=0.1).add(float("inf"))
    assert (caught.value.step, caught.value.last_finite_loss) == (0, None)
    assert str(caught.value) == (
        "at step 0 the loss is not finite: even before the first update, the values are too large "
        "for the dtype; scale x, w1 and w2 down"
    )


@pytest.mark.parametrize("broken", ["w1", "w2", "b1"])
def test_history_refuses_weights_that_are_not_finite(broken: str) -> None:
    """One NaN in any parameter after the last update raises."""
    history = LossHistory(learning_rate=0.1)
    history.add(5.0)
    arrays = {name: np.ones((2, 2)) for name in ("w1", "w2", "b1")}
    arrays[broken][1, 1] = np.nan
    with pytest.raises(DivergedError, match="at step 1 the loss is no longer finite"):
        history.fit(**arrays)


def test_fit_holds_copies() -> None:
    """Changing an array after the fit leaves the fit as it is."""
    history = LossHistory(learning_rate=0.1)
    w1 = np.ones((2, 2))
    w2 = np.full((2, 3), 2.0)
    fit = history.fit(w1=w1, w2=w2, b1=w1)
    w1[:] = w2[:] = 9
    assert fit.w1.tolist() == [[1, 1], [1, 1]]
    assert fit.w2.tolist() == [[2, 2, 2], [2, 2, 2]]
    assert fit.others["b1"].tolist() == [[1, 1], [1, 1]]


def test_fit_holds_read_only_arrays_row_by_row() -> None:
    """A fit's arrays can't be written, and their rows lie one after the other in memory."""
    history = LossHistory(learning_rate=0.1)
    columns = np.ones((3, 2)).T
    fit = history.fit(w1=columns, w2=columns, b1=columns)
    for array in (fit.losses, fit.w1, fit.w2, fit.others["b1"]):
        assert array.flags.c_contiguous
        assert not array.flags.writeable


def test_others_is_empty_and_read_only_by_default() -> None:
    """A fit without further parameters says so, and takes none later."""
    fit = Fit(losses=np.ones(1), w1=np.ones((1, 1)), w2=np.ones((1, 1)))
    assert dict(fit.others) == {}
    with pytest.raises(TypeError):
        fit.others["b1"] = np.ones(1)  # type: ignore[index]


def test_diverged_error_survives_pickling() -> None:
    """The error comes back whole from another process."""
    made = DivergedError(6, 1.5, 1e-5, [1.5])
    error = pickled(made)
    assert (error.step, error.last_finite_loss, error.learning_rate) == (6, 1.5, 1e-5)
    assert error.losses == [1.5]
    assert error.args == (6, 1.5, 1e-5)
    assert str(error) == (
        "at step 6 the loss is no longer finite; the last finite loss, at step 5, is 1.5; "
        "learning_rate: 1e-05 given; want a lower one"
    )
