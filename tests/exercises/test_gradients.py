"""The exercises on gradients: answers in other styles, and typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.values import Array

    Function = Callable[[Array], float]


def in_place(f: Function, x: Array, step: float) -> Array:
    """Exercise 1 with one entry of a copy moved and put back."""
    slopes, x = np.empty(x.size), x.copy()
    flat = x.reshape(-1)
    for i, entry in enumerate(flat.tolist()):
        flat[i] = entry + step
        ahead = f(x)
        flat[i] = entry - step
        slopes[i] = (ahead - f(x)) / 2 / step
        flat[i] = entry
    return slopes.reshape(x.shape)


def mean_of_sides(f: Function, x: Array, step: float) -> Array:
    """Exercise 1 as the mean of the differences to both sides."""
    slopes = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        move = np.zeros_like(x)
        move[index] += step
        slopes[index] = ((f(x + move) - f(x)) / step + (f(x) - f(x - move)) / step) / 2
    return slopes


def by_grad(x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Exercise 2 with torch.autograd.grad."""
    leaf = x.clone().requires_grad_()
    z = 3 * (leaf + 2) ** 2
    (first,) = torch.autograd.grad(z, leaf, a, retain_graph=True)
    (second,) = torch.autograd.grad(z, leaf, b)
    return first, second


def by_copy(x: Tensor, a: Tensor, b: Tensor) -> list[Tensor]:
    """Exercise 2 with a copy of grad, which is then filled with zeros."""
    leaf = x.clone().requires_grad_()
    z = 3 * (leaf + 2) ** 2
    z.backward(a, retain_graph=True)
    grad = torch.as_tensor(leaf.grad)
    first = grad.clone()
    grad.zero_()
    z.backward(b)
    return [first, grad]


