"""Exercises on the product of a vector and a Jacobian, and on the Jacobian from such products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.draws import Draw

# 1. v on the wrong side


def product(x: Tensor, v: Tensor) -> Tensor:
    """What backward(v) leaves in x.grad, where y is x * x.sum()."""
    J = x.sum() * torch.eye(len(x), dtype=x.dtype) + x[:, None]
    return v @ J


def _scaled(x: Tensor) -> Tensor:
    return x * x.sum()


def _draw_vector(draw: Draw) -> dict[str, Any]:
    (size,) = draw.sizes("D_in")
    return {"x": draw.normal(size), "v": draw.normal(size)}


_SIDE = Computation(
    draw=_draw_vector,
    wanted=lambda x, v: torch.func.vjp(_scaled, x)[1](v)[0],
    returns=("product",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda x, v: torch.autograd.functional.jvp(_scaled, x, v)[1],
            text="it is J @ v, which says how y moves when x moves along v; backward gives v @ J",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda x, v: x.sum() * v,
            text="it has the diagonal's share only; x.sum() depends on each entry of x, too",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda x, v: v[:, None] * (x.sum() * torch.eye(len(x), dtype=x.dtype) + x[:, None]),
            text="it is a table, each row of J times its entry of v; want these rows added up",
        ),
    ),
)

# 2. The tanh of a product


def tanh_vjp(x: Tensor, w: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Pull v back through y = tanh(x @ w), to both inputs."""
    y = torch.tanh(x @ w)
    grad_h = v * (1 - y**2)
    return grad_h @ w.T, x.T @ grad_h


def _draw_layer(draw: Draw) -> dict[str, Any]:
    N, D_in, H = draw.sizes("N", "D_in", "H")
    return {
        "x": draw.normal(N, D_in),
        "w": 0.5 * draw.normal(D_in, H),
        "v": draw.normal(N, H),
    }


def _sloped(slope: Callable[[Tensor], Tensor]) -> Callable[..., tuple[Tensor, Tensor]]:
    """The pull back with another slope in the place of that of tanh."""

    def variant(x: Tensor, w: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        grad_h = v * slope(x @ w)
        return grad_h @ w.T, x.T @ grad_h

    return variant


_TANH = Computation(
    draw=_draw_layer,
    wanted=lambda x, w, v: torch.func.vjp(lambda x, w: torch.tanh(x @ w), x, w)[1](v),
    returns=("grad_x", "grad_w"),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _sloped(torch.ones_like),
            text="v went through the product only; tanh has a slope at each entry as well",
        ),
        Mistake(
            diagnoses.KNOWN,
            _sloped(lambda h: 1 - h**2),
            text="the slope of tanh is 1 - y**2 with y after the tanh; yours has x @ w there",
        ),
        Mistake(
            diagnoses.KNOWN,
            _sloped(torch.tanh),
            text="v is multiplied by tanh's value; want its slope",
        ),
        Mistake(
            diagnoses.KNOWN,
            _sloped(lambda h: 1 - torch.tanh(h)),
            text="the slope of tanh is not 1 - y; is a square missing?",
        ),
        Mistake(
            diagnoses.KNOWN,
            _sloped(lambda h: 1 - torch.tanh(torch.tanh(h)) ** 2),
            text="tanh is taken of y, which is a tanh already",
        ),
    ),
)

# 3. The other product


