"""Exercises on gradients that PyTorch finds, and on what is done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit
from twolayer.exercises.values import kind_of

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.draws import Draw

lesson = Lesson()
NETWORK = {
    "x": "normal N D_in",
    "y": "normal N D_out",
    "w1": "normal D_in H",
    "w2": "normal H D_out",
}
LEAVES: dict[str, Any] = {"tensors": True, "flags": True, "tracked": False}
CLEARED = "w1.grad = w2.grad = None"
PILED = "{} still holds gradients of earlier steps; clear it before each backward"
LAST = "only the last part's gradient is left; don't clear or overwrite it between two parts"


def returns_nothing(answer: Any, inputs: dict[str, Any]) -> None:
    """Call a function that is to change its inputs, and to return nothing."""
    if (result := answer(*inputs.values())) is not None:
        text = f"it returns a {kind_of(result)}; change the weights in place, and return nothing"
        raise DiagnosisError(diagnoses.KNOWN(name="your function", text=text))


def network_gradients(x: Tensor, y: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
    """The gradients of the sum of squared errors."""
    w1, w2 = (w.detach().requires_grad_() for w in weights)
    return torch.autograd.grad((torch.relu(x @ w1) @ w2 - y).pow(2).sum(), (w1, w2))


@lesson.exercise(
    "An update that changes nothing",
    draw=given(
        x="normal N D_in",
        y="normal N D_out",
        w="normal D_in D_out",
        learning_rate="number 0.001 0.01",
    ),
    wanted=lambda x, y, w, rate: (w - rate * 2 * x.t() @ (x @ w - y)).detach(),
    run=returns_nothing,
    changes=("w",),
    leaves=("w",),
    **LEAVES,
    hints=(
        "Which tensor does the name w refer to before the last line, and which one after it?",
        "The last line makes a new tensor and calls it w, so the caller still has the old one. Look at how the "
        "lesson's loop updates its weights.",
    ),
    stub="unchanged",
)
def step(x: Tensor, y: Tensor, w: Any, learning_rate: float) -> None:
    """Change w in place by one step of gradient descent."""
    loss = (x @ w - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        w -= learning_rate * w.grad


def descended(
    x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, learning_rate: float, steps: int
) -> tuple[list[float], Tensor, Tensor]:
    """The losses and the weights after some steps."""
    w1, w2 = w1.detach(), w2.detach()
    losses = []
    for _ in range(steps):
        losses.append(float(torch.dist(torch.relu(x @ w1) @ w2, y) ** 2))
        first, second = network_gradients(x, y, w1, w2)
        w1, w2 = w1 - learning_rate * first, w2 - learning_rate * second
    return losses, w1, w2


@lesson.exercise(
    "Gradients that pile up",
    draw=given(**NETWORK, learning_rate="number 0.0001 0.0005", steps="size"),
    wanted=descended,
    gives="losses",
    changes=("w1", "w2"),
    leaves=("w1", "w2"),
    **LEAVES,
    mistakes=(
        Edit(PILED.format("each grad"), (f"        {CLEARED}\n", "")),
        Edit(PILED.format("w2.grad"), (CLEARED, "w1.grad = None")),
        Edit(PILED.format("w1.grad"), (CLEARED, "w2.grad = None")),
        Edit(
            "the gradients are zeroed between backward and the update, so nothing moves; zero them before backward",
            (f"        {CLEARED}\n", ""),
            (
                "loss.backward()",
                "loss.backward()\n        w1.grad.zero_()\n        w2.grad.zero_()",
            ),
        ),
        Edit(
            "the last update is missing, as if each came a step late; update after backward, not before it",
            ("-= learning_rate", "-= (len(losses) < steps) * learning_rate"),
        ),
    ),
    hints=(
        "Print w1.grad after the first backward and after the second. What does backward do to it?",
        "backward adds to what is there. The gradients of both weights must be cleared before the next backward, "
        "and must still be there for the update.",
    ),
    stub="known-mistake",
)
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


def batch_in_parts(draw: Draw) -> dict[str, Any]:
    """A batch in one to four parts, and two weights."""
    D_in, H, D_out = draw.sizes("D_in", "H", "D_out")
    rows = ((4, 7), (1, 5, 3), (2, 2, 9, 1), (6,))[draw.case]
    draw.named["the batch's entries"] = sum(rows) * D_out
    parts = [
        (torch.tensor(draw.normal(n, D_in)), torch.tensor(draw.normal(n, D_out))) for n in rows
    ]
    return {"parts": parts, "w1": draw.normal(D_in, H), "w2": draw.normal(H, D_out)}


def gradients_left(answer: Any, inputs: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """What a function of parts leaves as the weights' gradients, where there were others before."""
    parts, w1, w2 = inputs.values()
    for w in (w1, w2):
        w.grad = torch.ones_like(w) if len(parts) % 2 else None
    arrived: list[Tensor] = []
    w2.register_hook(arrived.append)
    returns_nothing(answer, inputs)
    if 0 < len(arrived) < len(parts):
        text = f"{len(arrived)} for {len(parts)} parts; call it for each, since they don't all fit into memory"
        raise DiagnosisError(diagnoses.KNOWN(name="your calls of backward", text=text))
    return w1.grad, w2.grad


