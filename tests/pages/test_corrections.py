"""What pages say of the installed libraries and of the ladder, where no other test asks for it."""

from __future__ import annotations

import io
import weakref
from difflib import ndiff
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.rungs.agreement import reference_fit
from twolayer import random_problem
from twolayer.rungs import RUNGS
from twolayer_docs.course import training_loop

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def test_arrays_know_nothing_of_gradients() -> None:
    """A NumPy array has neither a gradient nor a function that made it; a tensor has both."""
    attributes = ("requires_grad", "grad", "grad_fn", "backward")
    assert not any(hasattr(np.ones(1), name) for name in attributes)
    assert all(hasattr(torch.ones(1), name) for name in attributes)


def test_relu_chooses_zero_at_zero_where_others_choose_otherwise() -> None:
    """At exactly 0 ``relu`` gives 0 and ``maximum`` 0.5, and the mask ``h < 0`` lets all through."""
    zero = torch.zeros(1, requires_grad=True)
    for slope, result in (
        (0.0, torch.relu(zero)),
        (0.5, torch.maximum(zero, torch.zeros(1))),
    ):
        assert torch.autograd.grad(result, zero)[0].item() == slope
    passed = torch.ones(1)
    passed[zero < 0] = 0
    assert passed.item() == 1.0


def test_the_summed_loss_is_the_square_of_the_distance() -> None:
    """``MSELoss(reduction="sum")`` adds squares over all numbers; the distance is its root."""
    y_pred, y = torch.tensor([[3.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 0.0], [0.0, 4.0]])
    loss = torch.nn.MSELoss(reduction="sum")(y_pred, y)
    assert loss.item() == np.square(y_pred.numpy() - y.numpy()).sum() == 25.0
    assert torch.dist(y_pred, y).item() == 5.0


def test_the_mean_shrinks_the_gradient_by_the_number_of_elements() -> None:
    """Of 64 times 10 predictions, the mean's gradient is a 640th of the sum's, not a 64th."""
    y_pred, y = torch.zeros(64, 10, requires_grad=True), torch.ones(64, 10)
    by_sum, by_mean = (
        torch.autograd.grad(torch.nn.MSELoss(reduction=reduction)(y_pred, y), y_pred)[0]
        for reduction in ("sum", "mean")
    )
    assert torch.allclose(by_sum, 640 * by_mean)


def test_a_linear_layer_draws_evenly_within_its_bound() -> None:
    """First weights lie within one over the root of the inputs' number, spread as even draws do."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layer = torch.nn.Linear(1000, 100)
    bound = 1000**-0.5
    for param in layer.parameters():
        assert 0.9 * bound < param.abs().max().item() <= bound
    assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.01)


def test_late_losses_depend_on_the_precision() -> None:
    """Float32 keeps to float64's losses for 100 steps and ends more than ten times above them."""
    losses = RUNGS["tensors_by_hand"].fit(random_problem(), dtype=torch.float32).losses
    wanted = reference_fit().losses
    assert np.abs(losses[:100] / wanted[:100] - 1).max() < 1e-4
    assert losses[-1] > 10 * wanted[-1]


def test_late_errors_are_what_is_left_of_numbers_that_cancel() -> None:
    """At the end errors are far smaller than predictions, and rounding weighs as much more in the loss."""
    problem = random_problem()
    fit = RUNGS["numpy_by_hand"].fit(problem)
    rng = np.random.default_rng(0)

    def errors_and_predictions(w1: Any, w2: Any) -> Any:
        y_pred = np.maximum(problem.x @ w1, 0) @ w2
        return y_pred - problem.y, y_pred

    errors, y_pred = errors_and_predictions(fit.w1, fit.w2)
    change = 1e-13
    moved = [np.asarray(w) * (1 + change * rng.standard_normal(w.shape)) for w in (fit.w1, fit.w2)]
    others, others_pred = errors_and_predictions(*moved)

    assert np.linalg.norm(errors) < 1e-4 * np.linalg.norm(y_pred)
    assert np.linalg.norm(others_pred - y_pred) < 1e-10 * np.linalg.norm(y_pred)
    assert abs(np.square(others).sum() / np.square(errors).sum() - 1) > 1000 * change


