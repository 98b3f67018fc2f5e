"""The net whose depth may differ from step to step."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

from tests.rungs.agreement import assert_same_fit
from twolayer import random_problem
from twolayer.rungs import RUNGS, dynamic_graph
from twolayer.rungs.dynamic_graph import DynamicNet, fit
from twolayer.tensors import Tensors

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


def test_the_seed_decides_layers_and_depths() -> None:
    """Layers and depths come from the seed, 0 if none is given."""
    options: dict[str, Any] = CLASSIC | {"steps": 8}
    default, zero, one = (
        fit(random_problem(), **(options | seed)) for seed in ({}, {"seed": 0}, {"seed": 1})
    )
    assert default.losses.tolist() == zero.losses.tolist()
    assert not np.allclose(zero.others["w_middle"], one.others["w_middle"])
    shallow = CLASSIC | {"middle_layers": 0, "steps": 1}
    first, other = (fit(random_problem(), **shallow, seed=seed).losses for seed in (0, 1))
    assert first.tolist() != other.tolist()


def test_random_depths_are_those_of_pythons_generator() -> None:
    """The first depth is the seed's first draw from 0 to 3, and all four come up."""
    problem = random_problem(N=3, D_in=4, H=5, D_out=2)
    depths = [random.Random(seed).randint(0, 3) for seed in range(12)]  # noqa: S311 - no secrets
    assert set(depths) == {0, 1, 2, 3}
    for seed, depth in enumerate(depths):
        drawn, fixed = (
            fit(problem, steps=1, middle_layers=layers, seed=seed).losses
            for layers in ("random", depth)
        )
        assert drawn.tolist() == fixed.tolist()


def test_momentum_is_the_optimizers() -> None:
    """Without middle layers a fit with momentum is that of the rung on optimizers."""
    problem = random_problem()
    ours = fit(problem, steps=20, learning_rate=1e-7, momentum=0.9)
    theirs = RUNGS["optimizers"].fit(problem, steps=20, learning_rate=1e-7, optimizer="momentum")
    assert_same_fit(ours, theirs)


def test_all_layers_are_where_the_tensors_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The middle layer, too, goes to the device of the problem's tensors."""
    seen: list[torch.nn.Linear] = []

    def stop(*layers: Any) -> None:
        seen.extend(layers[:3])
        raise InterruptedError

    meta = Tensors(*(torch.ones(3, 3, device="meta") for _ in range(4)))
    monkeypatch.setattr(dynamic_graph, "tensors", lambda *_: meta)
    monkeypatch.setattr(dynamic_graph, "DynamicNet", stop)
    with pytest.raises(InterruptedError):
        fit(random_problem(), bias=True)
    devices = [layer.weight.device.type for layer in seen]
    assert devices == ["meta", "meta", "meta"]
    assert [layer.weight.dtype for layer in seen] == [torch.float32] * 3


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
