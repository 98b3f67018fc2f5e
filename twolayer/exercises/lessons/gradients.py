"""Exercises on gradients: by differences, from two calls of backward, and checked by one number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

    Function = Callable[[Array], float]

lesson = Lesson()


def draw_function(draw: Draw) -> Inputs:
    """A function in which each entry's slope depends on the other entries as well."""
    N, D = draw.sizes("N", "D_in")
    shape = ((N, D), (2, N, D), (D,), (N, D))[draw.case]
    cubes, squares = draw.normal(*shape), draw.normal(*shape)

    def f(x: Array) -> float:
        return float((cubes * x**3 + squares * x**2).sum() + x.sum() ** 3 / x.size)

    return {"f": f, "x": draw.normal(*shape), "step": draw.number(0.01, 0.02)}


def central(f: Function, x: Array, step: float) -> Array:
    """Central differences, all moves made at once as the rows of a matrix."""
    moves = step * np.eye(x.size).reshape(-1, *x.shape)
    slopes = [(f(x + move) - f(x - move)) / (2 * step) for move in moves]
    return np.array(slopes).reshape(x.shape)


@lesson.exercise(
    "A difference to one side",
    draw=draw_function,
    wanted=central,
    gives="slopes",
    mistakes=(
        Edit(
            "it is the difference to one side, between x and x + step; its error shrinks only as fast as the "
            "step. Want values on both sides of x",
            ("f(x - move)) / (2 * step)", "f(x)) / step"),
        ),
        Edit(
            "it is the difference to one side, between x - step and x; want values on both sides of x",
            ("(f(x + move) - f(x - move)) / (2 * step)", "(f(x) - f(x - move)) / step"),
        ),
        Edit(
            "it is twice the slope; how far are the two points apart that you compare?",
            ("(2 * step)", "step"),
        ),
        Edit(
            "all entries of x move at once; move one, and leave the others where they are",
            ("move[index]", "move[...]"),
        ),
        Edit(
            "an entry that has been moved is not put back before the next one moves",
            ("slopes =", "moved, slopes = x.copy(),"),
            ("move = np.zeros_like(x)", "moved[index] += step"),
            ("move[index] = step", "ahead = f(moved)"),
            (
                "slopes[index] = (f(x + move)",
                "moved[index] -= 2 * step\n        slopes[index] = (ahead",
            ),
            ("f(x - move)", "f(moved)"),
        ),
    ),
    hints=(
        "The line through two points of a curve has a slope. Where between them does the curve itself have that "
        "slope, as nearly as can be?",
        "Near the middle. So let x be in the middle of the two points, and divide by how far they are apart.",
    ),
    stub="known-mistake",
)
def differences(f: Function, x: Array, step: float) -> Array:
    """The gradient of f at x, from two values of f for each entry."""
    slopes = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        move = np.zeros_like(x)
        move[index] = step
        slopes[index] = (f(x + move) - f(x - move)) / (2 * step)
    return slopes


