"""Each rung's loop written plainly: no checks, no history, no choices.

Every function takes the problem's arrays and the number of steps, and returns the losses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twolayer import Problem

RATE = 1e-6


def tensors(problem: Problem, *, requires_grad: bool = False) -> list[Any]:
    """The problem's arrays as tensors; the weights as leaves where asked for."""
    x, y, w1, w2 = (torch.tensor(a) for a in (problem.x, problem.y, problem.w1, problem.w2))
    return [x, y, w1.requires_grad_(requires_grad), w2.requires_grad_(requires_grad)]


def numpy_by_hand(problem: Problem, steps: int) -> list[float]:
    """The loop of the NumPy rung."""
    x, y, w1, w2 = problem.x, problem.y, problem.w1.copy(), problem.w2.copy()
    losses = []
    for _ in range(steps):
        h = x @ w1
        h_relu = np.maximum(h, 0)
        y_pred = h_relu @ w2
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h_relu.T @ grad_y_pred
        grad_h_relu = grad_y_pred @ w2.T
        grad_h = grad_h_relu.copy()
        grad_h[h <= 0] = 0
        grad_w1 = x.T @ grad_h
        w1 -= RATE * grad_w1
        w2 -= RATE * grad_w2
    return losses


def tensors_by_hand(problem: Problem, steps: int) -> list[float]:
    """The loop of the tensor rung."""
    x, y, w1, w2 = tensors(problem)
    losses = []
    for _ in range(steps):
        h = x.mm(w1)
        h_relu = h.clamp(min=0)
        y_pred = h_relu.mm(w2)
        losses.append((y_pred - y).square().sum().item())
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h_relu.t().mm(grad_y_pred)
        grad_h_relu = grad_y_pred.mm(w2.t())
        grad_h = grad_h_relu.clone()
        grad_h[h <= 0] = 0
        grad_w1 = x.t().mm(grad_h)
        w1 -= RATE * grad_w1
        w2 -= RATE * grad_w2
    return losses


class Node:
    """An array, and for each input that needs a gradient, the input and its share."""

    def __init__(self, data: Any, *edges: Any, needs: bool = False) -> None:
        self.data: Any = data
        self.grad: Any = None
        self.edges = [edge for edge in edges if edge[0].needs]
        self.needs: bool = needs or bool(self.edges)

    def __matmul__(self, other: Node) -> Node:
        """Multiply."""
        a, b = self.data, other.data
        return Node(a @ b, (self, lambda grad: grad @ b.T), (other, lambda grad: a.T @ grad))

    def __sub__(self, other: Node) -> Node:
        """Subtract."""
        edges = (self, lambda grad: grad), (other, lambda grad: -grad)
        return Node(self.data - other.data, *edges)

    def relu(self) -> Node:
        """Replace negatives by zero."""
        return Node(np.maximum(self.data, 0), (self, lambda grad: grad * (self.data > 0)))

    def squares(self) -> Node:
        """Add up the squares."""
        return Node(np.square(self.data).sum(), (self, lambda grad: 2 * grad * self.data))

    def backward(self) -> None:
        """Walk back, depth first."""
        order: dict[Node, None] = {}

        def visit(node: Node) -> None:
            if node not in order:
                for other, _ in node.edges:
                    visit(other)
                order[node] = None

        visit(self)
        grads: dict[Node, Any] = {self: 1.0}
        for node in reversed(order):
            grad = grads.pop(node)
            if not node.edges:
                node.grad = grad
            for other, share in node.edges:
                grads[other] = grads[other] + share(grad) if other in grads else share(grad)


def autograd_by_hand(problem: Problem, steps: int) -> list[float]:
    """The loop of the rung with an engine in NumPy."""
    x, y = Node(problem.x), Node(problem.y)
    w1, w2 = Node(problem.w1.copy(), needs=True), Node(problem.w2.copy(), needs=True)
    losses = []
    for _ in range(steps):
        loss = ((x @ w1).relu() @ w2 - y).squares()
        losses.append(float(loss.data))
        loss.backward()
        for w in (w1, w2):
            w.data -= RATE * w.grad
            w.grad = None
    return losses


