"""Compare results with the wanted ones, and name the mistake: the most telling first.

Each detector is a function of one idea. It gets a ``Comparison`` and returns a diagnosis, or None
where its mistake isn't the one. A mistake that a lesson knows is compared exactly: its variant computes
what the mistake gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import Diagnosis, Kind
from twolayer.exercises.values import Array, apart, same


class Mistake:
    """A mistake that a lesson knows, by what it computes.

    Args:
        kind: The kind of mistake, from ``twolayer.exercises.diagnoses``.
        variant: A function like the one asked for, that makes the mistake; what it returns is read
            like the wanted results. It may return a dictionary with only the results that the
            mistake changes.
        **words: What stands in the places of the kind's sentence, but for ``name``.

    Examples:
        >>> from twolayer.exercises.diagnoses import FORGOT_TERM
        >>> Mistake(FORGOT_TERM, lambda x, w, b: x @ w, term="the bias").kind.name
        'forgot-term'
    """

    def __init__(self, kind: Kind, variant: Callable[..., Any], **words: str) -> None:
        self.kind = kind
        self.variant = variant
        self.words = words


class Variant(NamedTuple):
    """What a known mistake gives for one case.

    Args:
        mistake: The mistake.
        results: What its variant returned, by name.
    """

    mistake: Mistake
    results: Mapping[str, Array]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One result beside the wanted one.

    Args:
        name: The result's name.
        given: What the reader's code gives.
        wanted: What is wanted.
        results: All that the reader's code gives, by name.
        wants: All that is wanted, by name.
        sizes: What a mean could divide by, by what it counts.
        start: What an update started from, or None where the result is no update.
        rate: The learning rate, or None.
        unsummed: What is summed to the result, or None if that isn't known.
        variants: What known mistakes give.
        tolerance: How far entries may be apart, relative to the largest.
    """

    name: str
    given: Array
    wanted: Array
    results: Mapping[str, Array]
    wants: Mapping[str, Array]
    sizes: Mapping[str, int] = field(default_factory=dict)
    start: Array | None = None
    rate: float | None = None
    unsummed: Array | None = None
    variants: tuple[Variant, ...] = ()
    tolerance: float = 1e-8

    def same(self, a: Array, b: Array) -> bool:
        """Tell whether two arrays agree within the comparison's tolerance."""
        return same(a, b, tolerance=self.tolerance)


Detector = Callable[[Comparison], Diagnosis | None]


def diagnose(comparison: Comparison) -> Diagnosis | None:
    """Name what is wrong with a result.

    Args:
        comparison: The result beside the wanted one.

    Returns:
        The most telling diagnosis, or None if the result is right.

    Examples:
        >>> import numpy as np
        >>> w = np.array([[1.0, 2.0]])
        >>> c = Comparison(name="g", given=-w, wanted=w, results={"g": -w}, wants={"g": w})
        >>> diagnose(c).text
        'g: its sign is flipped'
    """
    if comparison.same(comparison.given, comparison.wanted):
        return None
    for detector in DETECTORS:
        if found := detector(comparison):
            return found
    return entry(comparison)


def known(c: Comparison) -> Diagnosis | None:
    """One of the lesson's own mistakes: the result is just what it gives."""
    for mistake, results in c.variants:
        result = results.get(c.name)
        if result is not None and not c.same(result, c.wanted) and c.same(c.given, result):
            return mistake.kind(name=c.name, **mistake.words)
    return None


def not_finite(c: Comparison) -> Diagnosis | None:
    """NaN or infinity where the wanted result has none."""
    if c.given.dtype.kind not in "fc":
        return None
    for kind, test in ((diagnoses.NAN, np.isnan), (diagnoses.INFINITE, np.isinf)):
        if test(c.given).any() and not test(c.wanted).any():
            return kind(name=c.name, place=_first_at(index_of(test(c.given))))
    return None


def swapped(c: Comparison) -> Diagnosis | None:
    """Two results that stand in each other's place, or all of them in another order."""
    wrong = [n for n in c.wants if not c.same(c.results[n], c.wants[n])]
    if len(wrong) < 2 or any(c.same(c.wants[a], c.wants[b]) for a in wrong for b in wrong if a < b):  # noqa: PLR2004
        return None
    holds = {
        place: next((n for n in wrong if c.same(c.results[place], c.wants[n])), None)
        for place in wrong
    }
    if None in holds.values() or len(set(holds.values())) < len(wrong):
        return None
    if len(wrong) == 2:  # noqa: PLR2004
        return diagnoses.SWAPPED(name=wrong[0], other=wrong[1])
    order = [holds.get(name, name) or name for name in c.wants]
    return diagnoses.WRONG_ORDER(given=", ".join(order), wanted=", ".join(c.wants))


def transposed(c: Comparison) -> Diagnosis | None:
    """Rows and columns exchanged, by the shape or, in a square matrix, by the entries."""
    if c.given.ndim != 2 or c.given.shape != c.wanted.shape[::-1]:  # noqa: PLR2004
        return None
    if c.given.shape != c.wanted.shape or c.same(c.given.T, c.wanted):
        return diagnoses.TRANSPOSED(name=c.name, given=c.given.shape, wanted=c.wanted.shape)
    return None


def wrong_axis(c: Comparison) -> Diagnosis | None:
    """A sum over another axis than the wanted one, where it is known what is summed."""
    if c.unsummed is None:
        return None
    for axis in range(c.unsummed.ndim):
        total = c.unsummed.sum(axis=axis)
        if not c.same(total, c.wanted) and c.same(np.squeeze(c.given), np.squeeze(total)):
            shapes = f": its shape is {c.given.shape}; want {c.wanted.shape}"
            return diagnoses.WRONG_AXIS(name=c.name, axis=axis, shapes=shapes)
    return None