def test_a_loss_kept_as_a_tensor_keeps_what_its_graph_put_aside() -> None:
    """In a list or in a running total, losses keep their graphs' tensors until backward; numbers keep none."""
    x, w = torch.ones(3, 2), torch.ones(2, requires_grad=True)
    put_aside: list[weakref.ref[torch.Tensor]] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        held = tensor.detach()
        put_aside.append(weakref.ref(held))
        return held

    def kept_by(keep: Callable[[list[Any], torch.Tensor], list[Any]]) -> int:
        put_aside.clear()
        kept: list[Any] = []
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda held: held):
            for _ in range(10):
                kept = keep(kept, (x @ w).exp().sum())
        assert len(kept) in {1, 10}
        return sum(reference() is not None for reference in put_aside)

    def after_backward(kept: list[Any], loss: torch.Tensor) -> list[Any]:
        loss.backward()
        return [*kept, loss]

    in_a_list = kept_by(lambda kept, loss: [*kept, loss])
    assert in_a_list >= 10
    assert kept_by(lambda kept, loss: [sum(kept) + loss]) == in_a_list
    assert kept_by(lambda kept, loss: [*kept, loss.item()]) == 0
    assert kept_by(after_backward) == 0


def test_an_update_in_place_needs_no_grad() -> None:
    """A tracked leaf can't be changed in place, unless under ``no_grad``, where it stays a leaf."""
    w = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used"):
        w -= 1
    assert not (w - 1).is_leaf
    with torch.no_grad():
        w -= 1
    assert (w.is_leaf, w.requires_grad, w.tolist()) == (True, True, [0.0, 0.0])


def test_a_context_saves_tensors_only() -> None:
    """``save_for_backward`` refuses a number; as an attribute of ``ctx`` it reaches backward."""

    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, h: torch.Tensor, factor: float, kept: Any) -> torch.Tensor:
            ctx.save_for_backward(kept)
            ctx.factor = factor
            return h * factor

        @staticmethod
        def backward(ctx: Any, *grads: torch.Tensor) -> Any:
            return grads[0] * ctx.factor, None, None

    apply: Any = Scale.apply
    h = torch.ones(2, requires_grad=True)
    with pytest.raises(TypeError, match="save_for_backward can only save variables"):
        apply(h, 3.0, 3.0)
    apply(h, 3.0, h).sum().backward()
    assert h.grad is not None
    assert h.grad.tolist() == [3.0, 3.0]


def test_decay_is_adamws_default_and_not_adams() -> None:
    """With a gradient of zero AdamW still takes a hundredth of the rate off; Adam does nothing."""
    for rule, left in ((torch.optim.AdamW, 1 - 1e-4 * 0.01), (torch.optim.Adam, 1.0)):
        weight = torch.ones(1, dtype=torch.float64, requires_grad=True)
        weight.grad = torch.zeros_like(weight)
        rule([weight], lr=1e-4).step()
        assert weight.item() == pytest.approx(left, rel=1e-12)


def test_adams_step_is_the_rate_whatever_the_gradients_scale() -> None:
    """Adam's first step is its learning rate for any gradient, SGD's grows with the gradient."""
    for scale in (1.0, 1000.0):
        steps = []
        for rule in (torch.optim.Adam, torch.optim.SGD):
            weight = torch.zeros(1, dtype=torch.float64, requires_grad=True)
            weight.grad = torch.full_like(weight, scale)
            rule([weight], lr=1e-4).step()
            steps.append(-weight.item() / 1e-4)
        assert steps == pytest.approx([1.0, scale], rel=1e-6)


def test_nothing_may_clear_between_backward_and_step() -> None:
    """An optimizer whose gradients were cleared after backward moves nothing."""
    weight = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    weight.sum().backward()
    optimizer.zero_grad()
    optimizer.step()
    assert weight.item() == 1.0
    weight.sum().backward()
    optimizer.step()
    assert weight.item() == pytest.approx(0.9)


