"""All rungs from one problem: how closely they agree, and how fast each is."""

from __future__ import annotations

import inspect
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer import checks
from twolayer.problem import Problem
from twolayer.rungs import RUNGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import torch
    from numpy.typing import NDArray

    from twolayer.fit import Fit

_REFERENCE = "numpy_by_hand"


@dataclass(frozen=True, eq=False)
class Row:
    """One rung's row in the comparison.

    Args:
        rung: The rung's name.
        fit: The result of the rung's fit.
        loss_difference: The largest difference between its loss and the NumPy rung's at the same
            step, relative to the NumPy rung's loss.
        weight_difference: The largest difference between its weights and the NumPy rung's, relative
            to the NumPy rung's largest weight in the same layer.
        seconds: How long the fit took, including graph captures and copies.
    """

    rung: str
    fit: Fit
    loss_difference: float
    weight_difference: float
    seconds: float

    @property
    def steps_per_second(self) -> float:
        """The average number of steps per second."""
        return len(self.fit.losses) / self.seconds


def compare(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str | None = None,
    rungs: Iterable[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Row]:
    """Fit one problem on every rung, and compare each rung with the NumPy rung.

    The NumPy rung always computes on the CPU, in ``dtype`` like the others. Before its timed fit,
    each rung makes one step that isn't timed, so loading and warming up don't count.

    Args:
        problem: The data and the starting weights.
        steps: How many updates each rung makes, 1 or more.
        learning_rate: The step size of the updates, above 0.
        device: Where the torch rungs compute, ``"cpu"`` or ``"cuda"``.
        dtype: The precision, ``torch.float32`` or ``torch.float64``. By default, the problem's.
        rungs: The names of the rungs to run. By default, all of them.
        progress: A function that is called with a rung's name after its fit.

    Returns:
        A row for each rung, in the ladder's order.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If an argument is out of range, a rung is unknown, or the machine lacks the
            device.
        DivergedError: If a rung's loss stops being finite.

    Examples:
        >>> from twolayer import random_problem
        >>> rows = compare(random_problem(), steps=20, rungs=["autograd", "optimizers"])
        >>> [row.rung for row in rows]
        ['autograd', 'optimizers']
        >>> all(row.loss_difference < 1e-8 for row in rows)
        True
    """
    checks.instance("problem", problem, Problem)
    checks.schedule(steps, learning_rate)
    device = checks.torch_device(device)
    dtype = checks.torch_dtype(str(problem.dtype) if dtype is None else dtype)
    problem = problem.astype(str(dtype).removeprefix("torch."))
    names = _names(rungs)
    shared = {"steps": steps, "learning_rate": learning_rate}
    chosen = {"device": device, "dtype": dtype}

    fits, seconds = {}, {}
    for name in dict.fromkeys([_REFERENCE, *names]):
        fit = RUNGS[name].fit
        takes = inspect.signature(fit).parameters
        options = shared | {key: value for key, value in chosen.items() if key in takes}
        fit(problem, **options | {"steps": 1})  # warms up
        start = time.perf_counter()
        fits[name] = fit(problem, **options)
        seconds[name] = time.perf_counter() - start
        if progress is not None and name in names:
            progress(name)
    reference = fits[_REFERENCE]
    return [
        Row(
            rung=name,
            fit=fits[name],
            loss_difference=_largest_relative(fits[name].losses, reference.losses),
            weight_difference=max(
                _largest_of_matrix(fits[name].w1, reference.w1),
                _largest_of_matrix(fits[name].w2, reference.w2),
            ),
            seconds=seconds[name],
        )
        for name in names
    ]


def _names(rungs: Iterable[str] | None) -> list[str]:
    if rungs is None:
        return list(RUNGS)
    if isinstance(rungs, str):
        message = f"rungs: {rungs!r} (str) given; want a list of names"
        raise TypeError(message)
    wanted = {checks.one_of("rungs", name, RUNGS) for name in rungs}
    return [name for name in RUNGS if name in wanted]


def _largest_relative(losses: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    difference = np.abs(losses - reference)
    # Nothing can be relative to a loss of exactly zero: an equal loss counts 0, any other infinite.
    relative = np.divide(
        difference, reference, out=np.where(difference > 0, np.inf, 0.0), where=reference > 0
    )
    return float(relative.max())


def _largest_of_matrix(w: NDArray[np.floating[Any]], reference: NDArray[np.floating[Any]]) -> float:
    return float(np.abs(w - reference).max() / np.abs(reference).max())
