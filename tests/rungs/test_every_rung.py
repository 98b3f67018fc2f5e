"""What every rung promises."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rungs.agreement import (
    MODES,
    NUMPY_RUNGS,
    TOLERANCE,
    assert_same_fit,
    largest_relative_difference,
    mode,
    reference_fit,
)
from tests.rungs.strategies import problems
from twolayer import DivergedError, Fit, Problem, random_problem
from twolayer.rungs import RUNGS

TORCH_RUNGS = [name for name in RUNGS if name not in NUMPY_RUNGS]
every_rung = pytest.mark.parametrize("rung", RUNGS)
every_torch_rung = pytest.mark.parametrize("rung", TORCH_RUNGS)


@pytest.mark.parametrize("name", ["losses", "w1", "w2"])
def test_agreement_keeps_its_tolerance_for_each_result(name: str) -> None:
    """Off by half the tolerance, a fit agrees; by twice, it doesn't, whichever of its results is off."""
    fit = reference_fit()

    def off(by: float) -> Fit:
        return replace(fit, **{name: getattr(fit, name) * (1 + by * TOLERANCE)})

    assert_same_fit(off(0.5), fit)
    with pytest.raises(AssertionError):
        assert_same_fit(off(2), fit)


@every_rung
@settings(max_examples=20)
@given(problem=problems(np.float32))
def test_agrees_with_float64_on_any_shape_in_float32(rung: str, problem: Problem) -> None:
    """In float32 two steps from any sizes of 1 to 50 stay close to NumPy's in float64."""
    options = {} if rung in NUMPY_RUNGS else {"dtype": torch.float32}
    exact = Problem(*(getattr(problem, name).astype(np.float64) for name in ("x", "y", "w1", "w2")))

    fit = RUNGS[rung].fit(problem, steps=2, learning_rate=1e-7, **options)

    reference = RUNGS["numpy_by_hand"].fit(exact, steps=2, learning_rate=1e-7)
    # A loss may be a small remainder of large sums, so its error is measured beside those.
    scale = reference.losses + np.square(exact.y).sum()
    assert np.all(np.abs(fit.losses - reference.losses) <= 1e-4 * scale)
    for name in ("w1", "w2"):
        value, wanted = getattr(fit, name), getattr(reference, name)
        assert value.dtype == np.float32
        assert np.abs(value - wanted).max() <= 1e-4 * np.abs(wanted).max()


@every_rung
def test_agrees_with_numpy_over_all_500_steps(rung: str) -> None:
    """In float64 losses at each of 500 steps and the last weights equal NumPy's to 1e-8."""
    fit = RUNGS[rung].fit(random_problem())
    assert len(fit.losses) == 500
    assert_same_fit(fit, reference_fit())


@every_rung
def test_first_100_losses_agree_in_float32(rung: str) -> None:
    """In float32 the first 100 losses equal those of NumPy in float64 to 1e-4."""
    options = {} if rung in NUMPY_RUNGS else {"dtype": torch.float32}
    fit = RUNGS[rung].fit(random_problem(dtype=np.float32), steps=100, **options)
    assert fit.w1.dtype == np.float32
    assert largest_relative_difference(fit.losses, reference_fit().losses[:100]) <= 1e-4
    float32_losses = reference_fit("float32").losses[:100]
    assert largest_relative_difference(fit.losses, float32_losses) <= 1e-4


@every_rung
@settings(max_examples=20)
@given(problem=problems())
def test_agrees_with_numpy_on_any_shape(rung: str, problem: Problem) -> None:
    """Two steps from any sizes of 1 to 50 give NumPy's losses and weights."""
    options = {"steps": 2, "learning_rate": 1e-7}
    assert_same_fit(
        RUNGS[rung].fit(problem, **options), RUNGS["numpy_by_hand"].fit(problem, **options)
    )


@every_rung
def test_takes_the_gradient_of_relu_at_zero_as_zero(rung: str) -> None:
    """With every ReLU at exactly 0 the first layer's weights don't move."""
    problem = Problem(
        x=np.ones((2, 2)), y=np.ones((2, 1)), w1=np.array([[1.0], [-1.0]]), w2=np.ones((1, 1))
    )
    fit = RUNGS[rung].fit(problem, steps=1, learning_rate=0.1)
    assert fit.w1.tolist() == [[1.0], [-1.0]]


