"""Recorded runs on GPUs, each with what it was recorded on: ``.. recorded-runs::``.

``python -m twolayer record`` writes a recording; those under ``docs/recordings/`` are shown. A file that
the command didn't write whole ends the build, and so does one that was recorded on a CPU or in a hurry,
which would pass for what it is not.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, get_args

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from twolayer.cells import split
from twolayer.recording import Dtype, RecordingError, read
from twolayer.rungs import RUNGS
from twolayer_docs.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from twolayer.cells import Cell
    from twolayer.recording import Recording, SizeSpeed, Spread

FOLDER = ROOT / "docs" / "recordings"
PAGE = ROOT / "gallery" / "tensors" / "cuda_device.py"
NOTHING = """\
**No run on a GPU has been recorded yet**, so this page has no figures, and nothing stands in for them. On a machine with
a CUDA GPU, `python -m twolayer record` writes a recording; put into `docs/recordings/` of the project, it is shown here
by the next build."""
NOTED_STEPS, NOTED_SECONDS = 2000, 2.74
"""What one old note reports for the classic problem with autograd, on one GPU of 2019."""
_KILO = 1024
_HUNDRED = 100


def committed(folder: Path = FOLDER) -> list[Recording]:
    """Read the recordings that the site shows.

    Args:
        folder: Where they are.

    Returns:
        The recordings, by the names of their files.

    Raises:
        RecordingError: If a file is no whole recording, or one of a CPU, or a quick one.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        recording = read(path)
        if recording.device != "cuda":
            where = f"{path.name}: recording.device"
            problem = f"{recording.device!r} given; want a recording of a GPU, 'cuda'"
            raise RecordingError(where, problem)
        if recording.quick:
            where = f"{path.name}: recording.quick"
            problem = "true given; want a whole recording, made without --quick"
            raise RecordingError(where, problem)
        found.append(recording)
    return found


def markdown(recordings: Sequence[Recording], cells: Sequence[str]) -> str:
    """Write recordings as Markdown.

    Args:
        recordings: The recordings.
        cells: The code of the cells of the page on CUDA, as it is today.

    Returns:
        A section for each, or a paragraph that says that there is none.
    """
    if not recordings:
        return NOTHING
    return "\n\n".join(part for recording in recordings for part in _section(recording, cells))


def _section(recording: Recording, cells: Sequence[str]) -> Iterator[str]:
    gpu = recording.gpu
    assert gpu is not None, "a recording of a GPU names it"
    yield f"## {gpu.name}"
    yield _provenance(recording)
    yield "### Steps per second of each loop"
    yield _loops(recording)
    yield _fastest(recording)
    yield "### From which size on the GPU is faster"
    yield _sweep(recording)
    yield "### What a copy costs"
    yield _transfers(recording)
    yield "### What the page on CUDA printed"
    yield from _cells(recording.cells, cells)


def _provenance(recording: Recording) -> str:
    gpu, machine, versions = recording.gpu, recording.machine, recording.versions
    assert gpu is not None, "a recording of a GPU names it"
    driver = f"driver {gpu.driver}" if gpu.driver else "a driver of unknown version"
    return (
        f"Recorded on {recording.date}, on one {gpu.name} with {amount(gpu.memory_bytes)} of memory "
        f"and compute capability {gpu.capability}, by Python {versions.python}, PyTorch "
        f"{versions.torch} for CUDA {gpu.cuda}, {driver}, NumPy {versions.numpy} and twolayer "
        f"{versions.twolayer}. The computer around it runs {machine.system} on {machine.cpu}, with "
        f"{machine.cores} logical processors; on the CPU, PyTorch computes with {machine.threads} "
        "threads."
    )


def _loops(recording: Recording) -> str:
    steps = " or ".join(f"{steps:,}" for steps in sorted({row.steps for row in recording.loops}))
    opening = (
        f"Each fits the classic problem in {steps} steps. The table has the median of the repeats, and "
        "the slowest and the fastest one."
    )
    lines = [
        opening,
        "",
        "| loop | computes on | float32 | float64 |",
        "|---|---|--:|--:|",
    ]
    rows = {(row.loop, row.device, row.dtype): row for row in recording.loops}
    for loop, device in dict.fromkeys((loop, device) for loop, device, _ in rows):
        both = [rows[loop, device, dtype] for dtype in get_args(Dtype)]
        speeds = " | ".join(_range(row.steps_per_second) for row in both)
        place = "CPU" if device == "cpu" else "GPU"
        lines.append(f"| {_called(loop, both[0].title)} | {place} | {speeds} |")
    return "\n".join(lines)


def _fastest(recording: Recording) -> str:
    on_gpu = [row for row in recording.loops if row.device == "cuda"]
    best = max(on_gpu, key=lambda row: row.steps_per_second.median)
    seconds = NOTED_STEPS / best.steps_per_second.median
    return (
        f"An old note reports {NOTED_SECONDS} s for {NOTED_STEPS:,} steps with autograd on one GPU of 2019. The fastest "
        f"loop here, {_called(best.loop, best.title)} in {best.dtype}, makes as many in {seconds:.3g} s, "
        f"{NOTED_SECONDS / seconds:.3g} times as fast."
    )


def _called(loop: str, title: str) -> str:
    return f"[{title}]({RUNGS[loop].page}.rst)" if loop in RUNGS else title


def _range(speed: Spread) -> str:
    return f"{speed.median:,.0f} ({speed.lowest:,.0f} to {speed.highest:,.0f})"


