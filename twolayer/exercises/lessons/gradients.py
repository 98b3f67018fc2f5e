"""Exercises on gradients: by differences, from two calls of backward, and of the cross-entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

# 1. Central differences


def differences(f: Callable[[Array], float], x: Array, step: float) -> Array:
    """The gradient of f at x, from two values of f for each entry."""
    slopes = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        move = np.zeros_like(x)
        move[index] = step
        slopes[index] = (f(x + move) - f(x - move)) / (2 * step)
    return slopes


def _draw_function(draw: Draw) -> dict[str, Any]:
    N, D = draw.sizes("N", "D_in")
    shape = (D,) if draw.case == 2 else (N, D)
    cubes, squares = draw.normal(*shape), draw.normal(*shape)

    def f(x: Array) -> float:
        """A function in which each entry's slope depends on the other entries as well."""
        return float((cubes * x**3 + squares * x**2).sum() + x.sum() ** 3 / x.size)

    return {"f": f, "x": draw.normal(*shape), "step": draw.number(0.01, 0.02)}


def _central(f: Callable[[Array], float], x: Array, step: float) -> Array:
    """Central differences, all moves made at once as the rows of a matrix."""
    moves = step * np.eye(x.size).reshape(-1, *x.shape)
    pairs = [(f(x + move), f(x - move)) for move in moves]
    ahead, behind = np.array(pairs).T
    slopes: Array = ((ahead - behind) / (2 * step)).reshape(x.shape)
    return slopes


def _one_sided(sign: int) -> Callable[[Callable[[Array], float], Array, float], Array]:
    """Differences between f(x) and one value beside it."""

    def variant(f: Callable[[Array], float], x: Array, step: float) -> Array:
        moves = sign * step * np.eye(x.size).reshape(-1, *x.shape)
        return np.array([(f(x + move) - f(x)) / (sign * step) for move in moves]).reshape(x.shape)

    return variant


def _all_at_once(f: Callable[[Array], float], x: Array, step: float) -> Array:
    return np.full_like(x, (f(x + step) - f(x - step)) / (2 * step))


def _never_put_back(f: Callable[[Array], float], x: Array, step: float) -> Array:
    moved, slopes = x.copy(), np.zeros_like(x)
    for index in np.ndindex(x.shape):
        moved[index] += step
        ahead = f(moved)
        moved[index] -= 2 * step
        slopes[index] = (ahead - f(moved)) / (2 * step)
    return slopes


_DIFFERENCES = Computation(
    draw=_draw_function,
    wanted=_central,
    returns=("slopes",),
    tolerance=1e-8,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _one_sided(1),
            text="it is the difference to one side, between x and x + step; its error shrinks only "
            "as fast as the step. Want values on both sides of x",
        ),
        Mistake(
            diagnoses.KNOWN,
            _one_sided(-1),
            text="it is the difference to one side, between x - step and x; want values on both "
            "sides of x",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda f, x, step: 2 * _central(f, x, step),
            text="it is twice the slope; how far are the two points apart that you compare?",
        ),
        Mistake(
            diagnoses.KNOWN,
            _all_at_once,
            text="all entries of x move at once; move one, and leave the others where they are",
        ),
        Mistake(
            diagnoses.KNOWN,
            _never_put_back,
            text="an entry that has been moved is not put back before the next one moves",
        ),
    ),
)

# 2. Two gradients from one graph


def two_gradients(x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """The gradient of (a * z).sum(), and that of (b * z).sum()."""
    x = x.clone().requires_grad_()
    z = 3 * (x + 2) ** 2
    z.backward(a, retain_graph=True)
    first = x.grad
    x.grad = None
    z.backward(b)
    return first, x.grad


def _draw_weights(draw: Draw) -> dict[str, Any]:
    N, D = draw.sizes("N", "D_in")
    return {"x": draw.normal(N, D), "a": draw.normal(N, D), "b": draw.normal(N, D)}


def _slope(x: Tensor) -> Tensor:
    return 6 * (x + 2)


_TWICE = Computation(
    draw=_draw_weights,
    wanted=lambda x, a, b: (a * _slope(x), b * _slope(x)),
    returns=("first", "second"),
    tensors=True,
    tracked=False,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda x, a, b: {"first": (a + b) * _slope(x)},
            text="it holds the second gradient as well: it is the tensor in grad itself, and the "
            "second backward added to it",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda x, a, b: {"first": b * _slope(x)},
            text="it is the second gradient; where first and grad are one tensor, what fills grad "
            "anew fills first as well",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda x, a, b: {"second": (a + b) * _slope(x)},
            text="it holds the first gradient as well, since backward adds to grad",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda x, a, b: {"first": _slope(x), "second": _slope(x)},
            text="it is the gradient of z.sum(); how much each entry of z counts is left out",
        ),
    ),
)

# 3. Softmax and cross-entropy


