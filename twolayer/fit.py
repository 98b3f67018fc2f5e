"""The result of a fit, and the error raised when a fit diverges."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


class DivergedError(ArithmeticError):
    """The loss of a fit stopped being finite, usually because the learning rate is too high.

    Args:
        step: The first step, counted from 0, whose loss is not finite. If it equals the number of
            steps, every loss was finite but the weights after the last update aren't.
        last_finite_loss: The loss of the previous step, or None if there was none.
        learning_rate: The learning rate of the fit.
        losses: The finite losses before that step, in order.

    Examples:
        >>> from twolayer import random_problem
        >>> from twolayer.rungs import RUNGS
        >>> RUNGS["numpy_by_hand"].fit(random_problem(), learning_rate=1e-5)
        Traceback (most recent call last):
            ...
        twolayer.fit.DivergedError: at step 6 the loss is no longer finite; the last finite loss,
        at step 5, is 1.96517e+165; learning_rate: 1e-05 given; want a lower one
    """

    def __init__(
        self,
        step: int,
        last_finite_loss: float | None,
        learning_rate: float,
        losses: Sequence[float] = (),
    ) -> None:
        self.step = step
        self.last_finite_loss = last_finite_loss
        self.learning_rate = learning_rate
        self.losses = losses
        super().__init__(step, last_finite_loss, learning_rate)

    def __str__(self) -> str:
        """Name the step and the last finite loss, and say what to do."""
        if self.last_finite_loss is None:
            return (
                f"at step {self.step} the loss is not finite: even before the first update, the "
                "values are too large for the dtype; scale x, w1 and w2 down"
            )
        return (
            f"at step {self.step} the loss is no longer finite; the last finite loss, at step "
            f"{self.step - 1}, is {self.last_finite_loss:g}; learning_rate: "
            f"{self.learning_rate:g} given; want a lower one"
        )


@dataclass(frozen=True, eq=False)
class Fit:
    """The weights that a fit reached, and the losses on the way there.

    All arrays are read-only copies.

    Args:
        losses: The loss at each step, before that step's update, shape (steps,), float64.
        w1: The first layer's weights after the last step, shape (D_in, H).
        w2: The second layer's weights after the last step, shape (H, D_out).
        others: The network's other parameters by name: ``b1`` and ``b2`` if the layers have a
            bias, ``w_middle`` and ``b_middle`` if there is a middle layer.

    Examples:
        >>> from twolayer import random_problem
        >>> from twolayer.rungs import RUNGS
        >>> fit = RUNGS["numpy_by_hand"].fit(random_problem(), steps=100)
        >>> fit.losses.shape, fit.w1.shape, fit.w2.shape
        ((100,), (1000, 100), (100, 10))
        >>> bool(fit.losses[-1] < fit.losses[0])
        True
    """

    losses: NDArray[np.float64]
    w1: NDArray[np.floating[Any]]
    w2: NDArray[np.floating[Any]]
    others: Mapping[str, NDArray[np.floating[Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep read-only copies of the arrays."""
        others = {name: _read_only(array) for name, array in self.others.items()}
        object.__setattr__(self, "others", MappingProxyType(others))
        for name in ("losses", "w1", "w2"):
            object.__setattr__(self, name, _read_only(getattr(self, name)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by making a new fit, since read-only dictionaries can't be pickled."""
        return type(self), (self.losses, self.w1, self.w2, dict(self.others))


class LossHistory:
    """The losses of a running fit, with an error as soon as one is not finite.

    Args:
        learning_rate: The learning rate of the fit, which the error quotes.

    Examples:
        >>> history = LossHistory(learning_rate=0.1)
        >>> history.add(4.0)
        >>> history.add(float("inf"))
        Traceback (most recent call last):
            ...
        twolayer.fit.DivergedError: at step 1 the loss is no longer finite; the last finite loss,
        at step 0, is 4; learning_rate: 0.1 given; want a lower one
    """

    def __init__(self, learning_rate: float) -> None:
        self._learning_rate = learning_rate
        self._losses: list[float] = []

    def add(self, loss: float) -> None:
        """Record the loss of the next step.

        Args:
            loss: The loss before the step's update.

        Raises:
            DivergedError: If the loss is NaN or infinite.
        """
        if not math.isfinite(loss):
            raise self._diverged()
        self._losses.append(loss)

    def fit(
        self,
        w1: NDArray[np.floating[Any]],
        w2: NDArray[np.floating[Any]],
        **others: NDArray[np.floating[Any]],
    ) -> Fit:
        """Finish the fit with the weights that it reached.

        Args:
            w1: The first layer's weights, shape (D_in, H).
            w2: The second layer's weights, shape (H, D_out).
            **others: Other parameters by name.

        Returns:
            The fit, with read-only copies of the arrays.

        Raises:
            DivergedError: If a parameter is NaN or infinite, which the last update can cause.

        Examples:
            >>> import numpy as np
            >>> history = LossHistory(learning_rate=0.1)
            >>> history.add(4.0)
            >>> history.fit(w1=np.ones((3, 2)), w2=np.ones((2, 1))).losses
            array([4.])
        """
        everything = {"w1": w1, "w2": w2, **others}
        if not all(np.isfinite(array).all() for array in everything.values()):
            raise self._diverged()
        return Fit(np.array(self._losses, dtype=np.float64), w1, w2, others)

    def _diverged(self) -> DivergedError:
        last = self._losses[-1] if self._losses else None
        return DivergedError(len(self._losses), last, self._learning_rate, self._losses)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    copy = np.array(array, order="C")
    copy.setflags(write=False)
    return copy
