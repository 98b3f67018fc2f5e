"""Exercises on tensors and NumPy: a shared memory to find, calls that share, two dtypes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import each_entry
from twolayer.exercises.computation import Computation
from twolayer.exercises.diagnoses import Diagnosis
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

# 1. A history of one moment


def history(w: Array, grads: Array, learning_rate: float) -> Array:
    """The weights after each step."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait

    weights = torch.tensor(w)
    kept = []
    for grad in torch.from_numpy(grads):
        weights -= learning_rate * grad
        kept.append(weights.numpy().copy())
    return np.stack(kept)


def _draw_steps(draw: Draw) -> dict[str, Any]:
    D, steps = draw.sizes("D", "steps")
    return {
        "w": draw.normal(D),
        "grads": draw.normal(steps, D),
        "learning_rate": draw.number(0.1, 0.9),
    }


def _after(w: Array, grads: Array, learning_rate: float) -> Array:
    """The weights after each step, from sums of gradients."""
    return np.asarray(w - learning_rate * np.cumsum(grads, axis=0))


def _before(w: Array, grads: Array, learning_rate: float) -> Array:
    return np.concatenate([w[None], _after(w, grads, learning_rate)[:-1]])


_HISTORY = Computation(
    draw=_draw_steps,
    wanted=_after,
    returns=("history",),
    starts={"history": "w"},
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda *inputs: np.repeat(_after(*inputs)[-1:], len(inputs[1]), axis=0),
            text="each of its rows holds the last step's weights; what you keep is the memory that the "
            "next step writes into, not the numbers of its moment",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda *inputs: np.repeat(_before(*inputs)[:1], len(inputs[1]), axis=0),
            text="each of its rows holds the weights from before the first step",
        ),
        Mistake(
            diagnoses.KNOWN,
            _before,
            text="each row holds the weights from before its step; want those after it",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda w, grads, learning_rate: w - learning_rate * grads,
            text="each step starts from w; want it to start where the one before ended",
        ),
    ),
)

# 2. Who shares memory?


def shares() -> dict[str, bool]:
    """Whether each line's result shares memory with the array a."""
    return {
        "torch.from_numpy(a.T).t()": True,  # two transposes are two descriptions
        "torch.from_numpy(a)[:, 1:]": True,  # a slice is a view
        "torch.from_numpy(a)[[0, 1]]": False,  # a list copies, whatever it picks
        "torch.from_numpy(a).t().reshape(6)": False,  # no strides describe that walk as a line
        "torch.from_numpy(a).reshape(3, 2)": True,  # here a view is possible
        "torch.as_tensor(a).double()": True,  # the dtype is float64 already
        "torch.as_tensor(a).float().numpy()": False,  # the change of dtype copied
        "torch.tensor(a)[0]": False,  # a view, but of the copy
        "torch.as_tensor(a.tolist())": False,  # a list has no memory to share
        "torch.from_numpy(a).requires_grad_().detach()": True,  # neither moves a number
    }


def _shares(code: str) -> bool:
    import torch  # noqa: PLC0415 - as above

    a = np.arange(6.0).reshape(2, 3)
    result = np.asarray(eval(code, {"np": np, "torch": torch, "a": a}))  # noqa: S307 - lines of this file
    return bool(np.shares_memory(result, a))


_LINES = {
    "torch.from_numpy(a.T).t()": "Does a transpose move a number, in either library?",
    "torch.from_numpy(a)[:, 1:]": "Do slices give a view or a copy?",
    "torch.from_numpy(a)[[0, 1]]": "Do lists of indices give a view or a copy?",
    "torch.from_numpy(a).t().reshape(6)": "Can one stride describe the walk through the columns?",
    "torch.from_numpy(a).reshape(3, 2)": "Can strides describe the new shape in the memory as it lies?",
    "torch.as_tensor(a).double()": "Which dtype has a, and which does double ask for?",
    "torch.as_tensor(a).float().numpy()": "Which dtype has a, and which does float ask for? Two dtypes don't fit one memory.",
    "torch.tensor(a)[0]": "The index gives a view; but of what?",
    "torch.as_tensor(a.tolist())": "What does tolist return, and what does it hold?",
    "torch.from_numpy(a).requires_grad_().detach()": "Which of these calls would have to move numbers?",
}

_SHARES = each_entry(_LINES, _shares)

# 3. float64 meets float32


def predict(x: Array, w: Tensor) -> Array:
    """The product of an array and tracked weights, as an array of the weights' dtype."""
    import torch  # noqa: PLC0415 - as above

    y_pred = torch.from_numpy(x).to(w.dtype) @ w
    return y_pred.detach().numpy()


def _draw_product(draw: Draw) -> dict[str, Any]:
    import torch  # noqa: PLC0415 - as above

    N, D_in, D_out = draw.sizes("N", "D_in", "D_out")
    x, w = draw.normal(N, D_in), draw.normal(D_in, D_out)
    return {"x": x, "w": torch.tensor(w, dtype=torch.float32).requires_grad_()}


@dataclass(frozen=True, kw_only=True)
class _InWeightsDtype(Computation):
    """A result whose dtype is that of the weights, while x has another."""

    def _precision(self, name: str, given: Any, wanted: Any) -> Diagnosis | None:
        problem = super()._precision(name, given, wanted)
        if problem and problem.name == diagnoses.WRONG_DTYPE.name:
            text = f"{name} has dtype {given.dtype}; want {wanted.dtype}, as the weights have"
            return Diagnosis(problem.name, text)
        return problem


_PREDICT = _InWeightsDtype(
    draw=_draw_product,
    wanted=lambda x, w: x.astype(np.float32) @ w.detach().numpy(),
    returns=("y_pred",),
    tolerance=1e-5,
)

EXERCISES = (
    Exercise(
        number=1,
        title="A history of one moment",
        check=_HISTORY,
        hints=(
            "How many blocks of memory for weights are there in this function, and which names lead to them?",
            "All names lead to the one block of ``w``. A copy must be made in two places: once before the first "
            "step, and once for each row that is kept.",
        ),
        solution=history,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="Who shares memory with the array?",
        check=_SHARES,
        hints=(
            "Take each line apart at its dots and brackets. Which part, if any, has to write numbers to a new place?",
            "Slices, transposes and ``detach`` only describe. An index by a list, a change of dtype, ``torch.tensor`` and ``tolist`` copy; ``reshape`` "
            "copies where strides can't describe the walk. Not sure? Run the line and ask ``np.shares_memory``.",
        ),
        solution=shares,
    ),
    Exercise(
        number=3,
        title="float64 meets float32",
        check=_PREDICT,
        hints=(
            "The message names two dtypes. Which of the two tensors may change its own?",
            "Ask ``w`` for its dtype and bring ``x`` to it before the product. Then look which of the tensor's attributes "
            "keeps it from becoming an array: the error names the method that helps.",
        ),
        solution=predict,
        stub="raises",
    ),
)
"""The exercises, in order."""
