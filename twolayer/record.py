"""Measure a machine and its GPU, for a file that anybody can look at: ``python -m twolayer record``."""

from __future__ import annotations

import inspect
import itertools
import os
import platform
import re
import shutil
import subprocess
import tomllib
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np
import torch

from twolayer import checks, fastest, timing
from twolayer.cells import PageError, run_alone
from twolayer.problem import random_problem
from twolayer.recording import (
    Dtype,
    Gpu,
    LoopSpeed,
    Machine,
    Recording,
    SizeSpeed,
    Spread,
    Sweep,
    Transfer,
    Versions,
)
from twolayer.rungs import RUNGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twolayer.fit import Fit
    from twolayer.problem import Problem
    from twolayer.recording import Device, Memory

    Progress = Callable[[str], None]

_ROOT = Path(__file__).resolve().parents[1]
_PAGE = Path("gallery", "tensors", "cuda_device.py")
_SWEPT = "tensors_by_hand"
# So low that no size diverges: an update takes as long whatever it adds.
_HARMLESS = 1e-12


class Loop(NamedTuple):
    """A way to fit the network that is worth recording.

    Args:
        name: Its name, a rung's or another.
        title: What it is called in text.
        fit: Its function, ``fit(problem, *, steps, ...) -> Fit``. One that takes ``device`` and
            ``dtype`` gets them; one that doesn't computes on the CPU, in the problem's dtype.
        cuda_only: Whether it needs a GPU.
    """

    name: str
    title: str
    fit: Callable[..., Fit]
    cuda_only: bool = False


#: Loops that are no rungs and are recorded beside them.
LOOPS_BESIDE: tuple[Loop, ...] = (Loop("fastest", "The fewest passes over memory", fastest.fit),)


class Extent(NamedTuple):
    """How much is measured.

    Args:
        steps: How many steps a loop makes in each repeat.
        repeats: How often everything is timed.
        N: The batch sizes of the sweep.
        H: Its hidden dimensions.
        copies: How many bytes a copy moves.
        seconds: How long a repeat of the sweep or of copies takes at least.
        most: The most steps or copies of such a repeat.
    """

    steps: int
    repeats: int
    N: tuple[int, ...]
    H: tuple[int, ...]
    copies: tuple[int, ...]
    seconds: float
    most: int


#: What a recording has, and what a trial run has.
FULL = Extent(
    steps=2000,
    repeats=5,
    N=(64, 256, 1024, 4096),
    H=(100, 400, 1600, 6400),
    copies=(2**12, 2**16, 2**20, 2**24, 2**28),
    seconds=0.5,
    most=2**14,
)
QUICK = Extent(steps=2, repeats=2, N=(2, 4), H=(3, 5), copies=(2**10, 2**12), seconds=0.0, most=1)


