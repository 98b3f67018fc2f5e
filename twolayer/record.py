"""Measure a GPU and the CPU beside it. ``python -m twolayer record`` writes the results to a file.

The file is plain JSON. It says when and on what machine it was recorded (``date``, ``device``,
``host``, ``versions``), and has four kinds of results:

- ``loops``: the rungs and :mod:`twolayer.fastest`, on the default random problem;
- ``sweep``: one rung at many sizes, on the CPU and on the GPU;
- ``transfers``: copies between the host's memory and the device's;
- ``printed``: the output of the page on CUDA.

A rate, such as ``steps_per_second``, is given as the ``median``, the ``lowest`` and the ``highest``
of several repeats. Each repeat has as many steps or copies as the row says.
"""

from __future__ import annotations

import inspect
import itertools
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from twolayer import __version__, checks, fastest
from twolayer.problem import random_problem
from twolayer.rungs import RUNGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twolayer.fit import Fit
    from twolayer.problem import Problem

    Row = dict[str, Any]

_ROOT = Path(__file__).resolve().parents[1]
_PAGE = "gallery/tensors/cuda_device.py"
_CPU = torch.device("cpu")
_SWEPT = "tensors_by_hand"
# So low that no size diverges. How long an update takes doesn't depend on the rate.
_HARMLESS_RATE = 1e-12


class _Extent(NamedTuple):
    """How much to measure: the smallest number of steps, the repeats and their length, the sizes."""

    steps: int
    repeats: int
    repeat_seconds: float
    N: tuple[int, ...]
    H: tuple[int, ...]
    copy_bytes: tuple[int, ...]


_FULL = _Extent(
    steps=2000,
    repeats=5,
    repeat_seconds=0.3,
    N=(64, 256, 1024, 4096),
    H=(100, 400, 1600, 6400),
    copy_bytes=(2**12, 2**20, 2**28),
)
_QUICK = _Extent(2, repeats=2, repeat_seconds=0.0, N=(2, 4), H=(3, 5), copy_bytes=(2**10, 2**12))


def record(
    device: str = "cuda", *, quick: bool = False, progress: Callable[[Row], object] | None = None
) -> dict[str, Any]:
    """Measure how fast the rungs are, how large a problem must be for a GPU to pay off, and what copies cost.

    If there are several GPUs, PyTorch's current one is measured: the first one in
    ``CUDA_VISIBLE_DEVICES``.

    Args:
        device: What to record: ``"cuda"`` or, for a trial, ``"cpu"``.
        quick: Whether to measure as little as possible, in seconds instead of minutes.
        progress: A function that is called with each row of results as soon as it is measured.

    Returns:
        The recording, ready for ``json.dumps``.

    Raises:
        ValueError: If the machine lacks the device, or the package is not in a clone of the project,
            beside its gallery.
        RuntimeError: If the page on CUDA fails.

    Examples:
        >>> record("gpu")
        Traceback (most recent call last):
            ...
        ValueError: device: 'gpu' given; want one of 'cuda', 'cpu'
    """
    place = checks.torch_device(checks.one_of("device", device, ("cuda", "cpu")))
    extent = _QUICK if quick else _FULL
    if not (_ROOT / _PAGE).is_file():
        message = f"twolayer: found in {str(_ROOT)!r}, without {_PAGE}; want a clone of the project"
        raise ValueError(message)
    recording: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "quick": quick,
        "device": _device(place),
        "host": _host(),
        "versions": _versions(),
        "printed": _printed(),
    }
    parts = {"loops": _loops, "sweep": _sweep, "transfers": _transfers}
    for name, measure in parts.items():
        recording[name] = []
        for row in measure(place, extent):
            recording[name].append(row)
            if progress:
                progress(row)
    return recording


def _device(device: torch.device) -> dict[str, Any]:
    if device.type == "cpu":
        return {"type": "cpu", "name": _processor()}
    facts = torch.cuda.get_device_properties(device)
    return {
        "type": "cuda",
        "name": facts.name,
        "compute_capability": f"{facts.major}.{facts.minor}",
        "memory_bytes": facts.total_memory,
    }


def _host() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "logical_processors": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
    }


def _processor() -> str:
    """Ask the system for the name of its processor. Python itself knows only the architecture."""
    facts = Path("/proc/cpuinfo")
    text = facts.read_text("utf-8", errors="replace") if facts.is_file() else ""
    named = re.search(r"(?m)^model name\s*:\s*(\S.*?)\s*$", text)
    return named[1] if named else platform.processor() or platform.machine()


