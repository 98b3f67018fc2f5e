"""Exercises on the learning-rate map: many fits at once, and the curvature of a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.draws import Draw

# 1. One step of all fits


def step_all(
    x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, rates: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The losses of all fits, and their weights after one step."""
    h = x @ w1  # (R, N, H)
    h_relu = h.relu()
    y_pred = h_relu @ w2  # (R, N, D_out)
    losses = (y_pred - y).square().sum(dim=(1, 2))
    grad_y_pred = 2 * (y_pred - y)
    grad_h = (grad_y_pred @ w2.mT) * (h > 0)
    learning_rate = rates.view(-1, 1, 1)
    w1_new = w1 - learning_rate * (x.T @ grad_h)
    w2_new = w2 - learning_rate * (h_relu.mT @ grad_y_pred)
    return losses, w1_new, w2_new


def _draw_fits(draw: Draw) -> dict[str, Any]:
    N, D_in, H, D_out, R = draw.sizes("N", "D_in", "H", "D_out", "R")
    w1 = draw.with_zeros(R, D_in, H)
    w1[:, :, 0] = 0  # a unit whose h is 0 for each input
    return {
        "x": draw.with_zeros(N, D_in),
        "y": draw.normal(N, D_out),
        "w1": w1,
        "w2": draw.normal(R, H, D_out),
        "rates": draw.rng.uniform(0.001, 0.01, R),
    }


def _by_fit(
    *,
    mask: Callable[[Tensor, Tensor], Any] = lambda h, _: h > 0,
    new_w2: bool = False,
    share: str = "",
) -> Callable[..., Any]:
    """Make the step of one fit after the other: right, or with a mistake."""

    def variant(x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, rates: Tensor) -> Any:
        if share == "rate":
            rates = rates[:1].expand_as(rates)
        results = []
        for own_w1, own_w2, rate in zip(w1, w2, rates, strict=True):
            h = x @ own_w1
            errors = h.relu() @ own_w2 - y
            w2_new = own_w2 - rate * h.relu().T @ (2 * errors)
            grad_h_relu = 2 * errors @ (w2_new if new_w2 else own_w2).T
            w1_new = own_w1 - rate * x.T @ (grad_h_relu * mask(h, grad_h_relu))
            results.append((errors.square().sum(), w1_new, w2_new))
        losses, w1_new, w2_new = map(torch.stack, zip(*results, strict=True))
        if share == "gradient":
            rates = rates.view(-1, 1, 1)
            w1_new = w1 - rates * ((w1 - w1_new) / rates).sum(dim=0)
            w2_new = w2 - rates * ((w2 - w2_new) / rates).sum(dim=0)
        return {"losses": losses, "w1_new": w1_new, "w2_new": w2_new}

    return variant


_STEP = Computation(
    draw=_draw_fits,
    wanted=_by_fit(),
    returns=("losses", "w1_new", "w2_new"),
    starts={"w1_new": "w1", "w2_new": "w2"},
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda x, y, w1, w2, rates: {"losses": ((x @ w1).relu() @ w2 - y).square().sum()},
            text="it is the sum over all fits; want one loss for each",
        ),
        Mistake(
            diagnoses.KNOWN,
            _by_fit(share="rate"),
            text="each fit goes at the first fit's rate; want its own",
        ),
        Mistake(
            diagnoses.KNOWN,
            _by_fit(share="gradient"),
            text="the gradients of all fits are added up; want each fit to follow its own",
        ),
        Mistake(diagnoses.NEW_VALUE, _by_fit(new_w2=True), term="w2 in grad_h"),
        Mistake(diagnoses.MASK_MISSING, _by_fit(mask=lambda h, _: 1.0)),
        Mistake(diagnoses.MASK_INVERTED, _by_fit(mask=lambda h, _: h <= 0)),
        Mistake(diagnoses.MASK_INVERTED, _by_fit(mask=lambda h, _: h < 0)),
        Mistake(diagnoses.MASK_INCLUDES_ZERO, _by_fit(mask=lambda h, _: h >= 0)),
        Mistake(diagnoses.MASK_WRONG_ARRAY, _by_fit(mask=lambda _, grad: grad > 0)),
    ),
)


# 2. The Hessian times a direction


def hessian_times(loss_of: Callable[[Tensor], Tensor], w: Tensor, direction: Tensor) -> Tensor:
    """The Hessian of a loss times a direction."""
    w = w.clone().requires_grad_()
    gradient = torch.autograd.grad(loss_of(w), w, create_graph=True)[0]
    return torch.autograd.grad(gradient, w, direction)[0]


def _draw_loss(draw: Draw) -> dict[str, Any]:
    N, D_in, D_out = draw.sizes("N", "D_in", "D_out")
    x, y = (torch.from_numpy(draw.normal(N, size)) for size in (D_in, D_out))

    def loss_of(w: Tensor) -> Tensor:
        # Not quadratic, so that the Hessian depends on w, and mixed over all entries of w.
        return ((x @ w).sin().sum(dim=1, keepdim=True) - y + (x @ w) ** 2).square().sum()

    return {
        "loss_of": loss_of,
        "w": draw.normal(D_in, D_out),
        "direction": draw.normal(D_in, D_out),
    }


def _hessian(loss_of: Callable[[Tensor], Tensor], w: Tensor) -> Tensor:
    built: Tensor = torch.autograd.functional.hessian(loss_of, w)
    return built.reshape(w.numel(), w.numel())


