"""Exercises on gradients that PyTorch finds, and on what is done with them."""

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

# 1. An update that changes nothing


def step(x: Tensor, y: Tensor, w: Any, learning_rate: float) -> None:
    """Change w in place by one step of gradient descent."""
    loss = (x @ w - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        w -= learning_rate * w.grad


def _draw_layer(draw: Draw) -> dict[str, Any]:
    N, D_in, D_out = draw.sizes("N", "D_in", "D_out")
    return {
        "x": draw.normal(N, D_in),
        "y": draw.normal(N, D_out),
        "w": draw.normal(D_in, D_out),
        "learning_rate": draw.number(0.001, 0.01),
    }


def _layer_grad(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
    return 2 * x.t() @ (x @ w - y)


_UPDATE = Computation(
    draw=_draw_layer,
    wanted=lambda x, y, w, rate: {"w": (w - rate * _layer_grad(x, y, w)).detach()},
    changes=("w",),
    tensors=True,
    leaves=("w",),
    tracked=False,
)

# 2. Gradients that pile up


def fit(x: Tensor, y: Tensor, w1: Any, w2: Any, learning_rate: float, steps: int) -> list[float]:
    """Change w1 and w2 in place, and return the losses."""
    losses = []
    for _ in range(steps):
        loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
        losses.append(loss.item())
        w1.grad = w2.grad = None
        loss.backward()
        with torch.no_grad():
            w1 -= learning_rate * w1.grad
            w2 -= learning_rate * w2.grad
    return losses


def _draw_fit(draw: Draw) -> dict[str, Any]:
    N, D_in, H, D_out = draw.sizes("N", "D_in", "H", "D_out")
    return {
        "x": draw.normal(N, D_in),
        "y": draw.normal(N, D_out),
        "w1": draw.normal(D_in, H),
        "w2": draw.normal(H, D_out),
        "learning_rate": draw.number(0.0001, 0.0005),
        "steps": 3 + draw.case,
    }


def _losses(*cleared: str) -> Callable[..., dict[str, Any]]:
    """The fit, with a pile of the gradients that aren't cleared."""

    def variant(
        x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, learning_rate: float, steps: int
    ) -> dict[str, Any]:
        w1, w2 = w1.detach(), w2.detach()
        pile1, pile2 = torch.zeros_like(w1), torch.zeros_like(w2)
        losses = []
        for _ in range(steps):
            h = x @ w1
            error = h.clamp(min=0) @ w2 - y
            losses.append(float((error**2).sum()))
            grad1 = x.t() @ ((2 * error @ w2.t()) * (h > 0))
            grad2 = h.clamp(min=0).t() @ (2 * error)
            pile1 = grad1 if "w1" in cleared else pile1 + grad1
            pile2 = grad2 if "w2" in cleared else pile2 + grad2
            w1, w2 = w1 - learning_rate * pile1, w2 - learning_rate * pile2
        return {"losses": torch.tensor(losses, dtype=x.dtype), "w1": w1, "w2": w2}

    return variant


class _Fit(Computation):
    """A fit that returns its losses as a list of numbers."""

    def _run(self, answer: Any, inputs: dict[str, Any]) -> Any:
        losses = super()._run(answer, inputs)
        listed = isinstance(losses, list) and all(isinstance(loss, float) for loss in losses)
        return torch.tensor(losses, dtype=inputs["x"].dtype) if listed else losses


_CLEAR = _Fit(
    draw=_draw_fit,
    wanted=_losses("w1", "w2"),
    returns=("losses",),
    changes=("w1", "w2"),
    tensors=True,
    leaves=("w1", "w2"),
    mistakes=(
        Mistake(diagnoses.ACCUMULATES, lambda *inputs: _only("w1", _losses()(*inputs))),
        Mistake(diagnoses.ACCUMULATES, lambda *inputs: _only("w1", _losses("w2")(*inputs))),
        Mistake(diagnoses.ACCUMULATES, lambda *inputs: _only("w2", _losses("w1")(*inputs))),
    ),
)


def _only(name: str, results: dict[str, Any]) -> dict[str, Any]:
    return {name: results[name]}


# 3. Two half batches


def grads_by_halves(x: Tensor, y: Tensor, w1: Any, w2: Any) -> tuple[Tensor, Tensor]:
    """The gradients of the mean squared error, from one half batch at a time."""
    half = len(x) // 2
    for rows in (slice(None, half), slice(half, None)):
        y_pred = torch.relu(x[rows] @ w1) @ w2
        loss = (y_pred - y[rows]).pow(2).sum() / y.numel()
        loss.backward()
    return w1.grad, w2.grad


def _draw_halves(draw: Draw) -> dict[str, Any]:
    D_in, H, D_out = draw.sizes("D_in", "H", "D_out")
    # First an odd number of rows, so that one half is larger than the other.
    draw.named["N"] = N = 5 + draw.case
    return {
        "x": draw.normal(N, D_in),
        "y": draw.normal(N, D_out),
        "w1": draw.normal(D_in, H),
        "w2": draw.normal(H, D_out),
    }


def _halves(
    combine: Callable[[Tensor, Tensor], Tensor], *, larger: int
) -> Callable[..., tuple[Tensor, ...]]:
    """The gradients of what is made of two halves' errors, the first (0) or second (1) the larger."""

    def variant(x: Tensor, y: Tensor, w1: Tensor, w2: Tensor) -> tuple[Tensor, ...]:
        errors = (torch.relu(x @ w1) @ w2 - y).pow(2)
        half = (len(x) + 1 - larger) // 2
        return torch.autograd.grad(combine(errors[:half], errors[half:]), (w1, w2))

    return variant


_COMBINED: tuple[tuple[Callable[[Tensor, Tensor], Tensor], str], ...] = (
    (
        lambda first, second: first.mean() + second.mean(),
        "backward adds, so this is the sum of two halves' means; want the mean over all rows",
    ),
    (
        lambda first, second: (first.mean() + second.mean()) / 2,
        "each half counts alike, though one has more rows; want each row to count alike",
    ),
    (
        lambda first, second: second.mean() + 0 * first.sum(),
        "only the second half's gradient is left, with its own mean",
    ),
    (
        lambda first, second: second.sum() / (first.numel() + second.numel()),
        "the first half's gradient is lost; was it cleared, or overwritten?",
    ),
)


def _whole(x: Tensor, y: Tensor, w1: Tensor, w2: Tensor) -> tuple[Tensor, ...]:
    loss = torch.nn.functional.mse_loss(torch.relu(x @ w1) @ w2, y)
    return torch.autograd.grad(loss, (w1, w2))


_HALVES = Computation(
    draw=_draw_halves,
    wanted=_whole,
    returns=("grad_w1", "grad_w2"),
    tensors=True,
    leaves=("w1", "w2"),
    tracked=False,
    mistakes=tuple(
        Mistake(diagnoses.KNOWN, _halves(combine, larger=larger), text=text)
        for combine, text in _COMBINED
        for larger in (0, 1)
    ),
)

# 4. A step that is never too long


def clipped_step(
    x: Tensor, y: Tensor, w1: Any, w2: Any, learning_rate: float, largest: float
) -> None:
    """Change w1 and w2 by one step along a gradient that is no longer than largest."""
    loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        length = (w1.grad.pow(2).sum() + w2.grad.pow(2).sum()).sqrt()
        scale = min(1.0, largest / length)
        w1 -= learning_rate * scale * w1.grad
        w2 -= learning_rate * scale * w2.grad


def _draw_clip(draw: Draw) -> dict[str, Any]:
    N, D_in, H, D_out = draw.sizes("N", "D_in", "H", "D_out")
    drawn = {
        "x": draw.normal(N, D_in),
        "y": draw.normal(N, D_out),
        "w1": draw.normal(D_in, H),
        "w2": draw.normal(H, D_out),
        "learning_rate": draw.number(0.001, 0.005),
    }
    tensors = (torch.from_numpy(drawn[name]) for name in ("x", "y", "w1", "w2"))
    length = float(_length(*_network_grads(*tensors)))
    # Too long, short enough, and again too long.
    return {**drawn, "largest": length * (0.4, 3.0, 0.7, 0.5)[draw.case]}


def _network_grads(x: Tensor, y: Tensor, w1: Tensor, w2: Tensor) -> tuple[Tensor, Tensor]:
    w1, w2 = w1.detach().requires_grad_(), w2.detach().requires_grad_()
    loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum()
    grad1, grad2 = torch.autograd.grad(loss, (w1, w2))
    return grad1, grad2


def _length(*grads: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(torch.cat([grad.flatten() for grad in grads]))
    return length


def _clipped(
    change: Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]],
) -> Callable[..., dict[str, Tensor]]:
    """The step along what ``change`` makes of both gradients and the largest length."""

    def variant(
        x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, learning_rate: float, largest: float
    ) -> dict[str, Tensor]:
        grad1, grad2 = change(*_network_grads(x, y, w1, w2), largest)
        return {
            "w1": w1.detach() - learning_rate * grad1,
            "w2": w2.detach() - learning_rate * grad2,
        }

    return variant


def _scaled(
    scale: Callable[[Tensor, Tensor, float], Any],
) -> Callable[..., dict[str, Tensor]]:
    """The step with both gradients times one number."""

    def change(grad1: Tensor, grad2: Tensor, largest: float) -> tuple[Tensor, Tensor]:
        factor = scale(grad1, grad2, largest)
        return factor * grad1, factor * grad2

    return _clipped(change)


def _limited(largest: float, length: Tensor) -> Tensor:
    return (largest / length).clamp(max=1)


_CLIP = Computation(
    draw=_draw_clip,
    wanted=_scaled(lambda a, b, largest: _limited(largest, _length(a, b))),
    changes=("w1", "w2"),
    tensors=True,
    leaves=("w1", "w2"),
    tracked=False,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _scaled(lambda a, b, largest: 1.0),
            text="the gradient is longer than largest and isn't shortened",
        ),
        Mistake(
            diagnoses.KNOWN,
            _clipped(
                lambda a, b, largest: (
                    _limited(largest, _length(a)) * a,
                    _limited(largest, _length(b)) * b,
                )
            ),
            text="each gradient has a limit of its own, which turns the step; want one length of both",
        ),
        Mistake(
            diagnoses.KNOWN,
            _scaled(lambda a, b, largest: largest / _length(a, b)),
            text="a gradient that is short enough is stretched; leave it as it is",
        ),
        Mistake(
            diagnoses.KNOWN,
            _scaled(lambda a, b, largest: _limited(largest, _length(a, b) ** 2)),
            text="the squares' sum is taken for the length; want its root",
        ),
        Mistake(
            diagnoses.KNOWN,
            _scaled(lambda a, b, largest: _limited(largest, _length(a) + _length(b))),
            text="two lengths are added; add the squares of all entries, and take one root",
        ),
        Mistake(
            diagnoses.KNOWN,
            _scaled(lambda a, b, largest: _length(a, b) / largest),
            text="the factor is upside down: a long gradient wants one below 1",
        ),
        Mistake(
            diagnoses.KNOWN,
            _clipped(
                lambda a, b, largest: (a.clamp(-largest, largest), b.clamp(-largest, largest))
            ),
            text="each entry has a limit of its own, which turns the step; want one length of all",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="An update that changes nothing",
        check=_UPDATE,
        hints=(
            "Which tensor does the name w stand for before the last line, and which one after it?",
            "The line makes a new tensor and gives it the name, so whoever called still has the old one. "
            "Look at how the lesson's loop updates.",
        ),
        solution=step,
        stub="unchanged",
    ),
    Exercise(
        number=2,
        title="Gradients that pile up",
        check=_CLEAR,
        hints=(
            "Print w1.grad after the first backward and after the second. What does backward do to it?",
            "backward adds to what is there. Both weights have a gradient that must be gone before the "
            "next backward, and must still be there in the update.",
        ),
        solution=fit,
        stub="accumulates",
    ),
    Exercise(
        number=3,
        title="Two half batches",
        check=_HALVES,
        hints=(
            "By what does the mean over all rows divide, and by what does the mean over one half?",
            "backward adds the two gradients, so let each half's loss be its share of the whole loss: "
            "a sum, divided by a number that both halves have in common.",
        ),
        solution=grads_by_halves,
        stub="known-mistake",
    ),
    Exercise(
        number=4,
        title="A step that is never too long",
        check=_CLIP,
        hints=(
            "Why one length for both? What would a limit for each do to the direction of the step?",
            "Sum the squares of the entries of w1.grad, those of w2.grad, and both sums; then take one "
            "root. The number to multiply by is largest over that length, but never above 1.",
        ),
        solution=clipped_step,
        stub="empty",
    ),
)
"""The exercises, in order."""