@every_rung
def test_changes_nothing_of_the_callers(rung: str) -> None:
    """A fit leaves the caller's arrays as they were, bit for bit, and torch's generator too."""
    rng = np.random.default_rng(1)
    shapes = {"x": (6, 5), "y": (6, 2), "w1": (5, 4), "w2": (4, 2)}
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    before = {name: array.tobytes() for name, array in arrays.items()}
    generator = torch.get_rng_state()
    problem = Problem(**arrays)

    fit = RUNGS[rung].fit(problem, steps=3, learning_rate=1e-3)

    assert {name: array.tobytes() for name, array in arrays.items()} == before
    assert {name: getattr(problem, name).tobytes() for name in arrays} == before
    assert torch.equal(torch.get_rng_state(), generator)
    assert not np.shares_memory(fit.w1, problem.w1)
    assert fit.w1.tobytes() != before["w1"]


@pytest.mark.parametrize("entered", MODES)
@pytest.mark.parametrize(
    ("rung", "options"),
    [
        *((rung, {}) for rung in RUNGS),
        ("optimizers", {"optimizer": "adam"}),  # which makes tensors of its own
        ("static_graph", {"capture": "export"}),
        ("static_graph", {"capture": "compile"}),
    ],
)
def test_fits_alike_in_any_mode_and_leaves_it(
    rung: str, options: dict[str, Any], entered: str
) -> None:
    """Whatever the caller has set in torch, a fit is the same, and what was set is still set."""
    fit, problem = RUNGS[rung].fit, random_problem(N=4, D_in=5, H=3, D_out=2)
    wanted = fit(problem, steps=3, **options)
    with MODES[entered]():
        before = mode()
        fitted = fit(problem, steps=3, **options)
        assert mode() == before
    assert_same_fit(fitted, wanted)


@every_rung
def test_gives_read_only_arrays_in_the_shapes_promised(rung: str) -> None:
    """Losses are (steps,) in float64, weights have the problem's shapes; none can be written."""
    problem = random_problem(N=3, D_in=4, H=5, D_out=2)
    fit = RUNGS[rung].fit(problem, steps=7)
    assert fit.losses.shape == (7,)
    assert fit.losses.dtype == np.float64
    assert (fit.w1.shape, fit.w2.shape) == ((4, 5), (5, 2))
    assert not any(array.flags.writeable for array in (fit.losses, fit.w1, fit.w2))


@every_rung
def test_is_repeatable(rung: str) -> None:
    """Two fits of one problem are the same, bit for bit."""
    first, second = (RUNGS[rung].fit(random_problem(), steps=20) for _ in range(2))
    assert first.losses.tolist() == second.losses.tolist()


@every_rung
def test_diverging_says_when_and_what_to_do(rung: str) -> None:
    """A learning rate that is too high raises with the step, the last finite loss and advice."""
    with pytest.raises(DivergedError) as caught:
        RUNGS[rung].fit(random_problem(), learning_rate=1e-5)
    assert caught.value.step == 6
    assert caught.value.last_finite_loss == pytest.approx(1.96517e165, rel=1e-5)
    assert caught.value.learning_rate == 1e-5
    message = str(caught.value)
    assert "step 6" in message
    assert "1.96517e+165" in message
    assert "learning_rate: 1e-05 given; want a lower one" in message


@every_rung
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 6])
def test_never_returns_weights_that_are_not_finite(rung: str, steps: int) -> None:
    """Where the last update overflows after a finite loss, the fit raises all the same."""
    problem = random_problem(N=2, D_in=3, H=4, D_out=1)
    with pytest.raises(DivergedError) as caught:
        RUNGS[rung].fit(problem, steps=steps, learning_rate=1e308)
    assert caught.value.step == 1


