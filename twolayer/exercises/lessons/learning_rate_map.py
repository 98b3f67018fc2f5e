"""Exercises on the learning-rate map: many fits at once, and the curvature of a loss."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, masks
from twolayer.exercises.values import family
from twolayer.exercises.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()


def _fits(draw: Draw) -> dict[str, Any]:
    words = {"x": "with_zeros N D_in", "y": "normal N D_out", "w1": "with_zeros R D_in H"}
    drawn = given(**words, w2="normal R H D_out", rates="normal R")(draw)
    drawn["w1"][:, :, 0] = 0  # a unit whose h is 0 for each input
    return drawn | {"rates": 0.001 + 0.01 * np.abs(drawn["rates"])}


def _by_fit(x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, rates: Tensor) -> Any:
    """Take one fit after the other, by autograd."""
    results = []
    for own_w1, own_w2, rate in zip(w1, w2, rates, strict=True):
        leaves = [w.clone().requires_grad_() for w in (own_w1, own_w2)]
        loss = ((x @ leaves[0]).relu() @ leaves[1] - y).square().sum()
        grad_w1, grad_w2 = torch.autograd.grad(loss, leaves)
        results.append((loss.detach(), own_w1 - rate * grad_w1, own_w2 - rate * grad_w2))
    return tuple(map(torch.stack, zip(*results, strict=True)))


@lesson.exercise(
    "One step of all fits",
    draw=_fits,
    wanted=_by_fit,
    gives="losses, w1_new, w2_new",
    starts={"w1_new": "w1", "w2_new": "w2"},
    tensors=True,
    copy=True,
    mistakes=(
        Edit("this is the sum over all fits; return a loss for each", ("dim=(1, 2)", "")),
        Edit("all fits use the first rate; use each fit's", ("rates.view(-1, 1, 1)", "rates[0]")),
        Edit(
            "the gradients of all fits are summed; update each fit with its own",
            ("(x.T @ grad_h)", "(x.T @ grad_h).sum(dim=0)"),
            ("(h_relu.mT @ grad_y_pred)", "(h_relu.mT @ grad_y_pred).sum(dim=0)"),
        ),
        Edit(
            (diagnoses.NEW_VALUE, {"term": "w2 in grad_h"}),
            (
                "grad_y_pred @ w2.mT",
                "grad_y_pred @ (w2 - rates.view(-1, 1, 1) * (h_relu.mT @ grad_y_pred)).mT",
            ),
        ),
        Edit("its gradient contains h, but the layer's input is h_relu", ("h_relu.mT", "h.mT")),
        *masks("grad_h_relu * (h > 0)"),
    ),
    hints=(
        "Which of the three axes separates the fits? Which axes should a sum and a transposition leave alone?",
        "``mT`` exchanges the last two axes, and ``sum`` takes several axes in one call. A rate multiplies a "
        "whole matrix, so ``rates`` needs two more axes, at its end.",
    ),
)
def step_all(
    x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, rates: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The losses of all fits, and their weights after one step."""
    h = x @ w1  # (R, N, H)
    h_relu = h.relu()
    y_pred = h_relu @ w2  # (R, N, D_out)
    losses = (y_pred - y).square().sum(dim=(1, 2))
    grad_y_pred = 2 * (y_pred - y)
    grad_h_relu = grad_y_pred @ w2.mT
    grad_h = grad_h_relu * (h > 0)
    learning_rate = rates.view(-1, 1, 1)
    w1_new = w1 - learning_rate * (x.T @ grad_h)
    w2_new = w2 - learning_rate * (h_relu.mT @ grad_y_pred)
    return losses, w1_new, w2_new