def by_subtraction(x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Exercise 2 with the first gradient taken off the sum."""
    leaf = x.clone().requires_grad_()
    z = 3 * (leaf + 2) ** 2
    z.backward(a, retain_graph=True)
    first = torch.as_tensor(leaf.grad).clone()
    z.backward(b)
    return first, torch.as_tensor(leaf.grad) - first


def by_logaddexp(scores: Array, classes: Array) -> tuple[float, Array]:
    """Exercise 3 with a one-hot matrix and NumPy's own stable sum."""
    one_hot = np.eye(scores.shape[1])[classes]
    log_p = scores - np.logaddexp.reduce(scores, axis=1)[:, None]
    return -(one_hot * log_p).sum() / len(scores), (np.exp(log_p) - one_hot) / len(scores)


def by_loops(scores: Array, classes: Array) -> tuple[float, Array]:
    """Exercise 3 row by row."""
    loss, gradient = 0.0, np.zeros_like(scores)
    for i, (row, k) in enumerate(zip(scores, classes, strict=True)):
        largest = max(row)
        powers = [np.exp(score - largest) for score in row]
        loss += (largest + np.log(sum(powers)) - row[k]) / len(scores)
        for j, power in enumerate(powers):
            gradient[i, j] = (power / sum(powers) - (j == k)) / len(scores)
    return float(loss), gradient


RIGHT = [
    (1, in_place),
    (1, mean_of_sides),
    (2, by_grad),
    (2, by_copy),
    (2, by_subtraction),
    (3, by_logaddexp),
    (3, by_loops),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right(
    number: int, answer: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer in another style than the solution's is right."""
    assert check(f"gradients.{number}", answer, why=True).right, capsys.readouterr().out


def slopes_of(
    slope: Callable[[Function, Array, Array, float], float],
) -> Callable[[Function, Array, float], Array]:
    """Exercise 1 with a formula of one's own for one entry."""

    def answer(f: Function, x: Array, step: float) -> Array:
        moves = step * np.eye(x.size).reshape(-1, *x.shape)
        return np.array([slope(f, x, move, step) for move in moves]).reshape(x.shape)

    return answer


def never_put_back(f: Function, x: Array, step: float) -> Array:
    """Exercise 1, each entry left below where it was."""
    x, slopes = x.copy(), np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        x[index] += step
        ahead = f(x)
        x[index] -= 2 * step
        slopes[index] = (ahead - f(x)) / (2 * step)
    return slopes


def input_moved(f: Function, x: Array, step: float) -> Array:
    """Exercise 1 with the input itself moved to one side, and left there."""
    before = f(x)
    x[0] += step
    return np.full_like(x, (f(x) - before) / step)


def cleared_with_zeros(x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Exercise 2 with the shared grad filled with zeros."""
    leaf = x.clone().requires_grad_()
    z = 3 * (leaf + 2) ** 2
    z.backward(a, retain_graph=True)
    first = torch.as_tensor(leaf.grad)
    first.zero_()
    z.backward(b)
    return first, torch.as_tensor(leaf.grad)


def copied_only(x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Exercise 2 with a copy of the first gradient, but nothing cleared."""
    leaf = x.clone().requires_grad_()
    z = 3 * (leaf + 2) ** 2
    z.backward(a, retain_graph=True)
    first = torch.as_tensor(leaf.grad).clone()
    z.backward(b)
    return first, torch.as_tensor(leaf.grad)


def summed(x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    """Exercise 2 without a and b."""
    del a, b
    leaf = x.clone().requires_grad_()
    z = (3 * (leaf + 2) ** 2).sum()
    return (*torch.autograd.grad(z, leaf, retain_graph=True), *torch.autograd.grad(z, leaf))


def freed(x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    """Exercise 2 without keeping the graph."""
    leaf = x.clone().requires_grad_()
    z = 3 * (leaf + 2) ** 2
    return (*torch.autograd.grad(z, leaf, a), *torch.autograd.grad(z, leaf, b))


def softmax(scores: Array, axis: int = 1) -> Array:
    """A stable softmax."""
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    result: Array = powers / powers.sum(axis=axis, keepdims=True)
    return result


def overflowing(scores: Array, classes: Array) -> tuple[float, Array]:
    """Exercise 3 with exp of the scores as they are."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        one_hot = np.eye(scores.shape[1])[classes]
        return -np.log(p[one_hot == 1]).mean(), (p - one_hot) / len(p)


def log_of_zero(scores: Array, classes: Array) -> tuple[float, Array]:
    """Exercise 3 with the logarithm of a rounded probability."""
    one_hot, p = np.eye(scores.shape[1])[classes], softmax(scores)
    with np.errstate(divide="ignore"):
        return -np.log(p[one_hot == 1]).mean(), (p - one_hot) / len(p)


def largest_taken_off_in_place(scores: Array, classes: Array) -> tuple[float, Array]:
    """Exercise 3 with the input changed."""
    scores -= scores.max(axis=1, keepdims=True)
    return by_logaddexp(scores, classes)


def gradient_with(gradient: Callable[[Array, Array], Array]) -> Callable[..., Any]:
    """Exercise 3 with the right loss and a gradient of one's own, from scores and one-hot rows."""

    def answer(scores: Array, classes: Array) -> tuple[float, Array]:
        one_hot = np.eye(scores.shape[1])[classes]
        return by_logaddexp(scores, classes)[0], gradient(scores, one_hot)

    return answer


def every_row(scores: Array, classes: Array) -> tuple[float, Array]:
    """Exercise 3 with 1 taken off in columns."""
    gradient = softmax(scores)
    gradient[:, classes] -= 1
    return by_logaddexp(scores, classes)[0], gradient / len(scores)


def by_columns(scores: Array, classes: Array) -> tuple[float, Array]:
    """Exercise 3 with the softmax over the wrong axis."""
    one_hot, p = np.eye(scores.shape[1])[classes], softmax(scores, axis=0)
    with np.errstate(divide="ignore"):
        return -np.log(p[one_hot == 1]).mean(), (p - one_hot) / len(p)


WRONG = [
    (1, slopes_of(lambda f, x, m, s: (f(x + m) - f(x)) / s), "between x and x + step"),
    (1, slopes_of(lambda f, x, m, s: (f(x) - f(x - m)) / s), "between x - step and x"),
    (1, slopes_of(lambda f, x, m, s: (f(x + m) - f(x - m)) / s), "twice the slope"),
    (1, slopes_of(lambda f, x, m, s: (f(x - m) - f(x + m)) / (2 * s)), "sign is flipped"),
    (1, lambda f, x, s: np.full_like(x, (f(x + s) - f(x - s)) / 2 / s), "move at once"),
    (1, never_put_back, "not put back"),
    (1, input_moved, "modified its input x"),
    (2, cleared_with_zeros, "first: it is the second gradient"),
    (2, copied_only, "second: it holds the first gradient as well"),
    (2, summed, "left out"),
    (2, freed, "RuntimeError"),
    (2, lambda x, a, b: by_grad(x, b, a), "first: it is the second gradient"),
    (3, overflowing, "NaN"),
    (3, log_of_zero, "infinity"),
    (3, largest_taken_off_in_place, "modified its input scores"),
    (3, gradient_with(lambda s, one_hot: softmax(s) - one_hot), "a sum where the mean is wanted"),
    (3, gradient_with(lambda s, one_hot: (softmax(s) - one_hot) / s.size), "number of entries"),
    (3, gradient_with(lambda s, _: softmax(s) / len(s)), "which is left out"),
    (3, gradient_with(lambda s, _: softmax(s)), "the mean's 1 / N, which is left out"),
    (3, gradient_with(lambda s, one: -one / softmax(s) / len(s)), "of the probabilities"),
    (3, gradient_with(lambda s, one_hot: (one_hot - softmax(s)) / len(s)), "sign is flipped"),
    (3, every_row, "name the rows as well"),
    (3, by_columns, "down the columns"),
    (3, lambda s, k: by_logaddexp(s, k)[0], "want 2: loss, grad_scores"),
]


@pytest.mark.parametrize(("number", "answer", "said"), WRONG)
def test_a_typical_mistake_is_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake that the answer makes."""
    verdict = check(f"gradients.{number}", answer, why=True)
    assert not verdict.right
    assert said in verdict.text
