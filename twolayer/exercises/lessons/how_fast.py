"""Exercises on counting the work of a step, and on taking its time."""

from __future__ import annotations

import itertools
import statistics
from typing import TYPE_CHECKING, Any

import numpy as np

from twolayer.exercises import diagnoses
from twolayer.exercises.diagnoses import DiagnosisError
from twolayer.exercises.lesson import Lesson, given
from twolayer.exercises.mistakes import Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from twolayer.exercises.computation import Inputs
    from twolayer.exercises.draws import Draw

lesson = Lesson()
ADDITIONS = "only multiplications are counted; each comes with an addition"


def _counted(N: int, *widths: int) -> int:
    """Run the products of a step, as shapes without numbers, and let PyTorch count."""
    import torch  # noqa: PLC0415 - takes a second, which only those who check need wait
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415 - as above

    x = torch.empty(N, widths[0], device="meta")
    with FlopCounterMode(display=False) as counter:
        for sizes in itertools.pairwise(widths):
            x = x @ torch.empty(sizes, device="meta", requires_grad=True)
        x.sum().backward()
    return int(counter.get_total_flops())


@lesson.exercise(
    "Three times the forward pass?",
    draw=given(N="size", D_in="size", H="size", D_out="size"),
    wanted=_counted,
    gives="operations",
    whole=("operations",),
    on="networks of different sizes",
    mistakes=(
        Edit(
            "it counts the gradient of x, which nothing needs",
            ("first + 2 * second", "2 * forward"),
        ),
        Edit("this is only the forward pass", ("forward + backward", "forward")),
        Edit("the backward pass has three products", ("first + 2 * second", "forward")),
        Edit(ADDITIONS, ("2 * N", "N")),
        Edit("x needs no gradient, but h_relu does", ("first + 2 * second", "2 * first + second")),
    ),
    hints=(
        "Name the products of the backward pass. Which gradient could it compute, but never uses?",
        "For each product of the forward pass there can be two in the backward pass: the gradient of its "
        "weights and that of its input. The input of the first is x, and no update needs its gradient.",
    ),
    stub="known-mistake",
)
def operations(N: int, D_in: int, H: int, D_out: int) -> int:
    """The operations in the matrix products of a step."""
    first, second = 2 * N * D_in * H, 2 * N * H * D_out
    forward = first + second
    backward = first + 2 * second
    return forward + backward


def _product(draw: Draw) -> dict[str, Any]:
    return given(a="size", b="size", c="size")(draw) | {"itemsize": (8, 4, 2, 8)[draw.case]}


def _measured(a: int, b: int, c: int, itemsize: int) -> float:
    """Ask arrays for their bytes."""
    left, right = (np.zeros(shape, dtype=f"f{itemsize}") for shape in ((a, b), (b, c)))
    moved = sum(array.nbytes for array in (left, right, left @ right))
    return sum(2 * b for _ in range(a * c)) / moved


@lesson.exercise(
    "Operations per byte",
    draw=_product,
    wanted=_measured,
    gives="intensity",
    on="products of different sizes",
    mistakes=(
        Edit("this is operations per number, not per byte", ("itemsize * numbers", "numbers")),
        Edit(ADDITIONS, ("2 * a", "a")),
        Edit(
            "this is upside down; want operations per byte",
            ("operations / (itemsize * numbers)", "itemsize * numbers / operations"),
        ),
        Edit("the result is left out, but it is written to memory", (" + a * c", "")),
        Edit("the factors are left out, but they are read", ("a * b + b * c + ", "")),
        Edit("the fraction is cut off; divide by /, not by //", ("/ (", "// (")),
        Edit("each number counts at each use; count it once", ("a * b + b * c", "2 * a * b * c")),
    ),
    hints=(
        "Three matrices travel between memory and the processor. Which ones, and how many numbers are in each?",
        "Two are read, one is written. Add up their numbers, each of itemsize bytes. Each element of the "
        "result is a sum of b products.",
    ),
)
def intensity(a: int, b: int, c: int, itemsize: int) -> float:
    """The operations of a matrix product per byte that it moves."""
    operations = 2 * a * b * c
    numbers = a * b + b * c + a * c
    return operations / (itemsize * numbers)


def _widths(draw: Draw) -> dict[str, Any]:
    layers = (3, 1, 2, 5)[draw.case]
    widths = draw.rng.permutation(np.arange(3, 19))[: layers + 1].tolist()
    return {"N": 20 + draw.case, "widths": widths}