@every_rung
def test_starting_too_large_for_the_dtype_says_so(rung: str) -> None:
    """A loss that overflows before the first update raises without a last finite loss."""
    huge = np.full((1, 1), 1e200)
    problem = Problem(x=huge, y=np.ones((1, 1)), w1=huge, w2=huge)
    with pytest.raises(DivergedError, match="at step 0 the loss is not finite") as caught:
        RUNGS[rung].fit(problem)
    assert caught.value.last_finite_loss is None


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"steps": 0}, ValueError, "steps: 0 given; want a whole number, 1 or more"),
    ({"steps": -1}, ValueError, "steps: -1 given"),
    ({"steps": 1.5}, TypeError, "steps: 1.5 (float) given; want a whole number"),
    ({"steps": True}, TypeError, "steps: True (bool) given"),
    ({"learning_rate": 0}, ValueError, "learning_rate: 0 given; want a finite number above 0"),
    ({"learning_rate": -1e-6}, ValueError, "learning_rate: -1e-06 given"),
    ({"learning_rate": float("nan")}, ValueError, "learning_rate: nan given"),
    ({"learning_rate": float("inf")}, ValueError, "learning_rate: inf given"),
    ({"learning_rate": "1e-6"}, TypeError, "learning_rate: '1e-6' (str) given"),
    ({"learning_rate": None}, TypeError, "learning_rate: None (NoneType) given"),
    ({"problem": None}, TypeError, "problem: None (NoneType) given; want an instance of Problem"),
]
BAD_FOR_TORCH: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"device": "gpu"}, ValueError, "device: 'gpu' given; want 'cpu' or 'cuda'"),
    ({"device": "meta"}, ValueError, "device: 'meta' given"),
    ({"device": "cuda:99"}, ValueError, "device: 'cuda:99' given, but this machine has"),
    ({"device": 0}, TypeError, "device: 0 (int) given"),
    ({"dtype": torch.int64}, ValueError, "dtype: torch.int64 given; want torch.float32 or"),
    ({"dtype": "float16"}, ValueError, "dtype: 'float16' given"),
    ({"dtype": float}, TypeError, "dtype: <class 'float'> (type) given"),
]


@every_rung
@pytest.mark.parametrize(("options", "error", "message"), BAD)
def test_rejects_bad_arguments(
    rung: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A bad argument gets an error that names it, quotes it and says what is wanted."""
    with pytest.raises(error) as caught:
        RUNGS[rung].fit(**({"problem": random_problem()} | options))
    assert str(caught.value).startswith(message)


@every_torch_rung
@pytest.mark.parametrize(("options", "error", "message"), BAD_FOR_TORCH)
def test_rejects_bad_devices_and_dtypes(
    rung: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A device that isn't there and a dtype that the ladder doesn't run in are named."""
    with pytest.raises(error) as caught:
        RUNGS[rung].fit(random_problem(), **options)
    assert str(caught.value).startswith(message)


@every_torch_rung
@pytest.mark.skipif(torch.cuda.is_available(), reason="asks what happens without CUDA")
def test_asking_for_cuda_without_one_says_so(rung: str) -> None:
    """On a machine without CUDA, asking for it names the device that there is."""
    with pytest.raises(ValueError, match="has no CUDA device; want 'cpu'"):
        RUNGS[rung].fit(random_problem(), device="cuda")


@every_torch_rung
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_agrees_with_numpy_on_a_cuda_device(rung: str) -> None:
    """On a CUDA device, too, float64 gives NumPy's losses and weights."""
    assert_same_fit(RUNGS[rung].fit(random_problem(), device="cuda"), reference_fit())


@every_rung
@given(steps=st.integers(max_value=0))
def test_rejects_any_number_of_steps_below_one(rung: str, steps: int) -> None:
    """However few steps below one are asked for, the error quotes them."""
    with pytest.raises(ValueError, match=f"steps: {steps} given"):
        RUNGS[rung].fit(random_problem(N=1, D_in=1, H=1, D_out=1), steps=steps)


@every_rung
def test_clears_gradients_between_steps(rung: str) -> None:
    """The second step follows its own gradient, not the sum of both."""
    fit = RUNGS[rung].fit
    problem = random_problem(N=3, D_in=4, H=5, D_out=2)
    rate = 1e-3
    first = fit(problem, steps=1, learning_rate=rate)
    two_steps = fit(problem, steps=2, learning_rate=rate)
    restarted = type(problem)(problem.x, problem.y, first.w1, first.w2)
    assert two_steps.w1.tolist() == fit(restarted, steps=1, learning_rate=rate).w1.tolist()


@every_rung
def test_has_the_arguments_that_the_ladder_promises(rung: str) -> None:
    """Every rung takes steps and learning_rate by keyword, torch rungs device and dtype too."""
    parameters = inspect.signature(RUNGS[rung].fit).parameters
    defaults = {name: p.default for name, p in parameters.items() if name != "problem"}
    assert (defaults["steps"], defaults["learning_rate"]) == (500, 1e-6)
    if rung in NUMPY_RUNGS:
        assert not {"device", "dtype"} & {*defaults}
    else:
        assert (defaults["device"], defaults["dtype"]) == ("cpu", torch.float64)
    keyword_only = [p.kind for name, p in parameters.items() if name != "problem"]
    assert set(keyword_only) == {inspect.Parameter.KEYWORD_ONLY}
