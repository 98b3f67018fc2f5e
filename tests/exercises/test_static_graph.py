"""Exercises on graphs: other right answers, and the mistakes that are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check

if TYPE_CHECKING:
    from collections.abc import Callable


def decided(choose: Callable[[Any], Any]) -> Callable[..., Any]:
    """What is chosen from h."""

    def answer(x: Any, w1: Any) -> Any:
        return choose(x @ w1)

    return answer


def weighed(h: Any) -> Any:
    """Both branches, one of them times 0."""
    positive = (h.sum() > 0).to(h.dtype)
    return positive * h.relu() + (1 - positive) * -h


def looped(
    body: Callable[[Any, Any], Any],
    condition: Callable[[Any, Any], Any] = lambda h, _: h.norm() > 1,
) -> Callable[..., Any]:
    """The loop with a body of its own."""

    def answer(h: Any) -> Any:
        return torch.while_loop(condition, body, (h, torch.zeros((), dtype=torch.int64)))

    return answer


def computed(h: Any) -> Any:
    """The number of turns by a logarithm."""
    count = h.norm().log2().ceil().clamp(min=0)
    return h / 2**count, count


def swapped_state(h: Any) -> Any:
    """The count first in what goes from turn to turn."""
    count, h = torch.while_loop(
        lambda _, h: (h**2).sum() > 1,
        lambda count, h: (count + 1, 0.5 * h),
        (torch.tensor(0), h),
    )
    return h, count


RIGHT: dict[str, tuple[int, Any]] = {
    "1, whole numbers": (1, (6, 13)),
    "1, tensors": (1, [torch.tensor(6.0), torch.tensor(13.0)]),
    "2, method": (2, lambda a, b, c: c.addmm(a, b, beta=-1)),
    "2, named": (2, lambda a, b, c: torch.addmm(input=c, mat1=a, mat2=b, alpha=1, beta=-1)),
    "3, where": (3, decided(lambda h: torch.where(h.sum() > 0, h.relu(), -h))),
    "3, weighed": (3, decided(weighed)),
    "3, cond": (
        3,
        decided(lambda h: torch.cond(h.sum() <= 0, lambda h: h * -1, lambda h: h.clamp(0), [h])),
    ),
    "4, computed": (4, computed),
    "4, state": (4, swapped_state),
}

WRONG: dict[str, tuple[int, Any, str]] = {
    "1, now": (1, (6, 6), "doesn't look at the settings again"),
    "1, then": (1, (13, 13), "runs its lines anew"),
    "1, loop": (1, (6, 11), "its turns are in it"),
    "1, if": (1, (6, 8), "the branch that was taken"),
    "1, order": (1, (13, 6), "the two are exchanged"),
    "1, one": (1, 13, "want a tuple"),
    "2, added": (2, lambda a, b, c: torch.addmm(c, a, b), "c is added"),
    "2, alpha": (2, lambda a, b, c: torch.addmm(c, a, b, alpha=-1, beta=-1), "alpha"),
    "2, turned": (2, lambda a, b, c: torch.addmm(c, a, b, alpha=-1), "its sign is flipped"),
    "2, product": (2, lambda a, b, c: torch.mm(a, b), "right but for c"),
    "2, two": (2, lambda a, b, c: a @ b - c, "of 2 operations (matmul, sub)"),
    "2, minus": (2, lambda a, b, c: torch.addmm(-c, a, b), "of 2 operations"),
    "3, if": (3, decided(lambda h: h.relu() if h.sum() > 0 else -h), "a Python `if`"),
    "3, item": (3, decided(lambda h: h.relu() if h.sum().item() > 0 else -h), "a Python `if`"),
    "3, float": (3, decided(lambda h: h.relu() if float(h.sum()) > 0 else -h), "refuses"),
    "3, entries": (3, decided(lambda h: torch.where(h > 0, h.relu(), -h)), "decides alone"),
    "3, exchanged": (
        3,
        decided(lambda h: torch.where(h.sum() > 0, -h, h.relu())),
        "are both exchanged",
    ),
    "3, one": (3, decided(torch.relu), "is one missing"),
    "3, other": (3, decided(torch.neg), "is one missing"),
    "4, stays": (4, looped(lambda h, count: (h / 2, count.clone())), "stays 0"),
    "4, starts at one": (4, lambda h: (computed(h)[0], computed(h)[1] + 1), "one too many"),
    "4, once": (4, lambda h: (h / 2, computed(h)[1]), "halved once"),
    "4, not at all": (4, lambda h: (h + 0, computed(h)[1]), "as it was"),
    "4, alone": (4, lambda h: computed(h)[0], "want 2: h, count"),
}


@pytest.mark.parametrize(("number", "answer"), RIGHT.values(), ids=RIGHT)
def test_other_right_answers_pass(number: int, answer: object) -> None:
    """Answers in another style are right."""
    verdict = check(f"static_graph.{number}", answer, why=True)
    assert verdict.right, verdict.text


@pytest.mark.parametrize(("number", "answer", "said"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_named(number: int, answer: object, said: str) -> None:
    """The verdict names the mistake."""
    verdict = check(f"static_graph.{number}", answer, why=True)
    assert not verdict.right
    assert said in " ".join(verdict.text.split())


def test_a_capture_says_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    """What PyTorch logs of a capture that fails is dropped."""
    check("static_graph.3", decided(lambda h: h.relu() if float(h.sum()) > 0 else -h), why=True)
    assert not capfd.readouterr().err


@pytest.mark.parametrize("turns", range(12))
def test_no_fixed_number_of_turns_passes(turns: int) -> None:
    """A loop that always makes as many turns is wrong, however many."""

    def answer(h: Any) -> Any:
        return h / 2**turns, torch.tensor(turns)

    verdict = check("static_graph.4", answer, why=True)
    assert not verdict.right
    assert verdict.diagnosis != "raises"
