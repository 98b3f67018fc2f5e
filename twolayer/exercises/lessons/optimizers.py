"""Exercises on optimizers: the loop around one, and three of their rules by hand."""

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

# PyTorch loads its compiler with the first optimizer, which can take longer than an answer may.
torch.optim.SGD([torch.zeros(1)], lr=1.0)

# 1. A loop that learns nothing


def fit(w: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> None:
    """Take four steps of gradient descent, which change w."""
    optimizer = torch.optim.SGD([w], lr=learning_rate)
    for _ in range(4):
        loss = (x @ w - y).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _draw_fit(draw: Draw) -> dict[str, Any]:
    N, D_in, D_out = draw.sizes("N", "D_in", "D_out")
    return {
        "w": draw.normal(D_in, D_out),
        "x": draw.normal(N, D_in),
        "y": draw.normal(N, D_out),
        "learning_rate": draw.number(0.001, 0.003),
    }


def _descent(
    *, steps: int = 4, keep: float = 0.0
) -> Callable[[Tensor, Tensor, Tensor, float], Tensor]:
    """Gradient descent by its formula; ``keep`` is how much of the gradients so far stays."""

    def variant(w: Tensor, x: Tensor, y: Tensor, learning_rate: float) -> Tensor:
        w, grad = w.detach(), torch.zeros_like(w)
        for _ in range(steps):
            grad = keep * grad + 2 * x.T @ (x @ w - y)
            w = w - learning_rate * grad
        return w

    return variant


_LOOP = Computation(
    draw=_draw_fit,
    wanted=_descent(),
    changes=("w",),
    tensors=True,
    leaves=("w",),
    mistakes=(
        Mistake(diagnoses.ACCUMULATES, _descent(keep=1.0)),
        Mistake(
            diagnoses.KNOWN,
            _descent(steps=0),
            text="it is as it was: step finds no gradient to follow",
        ),
        Mistake(
            diagnoses.KNOWN,
            _descent(steps=1),
            text="only one step was taken; all three calls belong into the loop",
        ),
    ),
)

# 2. Momentum by hand


def momentum_steps(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
    """The weight after one step of SGD with momentum for each gradient."""
    velocity = torch.zeros_like(w)
    for grad in grads:
        velocity = momentum * velocity + grad
        w = w - learning_rate * velocity
    return w


def _draw_grads(draw: Draw) -> dict[str, Any]:
    steps, H, D_out = draw.sizes("steps", "H", "D_out")
    return {
        "w": draw.normal(H, D_out),
        "grads": draw.with_zeros(steps + 1, H, D_out),
        "learning_rate": draw.number(0.1, 0.3),
    }


def _draw_momentum(draw: Draw) -> dict[str, Any]:
    return {**_draw_grads(draw), "momentum": draw.number(0.6, 0.9)}


def _steps(rule: type[torch.optim.Optimizer], w: Tensor, grads: Tensor, **options: Any) -> Tensor:
    """The weight after PyTorch's own steps along given gradients."""
    weight = w.clone().requires_grad_()
    optimizer = rule([weight], **options)
    for grad in grads:
        weight.grad = grad.clone()
        optimizer.step()
    return weight.detach()


def _sgd(**more: Any) -> Callable[..., Tensor]:
    """SGD with momentum, some of its options changed."""

    def variant(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
        options = {"momentum": momentum, **more}
        return _steps(torch.optim.SGD, w, grads, lr=learning_rate, **options)

    return variant


def _average(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
    velocity = torch.zeros_like(w)
    for grad in grads:
        velocity = momentum * velocity + (1 - momentum) * grad
        w = w - learning_rate * velocity
    return w


def _velocity_late(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
    velocity = torch.zeros_like(w)
    for grad in grads:
        w = w - learning_rate * velocity
        velocity = momentum * velocity + grad
    return w


def _last_gradient(w: Tensor, grads: Tensor, learning_rate: float, momentum: float) -> Tensor:
    last = torch.zeros_like(w)
    for grad in grads:
        w = w - learning_rate * (momentum * last + grad)
        last = grad
    return w


_MOMENTUM = Computation(
    draw=_draw_momentum,
    wanted=_sgd(),
    returns=("w",),
    starts={"w": "w"},
    tensors=True,
    mistakes=(
        Mistake(diagnoses.FORGOT_TERM, _sgd(momentum=0), term="the momentum of earlier steps"),
        Mistake(
            diagnoses.KNOWN,
            _average,
            text="the gradient enters times 1 - momentum, as in an average; SGD adds it whole",
        ),
        Mistake(diagnoses.OLD_VALUE, _velocity_late, term="velocity"),
        Mistake(
            diagnoses.KNOWN,
            _last_gradient,
            text="only the last gradient is carried on; the velocity holds those before it as well",
        ),
        Mistake(
            diagnoses.KNOWN,
            _sgd(nesterov=True),
            text="this is Nesterov's momentum, which looks one step ahead; want the plain one",
        ),
    ),
)

# 3. Adam's first steps


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


def _draw_adam(draw: Draw) -> dict[str, Any]:
    return {
        **_draw_grads(draw),
        "beta1": draw.number(0.7, 0.9),
        "beta2": draw.number(0.92, 0.99),
        "eps": draw.number(0.01, 0.1),
    }


def _adam(
    w: Tensor, grads: Tensor, learning_rate: float, beta1: float, beta2: float, eps: float
) -> Tensor:
    options = {"lr": learning_rate, "betas": (beta1, beta2), "eps": eps}
    return _steps(torch.optim.Adam, w, grads, **options)


def _adam_but(
    *,
    first_t: int = 1,
    correct: tuple[bool, bool] = (True, True),
    power: int = 2,
    divisor: Callable[[Tensor, float, float], Tensor] = lambda v, part, eps: (
        (v / part) ** 0.5 + eps
    ),
) -> Callable[..., Tensor]:
    """Adam with another first t, without corrections, or with another divisor."""

    def variant(
        w: Tensor, grads: Tensor, learning_rate: float, beta1: float, beta2: float, eps: float
    ) -> Tensor:
        m, v = torch.zeros_like(w), torch.zeros_like(w)
        for t, grad in enumerate(grads, start=first_t):
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad**power
            part1, part2 = 1 - beta1**t, 1 - beta2**t
            m_hat = m / part1 if correct[0] else m
            w = w - learning_rate * m_hat / divisor(v, part2 if correct[1] else 1.0, eps)
        return w

    return variant


_ADAM = Computation(
    draw=_draw_adam,
    wanted=_adam,
    returns=("w",),
    starts={"w": "w"},
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _adam_but(first_t=0),
            text="it is NaN, since the correction divides by 0 where t is 0; the first step has t = 1",
        ),
        Mistake(
            diagnoses.FORGOT_TERM,
            _adam_but(correct=(False, False)),
            term="the correction of both averages",
        ),
        Mistake(
            diagnoses.FORGOT_TERM, _adam_but(correct=(True, False)), term="the correction of v"
        ),
        Mistake(
            diagnoses.FORGOT_TERM, _adam_but(correct=(False, True)), term="the correction of m"
        ),
        Mistake(
            diagnoses.KNOWN,
            _adam_but(divisor=lambda v, part, eps: (v / part + eps) ** 0.5),
            text="eps is added under the root; want it added to the root",
        ),
        Mistake(
            diagnoses.KNOWN,
            _adam_but(divisor=lambda v, part, eps: (v**0.5 + eps) / part**0.5),
            text="eps is added before the correction; want it added to the root of the corrected v",
        ),
        Mistake(
            diagnoses.KNOWN,
            _adam_but(divisor=lambda v, part, eps: v / part + eps),
            text="it is divided by the corrected v itself; want its root",
        ),
        Mistake(
            diagnoses.KNOWN,
            _adam_but(power=1),
            text="v averages the gradients themselves; want their squares",
        ),
    ),
)

# 4. Decay beside the gradient


def adamw_first_step(
    w: Tensor, grad: Tensor, learning_rate: float, weight_decay: float, eps: float
) -> Tensor:
    """The weight after the first step of AdamW."""
    w = w * (1 - learning_rate * weight_decay)
    return w - learning_rate * grad / (grad.abs() + eps)


def _draw_decay(draw: Draw) -> dict[str, Any]:
    H, D_out = draw.sizes("H", "D_out")
    return {
        "w": draw.normal(H, D_out),
        "grad": draw.with_zeros(H, D_out),
        "learning_rate": draw.number(0.1, 0.3),
        "weight_decay": draw.number(0.1, 0.5),
        "eps": draw.number(0.01, 0.1),
    }


def _first_step(
    rule: type[torch.optim.Optimizer], *, rate: float = 1.0, decay: float = 1.0
) -> Callable[..., Tensor]:
    """PyTorch's first step, the rate and the decay times a number."""

    def variant(
        w: Tensor, grad: Tensor, learning_rate: float, weight_decay: float, eps: float
    ) -> Tensor:
        options = {"lr": rate * learning_rate, "weight_decay": decay * weight_decay, "eps": eps}
        return _steps(rule, w, grad[None], **options)

    return variant


def _adam_step(grad: Tensor, learning_rate: float, eps: float) -> Tensor:
    return learning_rate * grad / (grad.abs() + eps)


_DECAY = Computation(
    draw=_draw_decay,
    wanted=_first_step(torch.optim.AdamW),
    returns=("w",),
    starts={"w": "w"},
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _first_step(torch.optim.Adam),
            text="the decay is a part of the gradient, and the division takes its size out again",
        ),
        Mistake(
            diagnoses.FORGOT_TERM, _first_step(torch.optim.AdamW, decay=0), term="the weight decay"
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda w, grad, rate, decay, eps: w * (1 - decay) - _adam_step(grad, rate, eps),
            text="the weight shrinks by weight_decay alone; want learning_rate * weight_decay",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda w, grad, rate, decay, eps: (
                (w - _adam_step(grad, rate, eps)) * (1 - rate * decay)
            ),
            text="the weight shrinks after the step; AdamW shrinks it before",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda w, grad, rate, decay, eps: w * (1 + rate * decay) - _adam_step(grad, rate, eps),
            text="the decay makes the weight grow; want it to shrink",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="A loop that learns nothing",
        check=_LOOP,
        hints=(
            "Print w.grad before each of the three calls. What does step find there?",
            "backward fills grad, step reads it, and zero_grad forgets it. Which of the three must not "
            "come between the other two?",
        ),
        solution=fit,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="Momentum by hand",
        check=_MOMENTUM,
        hints=(
            "What does the statement do with the velocity first, and which value of it moves the weight?",
            "The new velocity has two terms: the old one, shrunk, and the gradient as it is. The "
            "weight follows plain SGD's formula, with the new velocity in the gradient's place.",
        ),
        solution=momentum_steps,
    ),
    Exercise(
        number=3,
        title="Adam's first steps",
        check=_ADAM,
        hints=(
            "How much of the first gradient is in m after one step, and by what do you divide to get "
            "all of it back?",
            "Count t from 1: enumerate takes a start. Keep m and v as they are for the next step, and give "
            "their corrected values names of their own.",
        ),
        solution=adam_steps,
    ),
    Exercise(
        number=4,
        title="Decay beside the gradient",
        check=_DECAY,
        hints=(
            "Where the gradient is 0, how far does this function move a weight of 1, and one of 100?",
            "Let the gradient be. Shrink w in a line of its own, before the step, by a factor a little "
            "below 1 that both numbers make.",
        ),
        solution=adamw_first_step,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
