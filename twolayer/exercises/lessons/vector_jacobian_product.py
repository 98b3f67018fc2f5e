"""Exercises on the product of a vector and a Jacobian, and on the Jacobian from such products."""

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
WHOLE = ("jacobian", "jacrev", "jacfwd", "hessian")


@lesson.exercise(
    "A vector on the wrong side",
    draw=given(x="normal D_in", v="normal D_in"),
    wanted=lambda x, v: torch.func.vjp(lambda x: x * x.sum(), x)[1](v)[0],
    gives="product",
    tensors=True,
    mistakes=(
        Edit(
            "it is J @ v, which says how y moves when x moves along v; backward gives v @ J",
            ("v @ J", "J @ v"),
        ),
        Edit(
            "it has the diagonal's share only; x.sum() depends on each entry of x, too",
            (" + x[:, None]", ""),
        ),
        Edit(
            "it is a table, each row of J times its entry of v; want these rows added up",
            ("v @ J", "v[:, None] * J"),
        ),
    ),
    hints=(
        "J has a row for each output. Does an entry of v belong to an input or to an output?",
        "Here both are equally many, so both sides of J accept v. backward says how much each output "
        "counts: v weighs the rows, and adds them up.",
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
    forbids=dict.fromkeys((*WHOLE, "kron", "block_diag"), "products without any Jacobian"),
    mistakes=(
        Edit(
            "v went through the product only; tanh has a slope at each entry as well",
            ("v * (1 - y**2)", "v"),
        ),
        Edit(
            "the slope of tanh is 1 - y**2 with y after the tanh; yours has x @ w there",
            ("1 - y**2", "1 - (x @ w) ** 2"),
        ),
        Edit("v is multiplied by tanh's value; want its slope", ("(1 - y**2)", "y")),
        Edit("the slope of tanh is not 1 - y; is a square missing?", ("y**2", "y")),
        Edit("tanh is taken of y, which is a tanh already", ("y**2", "torch.tanh(y) ** 2")),
    ),
    hints=(
        "Walk back from y: which comes first, tanh or the product? And what does each do to one entry of v?",
        "tanh acts on each entry alone, so its Jacobian is diagonal, and the product with it is one entry "
        "times one slope, which y itself tells. What comes out has the shape of x @ w; the shapes of x and w "
        "say on which side each stands, and which is transposed.",
    ),
)
def tanh_vjp(x: Tensor, w: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Pull v back through y = tanh(x @ w), to both inputs."""
    y = torch.tanh(x @ w)
    grad_h = v * (1 - y**2)
    return grad_h @ w.T, x.T @ grad_h


def draw_network(draw: Draw) -> dict[str, Any]:
    """One sample of which one entry of h is exactly 0, while t @ w1 is not, there."""
    D_in, D_out = draw.sizes("D_in", "D_out")
    H = 16 + draw.case  # so many that h and its movement meet with all signs
    x, w1 = draw.normal(D_in), draw.normal(D_in, H)
    x[0], w1[:, 0] = 0.0, 0.0
    w1[0, 0] = 1.5
    return {"x": x, "w1": w1, "w2": draw.normal(H, D_out), "t": draw.normal(D_in)}


def moved(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> tuple[Tensor, ...]:
    """The output and its movement, by two products from the other side."""
    y, moved_y = torch.autograd.functional.jvp(lambda x: torch.relu(x @ w1) @ w2, x, t)
    return y, moved_y


@lesson.exercise(
    "How the output moves",
    draw=draw_network,
    wanted=moved,
    gives="y, moved_y",
    tensors=True,
    mistakes=(
        Edit(
            "ReLU is applied to the movement; a movement may be negative, and it passes wherever h is "
            "positive",
            ("moved_h * (h > 0)", "torch.relu(moved_h)"),
        ),
        Edit(
            "the ReLU mask is missing; where h is not positive, its movement doesn't reach y",
            (" * (h > 0)", ""),
        ),
        Edit((diagnoses.MASK_INVERTED, {}), ("h > 0", "h <= 0")),
        Edit(
            "the mask lets the movement through where h is exactly 0; want 0 there, as PyTorch has it",
            ("h > 0", "h >= 0"),
        ),
        Edit(
            "it is the output at x + t; want how y moves, the slope along t",
            ("moved_h * (h > 0)", "torch.relu(h + moved_h)"),
        ),
        Edit(
            "it is the difference between two outputs, a whole t apart; want the slope along t, at x itself",
            ("moved_h * (h > 0)", "torch.relu(h + moved_h) - torch.relu(h)"),
        ),
    ),
    hints=(
        "If x moves by a small multiple of t, by what does h move? And which of those movements get through "
        "ReLU?",
        "A movement goes the same way as the numbers do, from x to y. A product treats it like x; ReLU keeps "
        "an entry of it where h, not the movement, is positive.",
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
    """A function of a vector; in the last case it gives a vector of one number."""
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
            "each row is the sum of all rows; either v is all ones, or backward added every row to one "
            "grad, and each row is that grad",
            ("leaf, unit,", "leaf, torch.ones_like(y),"),
        ),
        Edit(
            "each row holds the rows before it as well, since backward adds to grad",
            ("torch.stack(rows)", "torch.stack(rows).cumsum(0)"),
        ),
        Edit(
            "each row is the last one: all are one grad, which you cleared and filled again; keep a copy of "
            "it, or let it be None",
            ("torch.stack(rows)", "torch.stack(len(rows) * rows[-1:])"),
        ),
        Edit(
            "it is the sum of the rows, one product with ones; want each row by itself",
            ("torch.stack(rows)", "sum(rows)"),
        ),
    ),
    hints=(
        "Which v makes v @ J the first row of J?",
        "A 1 in one place and 0 elsewhere picks one row; there are as many as y has entries. The graph must "
        "outlast the first product, so say that it is retained, and where you use grad, see that nothing is "
        "left in it from the row before.",
    ),
)
def jacobian(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The Jacobian of f at x, a row at a time."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    units = torch.eye(len(y), dtype=y.dtype)
    rows = [torch.autograd.grad(y, leaf, unit, retain_graph=True)[0] for unit in units]
    return torch.stack(rows)
