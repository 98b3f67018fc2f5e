"""Gradients by hand against autograd and against differences of losses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from tests.rungs.agreement import MODES, mode
from tests.rungs.strategies import problems
from twolayer import Problem, random_problem
from twolayer.gradients import (
    BackwardErrors,
    GradientMismatchError,
    check_backward,
    numerical_gradient,
    relative_error,
)
from twolayer.rungs import numpy_by_hand, tensors_by_hand
from twolayer.rungs.autograd_by_hand import Value
from twolayer.rungs.custom_function import ReLU

if TYPE_CHECKING:
    from collections.abc import Callable

    Backward = Callable[..., tuple[Any, Any, Any]]


def in_tensors(x: Any, y: Any, w1: Any, w2: Any) -> tuple[float, Any, Any]:
    """The backward pass of tensors_by_hand on arrays."""
    given_tensors = (torch.from_numpy(array.copy()) for array in (x, y, w1, w2))
    loss, grad_w1, grad_w2 = tensors_by_hand.loss_and_gradients(*given_tensors)
    return loss.item(), grad_w1.numpy(), grad_w2.numpy()


def by_autograd(
    relu: Callable[[torch.Tensor], torch.Tensor], x: Any, y: Any, w1: Any, w2: Any
) -> tuple[float, Any, Any]:
    """Loss and gradients by autograd, with a ReLU of choice, on arrays."""
    x, y, w1, w2 = (torch.from_numpy(array.copy()) for array in (x, y, w1, w2))
    w1.requires_grad_()
    w2.requires_grad_()
    loss = (relu(x @ w1) @ w2 - y).square().sum()
    loss.backward()
    return loss.item(), w1.grad.numpy(), w2.grad.numpy()


def by_own_engine(x: Any, y: Any, w1: Any, w2: Any) -> tuple[float, Any, Any]:
    """Loss and gradients by the engine of autograd_by_hand."""
    left, right = Value(w1, requires_grad=True), Value(w2, requires_grad=True)
    loss = ((Value(x) @ left).relu() @ right - Value(y)).square().sum()
    loss.backward()
    return float(loss.data), left.grad, right.grad


def with_custom_relu(x: Any, y: Any, w1: Any, w2: Any) -> tuple[float, Any, Any]:
    """Loss and gradients by autograd through the custom Function."""
    return by_autograd(ReLU.apply, x, y, w1, w2)


by_hand = pytest.mark.parametrize(
    "backward",
    [numpy_by_hand.loss_and_gradients, in_tensors, by_own_engine, with_custom_relu],
    ids=["numpy_by_hand", "tensors_by_hand", "autograd_by_hand", "custom_function"],
)


def assert_equals_autograd(backward: Backward, problem: Problem) -> None:
    """A backward pass gives autograd's gradients to a relative 1e-12."""
    arrays = (problem.x, problem.y, problem.w1, problem.w2)
    loss, grad_w1, grad_w2 = backward(*arrays)
    wanted_loss, wanted_w1, wanted_w2 = by_autograd(torch.relu, *arrays)
    assert loss == pytest.approx(wanted_loss, rel=1e-12)
    assert relative_error(grad_w1, wanted_w1) <= 1e-12
    assert relative_error(grad_w2, wanted_w2) <= 1e-12


@by_hand
def test_classic_gradients_equal_autograds(backward: Backward) -> None:
    """At the classic sizes each gradient is within 1e-12 of autograd's."""
    assert_equals_autograd(backward, random_problem())


@by_hand
@given(problem=problems())
def test_gradients_equal_autograds_on_any_shape(backward: Backward, problem: Problem) -> None:
    """On random shapes each gradient is within 1e-12 of autograd's."""
    assert_equals_autograd(backward, problem)


@by_hand
@given(problem=problems())
@settings(max_examples=15)
def test_gradients_equal_differences_on_any_shape(backward: Backward, problem: Problem) -> None:
    """On random shapes each gradient agrees with central differences of the loss."""
    check_backward(backward, problem, tolerance=1e-5)