def _gradient(loss_of: Callable[[Tensor], Tensor], w: Tensor) -> Tensor:
    leaf = w.clone().requires_grad_()
    return torch.autograd.grad(loss_of(leaf), leaf)[0]


def _by_building(loss_of: Any, w: Tensor, direction: Tensor) -> Tensor:
    return (_hessian(loss_of, w) @ direction.reshape(-1)).reshape(w.shape)


_TIMES = Computation(
    draw=_draw_loss,
    wanted=_by_building,
    returns=("turned",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda loss_of, w, direction: _gradient(loss_of, w),
            text="it is the gradient; want the Hessian times the direction",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda loss_of, w, direction: _gradient(loss_of, w) * direction,
            text="it is the gradient, entry by entry times the direction, and not differentiated again",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda loss_of, w, direction: (_gradient(loss_of, w) * direction).sum(),
            text="it is the slope along the direction, one number; differentiate it by w once more",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda loss_of, w, direction: _by_building(loss_of, w, w.new_ones(w.shape)),
            text="it is the gradient of the gradient's sum, in which the direction is left out",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda loss_of, w, direction: _hessian(loss_of, w).diagonal().view(w.shape) * direction,
            text="it takes only the Hessian's diagonal; an entry of the gradient depends on all of w",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda loss_of, w, direction: (
                _by_building(loss_of, w, direction) + _gradient(loss_of, w)
            ),
            text="the gradient is added to it: backward adds to w.grad, which held it already",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda loss_of, w, direction: (_by_building(loss_of, w, direction) * direction).sum(),
            text="it is the curvature along the direction, one number; want the vector",
        ),
    ),
)

# 3. The largest curvature


def largest_curvature(times: Callable[[Tensor], Tensor], direction: Tensor) -> float:
    """The eigenvalue that is the largest in size."""
    for _ in range(100):
        direction = direction / direction.norm()
        direction = times(direction)
    curvature = direction @ times(direction) / (direction @ direction)
    return curvature.item()


def _draw_hessian(draw: Draw) -> dict[str, Any]:
    size = 4 + draw.case
    axes, _ = np.linalg.qr(draw.normal(size, size))
    eigenvalues = draw.rng.uniform(-0.5, 0.5, size)
    # Far ahead of the others, so that the search ends, and negative in one case.
    eigenvalues[0] = -1 if draw.case == 1 else 1
    matrix = torch.from_numpy(draw.number(1e5, 1e6) * (axes * eigenvalues) @ axes.T)
    return {"times": lambda direction: matrix @ direction, "direction": draw.normal(size)}


def _eigenvalues(times: Callable[[Tensor], Tensor], direction: Tensor) -> Tensor:
    unit = torch.eye(len(direction), dtype=direction.dtype)
    found: Tensor = torch.linalg.eigvalsh(torch.stack([times(column) for column in unit]))
    return found


def _largest(times: Callable[[Tensor], Tensor], direction: Tensor) -> float:
    found = _eigenvalues(times, direction)
    return float(found[found.abs().argmax()])


def _along(times: Callable[[Tensor], Tensor], direction: Tensor) -> float:
    return float(direction @ times(direction) / direction.square().sum())


_LARGEST = Computation(
    draw=_draw_hessian,
    wanted=_largest,
    returns=("curvature",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda times, direction: abs(_largest(times, direction)),
            text="its size is right, but a length has no sign; ask how the direction and its product "
            "with the Hessian point to each other",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda times, direction: 2 / _largest(times, direction),
            text="it is the bound of the learning rate; want the curvature",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda times, direction: float(_eigenvalues(times, direction)[-1]),
            text="it is the largest eigenvalue; want the one that is the largest in size, which may be negative",
        ),
        Mistake(
            diagnoses.KNOWN,
            _along,
            text="it is the curvature along the first direction, which was not turned towards the steepest",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda times, direction: _largest(times, direction) ** 2,
            text="it is the square of the curvature: the direction holds one product more, and isn't "
            "brought back to length 1",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda times, direction: _largest(times, direction) ** 3,
            text="it is the curvature to the third: divide by the square of the direction's length",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="One step of all fits",
        check=_STEP,
        hints=(
            "Which of the three axes tells the fits apart? What must a sum and a transposition leave alone?",
            "``mT`` exchanges the last two axes, and ``sum`` takes several axes at once. A rate meets a whole matrix, so "
            "``rates`` needs two more axes, at its end.",
        ),
        solution=step_all,
    ),
    Exercise(
        number=2,
        title="The Hessian times a direction",
        check=_TIMES,
        hints=(
            "The Hessian holds the slopes of the gradient. What must autograd record so that you can differentiate the "
            "gradient?",
            "Ask ``torch.autograd.grad`` for the gradient, with ``create_graph``. Its product with the direction is one "
            "number: differentiate that by ``w``.",
        ),
        solution=hessian_times,
    ),
    Exercise(
        number=3,
        title="A search that ends in NaN",
        check=_LARGEST,
        hints=(
            "Print the direction's length after each product. What is the largest float64?",
            "The quotient at the end doesn't depend on the direction's length. So within the loop you may divide by that "
            "length as often as you like.",
        ),
        solution=largest_curvature,
        stub="nan",
    ),
)
"""The exercises, in order."""
