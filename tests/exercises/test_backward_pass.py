"""Exercises on derived gradients: other right answers, and the mistakes that are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable


def relu(h: Any) -> Any:
    """The larger of h and 0."""
    return np.where(h > 0, h, 0)


def penalised(
    slope: Callable[[Any, float], Any], mask: Callable[[Any], Any] = lambda h: h > 0
) -> Callable[..., Any]:
    """Loss and gradients with a slope of the penalty."""

    def answer(x: Any, y: Any, w1: Any, w2: Any, penalty: float) -> Any:
        h = x @ w1
        error = relu(h) @ w2 - y
        grad_w1 = 2 * x.T @ ((error @ w2.T) * mask(h)) + slope(w1, penalty)
        grad_w2 = 2 * relu(h).T @ error + slope(w2, penalty)
        loss = (error**2).sum() + penalty * (np.vdot(w1, w1) + np.vdot(w2, w2))
        return loss, grad_w1, grad_w2

    return answer


def doubled(w: Any, penalty: float) -> Any:
    """The penalty's slope."""
    return 2 * penalty * w


def penalised_by_autograd(x: Any, y: Any, w1: Any, w2: Any, penalty: float) -> Any:
    """Let PyTorch do it."""
    x, y = torch.tensor(x), torch.tensor(y)
    leaves = [torch.tensor(w, requires_grad=True) for w in (w1, w2)]
    loss = ((x @ leaves[0]).relu() @ leaves[1] - y).square().sum()
    loss = loss + penalty * sum(w.square().sum() for w in leaves)
    loss.backward()
    return loss.item(), *(w.grad.numpy() for w in leaves if w.grad is not None)


def data(
    mask: Callable[[Any, Any], Any] = lambda h, _: h > 0, sign: float = -1
) -> Callable[..., Any]:
    """The data's gradients with a mask from h and from the gradient."""

    def answer(x: Any, y: Any, w1: Any, w2: Any) -> Any:
        h = x @ w1
        grad = 2 * (relu(h) @ w2 - y)
        back = np.einsum("nj,kj->nk", grad, w2)
        return np.einsum("nk,ik->ni", back * mask(h, back), w1), sign * grad

    return answer


def data_by_loops(x: Any, y: Any, w1: Any, w2: Any) -> Any:
    """The sums as the guide writes them."""
    h = x @ w1
    error = relu(h) @ w2 - y
    grad_x = np.zeros_like(x)
    for n, i in np.ndindex(*x.shape):
        for k, j in np.ndindex(*w2.shape):
            if h[n, k] > 0:
                grad_x[n, i] += 2 * error[n, j] * w2[k, j] * w1[i, k]
    return grad_x, 2 * (y - relu(h) @ w2)


def tied(
    combine: Callable[[Any, Any], Any], mask: Callable[[Any], Any] = lambda h: h > 0
) -> Callable[..., Any]:
    """What is made of the two ways through the layers."""

    def answer(x: Any, y: Any, w: Any) -> Any:
        h = x @ w
        grad = 2 * (relu(h) @ w.T - y)
        return combine(x.T @ ((grad @ w) * mask(h)), grad.T @ relu(h))

    return answer


def tied_by_names(x: Any, y: Any, w: Any) -> Any:
    """Two names for the two uses."""
    w1, w2 = w, w.T
    h = x @ w1
    grad = 2 * (relu(h) @ w2 - y)
    grad_w2 = relu(h).T @ grad
    grad_w1 = np.einsum("ni,nk->ik", x, (grad @ w2.T) * (h > 0))
    return grad_w1 + grad_w2.T


def three(
    first: Callable[[Any, Any], Any] = lambda h, _: h > 0,
    second: Callable[[Any, Any], Any] = lambda h, _: h > 0,
    *,
    raw: bool = False,
) -> Callable[..., Any]:
    """The three gradients with two masks."""

    def answer(x: Any, y: Any, w1: Any, w2: Any, w3: Any) -> Any:
        h1 = x @ w1
        h2 = relu(h1) @ w2
        grad = 2 * (relu(h2) @ w3 - y)
        back2 = grad @ w3.T
        grad_h2 = back2 * second(h2, back2)
        back1 = grad_h2 @ w2.T
        grad_h1 = back1 * first(h1, back1)
        return x.T @ grad_h1, (h1 if raw else relu(h1)).T @ grad_h2, relu(h2).T @ grad

    return answer


