"""Each diagnosis: a reader makes just that mistake, and the check names it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twolayer.exercises import check, diagnoses
from twolayer.exercises.answers import Predicate, Value
from twolayer.exercises.classes import CustomFunction, CustomModule, by_backward
from twolayer.exercises.computation import Computation, by_autograd
from twolayer.exercises.draws import Draw
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.registry import exercises_of, lesson_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.exercise import Checker

# A layer's gradients, as the reader of an exercise derives them


def draw_layer(draw: Draw) -> dict[str, Any]:
    """Inputs, weights, a bias and the gradient that arrives."""
    N, D_in, H = draw.sizes("N", "D_in", "H")
    return {
        "x": draw.normal(N, D_in),
        "w": draw.normal(D_in, H),
        "b": draw.normal(H),
        "grad_y": draw.normal(N, H),
    }


def layer(x: Any, w: Any, b: Any, grad_y: Any) -> Any:
    """What the gradients are those of."""
    return ((x @ w + b) * grad_y).sum()


NAMES = ("grad_x", "grad_w", "grad_b")
LAYER = Computation(
    draw=draw_layer,
    wanted=by_autograd(layer, "x", "w", "b"),
    returns=NAMES,
    unsummed={"grad_b": lambda x, w, b, grad_y: grad_y},
    copy=True,
    contiguous=True,
)


def right(x: Any, w: Any, b: Any, grad_y: Any) -> tuple[Any, Any, Any]:
    """The right gradients."""
    del b
    return grad_y @ w.T, x.T @ grad_y, grad_y.sum(0)


def with_x(change: Callable[[Any], Any]) -> Callable[..., Any]:
    """An answer whose grad_x is changed."""

    def answer(x: Any, w: Any, b: Any, grad_y: Any) -> Any:
        grad_x, grad_w, grad_b = right(x, w, b, grad_y)
        return change(grad_x), grad_w, grad_b

    return answer


def with_b(change: Callable[[Any], Any]) -> Callable[..., Any]:
    """An answer whose grad_b is made of the gradient that arrives."""
    return lambda x, w, b, grad_y: (*right(x, w, b, grad_y)[:2], change(grad_y))


def single(wanted: Callable[[Any], Any], **options: Any) -> Computation:
    """An exercise that makes one array y of one array x."""

    def draw(draw: Draw) -> dict[str, Any]:
        N, D = draw.sizes("N", "D")
        return {"x": draw.normal(N, D)}

    return Computation(draw=draw, wanted=wanted, returns=("y",), **options)


DOUBLE = single(lambda x: 2 * x, copy=True, contiguous=True)
TENSOR = single(lambda x: 2 * x, tensors=True, leaves=("x",))

# An update in place


def draw_step(draw: Draw) -> dict[str, Any]:
    """Weights, their gradient and a learning rate."""
    N, D = draw.sizes("N", "D")
    rate = draw.number(0.05, 0.2)
    return {"w": draw.normal(N, D), "grad": draw.normal(N, D), "learning_rate": rate}


STEP = Computation(draw=draw_step, wanted=lambda w, grad, rate: w - rate * grad, changes=("w",))


def move(by: Callable[[Any, float], Any]) -> Callable[..., None]:
    """A step in place."""

    def answer(w: Any, grad: Any, learning_rate: float) -> None:
        w -= by(grad, learning_rate)

    return answer


# Classes


def draw_product(draw: Draw) -> dict[str, Any]:
    """Two factors and the gradient that arrives."""
    N, D = draw.sizes("N", "D")
    return {name: draw.normal(N, D) for name in ("a", "b", "arriving")}


PRODUCT = CustomFunction(
    draw=draw_product,
    wanted=by_backward(lambda a, b: a * b, "a", "b"),
    returns=("output", "grad_a", "grad_b"),
    leaves=("a", "b"),
)


class Product(torch.autograd.Function):
    """The product of two tensors."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Multiply."""
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Each factor gets the other."""
        a, b = ctx.saved_tensors
        return grad * b, grad * a


class Exchanged(Product):
    """A product whose backward gives its results in the other order."""

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Each factor gets itself."""
        a, b = ctx.saved_tensors
        return grad * a, grad * b


def draw_module(draw: Draw) -> dict[str, Any]:
    """Inputs, weights, sizes and the gradient that arrives."""
    N, D_in, H = draw.sizes("N", "D_in", "H")
    return {
        "x": draw.normal(N, D_in),
        "w": draw.normal(H, D_in),
        "D_in": D_in,
        "H": H,
        "arriving": draw.normal(N, H),
    }


