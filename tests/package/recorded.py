"""Recordings that nobody recorded, for tests only: no figure in them was measured."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from twolayer.cells import Cell
from twolayer.recording import (
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

if TYPE_CHECKING:
    from twolayer.recording import Device, Dtype

_DTYPES: tuple[Dtype, ...] = ("float32", "float64")


def about(median: float) -> Spread:
    """Make up three measurements.

    Args:
        median: The middle one.

    Returns:
        Their spread.
    """
    return Spread.of([0.9 * median, median, 1.2 * median])


def made_up(device: Device, *, quick: bool = False) -> Recording:
    """Make up a whole recording, in which the GPU is faster than the CPU from H = 400 on at N = 64.

    Args:
        device: What it says that it was recorded on.
        quick: Whether it says that it was a trial.

    Returns:
        The recording.
    """
    devices: tuple[Device, ...] = ("cpu",) if device == "cpu" else ("cpu", "cuda")
    speeds: dict[tuple[int, int], tuple[float, float]] = {
        (64, 100): (3000.0, 2000.0),
        (64, 400): (900.0, 1900.0),
        (256, 100): (1000.0, 1950.0),
        (256, 400): (250.0, 1800.0),
    }
    loops: tuple[tuple[str, str, Device, float], ...] = (
        ("numpy_by_hand", "NumPy by hand", "cpu", 1500.0),
        ("autograd", "Autograd", device, 4000.0),
    )
    copies = [Transfer("device to device", "device", 4096, about(2e9))]
    if device == "cuda":
        copies += [
            Transfer("host to device", "pageable", 4096, about(5e9)),
            Transfer("host to device", "pinned", 4096, about(25e9)),
            Transfer("device to host", "pageable", 4096, about(4e9)),
            Transfer("device to host", "pinned", 4096, about(24e9)),
        ]
    return Recording(
        date=dt.date(2033, 4, 5),
        device=device,
        quick=quick,
        machine=Machine("Linux x86_64", "A processor", 16, 8),
        gpu=Gpu("Made-up GPU", "9.0", 2**37, "13.0", None) if device == "cuda" else None,
        versions=Versions("3.11.7", "2.13.0", "2.4.6", "0.1.0"),
        loops=tuple(
            LoopSpeed(name, title, dtype, on, 2000, about(rate))
            for name, title, on, rate in loops
            for dtype in _DTYPES
        ),
        sweep=Sweep(
            "tensors_by_hand",
            tuple(
                SizeSpeed(N, 1000, H, 10, "float32", on, 256, about(rate))
                for (N, H), rates in speeds.items()
                for on, rate in zip(devices, rates, strict=False)
            ),
        ),
        transfers=tuple(copies),
        cells=(
            Cell("Is there one?", "print(has_cuda)", "True\n"),
            Cell("Make a tensor there", "x = 1", None),
        ),
    )
