"""Compare results with the expected ones in every case, and name the mistake, the most telling first.

Each detector tests one idea. It takes one result in all cases, and returns a diagnosis only if that explains
every case, else None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import Diagnosis
from twolayer.exercises.mistakes import Mistake
from twolayer.exercises.values import Array, apart, same


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One result next to the expected one, in one case.

    Args:
        name: The result's name.
        given: The reader's result.
        wanted: The expected result.
        results: All of the reader's results, by name.
        wants: All expected results, by name.
        sizes: Numbers that a mean could divide by, by what they count.
        inputs: The inputs that are arrays, by name.
        start: What an update started from, or None if the result isn't an update.
        rate: The learning rate, or None.
        unsummed: The array whose sum is the result, or None if it isn't known.
        tolerance: How far elements may be apart, relative to the largest.
    """

    name: str
    given: Array
    wanted: Array
    results: Mapping[str, Array]
    wants: Mapping[str, Array]
    sizes: Mapping[str, int] = field(default_factory=dict)
    inputs: Mapping[str, Array] = field(default_factory=dict)
    start: Array | None = None
    rate: float | None = None
    unsummed: Array | None = None
    tolerance: float = 1e-8

    @property
    def right(self) -> bool:
        """Whether the result is right."""
        return self.same(self.given, self.wanted)

    def same(self, a: Array, b: Array) -> bool:
        """Tell whether two arrays agree within the comparison's tolerance."""
        return same(a, b, tolerance=self.tolerance)


Cases: TypeAlias = Sequence[Comparison]
"""One result in all cases."""

Detector = Callable[[Cases], Diagnosis | None]

Tried: TypeAlias = tuple[Mistake, Sequence[Mapping[str, Array] | None]]
"""A mistake that a lesson knows, and its results in each case, or None if it fails there."""


def diagnose(cases: Cases) -> Diagnosis | None:
    """Name what is wrong with a result.

    Args:
        cases: The result next to the expected one, in each case.

    Returns:
        The most telling diagnosis, or None if the result is right.

    Examples:
        >>> import numpy as np
        >>> w = np.array([[1.0, 2.0]])
        >>> c = Comparison(name="g", given=-w, wanted=w, results={"g": -w}, wants={"g": w})
        >>> diagnose([c]).text
        'g: its sign is flipped'
    """
    if all(c.right for c in cases):
        return None
    for detector in DETECTORS:
        if found := detector(cases):
            return found
    return entry(cases)


def known(results: Sequence[Cases], mistakes: Sequence[Tried]) -> Diagnosis | None:
    """Name a mistake that the lesson knows.

    Args:
        results: Each result in all cases.
        mistakes: The mistakes, the likeliest first.

    Returns:
        The first mistake that explains all wrong results; else, if two results are swapped, that; else the first
        mistake that explains one of them.
    """
    right = [cases for cases in results if all(c.right for c in cases)]
    wrong = [cases for cases in results if not all(c.right for c in cases)]
    parts = []
    for mistake, given in mistakes:
        explained = [cases for cases in wrong if _explains(given, cases)]
        if not explained:
            continue
        found = mistake.kind(name=explained[0][0].name, **mistake.words)
        if all(_agrees(given, cases) for cases in results):
            return found
        # A number may match a mistake by chance; then the mistake would get a right result wrong.
        by_chance = not all(_agrees(given, cases) for cases in right)
        if not by_chance or any(c.wanted.size > 1 for c in explained[0]):
            parts.append(found)
    return (swapped(wrong[0]) or parts[0]) if parts else None


def _pairs(
    given: Sequence[Mapping[str, Array] | None], cases: Cases
) -> list[tuple[Comparison, Array]]:
    """A result with the mistake's value for it, in each case that has one."""
    return [
        (c, results[c.name])
        for c, results in zip(cases, given, strict=True)
        if results is not None and c.name in results
    ]


def _agrees(given: Sequence[Mapping[str, Array] | None], cases: Cases) -> bool:
    """Whether a mistake's results are the reader's, in each case."""
    pairs = _pairs(given, cases)
    if not pairs:  # The mistake doesn't change this result, so it should be right.
        return all(c.right for c in cases)
    return all(c.same(c.given, array) for c, array in pairs)


def _explains(given: Sequence[Mapping[str, Array] | None], cases: Cases) -> bool:
    """Whether a mistake agrees in each case, and is wrong in at least one."""
    differs = any(not c.same(array, c.wanted) for c, array in _pairs(given, cases))
    return differs and _agrees(given, cases)


def _first_wrong(cases: Cases) -> Comparison:
    return next(c for c in cases if not c.right)


def not_finite(cases: Cases) -> Diagnosis | None:
    """NaN or infinity in a result that should have neither."""
    for c in cases:
        if c.given.dtype.kind not in "fc" or c.wanted.dtype.kind not in "biufc":
            continue
        for kind, test in ((diagnoses.NAN, np.isnan), (diagnoses.INFINITE, np.isinf)):
            if test(c.given).any() and not test(c.wanted).any():
                return kind(name=c.name, place=_first_at(index_of(test(c.given))))
    return None


