"""A recorded run: what one file says of one machine, and how such a file is written and read.

The classes below are the schema. Their annotations say what a field holds, and ``read`` holds a file
against them: each text and each list has something in it, each whole number is 1 or more, and each
other number is finite and above 0. The package's three dependencies have no library for that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import re
import statistics
import types
from contextlib import suppress
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NamedTuple,
    NoReturn,
    get_args,
    get_origin,
    get_type_hints,
)

from twolayer.cells import Cell  # noqa: TC001 - the annotations are read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

#: The version of the schema; one more whenever a field comes, goes or changes its meaning.
SCHEMA = 1

#: The kinds of device that a fit computes on.
Device = Literal["cpu", "cuda"]
#: The precisions that a fit computes in.
Dtype = Literal["float32", "float64"]
#: The kinds of memory that the host's end of a copy is in, and none of the host's.
Memory = Literal["pageable", "pinned", "device"]

_WAYS = {
    "cpu": {("device to device", "device")},
    "cuda": {
        ("host to device", "pageable"),
        ("host to device", "pinned"),
        ("device to host", "pageable"),
        ("device to host", "pinned"),
        ("device to device", "device"),
    },
}
_SHORT = 60


class RecordingError(ValueError):
    """A file, or a value, that is not a recording as the command writes it.

    Args:
        where: The file, or the field.
        problem: What is wrong with it, and what is wanted.
    """

    def __init__(self, where: str, problem: str) -> None:
        self.where = where
        self.problem = problem
        super().__init__(f"{where}: {problem}")


class Spread(NamedTuple):
    """Several measurements of one thing.

    Args:
        median: The middle one.
        lowest: The lowest.
        highest: The highest.
        repeats: How many there are.

    Examples:
        >>> Spread.of([3.0, 1.0, 8.0])
        Spread(median=3.0, lowest=1.0, highest=8.0, repeats=3)
    """

    median: float
    lowest: float
    highest: float
    repeats: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Sum up measurements.

        Args:
            values: At least one number.

        Returns:
            Their median, their range, and how many they are.
        """
        kept = [float(value) for value in values]
        return cls(statistics.median(kept), min(kept), max(kept), len(kept))

    def check(self, where: str) -> None:
        """Check that the three figures stand in order.

        Args:
            where: The field that they are in.

        Raises:
            RecordingError: If the median is outside the range.
        """
        if not self.lowest <= self.median <= self.highest:
            wanted = f"want one from {self.lowest} (lowest) to {self.highest} (highest)"
            _fail(f"{where}.median", f"{self.median} given; {wanted}")


class Machine(NamedTuple):
    """The computer around the device.

    Args:
        system: The operating system and the architecture, such as ``Linux x86_64``.
        cpu: The processor's name.
        cores: How many logical processors the system has.
        threads: With how many threads PyTorch computes on them.
    """

    system: str
    cpu: str
    cores: int
    threads: int


class Gpu(NamedTuple):
    """A CUDA device.

    Args:
        name: Its name, such as ``NVIDIA H200``.
        capability: Its compute capability, such as ``9.0``.
        memory_bytes: How large its memory is.
        cuda: The version of CUDA that PyTorch was built with.
        driver: The driver's version, or None where ``nvidia-smi`` doesn't tell.
    """

    name: str
    capability: str
    memory_bytes: int
    cuda: str
    driver: str | None


class Versions(NamedTuple):
    """What the run was made with, by version.

    Args:
        python: Python.
        torch: PyTorch, with the name of its build.
        numpy: NumPy.
        twolayer: This package.
    """

    python: str
    torch: str
    numpy: str
    twolayer: str


class LoopSpeed(NamedTuple):
    """How fast one loop fits the classic problem.

    Args:
        loop: The loop's name; for a rung, the rung's.
        title: What it is called in text.
        dtype: The precision.
        device: Where it computes.
        steps: How many steps each repeat makes; what a fit sets up and copies is timed with them.
        steps_per_second: The measurements.
    """

    loop: str
    title: str
    dtype: Dtype
    device: Device
    steps: int
    steps_per_second: Spread


class SizeSpeed(NamedTuple):
    """How fast the sweep's loop fits a problem of some size.

    Args:
        N: The batch size.
        D_in: The input dimension.
        H: The hidden dimension.
        D_out: The output dimension.
        dtype: The precision.
        device: Where it computes.
        steps: How many steps each repeat makes.
        steps_per_second: The measurements.
    """

    N: int
    D_in: int
    H: int
    D_out: int
    dtype: Dtype
    device: Device
    steps: int
    steps_per_second: Spread