def test_a_plain_list_registers_no_layer() -> None:
    """Layers in a list are neither trained nor saved; those in a ``ModuleList`` are both."""
    net: Any = torch.nn.Module()
    net.layers = [torch.nn.Linear(2, 2)]
    assert ([*net.parameters()], net.state_dict()) == ([], {})
    net.layers = torch.nn.ModuleList(net.layers)
    assert len([*net.parameters()]) == len(net.state_dict()) == 2


def test_a_module_needs_its_init() -> None:
    """Without ``super().__init__()`` the first layer that is assigned raises; the older form does as well."""

    class Older(torch.nn.Module):
        def __init__(self) -> None:
            super(Older, self).__init__()  # noqa: UP008 - the older form
            self.linear = torch.nn.Linear(2, 2)

    assert len([*Older().parameters()]) == 2

    class Forgetful(torch.nn.Module):
        def __init__(self) -> None:
            self.linear = torch.nn.Linear(2, 2)

    with pytest.raises(AttributeError, match=r"before Module\.__init__\(\) call"):
        Forgetful()


def test_weights_travel_by_name() -> None:
    """A ``state_dict`` makes another network equal, and one with a bias misses its own."""
    first, second = (torch.nn.Linear(3, 2, bias=False) for _ in range(2))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.weight, second.weight)
    assert first.weight.data_ptr() != second.weight.data_ptr()
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "bias"'):
        torch.nn.Linear(3, 2).load_state_dict(first.state_dict())


def test_map_location_decides_where_tensors_load() -> None:
    """Tensors of a file go to the device that ``map_location`` names, not to that they were saved from."""
    buffer = io.BytesIO()
    torch.save({"net": torch.nn.Linear(2, 2).state_dict()}, buffer)
    for device in ("cpu", "meta"):
        buffer.seek(0)
        checkpoint = torch.load(buffer, map_location=device)
        assert checkpoint["net"]["weight"].device.type == device


def test_a_graph_holds_the_branch_that_ran() -> None:
    """Of an ``if``, the graph has the function of the side that was taken, and not the other's."""
    for value, taken in ((2.0, "ReluBackward0"), (-2.0, "NegBackward0")):
        h = torch.tensor(value, requires_grad=True)
        result = torch.relu(h) if h > 0 else -h
        assert result.grad_fn is not None
        assert result.grad_fn.name() == taken
        assert len(result.grad_fn.next_functions) == 1


def test_each_rung_takes_from_the_loop_what_it_says() -> None:
    """The backward pass leaves the loop on the rung autograd_by_hand, the update on the rung optimizers."""
    loops = {name: training_loop(ROOT / f"{rung.page}.py") for name, rung in RUNGS.items()}

    def lines(sign: str, before: str, after: str) -> str:
        diff = ndiff(loops[before], loops[after])
        return "\n".join(line for line in diff if line.startswith(sign))

    removed = lines("-", "tensors_by_hand", "autograd_by_hand")
    for name in ("grad_y_pred", "grad_w2", "grad_h_relu", "grad_h", "grad_w1"):
        assert f" {name} = " in removed
    assert "loss.backward()" in lines("+", "tensors_by_hand", "autograd_by_hand")
    assert "with torch.no_grad():" in lines("+", "autograd_by_hand", "autograd")
    assert "learning_rate * param.grad" in lines("-", "nn_sequential", "optimizers")
    assert "optimizer.step()" in lines("+", "nn_sequential", "optimizers")


def test_unequal_shapes_are_broadcast_with_a_warning() -> None:
    """Against [1, 10], a target [10] gives the right loss, against [10, 1] that of all pairs."""
    loss = torch.nn.MSELoss()
    output, target = torch.arange(10.0).reshape(1, 10), torch.ones(10)
    target[0] = 5
    right = loss(output, target.reshape(1, 10))
    with pytest.warns(UserWarning, match="Using a target size"):
        assert torch.equal(loss(output, target), right)
    with pytest.warns(UserWarning, match="Using a target size"):
        pairs = torch.nn.MSELoss(reduction="none")(output.T, target)
    assert pairs.shape == (10, 10)
    assert not torch.allclose(pairs.mean(), right)