def three_by_a_loop(*inputs: Any) -> Any:
    """Any number of layers."""
    signal, y, *weights = inputs
    signals = [signal]
    for w in weights[:-1]:
        signals.append(relu(signals[-1] @ w))
    grad = 2 * (signals[-1] @ weights[-1] - y)
    grads = []
    for signal, w in zip(signals[::-1], weights[::-1], strict=True):
        grads.append(signal.T @ grad)
        grad = np.where(signal > 0, grad @ w.T, 0)
    return grads[::-1]


RIGHT = {
    "1, doubled": (1, penalised(doubled)),
    "1, added": (1, penalised(lambda w, penalty: penalty * w + penalty * w)),
    "1, autograd": (1, penalised_by_autograd),
    "2, einsum": (2, data()),
    "2, loops": (2, data_by_loops),
    "3, sum": (3, tied(np.add)),
    "3, names": (3, tied_by_names),
    "4, masks": (4, three()),
    "4, loop": (4, three_by_a_loop),
}


def ones(h: Any, _: Any = None) -> Any:
    """A mask that stops nothing."""
    return np.ones_like(h)


def from_zero(h: Any, _: Any = None) -> Any:
    """A mask that includes 0."""
    return h >= 0


WRONG: dict[str, tuple[int, Any, str]] = {
    "1, none": (1, penalised(lambda w, _: 0), "the penalty's gradient, which is left out"),
    "1, half": (1, penalised(lambda w, penalty: penalty * w), "half of what"),
    "1, itself": (1, penalised(lambda w, penalty: penalty * w**2), "the penalty itself"),
    "1, bare": (1, penalised(lambda w, _: 2 * w), "not multiplied by penalty"),
    "1, sign": (1, penalised(lambda w, penalty: -2 * penalty * w), "wrong sign"),
    "1, one weight": (
        1,
        lambda *inputs: (
            *penalised(doubled)(*inputs)[:2],
            penalised(lambda w, _: 0 * w)(*inputs)[2],
        ),
        "grad_w2: right but for the penalty's gradient",
    ),
    "1, mask": (1, penalised(doubled, ones), "mask is missing"),
    "2, mask": (2, data(ones), "mask is missing"),
    "2, zero": (2, data(from_zero), "exactly 0"),
    "2, gradient": (2, data(lambda _, grad: grad > 0), "the gradient's signs"),
    "2, sign": (2, data(sign=1), "grad_y: its sign is flipped"),
    "2, swapped": (2, lambda *inputs: data()(*inputs)[::-1], "swapped"),
    "3, first": (3, tied(lambda first, _: first), "the second layer, which is left out"),
    "3, second": (3, tied(lambda _, second: second), "the first layer, which is left out"),
    "3, mean": (3, tied(lambda first, second: (first + second) / 2), "the mean of both"),
    "3, less": (3, tied(lambda first, second: second - first), "subtracted"),
    "3, mask": (3, tied(np.add, ones), "mask is missing"),
    "3, zero": (3, tied(np.add, from_zero), "exactly 0"),
    "4, first mask": (4, three(ones), "the mask of h1"),
    "4, second mask": (4, three(second=ones), "the mask of h2"),
    "4, no mask": (4, three(ones, ones), "mask is missing"),
    "4, zero": (4, three(from_zero, from_zero), "exactly 0"),
    "4, raw": (4, three(raw=True), "what the second layer gets is h1_relu"),
    "4, order": (4, lambda *inputs: three()(*inputs)[::-1], "swapped"),
}


@pytest.mark.parametrize(("number", "answer"), RIGHT.values(), ids=RIGHT)
def test_other_right_answers_pass(number: int, answer: Callable[..., Any]) -> None:
    """Answers in another style are right."""
    verdict = check(f"backward_pass.{number}", answer, seconds=60, why=True)
    assert verdict.right, verdict.text


@pytest.mark.parametrize(("number", "answer", "said"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake."""
    verdict = check(f"backward_pass.{number}", answer, seconds=60, why=True)
    assert not verdict.right
    assert said in " ".join(verdict.text.split())