def by_autograd(problem: Problem, steps: int, loss_of: Callable[..., Any]) -> list[float]:
    """The loop of the rungs that differentiate a function of the four tensors."""
    x, y, w1, w2 = tensors(problem, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = loss_of(x, y, w1, w2)
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w1 -= RATE * w1.grad
            w2 -= RATE * w2.grad
            w1.grad = None
            w2.grad = None
    return losses


def squared_error(x: Any, y: Any, w1: Any, w2: Any) -> Any:
    """The network's loss."""
    return (x.mm(w1).relu().mm(w2) - y).square().sum()


class Positive(torch.autograd.Function):
    """A ReLU with a backward pass of its own."""

    @staticmethod
    def forward(x: Any) -> Any:
        """Replace negatives by zero."""
        return x.clamp(min=0)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any], output: Any) -> None:  # noqa: ARG004
        """Keep the input."""
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        """Stop the gradient where the input was not positive."""
        (x,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[x <= 0] = 0
        return grad_input


def custom_function(problem: Problem, steps: int) -> list[float]:
    """The loop of the rung with a Function of its own."""
    return by_autograd(
        problem,
        steps,
        lambda x, y, w1, w2: (Positive.apply(x.mm(w1)).mm(w2) - y).square().sum(),
    )


def static_graph(problem: Problem, steps: int) -> list[float]:
    """The loop of the rung with a captured graph."""
    return by_autograd(problem, steps, torch.fx.symbolic_trace(squared_error))


class Net(nn.Module):
    """Two layers, and a third that is never used."""

    def __init__(self, problem: Problem, *, middle: bool) -> None:
        super().__init__()
        sizes = problem.sizes
        self.linear1 = nn.Linear(sizes["D_in"], sizes["H"], bias=False, dtype=torch.float64)
        if middle:
            self.middle = nn.Linear(sizes["H"], sizes["H"], bias=False, dtype=torch.float64)
        self.linear2 = nn.Linear(sizes["H"], sizes["D_out"], bias=False, dtype=torch.float64)
        with torch.no_grad():
            self.linear1.weight.copy_(torch.tensor(problem.w1).t())
            self.linear2.weight.copy_(torch.tensor(problem.w2).t())

    def forward(self, x: Any) -> Any:
        """Predict."""
        return self.linear2(self.linear1(x).relu())


def in_a_row(problem: Problem) -> nn.Sequential:
    """The two layers with a ReLU between."""
    net = Net(problem, middle=False)
    return nn.Sequential(net.linear1, nn.ReLU(), net.linear2)


def nn_sequential(problem: Problem, steps: int) -> list[float]:
    """The loop of the rung with layers and an update by hand."""
    x, y, *_ = tensors(problem)
    model, loss_fn = in_a_row(problem), nn.MSELoss(reduction="sum")
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        losses.append(loss.item())
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter.sub_(RATE * parameter.grad)
    return losses


def by_optimizer(problem: Problem, steps: int, model: nn.Module) -> list[float]:
    """The loop of the rungs with SGD."""
    x, y, *_ = tensors(problem)
    loss_fn = nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


def data_parallel(problem: Problem, steps: int) -> list[float]:
    """The loop of the rung in several processes, in a group of one."""
    x, y, *_ = tensors(problem)
    store = dist.HashStore()  # type: ignore[attr-defined]
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    model = nn.parallel.DistributedDataParallel(in_a_row(problem))
    loss_fn = nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(x), y)
        total = loss.detach().clone()
        dist.all_reduce(total)
        losses.append(total.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    dist.destroy_process_group()
    return losses


PLAIN: Mapping[str, Callable[[Problem, int], list[float]]] = {
    "numpy_by_hand": numpy_by_hand,
    "tensors_by_hand": tensors_by_hand,
    "autograd_by_hand": autograd_by_hand,
    "autograd": lambda problem, steps: by_autograd(problem, steps, squared_error),
    "custom_function": custom_function,
    "static_graph": static_graph,
    "nn_sequential": nn_sequential,
    "optimizers": lambda problem, steps: by_optimizer(problem, steps, in_a_row(problem)),
    "custom_module": lambda problem, steps: by_optimizer(
        problem, steps, Net(problem, middle=False)
    ),
    "dynamic_graph": lambda problem, steps: by_optimizer(problem, steps, Net(problem, middle=True)),
    "data_parallel": data_parallel,
}