class Sweep(NamedTuple):
    """One loop at many sizes, on the CPU and on the device.

    Args:
        loop: The loop's name.
        sizes: A row for each size and device.
    """

    loop: str
    sizes: tuple[SizeSpeed, ...]


class Transfer(NamedTuple):
    """How fast bytes are copied.

    Args:
        way: From where to where; on the CPU its memory is the device's.
        memory: Which kind of memory the host's end is in, pageable or pinned; ``device`` if neither
            end is the host's.
        size_bytes: How many bytes each copy moves.
        bytes_per_second: The measurements; a copy within the device counts each byte once.
    """

    way: Literal["host to device", "device to host", "device to device"]
    memory: Memory
    size_bytes: int
    bytes_per_second: Spread


class Recording(NamedTuple):
    """All that one run of ``python -m twolayer record`` measured.

    Args:
        date: The day, in UTC.
        device: What it was recorded on.
        quick: Whether it was a trial with few steps and small sizes, whose figures say nothing.
        machine: The computer.
        gpu: The GPU, or None on the CPU.
        versions: The programs.
        loops: The loops at the classic size.
        sweep: One loop at many sizes.
        transfers: The copies.
        cells: What the cells of the page on CUDA printed.
    """

    date: dt.date
    device: Device
    quick: bool
    machine: Machine
    gpu: Gpu | None
    versions: Versions
    loops: tuple[LoopSpeed, ...]
    sweep: Sweep
    transfers: tuple[Transfer, ...]
    cells: tuple[Cell, ...]

    def check(self, where: str) -> None:
        """Check that the parts are whole, and of one device.

        Args:
            where: The field that the recording is in.

        Raises:
            RecordingError: If the GPU, a loop, a size or a kind of copy is missing, or there twice.
        """
        if (self.gpu is None) != (self.device == "cpu"):
            words = "null" if self.device == "cpu" else "the GPU's name and versions"
            given = "null" if self.gpu is None else repr(self.gpu.name)
            problem = f"{given} given with device {self.device!r}; want {words}"
            _fail(f"{where}.gpu", problem)
        devices = {"cpu", self.device}
        precisions = set(get_args(Dtype))
        measured = [(row.loop, row.device, row.dtype) for row in self.loops]
        wanted = {(loop, device, dtype) for loop, device, _ in measured for dtype in precisions}
        _hold(f"{where}.loops", measured, wanted)
        _hold(f"{where}.loops", [*{row.device for row in self.loops}], devices)
        rows = [(row[:5], row.device) for row in self.sweep.sizes]
        _hold(f"{where}.sweep.sizes", rows, {(size, on) for size, _ in rows for on in devices})
        copies = [((row.way, row.memory), row.size_bytes) for row in self.transfers]
        everywhere = {(way, size) for way in _WAYS[self.device] for _, size in copies}
        _hold(f"{where}.transfers", copies, everywhere)


def _hold(where: str, given: list[Any], wanted: set[Any]) -> None:
    for one in sorted(wanted - set(given)):
        _fail(where, f"nothing given for {_words(one)}; want a row for each")
    for one in sorted(set(given) - wanted):
        _fail(where, f"a row given for {_words(one)}; want none for it")
    for number, one in enumerate(given):
        if one in given[:number]:
            _fail(f"{where}[{number}]", f"a second row for {_words(one)} given")


def _words(one: object) -> str:
    return ", ".join(map(_words, one)) if isinstance(one, tuple) else str(one)


