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
ADDITIONS = "only multiplications are counted; each goes with an addition"


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
            "the backward pass is counted as two products for each of the forward pass; one of them would "
            "be the gradient of x, which nobody reads",
            ("first + 2 * second", "2 * forward"),
        ),
        Edit("it is the forward pass alone", ("forward + backward", "forward")),
        Edit(
            "the backward pass has three products here, not two; grad_h_relu is one",
            ("first + 2 * second", "forward"),
        ),
        Edit(ADDITIONS, ("2 * N", "N")),
        Edit(
            "three products are counted with x and two with w2; it is the other way round",
            ("first + 2 * second", "2 * first + second"),
        ),
    ),
    hints=(
        "Name the products of the backward pass. Which of those that could be computed is never used?",
        "Each forward product could have two behind it: the gradient of its weights, and that of "
        "what went in. What went into the first is x, and no update needs its gradient.",
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
    "Operations for each byte",
    draw=_product,
    wanted=_measured,
    gives="intensity",
    on="products of different sizes",
    mistakes=(
        Edit(
            "these are operations for each number moved; a number has itemsize bytes",
            ("itemsize * numbers", "numbers"),
        ),
        Edit(ADDITIONS, ("2 * a", "a")),
        Edit(
            "these are bytes for each operation; want operations for each byte",
            ("operations / (itemsize * numbers)", "itemsize * numbers / operations"),
        ),
        Edit("what is written is left out; the result has to go to memory, too", (" + a * c", "")),
        Edit(
            "what is read is left out; both matrices have to come from memory",
            ("a * b + b * c + ", ""),
        ),
        Edit("what is left over is thrown away; want a number with decimals", ("/ (", "// (")),
        Edit(
            "what is read is counted in bytes, what is written in numbers",
            ("itemsize * numbers", "itemsize * (a * b + b * c) + a * c"),
        ),
        Edit(
            "each number is counted as often as it is used; count it once, as if it stayed near",
            ("a * b + b * c", "2 * a * b * c"),
        ),
    ),
    hints=(
        "Three matrices travel between memory and the processor. Which, and how many numbers has each?",
        "Two are read, one is written; add up their entries, and a number has itemsize bytes. Each "
        "entry of the result is a sum of b products.",
    ),
)
def intensity(a: int, b: int, c: int, itemsize: int) -> float:
    """The operations of a product for each byte that it moves."""
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
        Edit(
            "the gradient of x is counted as well; the first layer needs only that of its weights",
            (" - layers[0]", ""),
        ),
        Edit("it is the forward pass alone", ("3 * sum(layers) - layers[0]", "sum(layers)")),
        Edit(
            "one product for each layer is missing in the backward pass: the gradient of what went into "
            "it, which all layers but the first must pass on",
            ("3 * sum(layers) - layers[0]", "2 * sum(layers)"),
        ),
        Edit(ADDITIONS, ("2 * N", "N")),
        Edit("only the first layer is counted", ("3 * sum(layers) -", "3 * layers[0] -")),
        Edit(
            "it stops after two layers",
            ("range(len(widths) - 1)", "range(min(2, len(widths) - 1))"),
        ),
        Edit(
            "a product is left out at the last layer, where it belongs left out at the first",
            ("layers[0]", "layers[-1]"),
        ),
    ),
    hints=(
        "What does one layer in the middle compute in a step, forward and backward? What does the first "
        "one leave out?",
        "A layer from a to b numbers has a forward product, one for its weights' gradient and one "
        "for the gradient that it passes on, all of the same count. The first passes nothing on.",
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
        text = "does not read the clock that it gets"
        raise DiagnosisError(diagnoses.KNOWN(name="your code", text=text))
    if device.asked < repeats:
        text = f"calls work {device.asked} times; want {repeats} times that count, and a warm-up"
        raise DiagnosisError(diagnoses.KNOWN(name="your code", text=text))
    return seconds


@lesson.exercise(
    "A clock that stops too early",
    draw=_device,
    wanted=lambda work, wait, clock, repeats: 0.5 + 8.0,
    gives="seconds",
    run=_timed,
    on="devices with clocks of their own",
    mistakes=(
        Edit(
            "the clock is stopped before the work is done: work returns at once, so wait before you read it",
            ("        wait()\n", ""),
        ),
        Edit(
            "the first call has a part in them, which pays for what later ones find ready; before the "
            "loop, call work once, and wait until that is done",
            ("    work()\n    wait()\n    times", "    times"),
        ),
        Edit(
            "the first call has a part in them, and the mean is taken; warm up first, and take the median",
            ("    work()\n    wait()\n    times", "    times"),
            ("statistics.median", "statistics.mean"),
        ),
        Edit(
            "it is the mean, which one interruption moves; want the median",
            ("statistics.median", "statistics.mean"),
        ),
        Edit("it is the shortest time; want the median", ("statistics.median", "min")),
        Edit("it is the longest time; want the median", ("statistics.median", "max")),
        Edit("it is the sum of all times; want the median", ("statistics.median", "sum")),
    ),
    hints=(
        "When does work come back: when the device has done it, or when it has been asked? And "
        "what is special about the first call?",
        "Before the loop, call work once and wait, so that nothing of it is left. Inside the loop, "
        "wait between the work and the second look at the clock.",
    ),
    stub="known-mistake",
)
def median_time(
    work: Callable[[], None], wait: Callable[[], None], clock: Callable[[], float], repeats: int
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
