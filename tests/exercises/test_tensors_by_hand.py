"""Exercises on tensors: other right answers, and the mistakes that are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable


def stepped(
    take: Callable[[Any], Any], update: Callable[[Any, Any], Any] = torch.Tensor.sub
) -> Callable[..., Any]:
    """A step that takes its weights from arrays, and subtracts."""

    def answer(x: Any, y: Any, w1: Any, w2: Any, learning_rate: float) -> Any:
        x, y, w1, w2 = torch.tensor(x), torch.tensor(y), take(w1), take(w2)
        h = x @ w1
        grad = 2 * (h.relu() @ w2 - y)
        grad_w1 = x.T @ ((grad @ w2.T) * (h > 0))
        grad_w2 = h.relu().T @ grad
        w1, w2 = update(w1, learning_rate * grad_w1), update(w2, learning_rate * grad_w2)
        return w1.numpy(), w2.numpy()

    return answer


def compared(scores: Any, labels: Any) -> Any:
    """Each label beside each class."""
    classes = torch.arange(scores.shape[1], device=scores.device)
    return (labels[:, None] == classes).to(scores.dtype)


def looped(scores: Any, labels: Any) -> Any:
    """Row by row."""
    table = torch.zeros(scores.shape, dtype=scores.dtype, device=scores.device)
    for row, label in zip(table, labels.tolist(), strict=True):
        row[label] = 1
    return table


def eye(scores: Any, labels: Any) -> Any:
    """Rows of the identity."""
    return torch.eye(scores.shape[1], dtype=scores.dtype, device=scores.device)[labels]


def scattered(scores: Any, labels: Any) -> Any:
    """By scatter."""
    return torch.zeros_like(scores).scatter(1, labels[:, None], 1)


def library(scores: Any, labels: Any) -> Any:
    """By the library's own function."""
    return torch.nn.functional.one_hot(labels, scores.shape[1]).to(scores)


def softmax(scores: Any, labels: Any) -> Any:
    """Softmax by PyTorch."""
    logs = torch.log_softmax(scores, dim=1)
    return torch.nn.functional.nll_loss(logs, labels), logs.exp()


def softmax_by_max(scores: Any, labels: Any) -> Any:
    """The words of NumPy, which tensors understand as well."""
    shifted = scores - scores.max(axis=1, keepdims=True).values
    exps: Any = torch.exp(shifted)
    probabilities = exps / exps.sum(axis=1, keepdims=True)
    picked = probabilities.gather(1, labels[:, None]).squeeze(1)
    return -torch.log(picked).mean(), probabilities


def by_rows(x: Any, grad_z: Any, eps: float) -> Any:
    """Row by row, by the matrix of a row's slopes."""
    rows = []
    for row, grad in zip(x, grad_z, strict=True):
        ones = torch.ones_like(row)
        spread = (row.var(unbiased=False) + eps).sqrt()
        z = (row - row.mean()) / spread
        slopes = torch.eye(len(row)) - (torch.outer(ones, ones) + torch.outer(z, z)) / len(row)
        rows.append(slopes @ grad / spread)
    return torch.stack(rows)


def step_by_step(x: Any, grad_z: Any, eps: float) -> Any:
    """Backward through each operation of the forward pass."""
    count = x.shape[1]
    centred = x - x.mean(1, keepdim=True)
    var = centred.square().sum(1, keepdim=True) / count
    factor = (var + eps).rsqrt()
    grad_factor = (grad_z * centred).sum(1, keepdim=True)
    grad_var = -0.5 * factor**3 * grad_factor
    grad_centred = grad_z * factor + 2 * centred * grad_var / count
    return grad_centred - grad_centred.mean(1, keepdim=True)


def normalised(
    formula: Callable[..., Any], dim: int = 1, *, eps_too: bool = True, **how: Any
) -> Callable[..., Any]:
    """A gradient from grad_z, z, the spread and a mean of one's own."""

    def answer(x: Any, grad_z: Any, eps: float) -> Any:
        var = x.var(dim, keepdim=True, **(how or {"correction": 0}))
        spread = torch.sqrt(var + eps if eps_too else var)
        z = (x - x.mean(dim, keepdim=True)) / spread
        return formula(grad_z, z, spread, lambda value: value.mean(dim, keepdim=True))

    return answer


def whole(g: Any, z: Any, spread: Any, mean: Callable[[Any], Any]) -> Any:
    """The right formula."""
    return (g - mean(g) - z * mean(g * z)) / spread


RIGHT: dict[str, tuple[int, Any]] = {
    "1, tensor": (1, stepped(torch.tensor)),
    "1, copy": (1, stepped(lambda w: torch.from_numpy(w.copy()), torch.Tensor.sub_)),
    "1, not in place": (1, stepped(torch.from_numpy)),
    "2, compared": (2, compared),
    "2, looped": (2, looped),
    "2, eye": (2, eye),
    "2, scattered": (2, scattered),
    "2, library": (2, library),
    "3, library": (3, softmax),
    "3, max": (3, softmax_by_max),
    "4, by rows": (4, by_rows),
    "4, step by step": (4, step_by_step),
    "4, formula": (4, normalised(whole)),
}


