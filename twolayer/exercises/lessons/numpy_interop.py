"""Exercises on tensors and NumPy: shared memory, and two dtypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit

if TYPE_CHECKING:
    from torch import Tensor

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw
    from twolayer.exercises.values import Array

lesson = Lesson()


@lesson.exercise(
    "A history that repeats itself",
    draw=given(w="normal D", grads="normal steps D", learning_rate="number 0.1 0.9"),
    wanted=lambda w, grads, learning_rate: w - learning_rate * np.cumsum(grads, axis=0),
    gives="history",
    starts={"history": "w"},
    mistakes=(
        Edit(
            "each row holds the last step's weights, because the next step writes into the memory that you keep; "
            "keep a copy",
            (".copy()", ""),
        ),
        Edit(
            "each row holds the starting weights; keep the new ones",
            ("weights.numpy().copy()", "w"),
        ),
        Edit(
            "each row holds the weights from before its step; keep those after it",
            ("weights -= ", "kept.append(weights.numpy().copy())\n        weights -= "),
            ("* grad\n        kept.append(weights.numpy().copy())", "* grad"),
        ),
        Edit("each step starts from w", ("weights -= ", "weights = torch.tensor(w) - ")),
    ),
    hints=(
        "How many blocks of memory does this function use for weights, and which names refer to them?",
        "All names refer to the memory of ``w``. Copy in two places: once before the first step, and once for "
        "each row that is kept.",
    ),
    stub="known-mistake",
)
def history(w: Array, grads: Array, learning_rate: float) -> Array:
    """The weights after each step."""
    import torch  # noqa: PLC0415 - takes a second, so only checks import it

    weights = torch.tensor(w)
    kept = []
    for grad in torch.from_numpy(grads):
        weights -= learning_rate * grad
        kept.append(weights.numpy().copy())
    return np.stack(kept)


def draw_product(draw: Draw) -> Inputs:
    """A float64 array, and tracked float32 weights."""
    import torch  # noqa: PLC0415 - as above

    N, D_in, D_out = draw.sizes("N", "D_in", "D_out")
    w = torch.tensor(draw.normal(D_in, D_out), dtype=torch.float32, requires_grad=True)
    return {"x": draw.normal(N, D_in), "w": w}


@lesson.exercise(
    "float64 meets float32",
    draw=draw_product,
    wanted=lambda x, w: x.astype(np.float32) @ w.detach().numpy(),
    gives="y_pred",
    flags=True,
    tolerance=1e-5,
    hints=(
        "The message names two dtypes. Which of the two tensors may change its dtype?",
        "Convert ``x`` to the dtype of ``w`` before the product. Then read the next error message: it names the "
        "method that lets the result become an array.",
    ),
    stub="raises",
)
def predict(x: Array, w: Tensor) -> Array:
    """The product of an array and tracked weights, as an array of the weights' dtype."""
    import torch  # noqa: PLC0415 - as above

    y_pred = torch.from_numpy(x).to(w.dtype) @ w
    return y_pred.detach().numpy()
