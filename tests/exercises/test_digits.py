"""Answers to the exercises on the digits: loops with one fault each, and other styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from torch import Tensor


def loop(*faults: str) -> Any:
    """Exercise 2 with faults, and its list as a tensor."""

    def answer(net: Any, update: Any, batches: Any, held_out: Any, epochs: int) -> Any:
        found = []
        for epoch in range(epochs):
            if "never back" not in faults and not (epoch == 0 and "not at first" in faults):
                net.train()
            with torch.set_grad_enabled("all under no_grad" not in faults):
                for batch in batches:
                    update(net, *batch)
            net.train(mode="mode" in faults)
            images, classes = batches[0] if "images" in faults else held_out
            with torch.inference_mode("record" not in faults):
                halves = [net(images[:9]), net(images[9:])]
            found.append((torch.cat(halves).argmax(1) == classes).float().mean())
        return torch.stack(found[: 3 if "short" in faults else 4])

    return answer


def by_product(classes: Tensor, guesses: Tensor, C: int) -> Tensor:
    """Exercise 3 as a product of one-hot matrices."""
    one_hot = torch.nn.functional.one_hot
    return one_hot(classes, C).T @ one_hot(guesses, C)


def by_loop(counts: Tensor) -> Any:
    """Exercise 4 in single precision, row by row."""
    recall = torch.stack([row[k] / row.sum() for k, row in enumerate(counts)])
    return recall, torch.where(recall.isnan(), torch.inf, recall).argmin()


TRIED: list[tuple[int, Any, str]] = [
    (1, lambda b: torch.cat([s.argmax(1) == k for s, k in b]).float().mean(), "right"),
    (2, loop(), "right"),
    (2, loop("images"), "images that it trains with"),
    (2, loop("mode"), "in training mode while"),
    (2, loop("record"), "recorded by autograd"),
    (2, loop("not at first"), "in evaluation mode; switch"),
    (2, loop("never back"), "in evaluation mode; switch"),
    (2, loop("all under no_grad"), "autograd is switched off"),
    (2, loop("short"), "holds 3 numbers; want 4"),
    (2, lambda net, *_: [], "update is called 0 times"),
    (3, by_product, "right"),
    (3, lambda k, g, C: by_product(g, k, C), "transposed"),
    (3, lambda k, g, C: by_product(k, g, C).double(), "dtype"),
    (4, by_loop, "right"),
]


@pytest.mark.parametrize(("number", "answer", "said"), TRIED, ids=range(len(TRIED)))
def test_a_loop_may_have_no_fault(number: int, answer: Any, said: str) -> None:
    """Each fault of a loop is told; results may come in any style that the statement allows."""
    assert said in check(f"digits.{number}", answer, why=True).text