def swapped(cases: Cases) -> Diagnosis | None:
    """Two results that are swapped, or all of them in a different order."""
    first = _first_wrong(cases)
    wrong = [n for n in first.wants if not first.same(first.results[n], first.wants[n])]
    holds = {
        place: next((n for n in wrong if first.same(first.results[place], first.wants[n])), place)
        for place in wrong
    }
    if len(set(holds.values())) < len(wrong) or any(a == b for a, b in holds.items()):
        return None
    if not all(c.same(c.results[a], c.wants[b]) for c in cases for a, b in holds.items()):
        return None
    if len(wrong) == 2:  # noqa: PLR2004
        return diagnoses.SWAPPED(name=wrong[0], other=wrong[1])
    order = [holds.get(name, name) for name in first.wants]
    return diagnoses.WRONG_ORDER(given=", ".join(order), wanted=", ".join(first.wants))


def transposed(cases: Cases) -> Diagnosis | None:
    """Rows and columns exchanged."""
    if any(c.wanted.ndim != 2 for c in cases):  # noqa: PLR2004
        return None
    c = _first_wrong(cases)
    if all(c.same(c.given.T, c.wanted) for c in cases):
        return diagnoses.TRANSPOSED(name=c.name, given=c.given.shape, wanted=c.wanted.shape)
    return None


def wrong_axis(cases: Cases) -> Diagnosis | None:
    """A sum over the wrong axis, if it is known what is summed."""
    c = _first_wrong(cases)
    if c.unsummed is None:
        return None
    for axis in range(c.unsummed.ndim):
        if c.same(c.unsummed.sum(axis=axis), c.wanted):
            continue
        if all(
            one.unsummed is not None
            and one.same(np.squeeze(one.given), np.squeeze(one.unsummed.sum(axis=axis)))
            for one in cases
        ):
            shapes = f": its shape is {c.given.shape}; expected {c.wanted.shape}"
            return diagnoses.WRONG_AXIS(name=c.name, axis=axis, shapes=shapes)
    return None


def broadcast(cases: Cases) -> Diagnosis | None:
    """A vector or a column that met a row was broadcast to a table of all pairs."""
    for c in cases:
        sizes = [size for size in c.wanted.shape if size > 1]
        if len(sizes) == 1 and c.given.shape != (sizes[0], sizes[0]):
            return None
    c = _first_wrong(cases)
    if len([size for size in c.wanted.shape if size > 1]) != 1:
        return None
    return diagnoses.BROADCAST(name=c.name, given=c.given.shape, wanted=c.wanted.shape)


def not_summed(cases: Cases) -> Diagnosis | None:
    """One axis too many; the sum over it is the expected result."""
    c = _first_wrong(cases)
    for axis in range(c.given.ndim):
        if c.given.shape[axis] > 1 and all(
            one.given.ndim > axis and one.same(one.given.sum(axis=axis), one.wanted)
            for one in cases
        ):
            given, wanted = c.given.shape, c.wanted.shape
            return diagnoses.NOT_SUMMED(name=c.name, given=given, wanted=wanted, axis=axis)
    return None


def kept_dims(cases: Cases) -> Diagnosis | None:
    """The right elements, with an axis of size 1 left over."""
    c = _first_wrong(cases)
    if c.given.ndim > c.wanted.ndim and all(
        one.given.size == one.wanted.size
        and one.same(np.squeeze(one.given), np.squeeze(one.wanted))
        for one in cases
    ):
        return diagnoses.KEPT_DIMS(name=c.name, given=c.given.shape, wanted=c.wanted.shape)
    return None


def wrong_shape(cases: Cases) -> Diagnosis | None:
    """Any other wrong shape."""
    for c in cases:
        if c.given.shape != c.wanted.shape:
            return diagnoses.WRONG_SHAPE(name=c.name, given=c.given.shape, wanted=c.wanted.shape)
    return None


def unchanged(cases: Cases) -> Diagnosis | None:
    """An update that changed nothing."""
    if all(c.start is not None and c.same(c.given, c.start) for c in cases):
        return diagnoses.UNCHANGED(name=cases[0].name)
    return None


def step(cases: Cases) -> Diagnosis | None:
    """An update in the wrong direction, or with the learning rate twice or not at all."""
    moves = [(c, c.given - c.start, c.wanted - c.start) for c in cases if c.start is not None]
    if len(moves) < len(cases):
        return None
    name = cases[0].name
    if all(c.same(moved, -wanted) for c, moved, wanted in moves):
        return diagnoses.ADDED(name=name)
    if any(c.rate is None for c in cases):
        return None
    if all(c.same(moved, (c.rate or 0) * wanted) for c, moved, wanted in moves):
        return diagnoses.RATE_TWICE(name=name)
    if all(c.same((c.rate or 0) * moved, wanted) for c, moved, wanted in moves):
        return diagnoses.RATE_MISSING(name=name)
    return None


