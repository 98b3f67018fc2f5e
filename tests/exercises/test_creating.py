"""Answers to the exercises on creating tensors: right ones in other styles, typical mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from twolayer.exercises import check
from twolayer.exercises.lessons.creating import kept

if TYPE_CHECKING:
    from torch import Tensor


def filled_later(x: Tensor) -> Tensor:
    """Memory as it comes, of which every number is written."""
    result = x.new_empty(x.shape[0], 2 * x.shape[1])
    result[:, ::2] = x
    result[:, 1::2] = 0
    return result


def stacked(x: Tensor) -> Tensor:
    """Pairs of a number and a zero, laid out as one line."""
    return torch.stack([x, torch.zeros_like(x)], dim=2).flatten(start_dim=1)


def normal_in_place(x: Tensor, std: float, seed: int) -> Tensor:
    """Noise drawn in place, with its standard deviation."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    return x + torch.empty_like(x).normal_(0, std, generator=generator)


def forked(x: Tensor, std: float, seed: int) -> Tensor:
    """PyTorch's own generator, put back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return x + std * torch.randn_like(x)


RIGHT: list[tuple[str, Any]] = [
    ("creating.1", filled_later),
    ("creating.1", stacked),
    ("creating.2", {code: ", ".join(words) for code, words in kept().items()}),
    ("creating.2", {code: sorted(words) for code, words in kept().items()}),
    ("creating.3", normal_in_place),
    ("creating.3", forked),
]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(id_: str, answer: object) -> None:
    """Answers in other styles are right."""
    verdict = check(id_, answer, why=True)
    assert verdict.right, verdict.text


def lucky(x: Tensor) -> Tensor:
    """Read memory that nobody wrote."""
    result = x.new_empty(x.shape[0], 2 * x.shape[1])
    result[:, ::2] = x
    return result


def default_dtype(x: Tensor) -> Tensor:
    """Zeros of the default dtype."""
    result = torch.zeros(x.shape[0], 2 * x.shape[1])
    result[:, ::2] = x
    return result


def zeros_first(x: Tensor) -> Tensor:
    """The zeros before the columns."""
    return torch.stack([torch.zeros_like(x), x], dim=2).flatten(start_dim=1)


def noise(seed: int, shape: tuple[int, ...], **kinds: Any) -> Tensor:
    """Noise from a generator of its own."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), **kinds)


def even(x: Tensor, std: float, seed: int) -> Tensor:
    """Noise from the even distribution."""
    generator = torch.Generator().manual_seed(seed)
    return x + std * torch.rand(x.shape, generator=generator, dtype=x.dtype)


def seeding(x: Tensor, std: float, seed: int) -> Tensor:
    """Seed PyTorch's own generator."""
    torch.manual_seed(seed)
    return x + std * torch.randn_like(x)


def in_place(x: Tensor, std: float, seed: int) -> Tensor:
    """Add to the input itself."""
    return x.add_(std * noise(seed, x.shape, dtype=x.dtype))


def drawing(x: Tensor, std: float, seed: int) -> Tensor:
    """The noise from a generator of its own, and a draw from PyTorch's."""
    torch.rand(1)
    return x + std * noise(seed, x.shape, dtype=x.dtype)


NOT_LIKE = {**kept(), "torch.zeros_like(x)": {"shape", "dtype", "device"}}
WRONG: list[tuple[str, Any, str, str]] = [
    ("creating.1", lucky, "known-mistake", "never written"),
    ("creating.1", default_dtype, "wrong-dtype", "float32"),
    ("creating.1", zeros_first, "known-mistake", "behind it"),
    ("creating.1", lambda x: x.repeat_interleave(2, dim=1), "known-mistake", "twice"),
    ("creating.2", NOT_LIKE, "known-mistake", "1 of 7 is wrong, first `torch.zeros_like(x)`"),
    ("creating.2", {**kept(), "torch.zeros_like(x)": "size"}, "not-the-kind", "'size'"),
    ("creating.2", {**kept(), "torch.zeros(x.shape)": {}}, "known-mistake", "torch.zeros(x.shape)"),
    ("creating.3", seeding, "known-mistake", "own generator was seeded"),
    ("creating.3", drawing, "known-mistake", "own generator was drawn from"),
    ("creating.3", lambda x, std, _: x + std * torch.randn_like(x), "known-mistake", "other noise"),
    ("creating.3", even, "known-mistake", "never below 0"),
    ("creating.3", in_place, "known-mistake", "into its input x"),
    ("creating.3", lambda x, std, seed: x + std * noise(seed, (1,)), "known-mistake", "one draw"),
    ("creating.3", lambda x, _, seed: x + noise(seed, x.shape), "known-mistake", "multiplied"),
    (
        "creating.3",
        lambda x, std, seed: x + std**2 * noise(seed, x.shape),
        "known-mistake",
        "twice",
    ),
    (
        "creating.3",
        lambda x, std, _: x + std * noise(0, x.shape),
        "known-mistake",
        "for another seed",
    ),
    ("creating.3", lambda x, std, _: x + 0 * std, "known-mistake", "another seed"),
    ("creating.3", lambda x, _, seed: noise(seed, x.shape), "wrong-dtype", "float32"),
    (
        "creating.3",
        lambda x, std, seed: x + std * noise(seed, x.shape, dtype=torch.double),
        "wrong-dtype",
        "float64",
    ),
]


@pytest.mark.parametrize(("id_", "answer", "diagnosis", "said"), WRONG, ids=range(len(WRONG)))
def test_mistakes_are_named(id_: str, answer: object, diagnosis: str, said: str) -> None:
    """Each typical mistake gets its own diagnosis."""
    verdict = check(id_, answer, why=True)
    assert verdict.diagnosis == diagnosis, verdict.text
    assert said in verdict.text


def test_the_checks_leave_modes_and_generators_as_they_are() -> None:
    """Neither deterministic mode nor PyTorch's own generator is changed by a check."""
    before = torch.get_rng_state()
    check("creating.1", lucky, why=True)
    check("creating.3", seeding, why=True)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_deterministic_debug_mode() == 0