@lesson.exercise(
    "Two gradients from one graph",
    draw=given(x="normal N D_in", a="normal N D_in", b="normal N D_in"),
    wanted=lambda x, a, b: (a * 6 * (x + 2), b * 6 * (x + 2)),
    gives="first, second",
    tensors=True,
    tracked=False,
    mistakes=(
        Edit(
            "it holds the first gradient as well, since backward adds to grad",
            ("x.grad\n    x.grad = None", "x.grad.clone()"),
        ),
        Edit(
            "it holds the second gradient as well: it is the tensor in grad itself, and the second backward "
            "added to it",
            ("    x.grad = None\n", ""),
        ),
        Edit(
            "it is the second gradient; where first and grad are one tensor, what fills grad anew fills first "
            "as well",
            ("x.grad = None", "x.grad.zero_()"),
        ),
        Edit(
            "it is the gradient of z.sum(); how much each entry of z counts is left out",
            ("z.backward(a,", "z.sum().backward("),
            ("z.backward(b)", "z.sum().backward()"),
        ),
    ),
    hints=(
        "What does backward do with a grad that holds numbers already? And is first a copy of it?",
        "Between the two calls, grad must be given up rather than filled with zeros, since first still names "
        "the same tensor. What does zero_grad of an optimizer leave there?",
    ),
    stub="known-mistake",
)
def two_gradients(x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """The gradient of (a * z).sum(), and that of (b * z).sum()."""
    x = x.clone().requires_grad_()
    z = 3 * (x + 2) ** 2
    z.backward(a, retain_graph=True)
    first = x.grad
    x.grad = None
    z.backward(b)
    return first, x.grad


def draw_gradient(draw: Draw) -> Inputs:
    """A function, its gradient with or without a mistake, and a direction."""
    f, x, step = draw_function(draw).values()
    grad = central(f, x, 1e-4)
    if draw.case == 1:
        grad.flat[0] += 10
    grad *= (1, 1, -0.7, 1.5)[draw.case]
    direction = draw.normal(*x.shape)
    uphill = float((grad * direction).sum()) > 0
    direction *= 1 if uphill == (draw.case % 2 == 0) else -1
    return {"f": f, "x": x, "grad": grad, "direction": direction, "step": step}


def gap_on_a_line(f: Function, x: Array, grad: Array, direction: Array, step: float) -> Any:
    """The gap, from f as a function of one number."""
    ahead, behind = (f(x + t * direction) for t in (step, -step))
    slopes = np.array([(ahead - behind) / step / 2, np.vdot(grad, direction)])
    return np.ptp(slopes) / np.abs(slopes).max()


def counted(answer: Any, inputs: Inputs) -> Any:
    """The gap, if it takes no more than two values of f."""
    calls: list[Array] = []

    def f(x: Array) -> Any:
        calls.append(x)
        return inputs["f"](x)

    gap = answer(*(inputs | {"f": f}).values())
    if len(calls) > len(("ahead", "behind")):
        text = f"it is called {len(calls)} times; want two values of it, however many entries x has"
        raise DiagnosisError(diagnoses.KNOWN(name="f", text=text))
    return gap


@lesson.exercise(
    "One number for a whole gradient",
    draw=draw_gradient,
    wanted=gap_on_a_line,
    run=counted,
    tolerance=1e-6,  # a small difference of two slopes
    gives="gap",
    mistakes=(
        Edit(
            "the slope is a difference to one side; want values on both sides of x",
            ("f(x - step * direction)) / (2 * step)", "f(x)) / step"),
        ),
        Edit(
            "the slope is twice too large; how far are the two points apart?",
            ("(2 * step)", "step"),
        ),
        Edit(
            "the slope is taken where x moves by the direction itself; want step times that",
            ("x + step * ", "x + "),
            ("x - step * ", "x - "),
            ("(2 * step)", "2"),
        ),
        Edit(
            "the direction is brought to length 1; want it as it is",
            ("slope = ", "direction = direction / np.linalg.norm(direction)\n    slope = "),
        ),
        Edit("it is not relative yet", (" / max(abs(slope), abs(product))", "")),
        Edit(
            "it is negative where the slope is the smaller one; want the size of the difference",
            ("abs(slope - product)", "(slope - product)"),
        ),
        Edit(
            "it is relative to the product, whichever is larger",
            ("max(abs(slope), abs(product))", "abs(product)"),
        ),
        Edit(
            "it is relative to the slope, whichever is larger",
            ("max(abs(slope), abs(product))", "abs(slope)"),
        ),
        Edit(
            "it is relative to both sizes added up; want the larger one",
            ("max(abs(slope), abs(product))", "(abs(slope) + abs(product))"),
        ),
        Edit(
            "the larger one is sought without regard to sizes: -8 is larger than 3 here",
            ("max(abs(slope), abs(product))", "max(slope, product)"),
        ),
        Edit("the gradient's product is a mean; want the sum", (".sum()", ".mean()")),
    ),
    hints=(
        "If x moves a little along the direction, by how much does each entry move? And how much does f gain "
        "by each?",
        "The slope is a central difference like that of the first exercise, but all entries move at once, each "
        "by its own amount. A gradient foretells this slope: each of its entries counts as often as the "
        "direction says.",
    ),
)
def gradient_gap(f: Function, x: Array, grad: Array, direction: Array, step: float) -> Any:
    """The relative gap between the slope along a direction and what the gradient says."""
    slope = (f(x + step * direction) - f(x - step * direction)) / (2 * step)
    product = (grad * direction).sum()
    return abs(slope - product) / max(abs(slope), abs(product))
