"""The rung with an engine of its own."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.rungs.autograd_by_hand import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    Composition = Callable[[Any, Any], Any]


def matrices() -> list[Value]:
    """Two square matrices that get gradients, with an exact 0 and negative numbers."""
    rng = np.random.default_rng(0)
    arrays = rng.standard_normal((2, 3, 3))
    arrays[0, 0, 0] = 0
    return [Value(array, requires_grad=True) for array in arrays]


@pytest.mark.parametrize(
    "compose",
    [
        lambda a, b: (a @ b).sum(),
        lambda a, b: (a.relu() - b).square().sum(),
        lambda a, b: (a @ a - b @ a).square().sum(),
        lambda a, b: (a - a @ b).sum() - (b - b).square().sum(),
        lambda a, b: (a.square() - (a.square().relu() @ b).relu()).square().sum(),
        lambda a, b: a.sum() - b.sum() - (a.sum() - a.sum().square()),
    ],
    ids=["product", "difference", "shared", "twice at once", "deep", "numbers"],
)
def test_any_graph_has_autograds_gradients(compose: Composition) -> None:
    """However values are combined and shared, each leaf gets the gradient that PyTorch gives it."""
    ours = matrices()
    tensors = [torch.tensor(leaf.data, requires_grad=True) for leaf in ours]
    result, wanted = compose(*ours), compose(*tensors)
    result.backward()
    wanted.backward()

    assert result.data == pytest.approx(wanted.item(), rel=1e-12)
    for leaf, tensor in zip(ours, tensors, strict=True):
        assert tensor.grad is not None
        np.testing.assert_allclose(leaf.grad, tensor.grad, rtol=1e-12, atol=1e-12)


def test_the_order_is_topological() -> None:
    """Each value stands once in the order, before those that it was made of."""
    a, b = matrices()
    square = a.square()
    result = (square - square.relu() @ b).sum()
    order = result.order()

    assert len(order) == len({*order}) == 7
    place = {value: number for number, value in enumerate(order)}
    assert all(place[value] < place[other] for value in order for other, _ in value.edges)


def test_a_long_graph_needs_no_recursion() -> None:
    """A graph of ten thousand values in a row is walked; a value used twice each time takes no longer."""
    leaf = value = Value(np.array(1.0), requires_grad=True)
    for _ in range(5_000):
        value = value - value.square()
    value.backward()
    assert np.isfinite(leaf.grad)


def test_nothing_is_computed_for_what_needs_no_gradient() -> None:
    """Inputs without ``requires_grad`` have no edges, and no gradient after a walk."""
    data, weights = Value(np.ones((2, 3))), Value(np.ones((3, 1)), requires_grad=True)
    product = data @ weights
    product.sum().backward()

    assert [value for value, _ in product.edges] == [weights]
    assert weights.grad.tolist() == [[2.0]] * 3
    assert (data.grad, product.grad) == (None, None)
    assert not (data - data).requires_grad


def test_a_second_walk_adds_to_the_leaves() -> None:
    """A leaf's gradient grows from call to call, by the same each time, and no array is shared."""
    w = Value(np.array(3.0), requires_grad=True)
    result = w.square() - w
    result.backward()
    first = w.grad
    result.backward()
    assert (float(first), float(w.grad)) == (5.0, 10.0)


def test_a_graph_is_freed_with_its_result() -> None:
    """Without the garbage collector, a graph is gone as soon as nobody holds its result."""
    a, b = matrices()
    gc.disable()
    try:
        middle = a @ b
        result = (middle - middle.relu()).square().sum()
        result.backward()
        gone = [weakref.ref(middle), weakref.ref(result)]
        del middle, result
        assert [ref() for ref in gone] == [None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda a: a - Value(np.ones(3)),
            "-: shapes (3, 3) and (3,) given; want one shape, since nothing is broadcast here",
        ),
        (
            lambda a: a @ Value(np.ones(3)),
            "@: shapes (3, 3) and (3,) given; want two matrices",
        ),
        (lambda a: a.backward(), "backward: a value of shape (3, 3) given; want a single number"),
        (
            lambda a: Value(a.data).sum().backward(),
            "backward: nothing that made this value requires a gradient; want a leaf",
        ),
    ],
)
def test_what_the_engine_cannot_do_is_an_error(
    make: Callable[[Value], object], message: str
) -> None:
    """An operation or a walk that would give a wrong gradient says what is wanted."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        make(matrices()[0])
    assert str(caught.value).startswith(message)


def test_does_without_torch() -> None:
    """The rung is NumPy's: a fit loads no PyTorch."""
    code = (
        "import sys; from twolayer import random_problem; from twolayer.rungs import RUNGS; "
        "RUNGS['autograd_by_hand'].fit(random_problem(), steps=1); assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
