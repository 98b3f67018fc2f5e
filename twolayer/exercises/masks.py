"""The mistakes that can be made with the mask of ReLU, for each lesson that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.values import Array


def relu_mistakes(
    with_mask: Callable[[Callable[[Array, Array], Array]], Callable[..., Any]],
) -> tuple[Mistake, ...]:
    """List the mistakes that can be made with the mask of ReLU.

    Args:
        with_mask: Gets a function of h and of the gradient that arrives at h_relu, which gives a mask
            or slopes; returns the backward pass that uses it.

    Returns:
        The mistakes.
    """
    return (
        Mistake(diagnoses.MASK_MISSING, with_mask(lambda h, _: np.ones_like(h))),
        Mistake(diagnoses.MASK_INVERTED, with_mask(lambda h, _: h <= 0)),
        Mistake(diagnoses.MASK_INVERTED, with_mask(lambda h, _: h < 0)),
        Mistake(diagnoses.MASK_INCLUDES_ZERO, with_mask(lambda h, _: h >= 0)),
        Mistake(diagnoses.MASK_WRONG_ARRAY, with_mask(lambda _, grad: grad > 0)),
    )