@by_hand
def test_relu_at_exactly_zero_has_gradient_zero(backward: Backward) -> None:
    """Where every hidden value is exactly 0, no gradient reaches w1, and w2's is 0 too."""
    x, y = np.ones((2, 2)), np.zeros((2, 1))
    w1, w2 = np.array([[1.0], [-1.0]]), np.ones((1, 1))
    _, grad_w1, grad_w2 = backward(x, y + 1, w1, w2)
    assert grad_w1.tolist() == [[0.0], [0.0]]
    assert grad_w2.tolist() == [[0.0]]


@pytest.mark.parametrize("which", [1, 2])
def test_check_backward_catches_a_wrong_sign(which: int) -> None:
    """A gradient with its sign turned is named in the error."""

    def wrong(*arrays: Any) -> tuple[Any, Any, Any]:
        loss, grad_w1, grad_w2 = numpy_by_hand.loss_and_gradients(*arrays)
        return (loss, -grad_w1, grad_w2) if which == 1 else (loss, grad_w1, -grad_w2)

    with pytest.raises(GradientMismatchError, match=f"grad_w{which} differs") as caught:
        check_backward(wrong, random_problem(N=4, D_in=5, H=3, D_out=2))
    error = caught.value
    assert error.name == f"grad_w{which}"
    assert error.error == pytest.approx(2, rel=1e-4)
    assert error.tolerance == 1e-6
    assert error.args == (error.name, error.error, error.tolerance)
    assert str(error) == (
        f"grad_w{which} differs from its numerical value by a relative 2.0e+00; "
        "want 1.0e-06 or less"
    )


def test_check_backward_catches_a_nan() -> None:
    """A NaN in a gradient is no agreement."""

    def wrong(*arrays: Any) -> tuple[Any, Any, Any]:
        loss, grad_w1, grad_w2 = numpy_by_hand.loss_and_gradients(*arrays)
        return loss, grad_w1 * np.nan, grad_w2

    with pytest.raises(GradientMismatchError, match="grad_w1"):
        check_backward(wrong, random_problem(N=4, D_in=5, H=3, D_out=2))


def test_check_backward_catches_a_wrong_loss() -> None:
    """A loss that is not the sum of squared errors is named."""

    def mean(*arrays: Any) -> tuple[Any, Any, Any]:
        loss, grad_w1, grad_w2 = numpy_by_hand.loss_and_gradients(*arrays)
        return loss / 8, grad_w1, grad_w2

    with pytest.raises(GradientMismatchError, match="loss differs"):
        check_backward(mean, random_problem(N=4, D_in=5, H=3, D_out=2))


def one_by_one(*, w1: float, w2: float) -> Problem:
    """A problem of one number each, whose data are 1 and 3."""
    return Problem(*(np.array([[value]]) for value in (1.0, 3.0, w1, w2)))


@pytest.mark.parametrize(
    ("problem", "name"),
    [
        (one_by_one(w1=2.0, w2=5.0), "grad_w1"),
        (one_by_one(w1=2.0, w2=0.0), "grad_w2"),  # where the gradient of w1 is zero
    ],
)
def test_check_backward_takes_the_step_asked_for(problem: Problem, name: str) -> None:
    """With a step that changes no float64 number, differences are zero and contradict all else."""
    check_backward(numpy_by_hand.loss_and_gradients, problem)
    with pytest.raises(GradientMismatchError) as caught:
        check_backward(numpy_by_hand.loss_and_gradients, problem, step=1e-30)
    assert (caught.value.name, caught.value.error) == (name, np.inf)


def test_check_backward_allows_errors_up_to_the_tolerance() -> None:
    """Where nothing is off, a tolerance of zero is kept."""
    dead = one_by_one(w1=-1.0, w2=1.0)
    errors = check_backward(numpy_by_hand.loss_and_gradients, dead, tolerance=0)
    assert errors == (0, 0, 0)


