"""The net whose depth may differ from step to step."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

from twolayer import random_problem
from twolayer.rungs.dynamic_graph import DynamicNet, fit

CLASSIC: dict[str, Any] = {
    "middle_layers": "random",
    "initialization": "default",
    "bias": True,
    "momentum": 0.9,
    "learning_rate": 1e-4,
}


def net(repeats: int) -> DynamicNet:
    """A small net in float64 that always repeats its middle layer as often."""
    torch.manual_seed(0)
    sizes = ((4, 3), (3, 3), (3, 2))
    first, middle, last = (torch.nn.Linear(*size, dtype=torch.float64) for size in sizes)
    return DynamicNet(first, middle, last, lambda: repeats)


def test_the_middle_layers_gradient_is_the_sum_over_its_uses() -> None:
    """Shared weights get the sum of what separate copies would get."""
    shared = net(3)
    x = torch.randn(5, 4, dtype=torch.float64)
    shared(x).square().sum().backward()

    copies = [torch.nn.Linear(3, 3, dtype=torch.float64) for _ in range(3)]
    for layer in copies:
        layer.load_state_dict(shared.middle.state_dict())
    h = shared.linear1(x).relu()
    for layer in copies:
        h = layer(h).relu()
    shared.linear2(h).square().sum().backward()

    total = sum(layer.weight.grad for layer in copies if layer.weight.grad is not None)
    assert shared.middle.weight.grad is not None
    assert torch.allclose(shared.middle.weight.grad, torch.as_tensor(total), rtol=1e-12)


@pytest.mark.parametrize("repeats", [0, 1, 2, 3])
def test_depth_adds_no_parameters(repeats: int) -> None:
    """However deep, there are three layers' parameters; an unused one gets no gradient."""
    model = net(repeats)
    model(torch.ones(1, 4, dtype=torch.float64)).sum().backward()
    assert len(list(model.parameters())) == 6
    assert (model.middle.weight.grad is None) == (repeats == 0)


def test_the_classic_form_is_repeatable_and_jumps() -> None:
    """Random depths come from the seed alone, and the loss goes up as well as down."""
    random.seed(1)
    first = fit(random_problem(), **CLASSIC)
    random.seed(2)
    second = fit(random_problem(), **CLASSIC)
    assert first.losses.tolist() == second.losses.tolist()
    assert (np.diff(first.losses) > 0).any()
    assert set(first.others) == {"b1", "b2", "w_middle", "b_middle"}


def test_random_depths_leave_pythons_generator_alone() -> None:
    """A fit with random depths draws nothing from the global generator."""
    random.seed(1)
    before = random.getstate()
    fit(random_problem(), steps=5, middle_layers="random", learning_rate=1e-9)
    assert random.getstate() == before


def test_a_fixed_depth_is_that_depth() -> None:
    """With one middle layer the first loss is that of a three-layer network."""
    problem = random_problem(N=3, D_in=4, H=5, D_out=2)
    deep = fit(problem, steps=1, middle_layers=1)
    middle = torch.tensor(deep.others["w_middle"])
    x, y, w1 = (torch.tensor(array) for array in (problem.x, problem.y, problem.w1))
    start = fit(problem, steps=1, middle_layers=0).others["w_middle"]
    h = ((x @ w1).relu() @ torch.tensor(start)).relu()
    loss = (h @ torch.tensor(problem.w2) - y).square().sum()
    assert deep.losses[0] == pytest.approx(loss.item(), rel=1e-12)
    assert not torch.equal(middle, torch.tensor(start))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"middle_layers": -1}, ValueError, "middle_layers: -1 given; want a whole number, 0 or"),
        ({"middle_layers": "deep"}, TypeError, "middle_layers: 'deep' (str) given; want"),
        ({"momentum": -0.1}, ValueError, "momentum: -0.1 given; want a finite number, 0 or more"),
        ({"momentum": float("nan")}, ValueError, "momentum: nan given"),
    ],
)
def test_refuses_bad_arguments(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A depth or a momentum that makes no sense is named and quoted."""
    with pytest.raises(error) as caught:
        fit(random_problem(), **options)
    assert str(caught.value).startswith(message)