def _versions() -> dict[str, str | None]:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "numpy": np.__version__,
        "twolayer": __version__,
    }


def _printed() -> str:
    """Run the page on CUDA in a separate process, and return its output."""
    # With -P, `import torch` doesn't look among the other pages. Figures are drawn and discarded.
    done = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-P", _ROOT / _PAGE],
        env=os.environ | {"MPLBACKEND": "agg"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"{_PAGE} ended with exit status {done.returncode}; want 0"
        raise RuntimeError(message)
    return done.stdout


def _loops(device: torch.device, extent: _Extent) -> Iterator[Row]:
    """Time each rung in both precisions, on the device if the rung can run there."""
    fits = {name: rung.fit for name, rung in RUNGS.items()} | {"fastest": fastest.fit}
    for (name, fit), dtype in itertools.product(fits.items(), ("float32", "float64")):
        yield _fit_row(name, fit, random_problem(dtype=dtype), device, extent, steps=extent.steps)


def _sweep(device: torch.device, extent: _Extent) -> Iterator[Row]:
    """Time one rung at many sizes, on the CPU and on the device."""
    fit = partial(RUNGS[_SWEPT].fit, learning_rate=_HARMLESS_RATE)
    for N, H in itertools.product(extent.N, extent.H):
        problem = random_problem(N=N, H=H, dtype="float32")
        for place in dict.fromkeys([_CPU, device]):
            yield _fit_row(_SWEPT, fit, problem, place, extent, steps=1)


def _fit_row(
    name: str,
    fit: Callable[..., Fit],
    problem: Problem,
    device: torch.device,
    extent: _Extent,
    *,
    steps: int,
) -> Row:
    dtype = str(problem.dtype)
    options: dict[str, Any] = {"device": device, "dtype": dtype}
    if "device" not in inspect.signature(fit).parameters:
        device, options = _CPU, {}
    steps, rate = _rate(lambda steps: fit(problem, steps=steps, **options), steps, device, extent)
    return {
        "loop": name,
        "device": device.type,
        "dtype": dtype,
        **problem.sizes,
        "steps": steps,
        "steps_per_second": rate,
    }


def _transfers(device: torch.device, extent: _Extent) -> Iterator[Row]:
    """Time copies within the device, and to and from the host's pageable and pinned memory."""
    for size_bytes in extent.copy_bytes:
        there, other = (torch.ones(size_bytes, dtype=torch.uint8, device=device) for _ in "12")
        ways = {("device", "device"): (there, other)}
        if device.type == "cuda":
            pageable = torch.ones(size_bytes, dtype=torch.uint8)
            for host, here in (("pageable host", pageable), ("pinned host", pageable.pin_memory())):
                ways |= {(host, "device"): (here, there), ("device", host): (there, here)}
        for (origin, target), tensors in ways.items():
            copies, rate = _rate(partial(_copy, *tensors), 1, device, extent)
            yield {
                "from": origin,
                "to": target,
                "size_bytes": size_bytes,
                "copies": copies,
                "bytes_per_second": {name: size_bytes * value for name, value in rate.items()},
            }


def _copy(source: torch.Tensor, target: torch.Tensor, copies: int) -> None:
    # A copy from or to pinned memory can run in the background.
    in_background = source.is_pinned() or target.is_pinned()
    for _ in range(copies):
        target.copy_(source, non_blocking=in_background)


def _rate(
    work: Callable[[int], object], units: int, device: torch.device, extent: _Extent
) -> tuple[int, dict[str, float]]:
    """Time work, with more units if it is too short to time. Return the units, and units per second."""
    _seconds(work, units, device)  # The first call loads and sets up what the work needs.
    while _seconds(work, units, device) < extent.repeat_seconds:
        units *= 2
    rates = [units / _seconds(work, units, device) for _ in range(extent.repeats)]
    return units, {
        "median": statistics.median(rates),
        "lowest": min(rates),
        "highest": max(rates),
    }


def _seconds(work: Callable[[int], object], units: int, device: torch.device) -> float:
    """Time work, from when the device is idle until it is idle again."""

    def wait() -> None:
        # A GPU is still busy when a call returns. Without this, only the launches would be timed.
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    wait()
    start = time.perf_counter()
    work(units)
    wait()
    return time.perf_counter() - start