def _mixed(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """A loss whose Hessian depends on w and mixes all elements of w."""
    z = x @ w.reshape(x.shape[1], -1)
    return (z.sin().sum(dim=1, keepdim=True) - y + z**2).square().sum()


def _loss(draw: Draw) -> dict[str, Any]:
    N, D_in, D_out = draw.sizes("N", "D_in", "D_out")
    x, y = (torch.from_numpy(draw.normal(N, size)) for size in (D_in, D_out))
    shapes = (D_in, D_out), (D_in * D_out,), (1, D_in, D_out), (D_in, D_out)
    w, direction = (draw.normal(*shapes[draw.case]) for _ in range(2))
    return {"loss_of": partial(_mixed, x, y), "w": w, "direction": direction}


def _by_building(loss_of: Callable[[Tensor], Tensor], w: Tensor, direction: Tensor) -> Any:
    hessian = torch.autograd.functional.hessian(loss_of, w)
    return (hessian.reshape(w.numel(), -1) @ direction.reshape(-1)).reshape(w.shape)


def _turned(answer: Any, inputs: Inputs) -> Any:
    """Call the function, and count its passes through the gradient's graph."""
    with Watching("cos") as slopes:  # of the loss's sine
        turned = answer(*inputs.values())
    if len(slopes.given) > inputs["w"].numel():
        text = "differentiates once per element of w, which builds the Hessian; compute only its product"
        raise DiagnosisError(diagnoses.KNOWN(name="your code", text=text))
    return turned


TURNED = "torch.autograd.grad(gradient, w, direction)[0]"
BUILT = ("hessian", "jacobian", "jacrev", "jacfwd", "vmap", "_vmap")


@lesson.exercise(
    "The Hessian times a direction",
    draw=_loss,
    wanted=_by_building,
    gives="turned",
    run=_turned,
    tensors=True,
    flags=True,
    forbids=dict.fromkeys(BUILT, "a product with the Hessian, without building it"),
    mistakes=(
        Edit("this is the gradient; multiply the Hessian by the direction", (TURNED, "gradient")),
        Edit(
            "this is the gradient times the direction; differentiate it",
            (TURNED, "gradient * direction"),
        ),
        Edit(
            "this is the slope along the direction; differentiate it by w",
            (TURNED, "(gradient * direction).sum()"),
        ),
        Edit("the direction is left out of the product", ("direction)", "torch.ones_like(w))")),
        Edit(
            "the gradient is added to it; backward adds to w.grad", (TURNED, f"{TURNED} + gradient")
        ),
        Edit(
            "this is the curvature along the direction; want the vector",
            (TURNED, f"({TURNED} * direction).sum()"),
        ),
    ),
    hints=(
        "The Hessian contains the slopes of the gradient. What must autograd record so that you can "
        "differentiate the gradient?",
        "Compute the gradient by ``torch.autograd.grad`` with ``create_graph``. The sum of its product with the "
        "direction is one number: differentiate that by ``w``.",
    ),
)
def hessian_times(loss_of: Callable[[Tensor], Tensor], w: Tensor, direction: Tensor) -> Tensor:
    """The Hessian of a loss times a direction."""
    w = w.clone().requires_grad_()
    gradient = torch.autograd.grad(loss_of(w), w, create_graph=True)[0]
    turned = torch.autograd.grad(gradient, w, direction)[0]
    return turned  # noqa: RET504 - as on the page


def _times(draw: Draw) -> dict[str, Any]:
    size = 4 + draw.case
    axes, _ = np.linalg.qr(draw.normal(size, size))
    eigenvalues = draw.rng.uniform(-0.5, 0.5, size)
    # Far ahead of the others, so that the search ends, and negative in one case.
    eigenvalues[0] = -1 if draw.case == 1 else 1
    matrix = torch.from_numpy(draw.number(1e5, 1e6) * (axes * eigenvalues) @ axes.T)
    return {"times": matrix.matmul, "direction": draw.normal(size)}


def _largest(times: Callable[[Tensor], Tensor], direction: Tensor) -> Any:
    columns = [times(column) for column in torch.eye(len(direction), dtype=direction.dtype)]
    found = torch.linalg.eigvalsh(torch.stack(columns))
    return max(found.tolist(), key=abs)


QUOTIENT = "direction @ times(direction) / (direction @ direction)"


@lesson.exercise(
    "A search that ends in NaN",
    draw=_times,
    wanted=_largest,
    gives="curvature",
    tensors=True,
    on="Hessians",
    mistakes=(
        Edit("the sign is missing; a length has none", (".item()", ".abs().item()")),
        Edit("this is the largest rate; want the curvature", ("return ", "return 2 / ")),
        Edit(
            "this is the largest eigenvalue; return the one with the largest absolute value",
            (
                "curvature.item()",
                "torch.linalg.eigvalsh(torch.stack([times(column) for column in "
                "torch.eye(len(direction)).to(direction)])).max().item()",
            ),
        ),
        Edit("this is the curvature along the first direction only", ("range(100)", "range(0)")),
        *(
            Edit(
                f"this is the {power} of the curvature, because the direction's length isn't 1",
                (QUOTIENT, product),
            )
            for power, product in (
                ("square", "direction @ direction"),
                ("cube", "direction @ times(direction)"),
            )
        ),
    ),
    hints=(
        "Print the direction's length after each product. What is the largest float64?",
        "The quotient at the end doesn't depend on the direction's length. So inside the loop you may divide "
        "by that length.",
    ),
    stub="nan",
)
def largest_curvature(times: Callable[[Tensor], Tensor], direction: Tensor) -> float:
    """The eigenvalue with the largest absolute value."""
    for _ in range(100):
        direction = direction / direction.norm()
        direction = times(direction)
    curvature = direction @ times(direction) / (direction @ direction)
    return curvature.item()


def _valley(x: Tensor, lowest: Tensor, w: Tensor) -> Tensor:
    """A loss whose Hessian at its lowest point is x.T @ x, and which is steeper elsewhere."""
    return ((x @ (w - lowest)).cosh() - 1).sum()


def _near(draw: Draw) -> dict[str, Any]:
    N, n = (20 + draw.case, draw.sizes("n")[0])
    x, lowest, beside = draw.normal(N, n), draw.normal(n), draw.normal(n)
    x *= 10.0 ** (draw.case - 1)
    loss_of = partial(_valley, torch.from_numpy(x), torch.from_numpy(lowest))
    return {"loss_of": loss_of, "w": lowest + 1e-3 / np.linalg.norm(x) * beside}


def _bound(loss_of: partial[Tensor], w: Tensor) -> float:
    del w
    return float(2 / np.linalg.norm(loss_of.args[0].numpy(), ord=2) ** 2)


def _comes_down(loss_of: Callable[[Tensor], Tensor], w: Tensor, rate: Any) -> bool:
    """Descend for 100 steps."""
    start = loss_of(w)
    for _ in range(100):
        leaf = w.clone().requires_grad_()
        w = w - rate * torch.autograd.grad(loss_of(leaf), leaf)[0]
    return bool(loss_of(w) < start)


def _run_on_both_sides(answer: Any, inputs: Inputs) -> Any:
    """Run at rates on both sides of the answer's; give the bound where one comes down and one doesn't."""
    loss_of, w = inputs.values()
    before = w.clone()
    rate = answer(loss_of, w)
    if family(rate) != "number":
        return rate
    down, up = (_comes_down(loss_of, before, side * rate) for side in (0.95, 1.05))
    return _bound(loss_of, before) if down and not up else rate


@lesson.exercise(
    "The largest stable rate",
    draw=_near,
    wanted=_bound,
    gives="rate",
    run=_run_on_both_sides,
    tensors=True,
    flags=True,
    tolerance=1e-3,
    on="losses, with runs on both sides of your rate",
    mistakes=(
        Edit("1 / curvature is half of the limit; divide 2 by the curvature", ("1.99 /", "1 /")),
        Edit("this is the curvature; return the rate", ("1.99 / ", "")),
        Edit("this comes from the smallest curvature; the largest decides", ("max()", "min()")),
        Edit("this comes from the sum of all curvatures; use the largest", ("max()", "sum()")),
    ),
    hints=(
        "Along an eigenvector of the Hessian, close to the lowest point, a step multiplies the distance from that "
        "point by about 1 minus the rate times the curvature. When is the absolute value of that factor below 1?",
        "The largest curvature decides. It is the largest eigenvalue of the Hessian: build the Hessian with "
        "``torch.autograd.functional``, or search for the eigenvalue as before.",
    ),
)
def largest_rate(loss_of: Callable[[Tensor], Tensor], w: Tensor) -> Any:
    """A learning rate slightly below the largest at which descent converges."""
    hessian = torch.autograd.functional.hessian(loss_of, w)
    curvature = torch.linalg.eigvalsh(hessian).max()
    return 1.99 / curvature.item()