def whole_gradients(parts: list[tuple[Tensor, Tensor]], *weights: Tensor) -> tuple[Tensor, ...]:
    """The gradients of the mean over the whole batch."""
    x, y = (torch.cat(arrays) for arrays in zip(*parts, strict=True))
    return tuple(gradient / y.numel() for gradient in network_gradients(x, y, *weights))


@lesson.exercise(
    "A batch in parts",
    draw=batch_in_parts,
    wanted=whole_gradients,
    run=gradients_left,
    gives="w1.grad, w2.grad",
    leaves=("w1", "w2"),
    **LEAVES,
    forbids=dict.fromkeys(("cat", "concat", "concatenate", "vstack"), "one part at a time"),
    mistakes=(
        Edit(
            "backward adds, so this is the sum of the parts' means; take the mean over all elements",
            ("sum() / entries", "mean()"),
        ),
        Edit(
            "every part counts the same, though some have more rows; every element should count the same",
            ("sum() / entries", "mean() / len(parts)"),
        ),
        Edit(
            "gradients from before the call are still in it; clear them before the first part",
            (f"    {CLEARED}\n", ""),
        ),
        Edit(LAST, ("        loss.backward()", f"        {CLEARED}\n        loss.backward()")),
        Edit(
            LAST,
            ("sum() / entries", "mean()"),
            ("        loss.backward()", f"        {CLEARED}\n        loss.backward()"),
        ),
    ),
    hints=(
        "What does the mean over the whole batch divide by, and what does the mean over one part divide by?",
        "backward adds the gradients up, so let each part's loss be its share of the whole loss: a sum, divided by "
        "a number that is the same for all parts. Count that number first.",
    ),
    stub="known-mistake",
)
def accumulate(parts: list[tuple[Tensor, Tensor]], w1: Any, w2: Any) -> None:
    """Leave the whole batch's gradients in w1.grad and w2.grad."""
    w1.grad = w2.grad = None
    entries = sum(y.numel() for _, y in parts)
    for x, y in parts:
        loss = (torch.relu(x @ w1) @ w2 - y).pow(2).sum() / entries
        loss.backward()


def draw_clip(draw: Draw) -> dict[str, Any]:
    """A step of the network whose gradient is too long, short enough, and again too long."""
    drawn = given(**NETWORK, learning_rate="number 0.001 0.005")(draw)
    tensors = (torch.from_numpy(drawn[name]) for name in NETWORK)
    length = torch.cat([gradient.flatten() for gradient in network_gradients(*tensors)]).norm()
    return {**drawn, "largest": float(length) * (0.4, 3.0, 0.7, 0.5)[draw.case]}


def clipped(
    x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, learning_rate: float, largest: float
) -> tuple[Tensor, ...]:
    """The weights after a step along the clipped gradient."""
    gradients = network_gradients(x, y, w1, w2)
    length = float(torch.cat([gradient.flatten() for gradient in gradients]).norm())
    factor = learning_rate * (largest / length if length > largest else 1)
    return tuple(
        w.detach() - factor * gradient for w, gradient in zip((w1, w2), gradients, strict=True)
    )


LIMITED = "min(1.0, largest / length)"


@lesson.exercise(
    "A step that is never too long",
    draw=draw_clip,
    wanted=clipped,
    run=returns_nothing,
    changes=("w1", "w2"),
    leaves=("w1", "w2"),
    **LEAVES,
    mistakes=(
        Edit("the gradient is longer than largest; scale it down", (LIMITED, "1.0")),
        Edit(
            "each gradient has its own limit, which turns the step; limit the length of both together",
            ("scale * w1.grad", "min(1.0, largest / w1.grad.norm()) * w1.grad"),
            ("scale * w2.grad", "min(1.0, largest / w2.grad.norm()) * w2.grad"),
        ),
        Edit("a short gradient is stretched; leave it as it is", (LIMITED, "largest / length")),
        Edit("the sum of squares is used as the length; take its square root", (".sqrt()", "")),
        Edit(
            "two lengths are added; add the squares of all elements, then take one root",
            (
                "(w1.grad.pow(2).sum() + w2.grad.pow(2).sum()).sqrt()",
                "w1.grad.norm() + w2.grad.norm()",
            ),
        ),
        Edit("the factor is upside down; swap the two lengths", (LIMITED, "length / largest")),
        Edit("the factor is never below 1; it should never be above 1", ("min(", "max(")),
        Edit(
            "each element has its own limit, which turns the step; limit the length of all together",
            ("scale * w1.grad", "w1.grad.clamp(-largest, largest)"),
            ("scale * w2.grad", "w2.grad.clamp(-largest, largest)"),
        ),
    ),
    hints=(
        "Why use one length for both gradients? What would a separate limit for each do to the direction of the "
        "step?",
        "Sum the squares of the elements of w1.grad and those of w2.grad, add the two sums, and take one root. "
        "Multiply by largest over that length, but never by more than 1.",
    ),
)
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