def _sweep(recording: Recording) -> str:
    loop = recording.sweep.loop
    title = RUNGS[loop].title if loop in RUNGS else loop
    sizes = sorted(recording.sweep.sizes, key=lambda row: (row.dtype, row.N, row.H))
    opening = (
        f"The loop is {_called(loop, title)}. The last column says how many times as many steps the GPU "
        "makes in the same time, by the medians; it is bold where the slowest repeat on the GPU is "
        "faster than the fastest on the CPU."
    )
    lines = [
        opening,
        "",
        "| dtype | N | H | CPU, steps per second | GPU, steps per second | GPU beside CPU |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    pairs = []
    for cpu in (row for row in sizes if row.device == "cpu"):
        (gpu,) = (row for row in sizes if row.device != "cpu" and row[:5] == cpu[:5])
        slow, fast = cpu.steps_per_second, gpu.steps_per_second
        ratio = f"{fast.median / slow.median:.2f}"
        ratio = f"**{ratio}**" if is_faster(cpu, gpu) else ratio
        cells = (cpu.dtype, cpu.N, cpu.H, f"{slow.median:,.1f}", f"{fast.median:,.1f}", ratio)
        lines.append(f"| {' | '.join(map(str, cells))} |")
        pairs.append((cpu, gpu))
    lines.append("")
    for (dtype, N), row in groupby(pairs, lambda pair: (pair[0].dtype, pair[0].N)):
        lines.append(f"- In {dtype} at N = {N} the GPU is {crossover([*row])}.")
    return "\n".join(lines)


def is_faster(cpu: SizeSpeed, gpu: SizeSpeed) -> bool:
    """Tell whether the GPU is faster beyond doubt.

    Args:
        cpu: What was measured on the CPU.
        gpu: What was measured on the GPU, at the same size.

    Returns:
        Whether its slowest repeat is faster than the CPU's fastest.
    """
    return gpu.steps_per_second.lowest > cpu.steps_per_second.highest


def crossover(pairs: Sequence[tuple[SizeSpeed, SizeSpeed]]) -> str:
    """Say from which hidden dimension on a GPU is faster.

    Args:
        pairs: What was measured on the CPU and on the GPU, with growing H.

    Returns:
        What to write after "the GPU is".
    """
    pays = [is_faster(cpu, gpu) for cpu, gpu in pairs]
    first = next((n for n in range(len(pays)) if all(pays[n:])), None)
    if first is None:
        return "not faster at the largest H of the sweep"
    return f"faster from H = {pairs[first][0].H} on" if first else "faster at each H of the sweep"


def _transfers(recording: Recording) -> str:
    rows = recording.transfers
    sizes = sorted({row.size_bytes for row in rows})
    lines = [
        "Medians in GB (10⁹ bytes) per second, for copies of each size.",
        "",
        f"| from where to where | the host's memory | {' | '.join(map(amount, sizes))} |",
        f"|---|---{'|--:' * len(sizes)}|",
    ]
    for way, memory in dict.fromkeys((row.way, row.memory) for row in rows):
        speeds = {
            row.size_bytes: _three_digits(row.bytes_per_second.median / 1e9)
            for row in rows
            if (row.way, row.memory) == (way, memory)
        }
        kind = "" if memory == "device" else memory
        lines.append(f"| {way} | {kind} | {' | '.join(speeds[size] for size in sizes)} |")
    return "\n".join(lines)


def _three_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= _HUNDRED else f"{number:.3g}"


def amount(size: int) -> str:
    """Write a number of bytes with the largest binary unit that it reaches.

    Args:
        size: The number of bytes.

    Returns:
        Such as ``4 KiB`` or ``139.8 GiB``.
    """
    scaled, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if scaled < _KILO:
            break
        scaled, unit = scaled / _KILO, larger
    return f"{scaled:.1f} {unit}".replace(".0 ", " ")


def _cells(recorded: Sequence[Cell], today: Sequence[str]) -> Iterator[str]:
    link = "[the page on CUDA](gallery/tensors/cuda_device.rst)"
    changed = [cell.code for cell in recorded] != [*today]
    if changed:
        yield (
            f"The cells of {link} ran on this GPU, too. **The page has changed since**; this is the "
            "code that ran, and what it printed."
        )
    else:
        yield f"The cells of {link} ran on this GPU, too. This is what they printed there."
    title = None
    for cell in recorded:
        if cell.title != title and (cell.printed or changed):
            title = cell.title
            yield f"**{title}**"
        if changed:
            yield _fenced("python", cell.code)
        if cell.printed:
            yield _fenced("text", cell.printed.rstrip("\n"))


def _fenced(language: str, text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


class RecordedRuns(SphinxDirective):
    """The ``recorded-runs`` directive."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Read the recordings and parse what is written of them.

        Returns:
            The nodes of a section for each, or of a paragraph that says that there is none.

        Raises:
            docutils.utils.SystemMessage: If a file is not a whole recording of a GPU.
        """
        # A folder is no file, so Sphinx reads this page anew in each build, and finds a new file.
        self.env.note_dependency(str(FOLDER))
        self.env.note_dependency(str(PAGE))
        try:
            recordings = committed(FOLDER)
        except RecordingError as error:
            message = f"recorded-runs: {error}"
            raise self.error(message) from None
        today = [code for _, _, code in split(PAGE.read_text("utf-8"))]
        text = markdown(recordings, today)
        container = nodes.Element()
        lines = StringList(text.splitlines(), source=str(FOLDER))
        self.state.nested_parse(lines, self.content_offset, container, match_titles=True)
        return container.children