def module_results(x: Any, w: Any, D_in: int, H: int, arriving: Any) -> tuple[Any, Any]:
    """The output and the weights' gradient."""
    del D_in, H
    return x @ w.T, arriving.T @ x


MODULE = CustomModule(
    draw=draw_module,
    wanted=module_results,
    returns=("output", "grad_weight"),
    arguments=("D_in", "H"),
    parameters={"linear.weight": "w"},
    arriving="arriving",
)


class Layer(torch.nn.Module):
    """One layer."""

    bias = False

    def __init__(self, D_in: int, H: int) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(D_in, H, bias=self.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply."""
        result: torch.Tensor = self.linear(x)
        return result


class Biased(Layer):
    """One layer with a bias too many."""

    bias = True


class Frozen(Layer):
    """One layer whose output has no record."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply, outside of any record."""
        with torch.no_grad():
            return super().forward(x)


# Answers that fail as a whole


def endless(x: Any) -> Any:
    """Go on for ever."""
    while True:
        x = x + 0


def stubborn(x: Any) -> Any:
    """Wait in C for longer than the check does."""
    time.sleep(60)
    return 2 * x


def raising(x: Any) -> Any:
    """Ask for an entry that is not there."""
    return x[100]


def modifying(x: Any) -> Any:
    """Double the caller's array as well."""
    y = 2 * x
    x[0, 0] = 7.0
    return y


def not_finite(value: float) -> Callable[[Any], Any]:
    """An answer with one entry that is no finite number."""

    def answer(x: Any) -> Any:
        y = 2 * x
        y[0, 0] = value
        return y

    return answer


LOG = Predicate(test=lambda f: None if f(2) == 4 else "4 is wanted for 2")
COLUMN = single(lambda x: x.sum(axis=1), unsummed={"y": lambda x: x})
SCALE = single(lambda x: x.sum(axis=0))
AVERAGE = single(lambda x: x.mean(axis=0))
SIZES = Value(wanted=lambda: (64, 10))


class Counter:
    """Counts its calls."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        """Count one more."""
        self.count += 1
        return self.count


LISTED = single(lambda x: [1.0, 2.0, 3.0])


def typed_in(x: Any) -> Any:
    """Know one size from the first inputs."""
    return 2 * x if x.shape[0] == 4 else x


def flagging(x: Any) -> Any:
    """Leave the caller's tensor tracked."""
    return 2 * x.requires_grad_().detach()


def failing(_: Any) -> None:
    """A comparison that is at a loss."""
    raise diagnoses.DiagnosisError(diagnoses.NOT_COMPARABLE(type="TypeError", message="no way"))


class Alone(Product):
    """A product whose backward forgets the gradient that arrives."""

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, ...]:  # noqa: ARG004
        """Give the slopes."""
        a, b = ctx.saved_tensors
        return b, a


DOUBLE_CALLS = Counter()
DOUBLE_SHAPE = DOUBLE.draw(Draw(0))["x"].shape