def network_jvp(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """The output of the network, and how it moves when x moves along t."""
    h = x @ w1
    y = torch.relu(h) @ w2
    moved_h = t @ w1
    moved_y = (moved_h * (h > 0)) @ w2
    return y, moved_y


def _draw_network(draw: Draw) -> dict[str, Any]:
    D_in, D_out = draw.sizes("D_in", "D_out")
    H = 16 + draw.case  # so many that h and its movement meet with all signs
    w1 = draw.normal(D_in, H)
    w1[:, 0] = 0.0  # so that an entry of h is exactly 0, while t @ w1 is not
    x = draw.normal(D_in)
    x[0] = 0.0
    w1[0, 0] = 1.5
    return {"x": x, "w1": w1, "w2": draw.normal(H, D_out), "t": draw.normal(D_in)}


def _network_jvp(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    def network(x: Tensor) -> Tensor:
        return torch.relu(x @ w1) @ w2

    # By two products from the other side, as torch.func.jvp warns when it is first loaded.
    _, moved = torch.autograd.functional.jvp(network, x, t)
    return network(x), moved


def _moved(
    through_relu: Callable[[Tensor, Tensor], Tensor],
) -> Callable[..., dict[str, Tensor]]:
    """The product with another way through ReLU: a function of h and of how h moves."""

    def variant(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> dict[str, Tensor]:
        return {"moved_y": through_relu(x @ w1, t @ w1) @ w2}

    return variant


def _difference(x: Tensor, w1: Tensor, w2: Tensor, t: Tensor) -> dict[str, Tensor]:
    whole = torch.relu((x + t) @ w1) @ w2
    return {"moved_y": whole - torch.relu(x @ w1) @ w2}


_FORWARD = Computation(
    draw=_draw_network,
    wanted=_network_jvp,
    returns=("y", "moved_y"),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _moved(lambda _, moved: torch.relu(moved)),
            text="ReLU is applied to the movement; a movement may be negative, and it passes "
            "wherever h is positive",
        ),
        Mistake(
            diagnoses.KNOWN,
            _moved(lambda _, moved: moved),
            text="the ReLU mask is missing; where h is not positive, its movement doesn't reach y",
        ),
        Mistake(diagnoses.MASK_INVERTED, _moved(lambda h, moved: moved * (h <= 0))),
        Mistake(
            diagnoses.KNOWN,
            _moved(lambda h, moved: moved * (h >= 0)),
            text="the mask lets the movement through where h is exactly 0; want 0 there, as "
            "PyTorch has it",
        ),
        Mistake(
            diagnoses.KNOWN,
            _moved(lambda h, moved: torch.relu(h + moved)),
            text="it is the output at x + t; want how y moves, the slope along t",
        ),
        Mistake(
            diagnoses.KNOWN,
            _difference,
            text="it is the difference between two outputs, a whole t apart; want the slope along "
            "t, at x itself",
        ),
    ),
)

# 4. The Jacobian from products


def jacobian(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The Jacobian of f at x, a row at a time."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    units = torch.eye(len(y), dtype=y.dtype)
    rows = [torch.autograd.grad(y, leaf, unit, retain_graph=True)[0] for unit in units]
    return torch.stack(rows)


def _draw_function(draw: Draw) -> dict[str, Any]:
    D_in, H, D_out = draw.sizes("D_in", "H", "D_out")
    w1, w2 = torch.from_numpy(draw.normal(D_in, H)), torch.from_numpy(draw.normal(H, D_out))

    def f(x: Tensor) -> Tensor:
        return torch.tanh(x @ w1) @ w2

    return {"f": f, "x": draw.normal(D_in)}


def _whole(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    whole: Tensor = torch.func.jacrev(f)(x)
    return whole


_ROWS = Computation(
    draw=_draw_function,
    wanted=_whole,
    returns=("J",),
    tensors=True,
    tracked=False,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda f, x: _whole(f, x).sum(dim=0).expand(_whole(f, x).shape),
            text="each row is the sum of all rows; either v is all ones, or backward added every "
            "row to one grad, and each row is that grad",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda f, x: _whole(f, x).cumsum(dim=0),
            text="each row holds the rows before it as well, since backward adds to grad",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda f, x: _whole(f, x)[-1].expand(_whole(f, x).shape),
            text="each row is the last one: all are one grad, which you cleared and filled "
            "again; keep a copy of it, or let it be None",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda f, x: _whole(f, x).sum(dim=0),
            text="it is the sum of the rows, one product with ones; want each row by itself",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="A vector on the wrong side",
        check=_SIDE,
        hints=(
            "J has a row for each output. Does an entry of v belong to an input or to an output?",
            "Here both are equally many, so both sides of J accept v. backward says how much each "
            "output counts: v weighs the rows, and adds them up.",
        ),
        solution=product,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="The tanh of a product",
        check=_TANH,
        hints=(
            "Walk back from y: which comes first, tanh or the product? And what does each do to one "
            "entry of v?",
            "tanh acts on each entry alone, so its Jacobian is diagonal, and the product with it is one "
            "entry times one slope, which y itself tells. What comes out has the shape of x @ w; the "
            "shapes of x and w say on which side each stands, and which is transposed.",
        ),
        solution=tanh_vjp,
        stub="empty",
    ),
    Exercise(
        number=3,
        title="How the output moves",
        check=_FORWARD,
        hints=(
            "If x moves by a small multiple of t, by what does h move? And which of those movements "
            "get through ReLU?",
            "A movement goes the same way as the numbers do, from x to y. A product treats it like x; "
            "ReLU keeps an entry of it where h, not the movement, is positive.",
        ),
        solution=network_jvp,
        stub="empty",
    ),
    Exercise(
        number=4,
        title="A Jacobian, row by row",
        check=_ROWS,
        hints=(
            "Which v makes v @ J the first row of J?",
            "A 1 in one place and 0 elsewhere picks one row; there are as many as y has entries. The graph "
            "must outlast the first product, so say that it is retained, and where you use grad, see "
            "that nothing is left in it from the row before.",
        ),
        solution=jacobian,
        stub="empty",
    ),
)
"""The exercises, in order."""
