"""Exercises on products of a vector and a Jacobian, and on building the Jacobian from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.draws import Draw

lesson = Lesson()
MASKED = "moved_h * (h > 0)"
WHOLE = ("jacobian", "jacrev", "jacfwd", "hessian")


@lesson.exercise(
    "A vector on the wrong side",
    draw=given(x="normal D_in", v="normal D_in"),
    wanted=lambda x, v: torch.func.vjp(lambda x: x * x.sum(), x)[1](v)[0],
    gives="product",
    tensors=True,
    mistakes=(
        Edit(
            "it is J @ v, how y moves if x moves along v; backward computes v @ J",
            ("v @ J", "J @ v"),
        ),
        Edit("it has only the diagonal's part; x.sum() depends on x too", (" + x[:, None]", "")),
        Edit("it is a table of weighted rows of J; sum the rows", ("v @ J", "v[:, None] * J")),
    ),
    hints=(
        "J has a row for each output. Does an element of v belong to an input or to an output?",
        "Here there are as many inputs as outputs, so v fits both sides of J. In backward, v is the weight of each "
        "output: multiply the rows by these weights, and sum them.",
    ),
    stub="known-mistake",
)
def product(x: Tensor, v: Tensor) -> Tensor:
    """What backward(v) leaves in x.grad, where y is x * x.sum()."""
    J = x.sum() * torch.eye(len(x), dtype=x.dtype) + x[:, None]
    return v @ J


@lesson.exercise(
    "The tanh of a product",
    draw=given(x="normal N D_in", w="normal D_in H", v="normal N H"),
    wanted=lambda x, w, v: torch.func.vjp(lambda x, w: torch.tanh(x @ w), x, w)[1](v),
    gives="grad_x, grad_w",
    tensors=True,
    forbids=dict.fromkeys((*WHOLE, "kron", "block_diag"), "products without a Jacobian"),
    mistakes=(
        Edit("v skipped tanh; multiply it by the slopes of tanh first", ("v * (1 - y**2)", "v")),
        Edit("1 - y**2 needs tanh's output; you used x @ w", ("1 - y**2", "1 - (x @ w) ** 2")),
        Edit("v is multiplied by tanh's value; multiply it by the slope", ("(1 - y**2)", "y")),
        Edit("the slope of tanh is not 1 - y; is a square missing?", ("y**2", "y")),
        Edit("tanh is applied twice; y is already its output", ("y**2", "torch.tanh(y) ** 2")),
    ),
    hints=(
        "Go back from y. Which comes first, tanh or the product, and what does each do to an element of v?",
        "tanh is elementwise, so its Jacobian is diagonal: multiply each element of v by a slope, which you can compute "
        "from y. The result has the shape of x @ w. The shapes of x and w show on which side each is, and which one is "
        "transposed.",
    ),
)
def tanh_vjp(x: Tensor, w: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Pull v back through y = tanh(x @ w), to both inputs."""
    y = torch.tanh(x @ w)
    grad_h = v * (1 - y**2)
    return grad_h @ w.T, x.T @ grad_h


def draw_network(draw: Draw) -> dict[str, Any]:
    """One sample in which one element of h is exactly 0, but that of t @ w1 is not."""
    D_in, D_out = draw.sizes("D_in", "D_out")
    H = 16 + draw.case  # enough for h and its movement to have all pairs of signs
    x, w1 = draw.normal(D_in), draw.normal(D_in, H)
    x[0], w1[:, 0] = 0.0, 0.0
    w1[0, 0] = 1.5
    return {"x": x, "w1": w1, "w2": draw.normal(H, D_out), "t": draw.normal(D_in)}


def moved(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> tuple[Tensor, ...]:
    """The output and its movement, by PyTorch's own product from the other side."""
    y, moved_y = torch.autograd.functional.jvp(lambda x: torch.relu(x @ w1) @ w2, x, t)
    return y, moved_y


@lesson.exercise(
    "How the output moves",
    draw=draw_network,
    wanted=moved,
    gives="y, moved_y",
    tensors=True,
    mistakes=(
        Edit("ReLU is applied to the movement; use h's mask", (MASKED, "torch.relu(moved_h)")),
        Edit("the ReLU mask is missing; the movement must be 0 where h <= 0", (" * (h > 0)", "")),
        Edit((diagnoses.MASK_INVERTED, {}), ("h > 0", "h <= 0")),
        Edit("the mask lets the movement through where h is 0; it must be 0", ("h > 0", "h >= 0")),
        Edit(
            "it is the output at x + t; compute the slope along t",
            (MASKED, "torch.relu(h + moved_h)"),
        ),
        Edit(
            "it is the difference of the outputs at x + t and x; compute the slope at x",
            (MASKED, "torch.relu(h + moved_h) - torch.relu(h)"),
        ),
    ),
    hints=(
        "If x moves by a small multiple of t, how does h move? Which of these movements pass through ReLU?",
        "A movement goes forward, from x to y. A product treats it like x. ReLU keeps an element of it where h, not the "
        "movement, is positive.",
    ),
)
def network_jvp(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """The output of the network, and how it moves when x moves along t."""
    h = x @ w1
    y = torch.relu(h) @ w2
    moved_h = t @ w1
    moved_y = (moved_h * (h > 0)) @ w2
    return y, moved_y


def draw_function(draw: Draw) -> dict[str, Any]:
    """A function of a vector; in the last case it returns a vector of one element."""
    D_in, H, N = draw.sizes("D_in", "H", "N")
    w1, w2 = torch.from_numpy(draw.normal(D_in, H)), torch.from_numpy(draw.normal(H, N))
    return {"f": lambda x: torch.tanh(x @ w1) @ w2, "x": draw.normal(D_in)}


@lesson.exercise(
    "A Jacobian, row by row",
    draw=draw_function,
    wanted=lambda f, x: torch.func.jacrev(f)(x),
    gives="J",
    tensors=True,
    tracked=False,
    forbids=dict.fromkeys(WHOLE, "a product for each output"),
    mistakes=(
        Edit(
            "each row is the sum of all rows; v is all ones, or each row is the same grad, to which backward adds",
            ("leaf, unit,", "leaf, torch.ones_like(y),"),
        ),
        Edit("each row includes the rows before it; clear grad", ("rows)", "rows).cumsum(0)")),
        Edit(
            "each row is the last one; keep copies of grad", ("(rows)", "(len(rows) * rows[-1:])")
        ),
        Edit("it is the sum of the rows; stack them", ("torch.stack(rows)", "sum(rows)")),
    ),
    hints=(
        "Which v makes v @ J the first row of J?",
        "A vector with one 1 and otherwise 0 picks one row, and there are as many rows as y has elements. Retain the "
        "graph after each product, and if you use grad, make sure that nothing is left from the previous row.",
    ),
)
def jacobian(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The Jacobian of f at x, a row at a time."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    units = torch.eye(len(y), dtype=y.dtype)
    rows = [torch.autograd.grad(y, leaf, unit, retain_graph=True)[0] for unit in units]
    return torch.stack(rows)
