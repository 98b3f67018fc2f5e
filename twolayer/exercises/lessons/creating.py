"""Exercises on creating tensors: memory as it comes, what is kept, noise from a generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate, each_entry
from twolayer.exercises.computation import Computation, Inputs
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import is_tensor, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from twolayer.exercises.diagnoses import Diagnosis

# 1. Memory as it comes


def spread(x: Tensor) -> Tensor:
    """The columns of x, with a column of zeros behind each."""
    N, D = x.shape
    result = x.new_zeros(N, 2 * D)
    result[:, ::2] = x
    return result


def _spread_with(between: float, *, first: int = 0) -> Callable[[Tensor], Tensor]:
    """Spread with other numbers in between, or from another column on."""

    def variant(x: Tensor) -> Tensor:
        import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

        result = torch.full((x.shape[0], 2 * x.shape[1]), between, dtype=x.dtype)
        for column in range(x.shape[1]):
            result[:, 2 * column + first] = x[:, column]
        return result

    return variant


@dataclass(frozen=True, kw_only=True)
class _MarkedMemory(Computation):
    """A computation during which PyTorch marks new memory as no numbers, as deterministic mode does."""

    def _run(self, answer: Any, inputs: Inputs) -> Any:
        import torch  # noqa: PLC0415 - as above

        before = torch.get_deterministic_debug_mode()
        torch.set_deterministic_debug_mode(
            "error"
        )  # the mode, without a second's import of a compiler
        try:
            return super()._run(answer, inputs)
        finally:
            torch.set_deterministic_debug_mode(before)


_SPREAD = _MarkedMemory(
    draw=lambda draw: {"x": draw.normal(*draw.sizes("N", "D"))},
    wanted=_spread_with(0.0),
    returns=("result",),
    tensors=True,
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            _spread_with(float("nan")),
            text="the numbers between the columns of x were never written: they are what the memory held. "
            "The check fills such memory with what is no number, as deterministic mode does; without it you "
            "may see zeros",
        ),
        Mistake(
            diagnoses.KNOWN,
            _spread_with(0.0, first=1),
            text="the zeros stand before each column of x; want them behind it",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda x: x.repeat_interleave(2, dim=1),
            text="each column stands there twice; want zeros in the second place",
        ),
    ),
)

# 2. What is kept


def kept() -> dict[str, set[str]]:
    """In what each new tensor equals x."""
    return {
        "torch.zeros(x.shape)": {"shape"},
        "torch.zeros_like(x)": {"shape", "dtype", "device", "strides"},
        "torch.zeros_like(x, dtype=torch.float)": {"shape", "device", "strides"},
        "x.new_zeros(x.shape)": {"shape", "dtype", "device"},
        "x.new_tensor([1, 2])": {"dtype", "device"},
        "torch.rand(x.shape, dtype=x.dtype)": {"shape", "dtype"},
        "torch.ones_like(x, device='cpu')": {"shape", "dtype", "strides"},
    }


_WORDS = ("shape", "dtype", "device", "strides")


def _words(given: Any) -> object:
    """The words that a reader gives, as a set, or None if they are no such words."""
    if isinstance(given, str):
        given = given.replace(",", " ").split()
    if given == {}:
        given = ()  # what Python's empty braces are
    if not isinstance(given, set | frozenset | tuple | list):
        return None
    return set(given) if all(word in _WORDS for word in given) else None


def _kept(code: str) -> set[str]:
    import torch  # noqa: PLC0415 - as above

    x = torch.empty(3, 4, dtype=torch.double, device="meta").t()
    made = eval(code, {"torch": torch, "x": x})  # noqa: S307 - lines of this file
    equal = {
        "shape": made.shape == x.shape,
        "dtype": made.dtype == x.dtype,
        "device": made.device == x.device,
        "strides": made.stride() == x.stride(),
    }
    return {word for word in _WORDS if equal[word]}


_KINDS = 'a set of the words "shape", "dtype", "device", "strides"'
_LINES = {
    "torch.zeros(x.shape)": "What does it know of x, and where does the rest come from?",
    "torch.zeros_like(x)": (
        "What does it take from x? x is a transpose: does the new tensor walk its memory "
        "by rows or by columns?"
    ),
    "torch.zeros_like(x, dtype=torch.float)": "What is spelled out here, and what isn't?",
    "x.new_zeros(x.shape)": (
        "It gets a shape, not x, to follow. In which order does a new tensor of that shape lie?"
    ),
    "x.new_tensor([1, 2])": "The data have a shape; what is left to take from x, and is it?",
    "torch.rand(x.shape, dtype=x.dtype)": (
        "What is spelled out here? Where does a tensor lie, and in which order, if nobody says?"
    ),
    "torch.ones_like(x, device='cpu')": "What is spelled out here, and what isn't?",
}

_KEPT = each_entry(_LINES, _kept, read=_words, values=_KINDS)

# 3. Noise


def add_noise(x: Tensor, std: float, seed: int) -> Tensor:
    """The tensor with noise added that depends on the seed alone."""
    import torch  # noqa: PLC0415 - as above

    generator = torch.Generator().manual_seed(seed)
    return x + std * torch.randn(x.shape, generator=generator, dtype=x.dtype)


def _noise_problem(answer: Callable[[Tensor, float, int], Any]) -> Diagnosis | str | None:
    import torch  # noqa: PLC0415 - as above

    state = torch.get_rng_state()
    try:
        return _noisy(answer)
    finally:
        torch.set_rng_state(state)


def _noisy(answer: Callable[[Tensor, float, int], Any]) -> Diagnosis | str | None:
    import torch  # noqa: PLC0415 - as above

    torch.manual_seed(2)
    for dtype in (torch.float64, torch.float32):
        x = torch.linspace(-3, 3, 3000, dtype=dtype).view(60, 50)
        before, state = x.clone(), torch.get_rng_state()
        given = answer(x, 0.5, 7)
        found = _not_like(given, x)
        if found or not torch.equal(x, before):
            return found or "your code writes into its input x; want a new tensor"
        first = torch.get_rng_state()
        again = answer(x, 0.5, 7)
        if not torch.equal(given, again):
            return "the same seed gives other noise the second time; let the seed alone decide"
        if not torch.equal(first, state):
            return _disturbed(torch.equal(torch.get_rng_state(), first))
        if torch.equal(given, answer(x, 0.5, 8)):
            return "the noise is the same for another seed; let the seed decide"
        if unlike := _not_normal(((given - x) / 0.5).double().flatten()):
            return unlike
    return None


def _disturbed(starts_over: bool) -> str:  # noqa: FBT001 - a helper of one call
    """Say what happened to PyTorch's own generator."""
    did = "seeded" if starts_over else "drawn from"
    return (
        f"the noise is right, but PyTorch's own generator was {did}: the draws of the rest of the "
        "program change"
    )


