"""The exercises on the digits: answers in other styles, and typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def accuracy_by_loop(scores: Tensor, classes: Tensor) -> float:
    """Exercise 1 sample by sample."""
    return sum(int(row.argmax() == k) for row, k in zip(scores, classes, strict=True)) / len(scores)


def accuracy_as_tensor(scores: Tensor, classes: Tensor) -> Any:
    """Exercise 1 as a tensor of single precision."""
    return (scores.max(-1).indices == classes).float().mean()


def history_by_helper(net: Any, update: Any, batches: Any, held_out: Any, epochs: int) -> list[Any]:
    """Exercise 2 with the lesson's evaluate."""

    @torch.inference_mode()
    def evaluate() -> Any:
        net.train(mode=False)
        right = net(held_out[0]).argmax(1).eq(held_out[1])
        net.train()
        return right.float().mean()

    found = []
    for _ in range(epochs):
        for batch in batches:
            update(net, *batch)
        found.append(evaluate())
    return found


def history_twice(net: Any, update: Any, batches: Any, held_out: Any, epochs: int) -> Tensor:
    """Exercise 2 that also evaluates before the first epoch, and gives a tensor."""
    images, classes = held_out
    found = []
    for epoch in range(epochs + 1):
        net.eval()
        with torch.no_grad():
            found.append((net(images).argmax(dim=1) == classes).float().mean())
        net.train()
        for batch_images, batch_classes in batches if epoch < epochs else ():
            update(net, batch_images, batch_classes)
    return torch.stack(found[1:])


def confusion_by_loop(classes: Tensor, guesses: Tensor, C: int) -> Tensor:
    """Exercise 3 in a loop."""
    counts = torch.zeros(C, C, dtype=torch.long)
    for pair in zip(classes, guesses, strict=True):
        counts[pair] += 1
    return counts


def confusion_by_product(classes: Tensor, guesses: Tensor, C: int) -> Tensor:
    """Exercise 3 as a product of one-hot matrices."""
    one_hot = torch.nn.functional.one_hot
    return one_hot(classes, C).T @ one_hot(guesses, C)


def confusion_by_put(classes: Tensor, guesses: Tensor, C: int) -> Tensor:
    """Exercise 3 with an index that adds up."""
    ones = torch.ones_like(classes)
    return torch.zeros(C, C, dtype=torch.long).index_put_((classes, guesses), ones, accumulate=True)


RIGHT = [
    (1, accuracy_by_loop),
    (1, accuracy_as_tensor),
    (2, history_by_helper),
    (2, history_twice),
    (3, confusion_by_loop),
    (3, confusion_by_product),
    (3, confusion_by_put),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right(
    number: int, answer: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer in another style than the solution's is right."""
    assert check(f"digits.{number}", answer, why=True).right, capsys.readouterr().out


def loop(
    *,
    mode: bool = True,
    off: bool = True,
    back: bool = True,
    train: bool = False,
    once: bool = False,
    wrong: bool = False,
) -> Callable[..., Any]:
    """Exercise 2 with faults."""

    def answer(net: Any, update: Any, batches: Any, held_out: Any, epochs: int) -> list[float]:
        found = []
        for epoch in range(epochs):
            if back or epoch == 0:
                net.train()
            for batch in batches:
                update(net, *batch)
            if once and epoch < epochs - 1:
                continue
            if mode:
                net.eval()
            images, classes = batches[0] if train else held_out
            with torch.set_grad_enabled(not off):
                guesses = net(images).argmax(dim=1)
            right = guesses != classes if wrong else guesses == classes
            found.append(right.double().mean().item())
        return found

    return answer


def plain_assignment(classes: Tensor, guesses: Tensor, C: int) -> Tensor:
    """Exercise 3 with an index that does not add up."""
    counts = torch.zeros(C, C, dtype=torch.long)
    counts[classes, guesses] += 1
    return counts


def no_updates(net: Any, *args: Any) -> list[float]:
    """Exercise 2 without training."""
    del net, args
    return []


WRONG = [
    (1, lambda s, k: (s.argmax(1) == k).sum(), "want their share"),
    (1, lambda s, k: (s.argmax(1) == k).sum().item(), "the number of right guesses"),
    (1, lambda s, k: (s.argmax(1) != k).double().mean(), "share of wrong guesses"),
    (1, lambda s, k: 100 * accuracy_by_loop(s, k), "in per cent"),
    (1, lambda s, k: (s.argmin(1) == k).double().mean(), "lowest score"),
    (1, lambda s, k: (s.argmax(1) == k).sum() / s.numel(), "number of scores"),
    (1, lambda s, k: (s.argmax(1) == k).sum().item() // len(s), "rounded down"),
    (1, lambda s, k: (s.argmax(1) == k).double(), "has shape"),
    (2, loop(train=True), "images that it trains with"),
    (2, loop(mode=False), "in training mode while"),
    (2, loop(off=False), "recorded by autograd"),
    (2, loop(back=False), "switch back"),
    (2, loop(once=True), "give 1 results"),
    (2, loop(wrong=True), "epoch 1"),
    (2, no_updates, "update is called 0 times"),
    (2, lambda *args: [].extend(loop()(*args)), "is None"),
    (3, lambda k, g, C: confusion_by_loop(g, k, C), "rows and columns are swapped"),
    (3, lambda k, g, C: torch.bincount(C * k + g, minlength=C * C), "one row of all pairs"),
    (3, lambda k, g, C: torch.bincount(C * k + g), "the last pair that occurs"),
    (3, lambda k, g, C: torch.bincount(C * k + g).view(C, C), "RuntimeError"),
    (3, lambda k, g, C: torch.bincount(k + g, minlength=C * C).view(C, C), "the same number"),
    (3, plain_assignment, "no count is above 1"),
    (3, lambda k, g, C: confusion_by_loop(k, g, C).double(), "dtype"),
]


@pytest.mark.parametrize(("number", "answer", "said"), WRONG)
def test_a_typical_mistake_is_named(number: int, answer: Callable[..., Any], said: str) -> None:
    """The verdict names the mistake that the answer makes."""
    verdict = check(f"digits.{number}", answer, why=True)
    assert not verdict.right
    assert said in verdict.text
