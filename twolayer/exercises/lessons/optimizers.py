"""Exercises on optimizers: the loop around one, and three update rules by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from twolayer.exercises import diagnoses
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit, forgot

if TYPE_CHECKING:
    from torch import Tensor

lesson = Lesson()
RATE = {"learning_rate": "number 0.1 0.3"}
STEPS = {"w": "normal H D_out", "grads": "with_zeros steps H D_out", **RATE}
EPS = {"eps": "number 0.01 0.1"}

# The first optimizer loads PyTorch's compiler, which can take longer than an answer may.
torch.optim.SGD([torch.zeros(1)], lr=1.0)


def descent(w: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> Tensor:
    """Four steps of gradient descent, by formula."""
    w = w.detach()
    for _ in range(4):
        w = w - learning_rate * 2 * x.T @ (x @ w - y)
    return w


ZERO, BACKWARD, STEP = "optimizer.zero_grad()", "loss.backward()", "optimizer.step()"


@lesson.exercise(
    "A loop that learns nothing",
    draw=given(
        w="normal D_in D_out",
        x="normal N D_in",
        y="normal N D_out",
        learning_rate="number 0.001 0.003",
    ),
    wanted=descent,
    changes=("w",),
    tensors=True,
    leaves=("w",),
    flags=True,
    mistakes=(
        Edit((diagnoses.ACCUMULATES, {}), (ZERO, "pass")),
        Edit(
            "it hasn't changed; step finds no gradient, or the optimizer holds a different tensor",
            (BACKWARD, f"{BACKWARD}; {ZERO}"),
        ),
        Edit("only one step was taken; put all three calls inside the loop", ("(4)", "(1)")),
        Edit(
            "each step uses the previous loss's gradient; call backward before step",
            (BACKWARD, "pass"),
            (ZERO, "pass"),
            (STEP, f"{STEP}; {ZERO}; {BACKWARD}"),
        ),
        Edit("the loss is the mean of the squared errors; use their sum", (".sum()", ".mean()")),
    ),
    hints=(
        "Print w.grad before each of the three calls. What does step find there?",
        "backward fills grad, step reads it, and zero_grad clears it. Which one must not come between the other two?",
    ),
    stub="known-mistake",
)
def fit(w: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> None:
    """Take four steps of gradient descent, which change w."""
    optimizer = torch.optim.SGD([w], lr=learning_rate)
    for _ in range(4):
        loss = (x @ w - y).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def steps(rule: type[torch.optim.Optimizer], w: Tensor, grads: Tensor, **options: Any) -> Tensor:
    """The weight after PyTorch's own steps with given gradients."""
    weight = w.clone().requires_grad_()
    optimizer = rule([weight], **options)
    for grad in grads:
        weight.grad = grad.clone()
        optimizer.step()
    return weight.detach()