@pytest.mark.parametrize("name", BackwardErrors._fields)
def test_check_backward_keeps_its_tolerance_in_float64(name: str) -> None:
    """Half the tolerance passes and twice doesn't, from float32 too, which is widened first."""
    small = random_problem(N=4, D_in=5, H=3, D_out=2, dtype="float32")

    def off(by: float, *arrays: Any) -> Any:
        assert {array.dtype for array in arrays} == {np.dtype(np.float64)}
        right: tuple[Any, ...] = numpy_by_hand.loss_and_gradients(*arrays)
        pairs = zip(BackwardErrors._fields, right, strict=True)
        return tuple(value * (1 + by) if each == name else value for each, value in pairs)

    check_backward(partial(off, 0.5e-6), small)
    with pytest.raises(GradientMismatchError, match=f"^{name} differs"):
        check_backward(partial(off, 2e-6), small)


def test_check_backward_hands_out_copies() -> None:
    """A backward pass that writes into its arguments changes no problem."""
    problem = random_problem(N=2, D_in=2, H=2, D_out=1)
    before = problem.w1.tobytes()

    def careless(x: Any, y: Any, w1: Any, w2: Any) -> tuple[Any, Any, Any]:
        result = numpy_by_hand.loss_and_gradients(x, y, w1, w2)
        x += 1
        w1 += 1
        return result

    check_backward(careless, problem)
    assert problem.w1.tobytes() == before


def test_numerical_gradient_leaves_its_argument() -> None:
    """The point at which the gradient is taken is the same afterwards, bit for bit."""
    at = np.array([[0.1, 0.2], [0.3, 0.4]])
    before = at.tobytes()
    gradient = numerical_gradient(lambda a: float(np.sin(a).sum()), at)
    assert at.tobytes() == before
    assert gradient == pytest.approx(np.cos(at), abs=1e-9)


def test_numerical_gradient_computes_in_float64() -> None:
    """From a float32 array, too, the differences are those of float64 numbers."""
    at = np.array([0.5, -2.0], dtype=np.float32)
    gradient = numerical_gradient(lambda a: float((a**3).sum()), at)
    assert gradient.dtype == np.float64
    assert gradient == pytest.approx([0.75, 12.0], rel=1e-8)


def test_numerical_gradient_moves_one_entry_by_the_step() -> None:
    """The function is asked above and below each entry in turn, a millionth away by default."""
    asked: list[list[float]] = []

    def note(a: Any) -> float:
        asked.append(a.tolist())
        return float(a.sum())

    numerical_gradient(note, np.zeros(2), step=0.25)
    assert asked == [[0.25, 0.0], [-0.25, 0.0], [0.0, 0.25], [0.0, -0.25]]
    asked.clear()
    numerical_gradient(note, np.zeros(1))
    assert asked == [[1e-6], [-1e-6]]


def test_numerical_gradient_refuses_what_is_no_array() -> None:
    """A list is quoted and answered with what is wanted."""
    with pytest.raises(TypeError) as caught:
        numerical_gradient(sum, [1.0])  # type: ignore[arg-type]
    assert str(caught.value) == "at: [1.0] (list) given; want an instance of ndarray"


@pytest.mark.parametrize("step", [0, -1e-6, float("nan"), float("inf")])
def test_numerical_gradient_refuses_a_step_that_leads_nowhere(step: float) -> None:
    """A step must be finite and above zero."""
    with pytest.raises(ValueError, match=r"step: .* given; want a finite number above 0"):
        numerical_gradient(lambda a: float(a.sum()), np.ones(2), step=step)


def test_relative_error_of_zeros() -> None:
    """Zeros equal zeros, and are infinitely far from all else."""
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(np.ones(3), np.zeros(3)) == float("inf")


def test_relative_error_widens_before_it_subtracts() -> None:
    """A difference that float32 has no room for is measured all the same."""
    assert relative_error(np.array([3e38], np.float32), np.array([-3e38], np.float32)) == 2


def test_relative_error_refuses_other_shapes() -> None:
    """Shapes that would broadcast are refused all the same."""
    with pytest.raises(ValueError, match=r"value: shape \(3,\) given; want \(1, 3\)"):
        relative_error(np.ones(3), np.ones((1, 3)))