@lesson.exercise(
    "Any number of layers",
    draw=_widths,
    wanted=lambda N, widths: _counted(N, *widths),
    gives="operations",
    whole=("operations",),
    on="networks with up to 5 layers",
    mistakes=(
        Edit("it counts the gradient of x, which nothing needs", (" - layers[0]", "")),
        Edit("this is only the forward pass", ("3 * sum(layers) - layers[0]", "sum(layers)")),
        Edit(
            "the backward pass lacks the gradients of the layers' inputs, which all layers but the first need",
            ("3 * sum(layers) - layers[0]", "2 * sum(layers)"),
        ),
        Edit(ADDITIONS, ("2 * N", "N")),
        Edit("only two layers are counted", ("len(widths) - 1", "min(2, len(widths) - 1)")),
        Edit("the first layer has one product less, not the last", ("layers[0]", "layers[-1]")),
    ),
    hints=(
        "What does a layer in the middle compute in a step, forward and backward? What does the first layer "
        "leave out?",
        "A layer from a to b numbers has three products with the same number of operations: the forward product, the"
        " gradient of its weights, and the gradient that it passes back. The first layer passes nothing back.",
    ),
)
def deep_operations(N: int, widths: list[int]) -> int:
    """The operations in the matrix products of a step, with any number of layers."""
    layers = [2 * N * widths[i] * widths[i + 1] for i in range(len(widths) - 1)]
    return 3 * sum(layers) - layers[0]


class _Device:
    """A device with a clock of its own: it begins work when asked and can be waited for.

    The first piece of work takes longest. From the first look at the clock on, three lengths come in turn, so
    that any 3, 6, 9... pieces in a row have one median, whatever was done to warm up.
    """

    def __init__(self) -> None:
        self.now, self.busy = 100.0, 0.0
        self.asked = self.looked = 0

    def clock(self) -> float:
        """Read the time, in seconds."""
        self.looked = self.looked or 1
        return self.now

    def work(self) -> None:
        """Ask for a piece of work, and come back before it is done."""
        length = (8.0, 4.0, 64.0)[self.looked % 3] if self.asked else 800.0
        self.asked += 1
        self.looked += self.looked > 0
        self.now += 0.5
        self.busy = max(self.busy, self.now) + length

    def wait(self) -> None:
        """Come back when all is done."""
        self.now = max(self.now, self.busy)


def _device(draw: Draw) -> dict[str, Any]:
    device = _Device()
    repeats = (3, 9, 15, 6)[draw.case]
    return {"work": device.work, "wait": device.wait, "clock": device.clock, "repeats": repeats}


def _timed(answer: Any, inputs: Inputs) -> Any:
    seconds = answer(*inputs.values())
    device, repeats = inputs["clock"].__self__, inputs["repeats"]
    if not device.looked:
        text = "never calls clock"
        raise DiagnosisError(diagnoses.KNOWN(name="your code", text=text))
    if device.asked < repeats:
        text = f"calls work {device.asked} times; want {repeats} timed calls, and a warm-up"
        raise DiagnosisError(diagnoses.KNOWN(name="your code", text=text))
    return seconds


@lesson.exercise(
    "A timer that stops too early",
    draw=_device,
    wanted=lambda work, wait, clock, repeats: 0.5 + 8.0,
    gives="seconds",
    run=_timed,
    on="devices with their own clocks",
    mistakes=(
        Edit("the timer stops before the work is done; wait for it", ("        wait()\n", "")),
        *(
            Edit(
                "the slow first call is included; before the loop, call work and wait until it is done",
                ("    work()\n    wait()\n    times", "    times"),
                ("statistics.median", statistic),
            )
            for statistic in ("statistics.median", "statistics.mean")
        ),
        *(
            Edit(f"this is {said}; return the median", ("statistics.median", statistic))
            for said, statistic in (
                ("the mean, which one interruption can change", "statistics.mean"),
                ("the shortest time", "min"),
                ("the longest time", "max"),
                ("the sum of all times", "sum"),
            )
        ),
    ),
    hints=(
        "When does work return: when the device is done, or when it has been asked? And what is special about "
        "the first call?",
        "Before the loop, call work once and wait until it is done. Inside the loop, wait between the work "
        "and the second look at the clock.",
    ),
    stub="known-mistake",
)
def median_time(
    work: Callable[[], None], wait: Callable[[], None], clock: Callable[[], float], repeats: int
) -> float:
    """The median of the times that the work takes on a device, in seconds."""
    work()
    wait()
    times = []
    for _ in range(repeats):
        start = clock()
        work()
        wait()
        times.append(clock() - start)
    return statistics.median(times)