def _not_like(given: Any, x: Tensor) -> Diagnosis | None:
    """Say what is wrong with the type, shape or dtype of the noisy tensor."""
    name = "what your function returns"
    if given is None:
        return diagnoses.NONE(name=name)
    if not is_tensor(given):
        return diagnoses.WRONG_TYPE(name=name, given=kind_of(given), wanted="tensor")
    if given.shape != x.shape:
        shapes = {"given": tuple(given.shape), "wanted": tuple(x.shape)}
        return diagnoses.WRONG_SHAPE(name=name, **shapes)
    if given.dtype != x.dtype:
        return diagnoses.WRONG_DTYPE(name=name, given=given.dtype, wanted=x.dtype)
    return None


def _not_normal(noise: Tensor) -> str | None:
    """Say how noise, divided by std, differs from what the standard normal distribution gives.

    The bounds are five standard deviations wide for 3000 numbers, so a right answer is never refused.
    """
    mean, spread_of, count = float(noise.mean()), float(noise.std()), len(noise)
    problem = None
    if float(noise.abs().max()) == 0:
        problem = "the result is the input again, without noise"
    elif spread_of < 1e-3:  # far below any noise
        problem = "the noise is the same for each number; want one draw for each"
    elif abs(spread_of - 0.5) < 5 * 0.5 / (2 * count) ** 0.5:
        problem = "the noise is too small, as if multiplied by std twice"
    elif abs(spread_of - 2) < 5 * 2 / (2 * count) ** 0.5:
        problem = "the noise is too large, as if not multiplied by std"
    elif float(noise.min()) >= 0:
        problem = (
            "the noise is never below 0; want the standard normal distribution, not the even one"
        )
    elif abs(spread_of - 1) > 5 / (2 * count) ** 0.5 or abs(mean) > 5 / count**0.5:
        problem = (
            f"the noise divided by std has mean {mean:.2f} and standard deviation {spread_of:.2f}; "
            "want 0 and 1, but for chance"
        )
    return problem


EXERCISES = (
    Exercise(
        number=1,
        title="Zeros that were luck",
        check=_SPREAD,
        hints=(
            "Which numbers of ``result`` does the function write, and which does it never touch?",
            "Ask for memory that is filled. The tensor ``x`` has a method that makes zeros of its own dtype and on its own device.",
        ),
        solution=spread,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="What does the new one keep?",
        check=_KEPT,
        hints=(
            "Who gets to see ``x`` itself: a function that is given x, or one that is given a shape?",
            "A function whose name ends in like sees all of ``x``, its strides too, and keeps what you don't spell out. A method of ``x`` "
            "that begins with new takes the dtype and the device, and lies in reading order. Others take the defaults.",
        ),
        solution=kept,
    ),
    Exercise(
        number=3,
        title="Noise that disturbs nobody",
        check=Predicate(
            test=_noise_problem, after="on two dtypes, with PyTorch's own generator watched"
        ),
        hints=(
            "Whose state does ``torch.manual_seed`` set? Who else draws from there?",
            "``torch.Generator`` makes another one, with a method ``manual_seed`` of its own, and functions that draw take it as the argument "
            "generator.",
        ),
        solution=add_noise,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
