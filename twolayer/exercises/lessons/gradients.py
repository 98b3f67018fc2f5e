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
    """A function in which each element's slope depends on the other elements as well."""
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
    "A one-sided difference",
    draw=draw_function,
    wanted=central,
    gives="slopes",
    mistakes=(
        *(
            Edit("the differences are one-sided; take values of f on both sides of x", change)
            for change in (
                ("f(x - move)) / (2 * step)", "f(x)) / step"),
                ("(f(x + move) - f(x - move)) / (2 * step)", "(f(x) - f(x - move)) / step"),
            )
        ),
        Edit("twice too large; how far apart are the two points?", ("(2 * step)", "step")),
        Edit("all elements of x move at once; move only one", ("move[index]", "move[...]")),
        Edit(
            "a moved element is not put back before the next one moves",
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
        "The line through two points of a curve has a slope. At which point between them does the curve have "
        "about the same slope?",
        "Near the middle. So put x in the middle of the two points, and divide by the distance between them.",
    ),
    stub="known-mistake",
)
def differences(f: Function, x: Array, step: float) -> Array:
    """The gradient of f at x, from two values of f for each element."""
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
            "it contains the first gradient too, because backward adds to grad",
            ("x.grad\n    x.grad = None", "x.grad.clone()"),
        ),
        Edit(
            "this is the tensor in grad, so the second backward added to it",
            ("    x.grad = None\n", ""),
        ),
        Edit(
            "this is the second gradient, because first and grad are one tensor",
            ("x.grad = None", "x.grad.zero_()"),
        ),
        Edit(
            "this is the gradient of z.sum(), so all elements of z count the same; pass the weights to "
            "backward",
            ("z.backward(a,", "z.sum().backward("),
            ("z.backward(b)", "z.sum().backward()"),
        ),
    ),
    hints=(
        "What does backward do with a grad that already holds a gradient? And is first a copy of grad?",
        "Don't fill grad with zeros between the two calls, because first still names the same tensor. What "
        "does an optimizer's zero_grad leave there instead?",
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


LARGER = "max(abs(slope), abs(product))"


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
        text = f"it is called {len(calls)} times; call it twice, however many elements x has"
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
            "the slope is a one-sided difference; take values on both sides of x",
            ("f(x - step * direction)) / (2 * step)", "f(x)) / step"),
        ),
        Edit("the slope is twice too large; how far apart are the points?", ("(2 * step)", "step")),
        Edit(
            "x moves by the whole direction; move it by step times the direction",
            ("x + step * ", "x + "),
            ("x - step * ", "x - "),
            ("(2 * step)", "2"),
        ),
        Edit(
            "the direction is scaled to length 1; leave it as it is",
            ("slope = ", "direction = direction / np.linalg.norm(direction)\n    slope = "),
        ),
        Edit("this is the absolute gap; want the relative one", (f" / {LARGER}", "")),
        Edit(
            "it can be negative; take the absolute value",
            ("abs(slope - product)", "(slope - product)"),
        ),
        *(
            Edit(f"divided by {said}; divide by the larger absolute value", (LARGER, size))
            for said, size in (
                ("the sum's size", "abs(product)"),
                ("the slope's size", "abs(slope)"),
                ("the sum of both sizes", "(abs(slope) + abs(product))"),
                ("the larger of the two, signs included", "max(slope, product)"),
            )
        ),
        Edit("the gradient's product is a mean; take the sum", (".sum()", ".mean()")),
    ),
    hints=(
        "If x moves a little along the direction, how far does each element move? And how much does each move "
        "change f?",
        "The slope is a central difference as in the first exercise, but all elements move at once, each by "
        "its own amount. The gradient predicts this slope: each of its elements counts as much as the "
        "direction says.",
    ),
)
def gradient_gap(f: Function, x: Array, grad: Array, direction: Array, step: float) -> Any:
    """The relative gap between the slope along a direction and the gradient's slope."""
    slope = (f(x + step * direction) - f(x - step * direction)) / (2 * step)
    product = (grad * direction).sum()
    return abs(slope - product) / max(abs(slope), abs(product))
