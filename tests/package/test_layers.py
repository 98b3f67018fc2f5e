"""The linear layers that the nn rungs share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given

from tests.rungs.strategies import problems
from twolayer import Problem, random_problem
from twolayer.layers import arrays, linear_layers, seeded
from twolayer.tensors import Tensors, tensors

if TYPE_CHECKING:
    from twolayer.layers import Initialization


def as_tensors(problem: Problem, dtype: torch.dtype = torch.float64) -> Tensors:
    """A problem on the CPU, as the rungs hand it on."""
    return tensors(problem, "cpu", dtype)


@given(problem=problems())
def test_layers_compute_the_problems_products(problem: Problem) -> None:
    """From the problem's weights, each layer is a product with the problem's matrix."""
    linear1, linear2 = linear_layers(as_tensors(problem))
    x = torch.tensor(problem.x)
    assert torch.allclose(linear1(x), x @ torch.tensor(problem.w1), rtol=1e-12, atol=1e-12)
    h = torch.ones(1, linear2.in_features, dtype=torch.float64)
    assert torch.allclose(linear2(h), h @ torch.tensor(problem.w2), rtol=1e-12, atol=1e-12)


@given(problem=problems())
def test_arrays_give_back_what_the_layers_were_made_of(problem: Problem) -> None:
    """Reading the layers back gives the problem's weights, bit for bit."""
    linear1, linear2 = linear_layers(as_tensors(problem))
    read = arrays({"1": linear1, "2": linear2})
    assert list(read) == ["w1", "w2"]
    assert np.array_equal(read["w1"], problem.w1)
    assert np.array_equal(read["w2"], problem.w2)


def test_biases_start_at_zero_from_the_problem() -> None:
    """With the problem's weights a bias is there and zero."""
    layers = linear_layers(as_tensors(random_problem()), bias=True)
    read = arrays({"1": layers[0], "2": layers[1]})
    assert (read["b1"].shape, read["b2"].shape) == ((100,), (10,))
    assert not read["b1"].any()
    assert not read["b2"].any()


def test_default_draws_are_pytorchs_own() -> None:
    """Default initialisation gives the draws of torch.nn.Linear after the same seed."""
    linear1, linear2 = linear_layers(
        as_tensors(random_problem(), torch.float32), bias=True, initialization="default", seed=3
    )
    with torch.random.fork_rng():
        torch.manual_seed(3)
        expected1, expected2 = torch.nn.Linear(1000, 100), torch.nn.Linear(100, 10)
    assert torch.equal(linear1.weight, expected1.weight)
    assert torch.equal(linear2.bias, expected2.bias)
    assert linear1.weight.abs().max().item() <= 1 / math.sqrt(1000)


def test_the_default_seed_is_zero() -> None:
    """Without a seed the draws are those of seed 0."""
    start = as_tensors(random_problem(N=1, D_in=2, H=3, D_out=1))
    default = linear_layers(start, initialization="default")
    zero = linear_layers(start, initialization="default", seed=0)
    assert torch.equal(default[0].weight, zero[0].weight)
    assert torch.equal(default[1].weight, zero[1].weight)


@pytest.mark.parametrize("initialization", ["problem", "default"])
def test_layers_are_where_the_tensors_are(initialization: Initialization) -> None:
    """Both layers' parameters are on the device of the problem's tensors."""
    start = as_tensors(random_problem(N=1, D_in=2, H=3, D_out=1))
    elsewhere = Tensors(*(tensor.to("meta") for tensor in start))
    for linear in linear_layers(elsewhere, bias=True, initialization=initialization):
        assert {parameter.device.type for parameter in linear.parameters()} == {"meta"}


def test_seeded_leaves_the_generator_as_it_was() -> None:
    """Draws under a seed don't move the caller's own sequence, even if they raise."""
    before = torch.get_rng_state()
    with seeded(1):
        torch.rand(3)
    with pytest.raises(ValueError, match="'stop'"), seeded(1):
        torch.rand(int("stop"))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bias": 1}, TypeError, "bias: 1 (int) given; want an instance of bool"),
        (
            {"initialization": "zeros"},
            ValueError,
            "initialization: 'zeros' given; want one of 'pro",
        ),
        ({"seed": -1}, ValueError, "seed: -1 given; want a whole number, 0 or more"),
        ({"seed": None}, TypeError, "seed: None (NoneType) given"),
    ],
)
def test_refuses_bad_arguments(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A bad choice is named, quoted and answered with the choices."""
    with pytest.raises(error) as caught:
        linear_layers(as_tensors(random_problem()), **options)
    assert str(caught.value).startswith(message)
