"""Exercises on optimizers: the loop around one, and three of their rules by hand."""

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

# PyTorch loads its compiler with the first optimizer, which can take longer than an answer may.
torch.optim.SGD([torch.zeros(1)], lr=1.0)


def descent(w: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> Tensor:
    """Four steps of gradient descent, by their formula."""
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
            "it is as it was: step finds no gradient to follow, or the optimizer holds another tensor",
            (BACKWARD, f"{BACKWARD}; {ZERO}"),
        ),
        Edit("only one step was taken; all three calls belong into the loop", ("(4)", "(1)")),
        Edit(
            "each step follows the gradient of the turn before; the first finds none",
            (BACKWARD, "pass"),
            (ZERO, "pass"),
            (STEP, f"{STEP}; {ZERO}; {BACKWARD}"),
        ),
        Edit("the loss is the mean; want the sum of squared errors", (".sum()", ".mean()")),
    ),
    hints=(
        "Print w.grad before each of the three calls. What does step find there?",
        "backward fills grad, step reads it, and zero_grad forgets it. Which of the three must not "
        "come between the other two?",
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
    """The weight after PyTorch's own steps along given gradients."""
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
            "the gradient enters times 1 - momentum, as in an average; SGD adds it whole",
            ("+ grad", "+ (1 - momentum) * grad"),
        ),
        Edit(
            (diagnoses.OLD_VALUE, {"term": "velocity"}),
            ("velocity = momentum", "old, velocity = velocity, momentum"),
            ("rate * velocity", "rate * old"),
        ),
        Edit(
            "only the last gradient is carried on; the velocity holds those before it as well",
            ("velocity = torch", "last = torch"),
            (
                "velocity = momentum * velocity + grad",
                "velocity, last = momentum * last + grad, grad",
            ),
        ),
        Edit(
            "this is Nesterov's momentum, which looks one step ahead; want the plain one",
            ("rate * velocity", "rate * (momentum * velocity + grad)"),
        ),
        Edit(
            "the velocity is carried on whole; want it multiplied by momentum first",
            ("momentum * velocity", "velocity"),
        ),
        Edit(
            "the new gradient is multiplied by momentum too; want it whole",
            ("momentum * velocity + grad", "momentum * (velocity + grad)"),
        ),
        Edit(
            "only the last step is in it; each step starts where the one before ended",
            ("w = w -", "new = w -"),
            ("return w", "return new"),
        ),
    ),
    hints=(
        "What does the statement do with the velocity first, and which value of it moves the weight?",
        "The new velocity has two terms: the old one, shrunk, and the gradient as it is. The "
        "weight follows plain SGD's formula, with the new velocity in the gradient's place.",
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
        Edit(
            "it is NaN, since the correction divides by 0 where t is 0; the first step has t = 1",
            (", start=1", ""),
        ),
        Edit(forgot("the correction of both averages"), M_AS_IT_IS, V_AS_IT_IS),
        Edit(forgot("the correction of v"), V_AS_IT_IS),
        Edit(forgot("the correction of m"), M_AS_IT_IS),
        Edit(
            "eps is added under the root; want it added to the root", (ROOT, "(v_hat + eps).sqrt()")
        ),
        Edit(
            "eps is added before the correction; want it added to the root of the corrected v",
            (ROOT, "((v.sqrt() + eps) / (1 - beta2**t) ** 0.5)"),
        ),
        Edit("it is divided by the corrected v itself; want its root", ("v_hat.sqrt()", "v_hat")),
        Edit("v averages the gradients themselves; want their squares", ("grad.square()", "grad")),
        Edit(
            "beta1 and beta2 are exchanged; beta1 belongs to the average of the gradients",
            ("beta1: float, beta2", "beta2: float, beta1"),
        ),
        Edit(
            "each step is corrected as if it were the first; want the betas to the power of t",
            ("**t", ""),
        ),
        Edit(
            "the corrected averages go on into the next step; want those from before the correction",
            ("m_hat", "m"),
            ("v_hat", "v"),
        ),
        Edit(forgot("eps"), (" + eps", "")),
    ),
    hints=(
        "How much of the first gradient is in m after one step, and by what do you divide to get "
        "all of it back?",
        "Count t from 1: enumerate takes a start. Keep m and v as they are for the next step, and give "
        "their corrected values names of their own.",
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
    "Decay beside the gradient",
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
            "the decay is a part of the gradient, and the division takes its size out again",
            (f"w = w * {SHRINKS}", IN_GRADIENT),
        ),
        Edit(forgot("the weight decay"), (SHRINKS, "1")),
        Edit(
            "the weight shrinks by weight_decay alone; want learning_rate * weight_decay",
            (SHRINKS, "(1 - weight_decay)"),
        ),
        Edit(
            "the weight shrinks after the step; AdamW shrinks it before",
            (f"w = w * {SHRINKS}", "pass"),
            ("w - learning_rate * grad", f"{SHRINKS} * w - {SHRINKS} * learning_rate * grad"),
        ),
        Edit("the decay makes the weight grow; want it to shrink", ("(1 -", "(1 +")),
        Edit(
            "the decay shrinks the weight, and is still a part of the gradient",
            ("w = w *", f"{IN_GRADIENT}; w = w *"),
        ),
        Edit(forgot("eps"), (" + eps", "")),
    ),
    hints=(
        "Where the gradient is 0, how far does this function move a weight of 1, and one of 100?",
        "Let the gradient be. Shrink w in a line of its own, before the step, by a factor a little "
        "below 1 that both numbers make.",
    ),
    stub="known-mistake",
)
def adamw_first_step(
    w: Tensor, grad: Tensor, learning_rate: float, weight_decay: float, eps: float
) -> Tensor:
    """The weight after the first step of AdamW."""
    w = w * (1 - learning_rate * weight_decay)
    return w - learning_rate * grad / (grad.abs() + eps)
