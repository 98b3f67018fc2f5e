"""Exercises on counting the work of a step, and on taking its time."""

from __future__ import annotations

import itertools
import statistics
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.answers import Predicate
from twolayer.exercises.computation import Computation
from twolayer.exercises.exercise import Exercise
from twolayer.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.diagnoses import Diagnosis
    from twolayer.exercises.draws import Draw

# 1. The operations of a step


def operations(N: int, D_in: int, H: int, D_out: int) -> int:
    """The operations in the matrix products of a step."""
    first, second = 2 * N * D_in * H, 2 * N * H * D_out
    forward = first + second
    backward = first + 2 * second
    return forward + backward


def _draw_step(draw: Draw) -> dict[str, Any]:
    names = "N", "D_in", "H", "D_out"
    scales = 7, 11, 5, 3  # so that no two sizes are alike
    drawn = zip(names, scales, draw.sizes("a", "b", "c", "d"), strict=True)
    return {name: scale * size for name, scale, size in drawn}


def _counted(N: int, D_in: int, H: int, D_out: int) -> int:
    """Run the products, as shapes without numbers, and let PyTorch count."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415 - as above

    x, w1, w2 = (torch.empty(s, device="meta") for s in ((N, D_in), (D_in, H), (H, D_out)))
    with FlopCounterMode(display=False) as counter:
        loss = ((x @ w1.requires_grad_()).relu() @ w2.requires_grad_()).sum()
        loss.backward()
    return int(counter.get_total_flops())


_OPERATIONS = Computation(
    draw=_draw_step,
    wanted=_counted,
    returns=("operations",),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda N, D_in, H, D_out: 6 * N * H * (D_in + D_out),
            text="the backward pass is counted as two products for each of the forward pass; one of "
            "them would be the gradient of x, which nobody reads",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, D_in, H, D_out: 2 * N * H * (D_in + D_out),
            text="it is the forward pass alone",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, D_in, H, D_out: 4 * N * H * (D_in + D_out),
            text="the backward pass has three products here, not two; grad_h_relu is one",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, D_in, H, D_out: N * H * (2 * D_in + 3 * D_out),
            text="only multiplications are counted; each goes with an addition",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, D_in, H, D_out: 2 * N * H * (3 * D_in + 2 * D_out),
            text="three products are counted with x and two with w2; it is the other way round",
        ),
    ),
)

# 2. Operations for each byte


def intensity(a: int, b: int, c: int, itemsize: int) -> float:
    """The operations of a product for each byte that it moves."""
    operations = 2 * a * b * c
    numbers = a * b + b * c + a * c
    return operations / (itemsize * numbers)


def _draw_product(draw: Draw) -> dict[str, Any]:
    a, b, c = draw.sizes("rows", "inner", "columns")
    return {"a": 3 * a, "b": 5 * b, "c": 7 * c, "itemsize": (8, 4, 2, 8)[draw.case]}


def _measured(a: int, b: int, c: int, itemsize: int) -> float:
    """Ask arrays for their bytes."""
    left = np.zeros((a, b), dtype=f"f{itemsize}")
    right = np.zeros((b, c), dtype=left.dtype)
    moved = sum(array.nbytes for array in (left, right, left @ right))
    return sum(2 * b for _ in range(a * c)) / moved


def _per_number(numbers: Callable[[int, int, int], int]) -> Callable[..., float]:
    return lambda a, b, c, itemsize: 2 * a * b * c / (itemsize * numbers(a, b, c))


_INTENSITY = Computation(
    draw=_draw_product,
    wanted=_measured,
    returns=("intensity",),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda a, b, c, itemsize: itemsize * _measured(a, b, c, itemsize),
            text="these are operations for each number moved; a number has itemsize bytes",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda a, b, c, itemsize: _measured(a, b, c, itemsize) / 2,
            text="only multiplications are counted; each goes with an addition",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda a, b, c, itemsize: 1 / _measured(a, b, c, itemsize),
            text="these are bytes for each operation; want operations for each byte",
        ),
        Mistake(
            diagnoses.KNOWN,
            _per_number(lambda a, b, c: a * b + b * c),
            text="what is written is left out; the result has to go to memory, too",
        ),
        Mistake(
            diagnoses.KNOWN,
            _per_number(lambda a, b, c: a * c),
            text="what is read is left out; both matrices have to come from memory",
        ),
        Mistake(
            diagnoses.KNOWN,
            _per_number(lambda a, b, c: 2 * a * b * c + a * c),
            text="each number is counted as often as it is used; count it once, as if it stayed near",
        ),
    ),
)

# 3. Any number of layers


def deep_operations(N: int, widths: list[int]) -> int:
    """The operations in the matrix products of a step, with any number of layers."""
    layers = [2 * N * widths[i] * widths[i + 1] for i in range(len(widths) - 1)]
    return 3 * sum(layers) - layers[0]


def _draw_widths(draw: Draw) -> dict[str, Any]:
    layers = (3, 1, 2, 5)[draw.case]
    widths = draw.rng.permutation(np.arange(3, 19))[: layers + 1].tolist()
    return {"N": int(draw.rng.integers(20, 40)), "widths": widths}


def _deep_counted(N: int, widths: list[int], *, track: bool = False, backward: bool = True) -> int:
    """Run the products of a network without activations, and let PyTorch count."""
    import torch  # noqa: PLC0415 - as above
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415 - as above

    x = torch.empty(N, widths[0], device="meta", requires_grad=track)
    with FlopCounterMode(display=False) as counter:
        for sizes in itertools.pairwise(widths):
            x = x @ torch.empty(sizes, device="meta", requires_grad=True)
        if backward:
            x.sum().backward()
    return int(counter.get_total_flops())


_DEEP = Computation(
    draw=_draw_widths,
    wanted=_deep_counted,
    returns=("operations",),
    mistakes=(
        Mistake(
            diagnoses.KNOWN,
            lambda N, widths: _deep_counted(N, widths, track=True),
            text="the gradient of x is counted as well; the first layer needs only that of its weights",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, widths: _deep_counted(N, widths, backward=False),
            text="it is the forward pass alone",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, widths: 2 * _deep_counted(N, widths, backward=False),
            text="one product for each layer is missing in the backward pass: the gradient of what "
            "went into it, which all layers but the first must pass on",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, widths: _deep_counted(N, widths) // 2,
            text="only multiplications are counted; each goes with an addition",
        ),
        Mistake(
            diagnoses.KNOWN,
            lambda N, widths: (
                _deep_counted(N, widths, track=True) - 2 * N * widths[-2] * widths[-1]
            ),
            text="a product is left out at the last layer, where it belongs left out at the first",
        ),
    ),
)

# 4. A time that means something


def median_time(
    work: Callable[[], None],
    wait: Callable[[], None],
    clock: Callable[[], float],
    repeats: int,
) -> float:
    """The median of the times that work takes on a device, in seconds."""
    work()
    wait()
    times = []
    for _ in range(repeats):
        start = clock()
        work()
        wait()
        times.append(clock() - start)
    return statistics.median(times)


class _Device:
    """A device with a clock of its own: it begins work when asked and can be waited for.

    The first piece of work takes a hundred times as long. After it, three lengths come in turn, so
    that their median over any three, or any multiple of three, in a row is the middle one.
    """

    ask = 0.5
    lengths = (8.0, 4.0, 64.0)
    middle = ask + 8.0

    def __init__(self) -> None:
        self.now = 100.0
        self.busy = 0.0
        self.asked = 0
        self.read = 0

    def clock(self) -> float:
        """Read the time, in seconds."""
        self.read += 1
        return self.now

    def work(self) -> None:
        """Ask for a piece of work, and come back before it is done."""
        length = 800.0 if self.asked == 0 else self.lengths[self.asked % 3]
        self.asked += 1
        self.now += self.ask
        self.busy = max(self.busy, self.now) + length

    def wait(self) -> None:
        """Come back when all is done."""
        self.now = max(self.now, self.busy)


def _time(
    device: _Device,
    repeats: int,
    *,
    warm: bool = True,
    settled: bool = True,
    waiting: bool = True,
    outside: bool = False,
) -> list[float]:
    """Take times as the solution does, or with a fault."""
    if warm:
        device.work()
        if settled:
            device.wait()
    times = []
    for _ in range(repeats):
        start = device.now
        device.work()
        if waiting and not outside:
            device.wait()
        times.append(device.now - start)
        if outside:
            device.wait()
    return times


_FAULTS: tuple[tuple[str, Callable[[_Device, int], float]], ...] = (
    (
        "the clock is stopped before the work is done: work returns at once, so wait before you read it",
        lambda device, n: statistics.median(_time(device, n, waiting=False)),
    ),
    (
        "you wait after the clock is stopped; the work isn't done before that",
        lambda device, n: statistics.median(_time(device, n, outside=True)),
    ),
    (
        "the first call is counted, which pays for what later ones find ready; warm up first",
        lambda device, n: statistics.median(_time(device, n, warm=False)),
    ),
    (
        "the first call is counted, and the mean is taken; warm up first, and take the median",
        lambda device, n: statistics.mean(_time(device, n, warm=False)),
    ),
    (
        "the first time has the rest of the warm-up in it; wait for that as well",
        lambda device, n: statistics.median(_time(device, n, settled=False)),
    ),
    (
        "it is the mean, which one interruption moves; want the median",
        lambda device, n: statistics.mean(_time(device, n)),
    ),
    (
        "it is the shortest time; want the median",
        lambda device, n: min(_time(device, n)),
    ),
    (
        "it is the sum of all times; want the median",
        lambda device, n: sum(_time(device, n)),
    ),
)


def _time_problem(answer: Callable[..., Any]) -> Diagnosis | str | None:
    for repeats in (3, 9, 15):
        device = _Device()
        given = answer(device.work, device.wait, device.clock, repeats)
        if given is None:
            return diagnoses.NONE(name="what your function returns")
        if not isinstance(given, int | float | np.number):
            return diagnoses.WRONG_TYPE(
                name="the time", given=type(given).__name__, wanted="number"
            )
        if problem := _seconds_problem(float(given), device, repeats):
            return problem
    return None


def _seconds_problem(given: float, device: _Device, repeats: int) -> str | None:
    """Compare the time with the right one, and with those that faults give."""
    if device.read == 0:
        return "your code does not read the clock that it gets"
    if device.asked < repeats:
        return (
            f"work is called {device.asked} times; want {repeats} times that count, and a warm-up"
        )
    found: list[tuple[bool, str]] = []
    for text, faulty in _FAULTS:
        other = _Device()
        wrong = faulty(other, repeats)
        if abs(wrong - device.middle) > 1e-9 and abs(given - wrong) < 1e-9:
            found.append((other.asked != device.asked, text))
    if found:
        # Two faults may give one time; then the one that calls work as often is likelier.
        return min(found, key=lambda fault: fault[0])[1]
    if abs(given - device.middle) > 1e-9:
        return f"the time is {given:.6g} s; want {device.middle:.6g}, by this device's own clock"
    return None


_TIME = Predicate(test=_time_problem, after="on a device with a clock of its own, 3 times")

EXERCISES = (
    Exercise(
        number=1,
        title="Three times the forward pass?",
        check=_OPERATIONS,
        hints=(
            "Name the products of the backward pass. Which of those that could be computed is never "
            "used?",
            "Each forward product could have two behind it: the gradient of its weights, and that of "
            "what went in. What went into the first is x, and no update needs its gradient.",
        ),
        solution=operations,
        stub="known-mistake",
    ),
    Exercise(
        number=2,
        title="Operations for each byte",
        check=_INTENSITY,
        hints=(
            "Three matrices travel between memory and the processor. Which, and how many numbers has "
            "each?",
            "Two are read, one is written; add up their entries, and a number has itemsize bytes. Each "
            "entry of the result is a sum of b products.",
        ),
        solution=intensity,
        stub="empty",
    ),
    Exercise(
        number=3,
        title="Any number of layers",
        check=_DEEP,
        hints=(
            "What does one layer in the middle compute in a step, forward and backward? What does the "
            "first one leave out?",
            "A layer from a to b numbers has a forward product, one for its weights' gradient and one "
            "for the gradient that it passes on, all of the same count. The first passes nothing on.",
        ),
        solution=deep_operations,
        stub="empty",
    ),
    Exercise(
        number=4,
        title="A clock that stops too early",
        check=_TIME,
        hints=(
            "When does work come back: when the device has done it, or when it has been asked? And "
            "what is special about the first call?",
            "Before the loop, call work once and wait, so that nothing of it is left. Inside the loop, "
            "wait between the work and the second look at the clock.",
        ),
        solution=median_time,
        stub="known-mistake",
    ),
)
"""The exercises, in order."""
