"""Answers to the exercises on breaking it: right ones in other styles, typical mistakes."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from twolayer.exercises import check


def loop(
    *,
    column: bool = True,
    clear: tuple[bool, ...] = (True, True),
    loss_fn: Any = None,
    after: bool = False,
    sign: float = -1,
    one_by_one: bool = False,
    tensor: bool = False,
) -> Any:
    """Make a loop by autograd, right or not."""

    def train(*inputs: Any) -> Any:
        x, y, w1, w2, learning_rate, steps = inputs
        weights = [w.clone().requires_grad_() for w in (w1, w2)]
        measure = loss_fn or torch.nn.MSELoss(reduction="sum")
        target = y.view(-1, 1).expand(-1, 1) if column else y.expand(len(y), -1)
        history = []

        def compute() -> Any:
            y_pred = (x @ weights[0]).relu() @ weights[1]
            return measure(y_pred if column else y_pred.expand(-1, len(y)), target)

        for _ in range(steps):
            loss = compute()
            history.append(loss.detach())
            if one_by_one:
                (grad_w2,) = torch.autograd.grad(loss, weights[1], retain_graph=True)
                weights[1].data.add_(sign * learning_rate * grad_w2)
                (grad_w1,) = torch.autograd.grad(loss, weights[0])
                weights[0].data.add_(sign * learning_rate * grad_w1)
                continue
            loss.backward()
            with torch.no_grad():
                for w, cleared in zip(weights, clear, strict=True):
                    w += sign * learning_rate * w.grad
                    if cleared:
                        w.grad = None
            if after:
                history[-1] = compute().detach()
        return torch.stack(history) if tensor else [loss.item() for loss in history]

    return train


def by_optimizer(*inputs: Any) -> Any:
    """A loop with an optimizer, the prediction's axis dropped."""
    x, y, w1, w2, learning_rate, steps = inputs
    w1, w2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    optimizer = torch.optim.SGD([w1, w2], lr=learning_rate)
    history = []
    for _ in range(steps):
        loss = ((x @ w1).clamp(min=0) @ w2).squeeze(1).sub(y).pow(2).sum()
        history.append(loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history


def by_numbers(losses: list[float], live: float, zero_costs: float) -> str:
    """The order of the questions turned around."""
    last = losses[-1]
    if not (math.isfinite(sum(losses)) and last <= losses[0]):
        return "exploded"
    if last >= zero_costs / 4:
        return "slow" if live >= 0.1 else "died"
    return "learns"


def by_torch(losses: list[float], live: float, zero_costs: float) -> str:
    """With tensors."""
    history = torch.tensor(losses)
    if not torch.isfinite(history).all() or history[-1] > history[0]:
        return "exploded"
    if history[-1] < zero_costs / 4:
        return "learns"
    return "died" if live < 0.1 else "slow"


RIGHT = [
    ("break_it.1", loop()),
    ("break_it.1", loop(tensor=True)),
    ("break_it.1", by_optimizer),
    ("break_it.2", by_numbers),
    ("break_it.2", by_torch),
]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(id_: str, answer: object) -> None:
    """Answers in other styles are right."""
    verdict = check(id_, answer, why=True)
    assert verdict.right, verdict.text


def judge(**changes: Any) -> Any:
    """Make a judgement with a rule of its own for some words."""

    def judgement(losses: list[float], live: float, zero_costs: float) -> Any:
        for word, rule in changes.items():
            if rule(losses, live, zero_costs):
                return word
        return by_numbers(losses, live, zero_costs)

    return judgement


WRONG: list[tuple[str, Any, str, str]] = [
    ("break_it.1", loop(column=False), "known-mistake", "the first is wrong already"),
    (
        "break_it.1",
        loop(column=False, clear=(False, False)),
        "known-mistake",
        "the first is wrong already",
    ),
    ("break_it.1", loop(clear=(False, False)), "known-mistake", "each weight's grad still"),
    ("break_it.1", loop(clear=(False, True)), "known-mistake", "w1.grad still"),
    ("break_it.1", loop(clear=(True, False)), "known-mistake", "w2.grad still"),
    ("break_it.1", loop(loss_fn=torch.nn.MSELoss()), "known-mistake", "want their sum"),
    ("break_it.1", loop(after=True), "known-mistake", "after each update"),
    ("break_it.1", loop(sign=1), "known-mistake", "it climbs"),
    ("break_it.1", loop(one_by_one=True), "known-mistake", "the w2 after its update"),
    ("break_it.1", lambda *inputs: loop()(*inputs)[:-1], "wrong-shape", "losses"),
    ("break_it.1", lambda *inputs: loop()(*inputs)[-1], "wrong-type", "float"),
    ("break_it.1", print, "returns-none", "losses"),
    (
        "break_it.2",
        judge(
            exploded=lambda losses, *_: math.inf in losses[-1:],
            slow=lambda ls, *_: ls[-1] != ls[-1],
        ),
        "known-mistake",
        "comparison with NaN",
    ),
    ("break_it.2", judge(died=lambda _, live, __: live < 0.1), "known-mistake", "NaN"),
    (
        "break_it.2",
        judge(died=lambda ls, live, _: live < 0.1 and ls[-1] < 1e4),
        "known-mistake",
        "does it fit?",
    ),
    (
        "break_it.2",
        judge(learns=lambda ls, _, cost: ls[-1] < cost),
        "known-mistake",
        "below a quarter",
    ),
    ("break_it.2", judge(exploded=lambda ls, *_: ls[1] > ls[0]), "known-mistake", "overshoots"),
    ("break_it.2", judge(slow=lambda ls, *_: 160 < ls[-1] < 1e9), "known-mistake", "'slow'"),
    (
        "break_it.2",
        judge(learns=lambda ls, *_: ls[-1] < 160),
        "known-mistake",
        "targets are smaller",
    ),
    ("break_it.2", judge(explodes=lambda *_: True), "known-mistake", "want one of 'died'"),
    ("break_it.2", lambda *_: True, "wrong-type", "bool"),
    ("break_it.2", print, "returns-none", "returns"),
    ("break_it.2", lambda *_: ..., "empty", "returns"),
]


@pytest.mark.parametrize(("id_", "answer", "diagnosis", "said"), WRONG, ids=range(len(WRONG)))
def test_mistakes_are_named(id_: str, answer: object, diagnosis: str, said: str) -> None:
    """Each typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == diagnosis, verdict.text
    assert said in verdict.text