def record(
    device: str | torch.device = "cuda",
    *,
    quick: bool = False,
    page: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Recording:
    """Measure how fast the loops are, from which size a GPU pays, and what copies cost.

    Args:
        device: What to record, ``"cuda"`` or, to try the command out, ``"cpu"``.
        quick: Whether to measure next to nothing, in seconds instead of minutes.
        page: The script of the page on CUDA; by default the one in the gallery beside the package.
        progress: Called with a line about each part, before it starts.

    Returns:
        The recording.

    Raises:
        TypeError: If an argument is of the wrong type.
        ValueError: If the machine lacks the device, or the page is not there or doesn't run.

    Examples:
        >>> record("gpu")
        Traceback (most recent call last):
            ...
        ValueError: device: 'gpu' given; want 'cpu' or 'cuda' (or 'cuda:0', 'cuda:1', ...)
    """
    device = checks.torch_device(device)
    extent = QUICK if checks.instance("quick", quick, bool) else FULL
    page = find_page(page)
    tell = progress or (lambda _: None)
    if device.type == "cuda":
        device = torch.device("cuda", device.index or 0)
    tell(f"the cells of {page.name}")
    cells = run_alone(page, cuda_device=device.index if device.type == "cuda" else None)
    return Recording(
        date=datetime.now(UTC).date(),
        device=_kind(device),
        quick=quick,
        machine=_machine(),
        gpu=_gpu(device) if device.type == "cuda" else None,
        versions=_versions(),
        loops=tuple(_loop_speeds(device, extent, tell)),
        sweep=Sweep(_SWEPT, tuple(_size_speeds(device, extent, tell))),
        transfers=tuple(_transfers(device, extent, tell)),
        cells=tuple(cells),
    )


def find_page(page: Path | None = None) -> Path:
    """Find the script of the page on CUDA.

    Args:
        page: Where it is, or None for the gallery beside the package.

    Returns:
        Its path.

    Raises:
        ValueError: If it is not there.

    Examples:
        >>> from pathlib import Path
        >>> find_page(Path("nowhere.py"))
        Traceback (most recent call last):
            ...
        twolayer.cells.PageError: page: 'nowhere.py' given, which is no file; want the script of the
        page on CUDA, cuda_device.py, from a clone of the project or from its site
    """
    wanted = "want the script of the page on CUDA, cuda_device.py, from a clone of the project or from its site"
    if page is None:
        page = _ROOT / _PAGE
        if not page.is_file():
            message = f"page: none given, and no {_PAGE.as_posix()} beside the package; {wanted}"
            raise ValueError(message)
    elif not page.is_file():
        raise PageError(page, f"which is no file; {wanted}")
    return page


def default_name(device: str | torch.device) -> str:
    """Name the file of a recording that nobody named.

    Args:
        device: What is recorded.

    Returns:
        The device's name and the day, in UTC.

    Raises:
        TypeError: If ``device`` is neither a string nor a ``torch.device``.
        ValueError: If the machine lacks the device.

    Examples:
        >>> default_name("cpu")
        'cpu-20...-...-....json'
    """
    device = checks.torch_device(device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    words = re.findall(r"[a-z0-9]+", name.lower())
    return "-".join([*words, f"{datetime.now(UTC).date()}.json"])


def loops() -> list[Loop]:
    """List the loops that are recorded: the rungs, in the ladder's order, and those beside them.

    Returns:
        The loops.

    Examples:
        >>> [loop.name for loop in loops()][:3]
        ['numpy_by_hand', 'tensors_by_hand', 'autograd']
    """
    return [*(Loop(rung.name, rung.title, rung.fit) for rung in RUNGS.values()), *LOOPS_BESIDE]


def _loop_speeds(device: torch.device, extent: Extent, tell: Progress) -> Iterator[LoopSpeed]:
    for loop in loops():
        if loop.cuda_only and device.type != "cuda":
            continue
        place = device if "device" in _arguments(loop.fit) else torch.device("cpu")
        for dtype in get_args(Dtype):
            tell(f"{loop.name}, {dtype}, on {place}")
            work = _fitting(loop.fit, random_problem(dtype=dtype), place)
            wait = timing.waiting_for(place)
            timing.seconds(work, extent.steps, wait)
            rates = timing.rates(work, extent.steps, wait, repeats=extent.repeats)
            speed = Spread.of(rates)
            yield LoopSpeed(loop.name, loop.title, dtype, _kind(place), extent.steps, speed)


def _size_speeds(device: torch.device, extent: Extent, tell: Progress) -> Iterator[SizeSpeed]:
    for N, H in itertools.product(extent.N, extent.H):
        problem = random_problem(N=N, H=H, dtype="float32")
        for place in dict.fromkeys([torch.device("cpu"), device]):
            tell(f"N = {N}, H = {H}, on {place}")
            work = _fitting(RUNGS[_SWEPT].fit, problem, place, learning_rate=_HARMLESS)
            steps, speed = _measured(work, place, extent)
            sizes = problem.sizes
            yield SizeSpeed(
                **sizes, dtype="float32", device=_kind(place), steps=steps, steps_per_second=speed
            )


def _transfers(device: torch.device, extent: Extent, tell: Progress) -> Iterator[Transfer]:
    for size in extent.copies:
        tell(f"copies of {size} bytes")
        there, other = (torch.ones(size, dtype=torch.uint8, device=device) for _ in range(2))
        speed = _copying(there, other, device, extent)
        yield Transfer("device to device", "device", size, speed)
        if device.type == "cuda":
            pageable = torch.ones(size, dtype=torch.uint8)
            hosts: dict[Memory, torch.Tensor] = {
                "pageable": pageable,
                "pinned": pageable.pin_memory(),
            }
            for memory, here in hosts.items():
                speed = _copying(here, there, device, extent)
                yield Transfer("host to device", memory, size, speed)
                speed = _copying(there, here, device, extent)
                yield Transfer("device to host", memory, size, speed)


def _copying(
    source: torch.Tensor, target: torch.Tensor, device: torch.device, extent: Extent
) -> Spread:
    """Measure how many bytes a second are copied from one tensor to another."""
    # A copy runs in the background, without a wait after each, where the memory is pinned.
    pinned = source.is_pinned() or target.is_pinned()

    def work(copies: int) -> None:
        for _ in range(copies):
            target.copy_(source, non_blocking=pinned)

    _, speed = _measured(work, device, extent)
    median, lowest, highest = (source.nbytes * rate for rate in speed[:3])
    return Spread(median, lowest, highest, speed.repeats)


def _measured(
    work: Callable[[int], object], device: torch.device, extent: Extent
) -> tuple[int, Spread]:
    """Time work in units of which enough are done that a clock can tell."""
    wait = timing.waiting_for(device)
    units = timing.enough_units(work, wait, at_least=extent.seconds, most=extent.most)
    return units, Spread.of(timing.rates(work, units, wait, repeats=extent.repeats))


def _fitting(
    fit: Callable[..., Fit], problem: Problem, device: torch.device, **options: object
) -> Callable[[int], object]:
    """Give what fits a problem in so many steps on a device, in the problem's dtype."""
    chosen = {"device": device, "dtype": str(problem.dtype)}
    options |= {name: value for name, value in chosen.items() if name in _arguments(fit)}
    return lambda steps: fit(problem, steps=steps, **options)


def _arguments(fit: Callable[..., Fit]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(fit).parameters


def _kind(device: torch.device) -> Device:
    return "cuda" if device.type == "cuda" else "cpu"


def _machine() -> Machine:
    system = f"{platform.system()} {platform.machine()}"
    return Machine(system, _cpu_name(), os.cpu_count() or 1, torch.get_num_threads())


def _cpu_name() -> str:
    """Ask the system what its processor is called; Python itself knows only the architecture."""
    facts = Path("/proc/cpuinfo")
    text = facts.read_text("utf-8", errors="replace") if facts.is_file() else ""
    named = re.search(r"(?m)^model name\s*:\s*(\S.*?)\s*$", text)
    return named[1] if named else platform.processor() or platform.machine() or "unknown"


def _gpu(device: torch.device) -> Gpu:
    facts = torch.cuda.get_device_properties(device)
    capability = f"{facts.major}.{facts.minor}"
    cuda = str(torch.version.cuda)
    return Gpu(facts.name, capability, facts.total_memory, cuda, _driver())


def _driver() -> str | None:
    """Ask NVIDIA's own program for the version of the driver, which PyTorch doesn't tell."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    done = subprocess.run(  # noqa: S603 - the driver's program
        [program, "--query-gpu=driver_version", "--format=csv,noheader"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    lines = done.stdout.split()
    return lines[0] if done.returncode == 0 and lines else None


def _versions() -> Versions:
    return Versions(platform.python_version(), torch.__version__, np.__version__, _own_version())


def _own_version() -> str:
    """Give the version of the package, also where it runs from a clone and is not installed."""
    settings = _ROOT / "pyproject.toml"
    if settings.is_file():
        return str(tomllib.loads(settings.read_text("utf-8"))["project"]["version"])
    return metadata.version("twolayer")