def zeros(cases: Cases) -> Diagnosis | None:
    """Only zeros, where other elements are expected."""
    c = _first_wrong(cases)
    if c.given.size == 0 or any(one.given.any() for one in cases):
        return None
    index = index_of(c.wanted != 0)
    return diagnoses.ZEROS(
        name=c.name, wanted=number(c.wanted[index]), place=f" at {index}" if index else ""
    )


def sign(cases: Cases) -> Diagnosis | None:
    """Each element with the opposite sign."""
    flipped = all(c.same(c.given, -c.wanted) for c in cases)
    return diagnoses.SIGN(name=cases[0].name) if flipped else None


def factor(cases: Cases) -> Diagnosis | None:
    """Each element times one number, which is the same in each case or depends only on a size."""
    c = _first_wrong(cases)
    ratios = []
    for one in cases:
        largest = np.unravel_index(np.argmax(np.abs(one.wanted)), one.wanted.shape)
        if not one.wanted.size or one.wanted[largest] == 0:
            return None
        ratios.append(complex(one.given[largest] / one.wanted[largest]).real)
        if not np.isfinite(ratios[-1]) or not one.same(one.given, ratios[-1] * one.wanted):
            return None
    near = c.tolerance * 10
    scaled = {
        (what, power): [
            r * one.sizes.get(what, 1) ** power for r, one in zip(ratios, cases, strict=True)
        ]
        for power in (1, -1)
        for what in c.sizes
    }
    for (what, power), values in scaled.items():
        if np.allclose(values, 1, rtol=near, atol=0):
            kind = diagnoses.MEAN_FOR_SUM if power == 1 else diagnoses.SUM_FOR_MEAN
            return kind(name=c.name, count=c.sizes[what], what=f"{c.sizes[what]} is {what}")
    if np.allclose(ratios, ratios[0], rtol=near, atol=0):
        return diagnoses.FACTOR(name=c.name, factor=_usual(ratios[0]))
    for (what, power), values in scaled.items():
        if np.allclose(values, values[0], rtol=near, atol=0) and _simple(values[0]):
            count = f"{c.sizes[what]}, where {c.sizes[what]} is {what}"
            times = "/" if power == 1 else "*"
            return diagnoses.FACTOR(name=c.name, factor=f"{_usual(values[0])} {times} {count}")
    return None


def entry(cases: Cases) -> Diagnosis:
    """The last resort: the first element that differs, with both values."""
    c = _first_wrong(cases)
    if c.given.shape != c.wanted.shape:
        return diagnoses.WRONG_SHAPE(name=c.name, given=c.given.shape, wanted=c.wanted.shape)
    index = index_of(apart(c.given, c.wanted, tolerance=c.tolerance))
    given, wanted = c.given[index], c.wanted[index]
    return diagnoses.ENTRY(
        name=c.name, place=_first_at(index), given=number(given), wanted=number(wanted)
    )


def _numeric(detector: Detector) -> Detector:
    """A detector for numbers."""

    def numeric(cases: Cases) -> Diagnosis | None:
        arrays = [array for c in cases for array in (c.given, c.wanted)]
        fit = all(array.dtype.kind in "iufc" for array in arrays)
        return detector(cases) if fit else None

    return numeric


DETECTORS: tuple[Detector, ...] = (
    not_finite,
    swapped,
    _numeric(wrong_axis),
    transposed,
    broadcast,
    _numeric(not_summed),
    kept_dims,
    wrong_shape,
    unchanged,
    _numeric(step),
    _numeric(zeros),
    _numeric(sign),
    _numeric(factor),
)
"""The detectors, in the order in which they run; ``entry`` comes last.

:meta hide-value:
"""


def _simple(value: float) -> bool:
    """Whether a factor or its inverse is a whole number: any other factor beside a size is chance."""
    return any(
        np.isclose(number, np.round(number), rtol=1e-6, atol=0) for number in (value, 1 / value)
    )


def _usual(value: float) -> str:
    """Write a factor as a person would."""
    for number, text in ((2.0, "2"), (0.5, "1/2"), (-2.0, "-2"), (-0.5, "-1/2")):
        if np.isclose(value, number, rtol=1e-6):
            return text
    return f"{value:.6g}"


def _first_at(index: tuple[int, ...]) -> str:
    """Say where; a single number has no index."""
    return f", first at {index}" if index else ""


def index_of(marked: Array) -> tuple[int, ...]:
    """Find the first marked element.

    Args:
        marked: A Boolean array with at least one true element.

    Returns:
        The element's index, which is ``()`` in an array without axes.
    """
    return tuple(int(i) for i in np.unravel_index(np.argmax(marked), marked.shape))


def number(value: Any) -> str:
    """Write an element legibly.

    Args:
        value: The element.

    Returns:
        Up to six digits of a float; anything else as it is.
    """
    return f"{value:.6g}" if isinstance(value, float | np.floating) else f"{value!s:.100}"