PLANTED: list[tuple[str, Checker, Any]] = [
    ("empty", DOUBLE, ...),
    ("empty", DOUBLE, lambda x: ...),
    ("empty", DOUBLE, lambda x: x * ...),
    ("empty", LAYER, lambda x, w, b, g: (..., ..., ...)),
    ("empty", SIZES, ...),
    ("not-the-kind", DOUBLE, np.ones(3)),
    ("not-the-kind", DOUBLE, "2 * x"),
    ("not-the-kind", DOUBLE, Product),
    ("not-the-kind", PRODUCT, Product.apply),
    ("not-the-kind", MODULE, Layer(2, 3)),
    ("not-the-kind", SIZES, "64, 10"),
    ("wrong-arguments", DOUBLE, lambda: 2),
    ("raises", DOUBLE, raising),
    ("too-long", DOUBLE, endless),
    ("stuck", DOUBLE, stubborn),
    ("random", DOUBLE, lambda x: 2 * x if DOUBLE_CALLS() <= DOUBLE.cases else 3 * x),
    ("modified-input", DOUBLE, modifying),
    ("returns-none", DOUBLE, lambda x: None if x.size else x),
    ("returns-none", LAYER, lambda x, w, b, g: print(end="")),
    ("wrong-type", DOUBLE, lambda x: (2 * x).tolist()),
    ("wrong-type", DOUBLE, lambda x: float(x[0, 0])),
    ("wrong-type", DOUBLE, lambda x: torch.tensor(2 * x)),
    ("wrong-type", DOUBLE, lambda x: "2 * x"),
    ("wrong-type", DOUBLE, lambda x: (2 * x).astype(object)),
    ("wrong-type", TENSOR, lambda x: (2 * x).detach().numpy()),
    ("wrong-count", LAYER, lambda *a: right(*a)[:2]),
    ("wrong-count", LAYER, lambda *a: right(*a)[0]),
    ("wrong-count", SIZES, (64, 10, 1)),
    ("wrong-dtype", DOUBLE, lambda x: (2 * x).astype(np.float32)),
    ("wrong-dtype", TENSOR, lambda x: 2 * x.float()),
    ("wrong-device", TENSOR, lambda x: (2 * x).to("meta")),
    ("not-contiguous", DOUBLE, lambda x: (2 * x).T.copy().T),
    ("aliases-input", single(lambda x: x, copy=True), lambda x: x[:]),
    ("aliases-input", single(lambda x: x, copy=True, tensors=True), lambda x: x.view(x.shape)),
    ("detached", single(lambda x: x, tensors=True, leaves=("x",), tracked=True), lambda x: x.data),
    ("detached", MODULE, Frozen),
    (
        "tracked",
        single(lambda x: 2 * x, tensors=True, leaves=("x",), tracked=False),
        lambda x: 2 * x,
    ),
    ("unchanged", STEP, lambda w, grad, rate: w - rate * grad),
    ("transposed", LAYER, with_x(lambda grad: grad.T)),
    (
        "transposed",
        single(lambda x: x.T @ x @ np.diag(range(x.shape[1]))),
        lambda x: np.diag(range(x.shape[1])) @ x.T @ x,
    ),
    ("broadcast", COLUMN, lambda x: x.sum(1)[:, None] - x.sum(1)),
    ("kept-dims", LAYER, with_b(lambda grad: grad.sum(0, keepdims=True))),
    ("not-summed", LAYER, with_b(lambda grad: grad)),
    ("wrong-axis", LAYER, with_b(lambda grad: grad.sum(1))),
    ("wrong-shape", LAYER, with_x(lambda grad: grad[:, :1])),
    ("nan", DOUBLE, not_finite(np.nan)),
    ("infinite", DOUBLE, not_finite(-np.inf)),
    ("sign", LAYER, with_x(lambda grad: -grad)),
    ("mean-for-sum", SCALE, lambda x: x.mean(0)),
    ("sum-for-mean", AVERAGE, lambda x: x.sum(0)),
    ("factor", LAYER, with_x(lambda grad: 2 * grad)),
    ("swapped", PRODUCT, Exchanged),
    ("wrong-order", LAYER, lambda *a: (right(*a)[1], right(*a)[2], right(*a)[0])),
    ("wrong-order", SIZES, (10, 64)),
    ("entry", DOUBLE, lambda x: 2 * x + np.eye(*x.shape)),
    ("first-case-only", DOUBLE, typed_in),
    (
        "forbidden",
        single(lambda x: x, forbids={"ravel": "a loop"}),
        lambda x: x.ravel().reshape(x.shape),
    ),
    ("not-comparable", Predicate(test=failing), lambda x: x),
    ("flag", single(lambda x: 2 * x, tensors=True, flags=True), flagging),
    ("zeros", DOUBLE, lambda x: 0 * x),
    ("wrong-length", LISTED, lambda x: [1.0]),
    ("holds-tensors", LISTED, lambda x: [torch.tensor(1.0)] * 3),
    ("arriving-gradient", PRODUCT, Alone),
    ("wrong-value", SIZES, (64, 100)),
    ("wrong-parameters", MODULE, Biased),
    ("added", STEP, move(lambda grad, rate: -rate * grad)),
    ("rate-twice", STEP, move(lambda grad, rate: rate * rate * grad)),
    ("rate-missing", STEP, move(lambda grad, rate: grad)),
    ("known-mistake", LOG, lambda x: x),
    ("known-mistake", Value(wanted=lambda: 3, wrong=((2, "counted from 0"),)), 2),
]