@lesson.exercise(
    "Momentum by hand",
    draw=given(**STEPS, momentum="number 0.6 0.9"),
    wanted=lambda w, grads, rate, momentum: steps(
        torch.optim.SGD, w, grads, lr=rate, momentum=momentum
    ),
    gives="w",
    starts={"w": "w"},
    tensors=True,
    flags=True,
    mistakes=(
        Edit(forgot("the momentum of earlier steps"), ("momentum * velocity +", "")),
        Edit(
            "the gradient is multiplied by 1 - momentum; add all of it",
            ("+ grad", "+ (1 - momentum) * grad"),
        ),
        Edit(
            (diagnoses.OLD_VALUE, {"term": "velocity"}),
            ("velocity = momentum", "old, velocity = velocity, momentum"),
            ("rate * velocity", "rate * old"),
        ),
        Edit(
            "only the last gradient is carried on; carry on the velocity",
            ("velocity = torch", "last = torch"),
            (
                "velocity = momentum * velocity + grad",
                "velocity, last = momentum * last + grad, grad",
            ),
        ),
        Edit(
            "this is Nesterov's momentum, which looks one step ahead; use plain momentum",
            ("rate * velocity", "rate * (momentum * velocity + grad)"),
        ),
        Edit(
            "the velocity never shrinks; multiply it by momentum",
            ("momentum * velocity", "velocity"),
        ),
        Edit(
            "the new gradient is multiplied by momentum too; add all of it",
            ("momentum * velocity + grad", "momentum * (velocity + grad)"),
        ),
        Edit(
            "it contains only the last step; start each step where the previous one ended",
            ("w = w -", "new = w -"),
            ("return w", "return new"),
        ),
    ),
    hints=(
        "What happens to the velocity first, and does the old or the new velocity move the weight?",
        "The new velocity is the old one, shrunk, plus the gradient. The weight follows the formula of plain SGD, "
        "with the new velocity instead of the gradient.",
    ),
)
def momentum_steps(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
    """The weight after one step of SGD with momentum for each gradient."""
    velocity = torch.zeros_like(w)
    for grad in grads:
        velocity = momentum * velocity + grad
        w = w - learning_rate * velocity
    return w


M_AS_IT_IS = ("m / (1 - beta1**t)", "m")
V_AS_IT_IS = ("v / (1 - beta2**t)", "v")
ROOT = "(v_hat.sqrt() + eps)"


@lesson.exercise(
    "Adam's first steps",
    draw=given(**STEPS, beta1="number 0.7 0.9", beta2="number 0.92 0.99", **EPS),
    wanted=lambda w, grads, rate, beta1, beta2, eps: steps(
        torch.optim.Adam, w, grads, lr=rate, betas=(beta1, beta2), eps=eps
    ),
    gives="w",
    starts={"w": "w"},
    tensors=True,
    flags=True,
    mistakes=(
        Edit("it is NaN: the correction divides by 0 when t is 0; start at 1", (", start=1", "")),
        Edit(forgot("the correction of both averages"), M_AS_IT_IS, V_AS_IT_IS),
        Edit(forgot("the correction of v"), V_AS_IT_IS),
        Edit(forgot("the correction of m"), M_AS_IT_IS),
        Edit("eps is added under the root; add it to the root", (ROOT, "(v_hat + eps).sqrt()")),
        Edit(
            "eps is added before the correction; add it to the root of the corrected v",
            (ROOT, "((v.sqrt() + eps) / (1 - beta2**t) ** 0.5)"),
        ),
        Edit("it is divided by the corrected v; divide by its root", ("v_hat.sqrt()", "v_hat")),
        Edit("v averages the gradients; average their squares", ("grad.square()", "grad")),
        Edit(
            "beta1 and beta2 are swapped; beta1 belongs to the average of the gradients",
            ("beta1: float, beta2", "beta2: float, beta1"),
        ),
        Edit("each step is corrected like the first; raise the betas to the power t", ("**t", "")),
        Edit(
            "the corrected averages carry on into the next step; carry on the uncorrected ones",
            ("m_hat", "m"),
            ("v_hat", "v"),
        ),
        Edit(forgot("eps"), (" + eps", "")),
    ),
    hints=(
        "How much of the first gradient is in m after one step, and what do you divide by to get all of it back?",
        "Count t from 1: enumerate takes a start. Keep m and v for the next step, and give their corrected values "
        "different names.",
    ),
)
def adam_steps(
    w: Tensor, grads: Tensor, learning_rate: float, beta1: float, beta2: float, eps: float
) -> Tensor:
    """The weight after one step of Adam for each gradient."""
    m, v = torch.zeros_like(w), torch.zeros_like(w)
    for t, grad in enumerate(grads, start=1):
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad.square()
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        w = w - learning_rate * m_hat / (v_hat.sqrt() + eps)
    return w


IN_GRADIENT = "grad = grad + weight_decay * w"
SHRINKS = "(1 - learning_rate * weight_decay)"


@lesson.exercise(
    "Decay apart from the gradient",
    draw=given(
        w="normal H D_out",
        grad="with_zeros H D_out",
        **RATE,
        weight_decay="number 0.1 0.5",
        **EPS,
    ),
    wanted=lambda w, grad, rate, decay, eps: steps(
        torch.optim.AdamW, w, grad[None], lr=rate, weight_decay=decay, eps=eps
    ),
    gives="w",
    starts={"w": "w"},
    tensors=True,
    flags=True,
    mistakes=(
        Edit(
            "the decay is part of the gradient, so the division cancels its size; shrink w apart from it",
            (f"w = w * {SHRINKS}", IN_GRADIENT),
        ),
        Edit(forgot("the weight decay"), (SHRINKS, "1")),
        Edit("the decay must be learning_rate * weight_decay", (SHRINKS, "(1 - weight_decay)")),
        Edit(
            "the weight shrinks after the step; shrink it before",
            (f"w = w * {SHRINKS}", "pass"),
            ("w - learning_rate * grad", f"{SHRINKS} * w - {SHRINKS} * learning_rate * grad"),
        ),
        Edit("the decay makes the weight grow; subtract the decay", ("(1 -", "(1 +")),
        Edit(
            "the decay shrinks the weight and is still part of the gradient; take it out there",
            ("w = w *", f"{IN_GRADIENT}; w = w *"),
        ),
        Edit(forgot("eps"), (" + eps", "")),
    ),
    hints=(
        "If the gradient is 0, how far does this function move a weight of 1, and a weight of 100?",
        "Leave the gradient as it is. Before the step, on its own line, multiply w by a factor a little below 1, "
        "made from learning_rate and weight_decay.",
    ),
    stub="known-mistake",
)
def adamw_first_step(
    w: Tensor, grad: Tensor, learning_rate: float, weight_decay: float, eps: float
) -> Tensor:
    """The weight after the first step of AdamW."""
    w = w * (1 - learning_rate * weight_decay)
    return w - learning_rate * grad / (grad.abs() + eps)
