"""Exercises on creating tensors: memory as it comes, noise from a generator."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit
from twolayer.exercises.values import is_tensor, kind_of

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()
UNWRITTEN = (
    "some elements were never written, so they hold whatever was in memory. The check fills new memory with "
    "NaN, as deterministic mode does; without it, you may see zeros"
)


def on_marked_memory(answer: Any, inputs: Inputs) -> Any:
    """Spread x where new memory holds no numbers, as in deterministic mode, and once on meta."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    x = inputs["x"]
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("warn")  # the mode, without a second's import of a compiler
    try:
        result = answer(x)
    finally:
        torch.set_deterministic_debug_mode(before)
    elsewhere = x.to("meta", torch.float16)
    try:
        there = answer(elsewhere)
    except (NotImplementedError, RuntimeError) as error:
        text = f"your code works on the CPU, but with an x on meta it raises: {error}"
        raise DiagnosisError(diagnoses.KNOWN(name="result", text=text)) from error
    if is_tensor(there):
        like(there, elsewhere, "the result for an x on meta", result.shape)
    if is_tensor(result) and result.isnan().any():
        place = f", first at {tuple(result.isnan().nonzero()[0].tolist())}"
        symptom = diagnoses.ENTRY(name="result", place=place, given="nan", wanted="0")
        found = diagnoses.KNOWN(name="result", text=UNWRITTEN)
        raise DiagnosisError(found._replace(symptom=symptom.text))
    return result


def like(given: Any, x: Tensor, name: str, shape: Any) -> None:
    """Stop if something isn't a tensor of this shape, on the device and in the dtype of x."""
    if not is_tensor(given):
        raise DiagnosisError(diagnoses.WRONG_TYPE(name=name, given=kind_of(given), wanted="tensor"))
    for kind, one, wanted in (
        (diagnoses.WRONG_SHAPE, tuple(given.shape), tuple(shape)),
        (diagnoses.WRONG_DEVICE, given.device, x.device),
        (diagnoses.WRONG_DTYPE, given.dtype, x.dtype),
    ):
        if one != wanted:
            raise DiagnosisError(kind(name=name, given=one, wanted=wanted))


def spread_out(x: Tensor) -> Tensor:
    """Pairs of a number and a zero, laid out as one line."""
    import torch  # noqa: PLC0415 - as above

    return torch.stack([x, torch.zeros_like(x)], dim=2).flatten(start_dim=1)


@lesson.exercise(
    "Zeros by luck",
    draw=given(x="normal N D"),
    wanted=spread_out,
    run=on_marked_memory,
    gives="result",
    tensors=True,
    mistakes=(
        Edit("the zeros come before each column of x; put them after it", ("::2", "1::2")),
        Edit("the zeros come after all columns of x; put one column after each", ("::2", ":D")),
        Edit(
            "each column is there twice; put zeros in the second place",
            ("return result", "return x.repeat_interleave(2, dim=1)"),
        ),
    ),
    hints=(
        "Which elements of ``result`` does the function write, and which does it never touch?",
        "Ask for memory that is already filled. The tensor ``x`` has a method that makes zeros of its own dtype, on "
        "its own device.",
    ),
    stub="known-mistake",
)
def spread(x: Tensor) -> Tensor:
    """The columns of x, with a column of zeros after each."""
    N, D = x.shape
    result = x.new_zeros(N, 2 * D)
    result[:, ::2] = x
    return result


def draw_numbers(draw: Draw) -> Inputs:
    """Ten thousand numbers in each of several shapes and dtypes."""
    import torch  # noqa: PLC0415 - as above

    shape = ((100, 100), (10_000,), (20, 50, 10), (200, 50))[draw.case]
    dtype = (torch.float32, torch.float64, torch.bfloat16, torch.float16)[draw.case]
    std = (0.5, 3.0, 0.25, 2.0)[draw.case]
    return {"x": torch.tensor(draw.normal(*shape), dtype=dtype), "std": std, "seed": 7 + draw.case}


def states() -> dict[str, Any]:
    """The states of the generators that a program shares."""
    import torch  # noqa: PLC0415 - as above

    return {
        "PyTorch": torch.get_rng_state().tolist(),
        "NumPy": repr(np.random.get_state(legacy=False)),  # noqa: NPY002 - readers use it
        "Python": random.getstate(),
    }


def noise_of(answer: Any, inputs: Inputs) -> tuple[float, float]:
    """The mean and the standard deviation of the noise, over std."""
    import torch  # noqa: PLC0415 - as above

    x, std, seed = inputs.values()
    old, before = x.clone(), states()
    noisy, after = answer(x, std, seed), states()
    like(noisy, old, "what your function returns", old.shape)
    again, another = answer(old.clone(), std, seed), answer(old.clone(), std, seed + 1)
    noise = (noisy.double() - old.double()) / std
    problems = {
        "there is none; x comes back unchanged": not noise.any(),
        "it is the same for all elements; draw once for each": float(noise.std()) < 0.1,
        "the same seed produces different noise the second time": not torch.equal(noisy, again),
        "it is the same for a different seed": torch.equal(noisy, another),
    }
    for text, found in problems.items():
        if found:
            raise DiagnosisError(diagnoses.KNOWN(name="the noise", text=text))
    for whose, state in before.items():
        if after[whose] != state:
            text = "your code seeds it or draws from it, which changes what the whole program draws"
            raise DiagnosisError(diagnoses.KNOWN(name=f"{whose}'s global generator", text=text))
    return float(noise.mean()), float(noise.std())


@lesson.exercise(
    "Noise without side effects",
    draw=draw_numbers,
    wanted=lambda *_: (0.0, 1.0),
    run=noise_of,
    gives="the noise's mean over std, the noise's standard deviation over std",
    tolerance=0.06,  # more than five standard deviations of both, for ten thousand numbers
    mistakes=(
        Edit("the noise is uniform; draw from the normal distribution", ("randn", "rand")),
        Edit("the noise is multiplied by std twice; multiply once", ("std *", "std * std *")),
        Edit("the noise is not multiplied by std", ("std * ", "")),
    ),
    hints=(
        "Whose state does ``torch.manual_seed`` set? What else draws from that generator?",
        "``torch.Generator`` makes a separate one, with a method ``manual_seed`` of its own. Functions such as "
        "``torch.randn`` accept it as the argument generator.",
    ),
    stub="known-mistake",
)
def add_noise(x: Tensor, std: float, seed: int) -> Tensor:
    """The tensor plus noise that depends only on the seed."""
    import torch  # noqa: PLC0415 - as above

    generator = torch.Generator().manual_seed(seed)
    return x + std * torch.randn(x.shape, generator=generator, dtype=x.dtype)