@pytest.mark.parametrize(
    ("name", "checker", "answer"),
    PLANTED,
    ids=[f"{name}-{place}" for place, (name, _, _) in enumerate(PLANTED)],
)
def test_a_planted_mistake_gets_its_name(name: str, checker: Checker, answer: Any) -> None:
    """An answer with one mistake gets the diagnosis of that mistake, with a sentence."""
    found = checker.diagnose(answer, seconds=1 if name in {"too-long", "stuck"} else 60)
    assert found is not None
    assert found.name == name, found.text
    assert len(found.text) > 10
    assert "{" not in found.text


def test_every_diagnosis_is_planted() -> None:
    """There are at least 25 kinds of mistakes; each is planted above, or declared by a lesson, whose are planted."""
    checks = [exercise.check for lesson in lesson_names() for exercise in exercises_of(lesson)]
    known = {one.kind.name for each in checks for one in getattr(each, "mistakes", ())}
    planted = {name for name, _, _ in PLANTED}
    assert planted | known == set(diagnoses.KINDS) - {"calls-check"}
    assert len(diagnoses.KINDS) >= 25


@pytest.mark.parametrize(
    ("checker", "answer"),
    [
        (LAYER, right),
        (PRODUCT, Product),
        (MODULE, Layer),
        (STEP, move(lambda grad, rate: rate * grad)),
        (Value(wanted=lambda: 0.1), 0.1 + 1e-12),
        (Value(wanted=lambda: {"x"}), {"x"}),
        (LOG, lambda x: x**2),
    ],
)
def test_a_right_answer_is_right(checker: Checker, answer: Any) -> None:
    """What gets no diagnosis is right."""
    assert checker.diagnose(answer, seconds=60) is None


def test_a_mistake_is_named_only_if_it_explains_every_case() -> None:
    """A known mistake, a factor and a sign that hold in the first case alone are not said."""
    first = DOUBLE_SHAPE[0]
    square = Mistake(diagnoses.KNOWN, lambda x: x**2, text="it is the square")
    checker = single(lambda x: 2 * x, mistakes=(square,))
    named = {"known-mistake": lambda x: x**2, "factor": lambda x: 6 * x, "sign": lambda x: -2 * x}
    for name, wrong in named.items():
        found = checker.diagnose(wrong, seconds=60)
        assert found is not None
        assert found.name == name
        partly = checker.diagnose(lambda x, f=wrong: f(x) if len(x) == first else x, seconds=60)
        assert partly is not None
        assert partly.name == "entry", partly.text


def test_a_check_in_an_answer_is_told() -> None:
    """An answer that calls check is told so, and no check runs within another."""

    def loss(y_pred: Any, y: Any) -> Any:
        check("numpy_by_hand.1", loss)
        return y_pred - y

    verdict = check("numpy_by_hand.1", loss)
    assert verdict.diagnosis == "calls-check"
    assert "indented too far" in verdict.text


@settings(deadline=None, max_examples=25)
@given(k=st.floats(-50, 50))
def test_any_factor_is_named(k: float) -> None:
    """A result that is off by a factor gets a diagnosis of a factor, a sign, a mean or a sum."""
    assume(abs(k) > 1e-3 and abs(k - 1) > 1e-6)
    found = LAYER.diagnose(with_x(lambda grad: k * grad), seconds=60)
    assert found is not None
    assert found.name in {"factor", "sign", "mean-for-sum", "sum-for-mean"}
    assert found.text.startswith("grad_x")


@settings(deadline=None, max_examples=25)
@given(place=st.integers(0, 10_000), by=st.floats(0.001, 100))
def test_the_first_entry_that_differs_is_shown(place: int, by: float) -> None:
    """One wrong entry is named by its index, with both values."""
    wanted = 2 * DOUBLE.draw(Draw(0))["x"]
    index = tuple(int(i) for i in np.unravel_index(place % wanted.size, wanted.shape))

    def answer(x: Any) -> Any:
        y = 2 * x
        y.flat[place % y.size] += by
        return y

    found = DOUBLE.diagnose(answer, seconds=60)
    assert found is not None
    yours, right_value = wanted[index] + by, wanted[index]
    assert found.text == (
        f"y differs, first at {index}: got {yours:.6g}, expected {right_value:.6g}"
    )


@settings(deadline=None, max_examples=25)
@given(shape=st.lists(st.integers(1, 5), max_size=3))
def test_a_wrong_shape_is_never_right(shape: list[int]) -> None:
    """An array of another shape gets a diagnosis, whatever the shape."""
    assume(tuple(shape) != DOUBLE_SHAPE)
    assert DOUBLE.diagnose(lambda _: np.zeros(shape), seconds=60) is not None