def write(recording: Recording, path: Path) -> None:
    """Write a recording, whole or not at all.

    The file comes into being under another name, and gets its own when all of it is on the disk.

    Args:
        recording: The recording.
        path: The file; one that is there is replaced.

    Raises:
        RecordingError: If the recording doesn't fit the schema.
        OSError: If the file can't be written.
    """
    content = {"schema": SCHEMA, "recording": _plain(recording)}
    text = json.dumps({"digest": _digest(content), **content}, indent=1) + "\n"
    parse(text, path.name)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def read(path: Path) -> Recording:
    """Read a recording, and check all of it.

    Args:
        path: A file that ``python -m twolayer record`` wrote.

    Returns:
        The recording.

    Raises:
        RecordingError: If it is no such file, one of another schema version, one that was changed
            or cut short, or one whose fields don't fit the schema.
        OSError: If it can't be read.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        _fail(path.name, f"no text: {error.reason}; {_WANTED}")
    return parse(text, path.name)


def parse(text: str, name: str) -> Recording:
    """Read a recording from its text, and check all of it.

    Args:
        text: The text of a file that ``python -m twolayer record`` wrote.
        name: What to call it in errors.

    Returns:
        The recording.

    Raises:
        RecordingError: As ``read`` does.

    Examples:
        >>> parse("{}", "mine.json")
        Traceback (most recent call last):
            ...
        twolayer.recording.RecordingError: mine.json: no 'schema'; want a file as `python -m
        twolayer record` wrote it, with digest, recording, schema
        >>> parse('{"schema": 2}', "mine.json")
        Traceback (most recent call last):
            ...
        twolayer.recording.RecordingError: mine.json: schema: 2 given; want version 1, which this
        version of twolayer reads and writes: record again
    """
    try:
        content = json.loads(text, object_pairs_hook=_once_each, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        _fail(name, f"no JSON: {error}; {_WANTED}")
    if not isinstance(content, dict) or "schema" not in content:
        given = "no 'schema'" if isinstance(content, dict) else f"{_quoted(content)} given"
        _fail(name, f"{given}; {_WANTED}, with digest, recording, schema")
    version = content["schema"]
    if type(version) is not int or version != SCHEMA:
        wanted = f"want version {SCHEMA}, which this version of twolayer reads and writes"
        _fail(f"{name}: schema", f"{_quoted(version)} given; {wanted}: record again")
    _same_names(name, content, {"digest", "recording", "schema"})
    digest = content.pop("digest")
    if digest != (wanted := _digest(content)):
        problem = f"{_quoted(digest)} given, but the content's is {wanted!r}: it was changed or cut"
        _fail(f"{name}: digest", f"{problem}; {_WANTED}")
    try:
        made: Recording = _as(Recording, content["recording"], "recording")
    except RecordingError as error:
        _fail(f"{name}: {error.where}", error.problem)
    return made


_WANTED = "want a file as `python -m twolayer record` wrote it"


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


def _plain(value: object) -> object:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(field) for name, field in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"{twice!r} stands twice in one object"
        raise ValueError(message)
    return found


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is no JSON number"
    raise ValueError(message)


def _as(wanted: Any, value: Any, where: str) -> Any:
    """Make a value what its annotation says, or say what is wrong with it."""
    origin, kinds = get_origin(wanted), get_args(wanted)
    if hasattr(wanted, "_fields"):
        return _as_object(wanted, value, where)
    if origin is tuple:
        if not isinstance(value, list) or not value:
            _reject(where, value, "a list with something in it")
        return tuple(_as(kinds[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if origin is types.UnionType:
        return None if value is None else _as(kinds[0], value, where)
    if origin is Literal:
        if not (isinstance(value, str) and value in kinds):
            _reject(where, value, f"one of {', '.join(map(repr, kinds))}")
        return value
    fits, words = _LEAVES[wanted]
    if not fits(value):
        _reject(where, value, words)
    return dt.date.fromisoformat(value) if wanted is dt.date else value


def _as_object(wanted: Any, value: Any, where: str) -> Any:
    kinds = get_type_hints(wanted)
    if not isinstance(value, dict):
        _reject(where, value, f"an object with {', '.join(sorted(kinds))}")
    _same_names(where, value, kinds)
    made = wanted(
        **{name: _as(kind, value[name], f"{where}.{name}") for name, kind in kinds.items()}
    )
    if hasattr(made, "check"):
        made.check(where)
    return made


def _is_date(value: object) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return False
    try:
        return bool(dt.date.fromisoformat(value))
    except ValueError:
        return False


# `type(...) is`, as True is an int, and a number without a point is none that the command measured.
_LEAVES: dict[type, tuple[Callable[[Any], bool], str]] = {
    bool: (lambda value: type(value) is bool, "true or false"),
    int: (lambda value: type(value) is int and value >= 1, "a whole number, 1 or more"),
    float: (
        lambda value: type(value) is float and 0 < value < math.inf,
        "a finite number above 0, with a decimal point",
    ),
    str: (lambda value: type(value) is str and value != "", "a text with something in it"),
    dt.date: (_is_date, "a day of the calendar, such as '2000-12-31'"),
}


def _same_names(where: str, value: dict[str, Any], wanted: Iterable[str]) -> None:
    names = list(wanted)
    for name in names:
        if name not in value:
            _fail(where, f"no {name!r}; want all of {', '.join(sorted(names))}")
    for name in value:
        if name not in names:
            _fail(where, f"{_quoted(name)} given; want no field but {', '.join(sorted(names))}")


def _fail(where: str, problem: str) -> NoReturn:
    raise RecordingError(where, problem) from None


def _reject(where: str, value: object, wanted: str) -> NoReturn:
    _fail(where, f"{_quoted(value)} given; want {wanted}")


def _quoted(value: object) -> str:
    text = json.dumps(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 4]} ..."
