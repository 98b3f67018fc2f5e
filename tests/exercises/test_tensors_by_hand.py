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


def backward(formula: Callable[[Any, Any, int], Any]) -> Callable[..., Any]:
    """A gradient from probabilities, table and batch size."""

    def answer(scores: Any, labels: Any) -> Any:
        return formula(scores.softmax(1), eye(scores, labels), len(labels))

    return answer


def through_softmax(scores: Any, labels: Any) -> Any:
    """Row by row, by the matrix of softmax's slopes."""
    rows = []
    for row, label in zip(scores.softmax(1), labels, strict=True):
        slopes = torch.diag(row) - torch.outer(row, row)
        rows.append(-slopes[label] / row[label] / len(labels))
    return torch.stack(rows)


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
    "4, table": (4, backward(lambda p, hot, n: (p - hot) / n)),
    "4, through softmax": (4, through_softmax),
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
    "4, no one": (4, backward(lambda p, hot, n: p / n), "the 1 at each label"),
    "4, no probability": (4, backward(lambda p, hot, n: -hot / n), "probability of each class"),
    "4, probabilities": (4, backward(lambda p, hot, n: -hot / p / n), "go on through softmax"),
    "4, label alone": (4, backward(lambda p, hot, n: hot * (p - 1) / n), "only the label's score"),
    "4, everywhere": (4, backward(lambda p, hot, n: (p - 1) / n), "from every entry"),
    "4, scores": (4, lambda s, y: (s - eye(s, y)) / len(y), "made from the scores"),
    "4, sum": (4, backward(lambda p, hot, n: p - hot), "a sum where the mean"),
    "4, sign": (4, backward(lambda p, hot, n: (hot - p) / n), "sign is flipped"),
}


@pytest.mark.parametrize(("number", "answer"), RIGHT.values(), ids=RIGHT)
def test_other_right_answers_pass(number: int, answer: Callable[..., Any]) -> None:
    """Answers in another style are right."""
    verdict = check(f"tensors_by_hand.{number}", answer, seconds=60)
    assert verdict.right, verdict.text


@pytest.mark.parametrize(("number", "answer", "said"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake."""
    with np.errstate(all="ignore"):
        verdict = check(f"tensors_by_hand.{number}", answer, seconds=60)
    assert not verdict.right
    assert said in " ".join(verdict.text.split())