def test_check_backward_refuses_bad_arguments() -> None:
    """A tolerance below zero and a problem that is none are named."""
    small = one_by_one(w1=2.0, w2=5.0)
    with pytest.raises(ValueError, match="tolerance: -1 given; want a finite number, 0 or more"):
        check_backward(numpy_by_hand.loss_and_gradients, small, tolerance=-1)
    with pytest.raises(TypeError, match="problem: 3"):
        check_backward(numpy_by_hand.loss_and_gradients, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("entered", MODES)
def test_checks_in_any_mode_and_leaves_it(entered: str) -> None:
    """Whatever the caller has set in torch, a check gives the same, and what was set is still set."""
    with MODES[entered]():
        before = mode()
        check_backward(in_tensors, one_by_one(w1=2.0, w2=5.0))
        assert mode() == before


NO_FLOATS: list[tuple[Any, type[Exception], str]] = [
    (np.ones(2, np.uint8), TypeError, "dtype uint8 given; want floating-point numbers"),
    ([True, False], TypeError, "dtype bool given; want floating-point numbers"),
    (["1"], TypeError, "dtype <U1 given; want floating-point numbers"),
    ([], ValueError, "shape (0,) given; want at least one element"),
    ([[1.0], [1.0, 2.0]], TypeError, "list given that NumPy can't read: "),
    (torch.ones(2, requires_grad=True), TypeError, "Tensor given that NumPy can't read: "),
    (np.ma.masked_array(np.ones(2)), TypeError, "a masked array given; want one without a mask"),
]


@pytest.mark.parametrize(("value", "error", "message"), NO_FLOATS)
def test_says_what_is_no_array_of_floats(value: Any, error: type[Exception], message: str) -> None:
    """What can't be measured is named, whichever argument or result it is."""

    def backward(*arrays: Any) -> Any:
        return (*numpy_by_hand.loss_and_gradients(*arrays)[:2], value)

    small = one_by_one(w1=2.0, w2=5.0)
    calls: dict[str, Callable[[], Any]] = {
        "value": lambda: relative_error(value, np.ones(2)),
        "reference": lambda: relative_error(np.ones(2), value),
        "grad_w2": lambda: check_backward(backward, small),
    }
    for name, call in calls.items():
        with pytest.raises(error) as caught:
            call()
        assert str(caught.value).startswith(f"{name}: {message}")


@pytest.mark.parametrize(
    ("backward", "message"),
    [
        (3, "backward: 3 (int) given; want an instance of Callable"),
        (lambda *_: (1.0, 2.0), "backward: 2 result(s) returned; want three: loss, grad_w1 and"),
        (lambda *_: None, "backward: 1 result(s) returned; want three: loss, grad_w1 and grad_w2"),
    ],
)
def test_says_what_is_no_backward_pass(backward: Any, message: str) -> None:
    """A number for the function, and a function with another number of results, are named."""
    with pytest.raises(TypeError) as caught:
        check_backward(backward, one_by_one(w1=2.0, w2=5.0))
    assert str(caught.value).startswith(message)
    with pytest.raises(TypeError, match=r"function: 3 \(int\) given"):
        numerical_gradient(3, np.ones(2))  # type: ignore[arg-type]


@pytest.mark.parametrize("H", [3, 5])
def test_a_transposed_gradient_is_named(H: int) -> None:
    """A transpose is told by its shape, or, where the matrix is square, by its numbers."""

    def transposed(*arrays: Any) -> Any:
        loss, grad_w1, grad_w2 = numpy_by_hand.loss_and_gradients(*arrays)
        return loss, grad_w1.T, grad_w2

    with pytest.raises((ValueError, GradientMismatchError)) as caught:
        check_backward(transposed, random_problem(N=4, D_in=5, H=H, D_out=2))
    if H == 5:
        assert caught.value.__notes__ == ["The transpose of grad_w1 is right."]
    else:
        wanted = "grad_w1: shape (3, 5) given; want (5, 3), the shape of w1; is it transposed?"
        assert str(caught.value) == wanted


@pytest.mark.parametrize("scale", [1e9, 1e3])
def test_large_weights_are_no_error(scale: float) -> None:
    """A right backward pass is right at weights of any size, since the step grows with them."""
    small = random_problem(N=4, D_in=5, H=3, D_out=2)
    large = Problem(small.x, small.y, small.w1 * scale, small.w2 * scale)
    assert max(check_backward(numpy_by_hand.loss_and_gradients, large)) < 1e-6
