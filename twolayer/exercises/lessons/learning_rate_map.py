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
        Edit("it is the sum over all fits; want one loss for each", ("dim=(1, 2)", "")),
        Edit(
            "each fit goes at the first fit's rate; want its own",
            ("rates.view(-1, 1, 1)", "rates[0]"),
        ),
        Edit(
            "the gradients of all fits are added up; want each fit to follow its own",
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
        Edit(
            "its gradient is made from h, but what the second layer gets is h_relu",
            ("h_relu.mT", "h.mT"),
        ),
        *masks("grad_h_relu * (h > 0)"),
    ),
    hints=(
        "Which of the three axes tells the fits apart? What must a sum and a transposition leave alone?",
        "``mT`` exchanges the last two axes, and ``sum`` takes several axes at once. A rate meets a whole matrix, so "
        "``rates`` needs two more axes, at its end.",
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
    """A loss that is not quadratic, so that its Hessian depends on w, and mixed over all entries of w."""
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
    """Call the function, and count how often the gradient's graph is gone through."""
    with Watching("cos") as slopes:  # of the loss's sine
        turned = answer(*inputs.values())
    if len(slopes.given) > inputs["w"].numel():
        text = "differentiates once for each entry of w, which builds the Hessian; want its product alone"
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
        Edit(
            "it is the gradient; want the Hessian times the direction",
            (TURNED, "gradient"),
        ),
        Edit(
            "it is the gradient, entry by entry times the direction, and not differentiated again",
            (TURNED, "gradient * direction"),
        ),
        Edit(
            "it is the slope along the direction, one number; differentiate it by w once more",
            (TURNED, "(gradient * direction).sum()"),
        ),
        Edit(
            "it is the gradient of the gradient's sum, in which the direction is left out",
            ("w, direction)", "w, torch.ones_like(w))"),
        ),
        Edit(
            "the gradient is added to it: backward adds to w.grad, which held it already",
            (TURNED, f"{TURNED} + gradient"),
        ),
        Edit(
            "it is the curvature along the direction, one number; want the vector",
            (TURNED, f"({TURNED} * direction).sum()"),
        ),
    ),
    hints=(
        "The Hessian holds the slopes of the gradient. What must autograd record so that you can differentiate the "
        "gradient?",
        "Ask ``torch.autograd.grad`` for the gradient, with ``create_graph``. Its product with the direction is one "
        "number: differentiate that by ``w``.",
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
        Edit(
            "its size is right, but a length has no sign; ask how the direction and its product with the "
            "Hessian point to each other",
            (".item()", ".abs().item()"),
        ),
        Edit(
            "it is the bound of the learning rate; want the curvature",
            ("curvature.item()", "2 / curvature.item()"),
        ),
        Edit(
            "it is the largest eigenvalue; want the one that is the largest in size, which may be negative",
            (
                "curvature.item()",
                "torch.linalg.eigvalsh(torch.stack([times(column) for column in "
                "torch.eye(len(direction)).to(direction)])).max().item()",
            ),
        ),
        Edit(
            "it is the curvature along the first direction, which was not turned towards the steepest",
            ("range(100)", "range(0)"),
        ),
        Edit(
            "it is the square of the curvature: the direction holds one product more, and isn't brought "
            "back to length 1",
            (QUOTIENT, "direction @ direction"),
        ),
        Edit(
            "it is the curvature to the third: divide by the square of the direction's length",
            (QUOTIENT, "direction @ times(direction)"),
        ),
    ),
    hints=(
        "Print the direction's length after each product. What is the largest float64?",
        "The quotient at the end doesn't depend on the direction's length. So within the loop you may divide by that "
        "length as often as you like.",
    ),
    stub="nan",
)
def largest_curvature(times: Callable[[Tensor], Tensor], direction: Tensor) -> float:
    """The eigenvalue that is the largest in size."""
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
        Edit("1 / curvature is the half of the bound; want 2 over it", ("1.99 /", "1 /")),
        Edit("it is the curvature; want the rate", ("1.99 / ", "")),
        Edit(
            "it goes by the flattest direction; the steepest one is the first to go up",
            ("max()", "min()"),
        ),
        Edit(
            "it goes by the sum of all curvatures, which is more than the largest; the bound is higher",
            ("max()", "sum()"),
        ),
    ),
    hints=(
        "Along a direction of the Hessian, a step multiplies the distance from the lowest point by 1 minus the rate times the "
        "curvature. When is that number's size below 1?",
        "The steepest direction decides. Its curvature is the largest eigenvalue: build the Hessian with "
        "``torch.autograd.functional``, or multiply by it and search as before.",
    ),
)
def largest_rate(loss_of: Callable[[Tensor], Tensor], w: Tensor) -> Any:
    """A rate just below the largest at which descent comes down."""
    hessian = torch.autograd.functional.hessian(loss_of, w)
    curvature = torch.linalg.eigvalsh(hessian).max()
    return 1.99 / curvature.item()