def unshifted(scores: Any, labels: Any) -> Any:
    """Softmax that overflows."""
    probabilities = scores.exp() / scores.exp().sum(1, keepdim=True)
    return -probabilities[range(len(labels)), labels].log().mean(), probabilities


def loss(of: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Right probabilities and another loss, of the probabilities and the picked ones."""

    def answer(scores: Any, labels: Any) -> Any:
        probabilities = scores.softmax(1)
        return of(probabilities, probabilities[range(len(labels)), labels]), probabilities

    return answer


def recorded(x: Any, grad_z: Any, eps: float) -> Any:
    """A gradient with a graph of its own."""
    leaf = x.clone().requires_grad_()
    z = torch.nn.functional.layer_norm(leaf, leaf.shape[1:], eps=eps)
    return torch.autograd.grad(z, leaf, grad_z, create_graph=True)[0]


WRONG: dict[str, tuple[int, Any, str]] = {
    "1, shared": (1, stepped(torch.from_numpy, torch.Tensor.sub_), "modified its input w1_array"),
    "1, added": (1, stepped(torch.tensor, torch.Tensor.add), "moved the wrong way"),
    "1, unchanged": (1, stepped(torch.tensor, lambda w, _: w), "as it was"),
    "1, single": (1, stepped(torch.tensor, lambda w, d: (w - d).float()), "has dtype float32"),
    "2, single": (2, lambda s, y: eye(s.float(), y), "has dtype torch.float32"),
    "2, always double": (2, lambda s, y: eye(s.double(), y), "has dtype torch.float64"),
    "2, whole": (2, lambda s, y: torch.nn.functional.one_hot(y, s.shape[1]), "torch.int64"),
    "2, device": (
        2,
        lambda s, y: torch.eye(s.shape[1], dtype=s.dtype)[y.cpu() if y.is_cpu else 0],
        "on device cpu",
    ),
    "2, mixed devices": (
        2,
        lambda s, y: torch.zeros(s.shape, dtype=s.dtype).scatter(1, y[:, None], 1),
        "on device cpu",
    ),
    "2, columns": (2, lambda s, y: torch.zeros_like(s).index_fill(1, y, 1), "whole columns"),
    "2, exchanged": (2, lambda s, y: 1 - eye(s, y), "exchanged"),
    "2, scores": (2, lambda s, y: s * eye(s, y), "the scores at the labels"),
    "3, unshifted": (3, unshifted, "contains NaN"),
    "3, columns": (3, lambda s, y: (softmax(s, y)[0], s.softmax(0)), "in each column"),
    "3, max": (3, lambda s, _: s - s.max(dim=1, keepdim=True), "raises TypeError"),
    "3, all classes": (3, loss(lambda p, _: -p.log().mean()), "over all classes"),
    "3, no logarithm": (3, loss(lambda _, picked: -picked.mean()), "logarithm is left out"),
    "3, mean first": (3, loss(lambda _, picked: -picked.mean().log()), "logarithm of a mean"),
    "3, sign": (3, loss(lambda _, picked: picked.log().mean()), "sign is flipped"),
    "3, sum": (3, loss(lambda _, picked: -picked.log().sum()), "a sum where the mean"),
    "3, float": (3, loss(lambda _, picked: -picked.log().mean().item()), "want a tensor"),
    "3, swapped": (3, lambda s, y: softmax(s, y)[::-1], "are swapped"),
    "4, fixed numbers": (4, normalised(lambda g, z, s, mean: g / s), "taken for fixed numbers"),
    "4, no mean": (4, normalised(lambda g, z, s, mean: (g - z * mean(g * z)) / s), "the mean"),
    "4, no spread": (4, normalised(lambda g, z, s, mean: (g - mean(g)) / s), "the spread"),
    "4, no z": (4, normalised(lambda g, z, s, mean: (g - mean(g) - mean(g * z)) / s), "it grows"),
    "4, variance": (4, normalised(lambda *given: whole(*given) / given[2]), "by the variance"),
    "4, sums": (
        4,
        normalised(lambda g, z, s, mean: whole(g, z, s, lambda v: v.sum(1, keepdim=True))),
        "count D_in times",
    ),
    "4, columns": (4, normalised(whole, 0), "down the columns"),
    "4, unbiased": (4, normalised(whole, correction=1), "divided by D_in - 1"),
    "4, no eps": (4, normalised(whole, eps_too=False), "eps under the root"),
    "4, sign": (4, normalised(lambda *given: -whole(*given)), "sign is flipped"),
    "4, recorded": (4, recorded, "is recorded by autograd"),
}


@pytest.mark.parametrize(("number", "answer"), RIGHT.values(), ids=RIGHT)
def test_other_right_answers_pass(number: int, answer: Callable[..., Any]) -> None:
    """Answers in another style are right."""
    verdict = check(f"tensors_by_hand.{number}", answer, seconds=60, why=True)
    assert verdict.right, verdict.text


@pytest.mark.parametrize(("number", "answer", "said"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake."""
    with np.errstate(all="ignore"):
        verdict = check(f"tensors_by_hand.{number}", answer, seconds=60, why=True)
    assert not verdict.right
    assert said in " ".join(verdict.text.split())