def broadcast(c: Comparison) -> Diagnosis | None:
    """A vector or a column against a row gave a table of all pairs."""
    sizes = [size for size in c.wanted.shape if size > 1]
    if len(sizes) == 1 and c.given.shape == (sizes[0], sizes[0]):
        return diagnoses.BROADCAST(name=c.name, given=c.given.shape, wanted=c.wanted.shape)
    return None


def not_summed(c: Comparison) -> Diagnosis | None:
    """One axis too many, over which the sum gives the wanted result."""
    for axis in range(c.given.ndim):
        summed = c.given.sum(axis=axis)
        if c.given.shape[axis] > 1 and c.same(summed, c.wanted):
            given, wanted = c.given.shape, c.wanted.shape
            return diagnoses.NOT_SUMMED(name=c.name, given=given, wanted=wanted, axis=axis)
    return None


def kept_dims(c: Comparison) -> Diagnosis | None:
    """The right entries with an axis of 1 left over."""
    fits = c.given.size == c.wanted.size and c.given.ndim > c.wanted.ndim
    if fits and c.same(np.squeeze(c.given), np.squeeze(c.wanted)):
        return diagnoses.KEPT_DIMS(name=c.name, given=c.given.shape, wanted=c.wanted.shape)
    return None


def wrong_shape(c: Comparison) -> Diagnosis | None:
    """Any other shape than the wanted one."""
    if c.given.shape == c.wanted.shape:
        return None
    return diagnoses.WRONG_SHAPE(name=c.name, given=c.given.shape, wanted=c.wanted.shape)


def unchanged(c: Comparison) -> Diagnosis | None:
    """An update after which all is as before."""
    if c.start is not None and c.same(c.given, c.start):
        return diagnoses.UNCHANGED(name=c.name)
    return None


def step(c: Comparison) -> Diagnosis | None:
    """An update in the wrong direction, or with the learning rate twice or not at all."""
    if c.start is None:
        return None
    moved, wanted = c.given - c.start, c.wanted - c.start
    if c.same(moved, -wanted):
        return diagnoses.ADDED(name=c.name)
    if c.rate is not None:
        if c.same(moved, c.rate * wanted):
            return diagnoses.RATE_TWICE(name=c.name)
        if c.same(c.rate * moved, wanted):
            return diagnoses.RATE_MISSING(name=c.name)
    return None


def sign(c: Comparison) -> Diagnosis | None:
    """Each entry with the other sign."""
    return diagnoses.SIGN(name=c.name) if c.same(c.given, -c.wanted) else None


def factor(c: Comparison) -> Diagnosis | None:
    """Each entry times one number; a count of entries tells of a mean or a sum."""
    largest = np.unravel_index(np.argmax(np.abs(c.wanted)), c.wanted.shape)
    if c.wanted[largest] == 0 or c.given[largest] == 0:
        return None
    ratio = float(c.given[largest] / c.wanted[largest])
    if not np.isfinite(ratio) or not c.same(c.given, ratio * c.wanted):
        return None
    usual = {2.0: "2", 0.5: "1/2", -2.0: "-2", -0.5: "-1/2"}
    near = c.tolerance * 10
    # A size of 2 says nothing: the 2 of the square's slope is the commoner mistake.
    for what, count in c.sizes.items():
        if count > 2 and np.isclose(ratio * count, 1, rtol=near, atol=0):  # noqa: PLR2004
            return diagnoses.MEAN_FOR_SUM(name=c.name, count=count, what=f"{count} is {what}")
        if count > 2 and np.isclose(ratio, count, rtol=near, atol=0):  # noqa: PLR2004
            return diagnoses.SUM_FOR_MEAN(name=c.name, count=count, what=f"{count} is {what}")
    for value, said in usual.items():
        if np.isclose(ratio, value, rtol=near, atol=0):
            return diagnoses.FACTOR(name=c.name, factor=said)
    return diagnoses.FACTOR(name=c.name, factor=f"{ratio:.6g}")


def entry(c: Comparison) -> Diagnosis:
    """The last resort: the first entry that differs, with both values."""
    index = index_of(apart(c.given, c.wanted, tolerance=c.tolerance))
    given, wanted = c.given[index], c.wanted[index]
    return diagnoses.ENTRY(
        name=c.name, place=_first_at(index), given=number(given), wanted=number(wanted)
    )


DETECTORS: tuple[Detector, ...] = (
    known,
    not_finite,
    swapped,
    wrong_axis,
    transposed,
    broadcast,
    not_summed,
    kept_dims,
    wrong_shape,
    unchanged,
    step,
    sign,
    factor,
)
"""The detectors, in the order in which they are asked; ``entry`` comes after all.

:meta hide-value:
"""


def _first_at(index: tuple[int, ...]) -> str:
    """Say where; a single number has no places."""
    return f", first at {index}" if index else ""


def index_of(marked: Array) -> tuple[int, ...]:
    """Find the first marked entry.

    Args:
        marked: A Boolean array, with at least one entry that is true.

    Returns:
        The entry's index, ``()`` in an array without axes.
    """
    return tuple(int(i) for i in np.unravel_index(np.argmax(marked), marked.shape))


def number(value: Any) -> str:
    """Write an entry so that it can be read.

    Args:
        value: The entry.

    Returns:
        Up to six digits of a number; what isn't one as it is.
    """
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)