def cross_entropy(scores: Array, classes: Array) -> tuple[float, Array]:
    """The mean of -log of the true class's probability, and its gradient."""
    rows = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_probabilities[rows, classes].mean()
    grad_scores = np.exp(log_probabilities)
    grad_scores[rows, classes] -= 1
    grad_scores /= len(scores)
    return loss, grad_scores


def _draw_scores(draw: Draw) -> dict[str, Any]:
    N, C = draw.sizes("N", "classes")
    N += draw.case < 3  # never two, since a factor of two could have other reasons
    draw.named["N"] = N
    scores = draw.normal(N, C) * (1.0, 2000.0, 1.0, 2000.0)[draw.case]
    return {"scores": scores, "classes": draw.labels(N, C)}


def _cross_entropy(scores: Array, classes: Array) -> tuple[Array, Array]:
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    leaf = torch.tensor(scores, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(leaf, torch.tensor(classes))
    (gradient,) = torch.autograd.grad(loss, leaf)
    return np.float64(loss.item()), gradient.numpy()  # type: ignore[return-value]


def _softmax(scores: Array, axis: int = 1) -> Array:
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    probabilities: Array = powers / powers.sum(axis=axis, keepdims=True)
    return probabilities


def _all_rows(scores: Array, classes: Array) -> dict[str, Array]:
    gradient = _softmax(scores)
    gradient[:, classes] -= 1
    return {"grad_scores": gradient / len(scores)}


@np.errstate(divide="ignore", invalid="ignore")  # a probability may round to 0
def _of_probabilities(scores: Array, classes: Array) -> dict[str, Array]:
    one_hot = np.eye(scores.shape[1])[classes]
    return {"grad_scores": -one_hot / _softmax(scores) / len(scores)}


def _softmax_of_columns(scores: Array, classes: Array) -> dict[str, Array]:
    one_hot = np.eye(scores.shape[1])[classes]
    return {"grad_scores": (_softmax(scores, axis=0) - one_hot) / len(scores)}


_ENTROPY = Computation(
    draw=_draw_scores,
    wanted=_cross_entropy,
    returns=("loss", "grad_scores"),
    mistakes=(
        Mistake(
            diagnoses.SUM_FOR_MEAN,
            lambda scores, classes: {
                name: len(scores) * value
                for name, value in zip(
                    ("loss", "grad_scores"), _cross_entropy(scores, classes), strict=True
                )
            },
            count="N",
            what="the loss is a mean over the N rows, and so its slope has 1 / N in it",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda scores, classes: {
                "grad_scores": _cross_entropy(scores, classes)[1] / scores.shape[1]
            },
            text="it is divided by the number of entries; the loss is a mean over rows",
        ),
        Mistake(
            diagnoses.FORGOT_TERM,
            lambda scores, classes: {"grad_scores": _softmax(scores) / len(scores)},
            term="the true class, whose own score enters the loss with a minus",
        ),
        Mistake(
            diagnoses.FORGOT_TERM,
            lambda scores, classes: {"grad_scores": _softmax(scores)},
            term="the true class, whose own score enters the loss with a minus, and the mean's 1 / N",
        ),
        Mistake(
            diagnoses.KNOWN,
            _of_probabilities,
            text="it is the gradient of the probabilities; go one step further back, through the "
            "softmax",
        ),
        Mistake(
            diagnoses.KNOWN,
            _all_rows,
            text="1 is taken off in every row at every class that occurs; want one entry a row, so "
            "name the rows as well",
        ),
        Mistake(
            diagnoses.KNOWN,
            _softmax_of_columns,
            text="the softmax runs down the columns; the scores of one sample are a row",
        ),
    ),
)

EXERCISES = (
    Exercise(
        number=1,
        title="A difference to one side",
        check=_DIFFERENCES,
        hints=(
            "The line through two points of a curve has a slope. Where between them does the curve "
            "itself have that slope, as nearly as can be?",
            "Near the middle. So let x be in the middle of the two points, and divide by how far they "
            "are apart.",
        ),
        solution=differences,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="Two gradients from one graph",
        check=_TWICE,
        hints=(
            "What does backward do with a grad that holds numbers already? And is first a copy of it?",
            "Between the two calls, grad must be given up rather than filled with zeros, since first "
            "still names the same tensor. What does zero_grad of an optimizer leave there?",
        ),
        solution=two_gradients,
        stub="known-mistake",
    ),
    Exercise(
        number=3,
        title="Softmax and cross-entropy",
        check=_ENTROPY,
        hints=(
            "Write the loss of one row as log(sum(exp(scores))) minus one score. What is the slope "
            "of each part? And what changes if you take one number off every score?",
            "The slope of the first part is something that you have already computed. The second part holds one score only: which slopes does it change? And what does the mean do to all? Take the row's largest score off before exp, and "
            "stay with logarithms: a probability may round to 0, whose logarithm is infinite.",
        ),
        solution=cross_entropy,
        stub="empty",
    ),
)
"""The exercises, in order."""
