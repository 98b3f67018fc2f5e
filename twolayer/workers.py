"""Run a job in several processes: start them, watch them, and leave none behind."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_START = "from twolayer.workers import _main; _main()"
_INTERVAL = 0.02  # seconds between two checks of the workers
_DONE = np.iinfo(np.int64).max  # the step of a worker that has nothing left to do


class WorkerError(RuntimeError):
    """A worker that ended early, or that made no progress in time.

    Args:
        rank: The worker's number, from 0. If there are several such workers, the first.
        pid: Its process ID.
        message: What happened to it.

    Examples:
        >>> raise WorkerError(1, 4711, "rank 1 of 2 (pid 4711) ended by SIGKILL")
        Traceback (most recent call last):
            ...
        twolayer.workers.WorkerError: rank 1 of 2 (pid 4711) ended by SIGKILL
    """

    def __init__(self, rank: int, pid: int, message: str) -> None:
        self.rank = rank
        self.pid = pid
        super().__init__(rank, pid, message)

    def __str__(self) -> str:
        """Say what happened."""
        return str(self.args[2])


class Worker:
    """What a worker knows about its job.

    Args:
        rank: Its own number, from 0.
        processes: How many workers there are.
        folder: A folder that all workers share. It is deleted after the job.
    """

    def __init__(self, rank: int, processes: int, folder: Path) -> None:
        self.rank = rank
        self.processes = processes
        self.folder = folder
        self._places = np.memmap(folder / "places", dtype=np.int64, mode="r+")

    def reached(self, place: int) -> None:
        """Report this worker's progress, so that a worker that hangs differs from one that waits.

        Args:
            place: Its current step, which starts at 0 and grows with each call.
        """
        self._places[self.rank] = place

    def leave(self) -> NoReturn:
        """End this worker once all workers have called this, and skip the libraries' exit handlers.

        That way no worker disappears while another still communicates with it. It also avoids a
        crash: before Python 3.14, the process aborts if the interpreter ends while a library's thread
        still holds a tensor. A worker whose function returns calls this by itself.
        """
        self.reached(_DONE)
        while (self._places != _DONE).any():
            time.sleep(_INTERVAL)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def run(
    function: Callable[..., Any], *arguments: object, processes: int, timeout: float = 60.0
) -> Any:
    """Call a function in several new processes on this machine, and wait for them.

    Each process is a separate interpreter that finds Python modules where this one does. Of the
    caller's program, it runs only the file that defines the function. It uses one thread, unless the
    environment variable ``OMP_NUM_THREADS`` is set. However the call ends, no worker outlives it. If
    this process is killed, its workers end by themselves. When they are done, their output goes to
    standard error.

    Args:
        function: A function in a Python module, which takes a :class:`Worker` and the arguments. It
            calls ``Worker.reached`` to report its progress.
        *arguments: Its other arguments. They are pickled, so each worker has its own copy.
        processes: How many workers to start, 1 or more.
        timeout: How many seconds may pass without progress by any worker.

    Returns:
        The function's return value in the worker with rank 0.

    Raises:
        WorkerError: If a worker raises an error or is killed, or if no worker makes progress in time.
            The error names the worker that failed first, or the workers that are furthest behind.
            Its notes contain the worker's traceback or its last output.

    Examples:
        >>> from operator import attrgetter
        >>> run(attrgetter("rank", "processes"), processes=2)
        (0, 2)
    """
    with tempfile.TemporaryDirectory(prefix="twolayer-") as name:
        folder = Path(name)
        (folder / "job").write_bytes(pickle.dumps((function, arguments)))
        np.full(processes, -1, dtype=np.int64).tofile(folder / "places")
        workers: list[subprocess.Popen[bytes]] = []
        try:
            for rank in range(processes):
                workers.append(_start(rank, processes, folder))  # noqa: PERF401 - for `finally`
            _watch(workers, folder, timeout)
            for rank in range(processes if sys.stderr else 0):  # a program may have none
                sys.stderr.write(_output(folder, rank).read_text("utf-8", errors="replace"))
        finally:
            for worker in workers:
                worker.kill()
            for worker in workers:
                worker.communicate()
        return pickle.loads((folder / "result").read_bytes())  # noqa: S301 - a worker wrote it


def _start(rank: int, processes: int, folder: Path) -> subprocess.Popen[bytes]:
    search = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    with _output(folder, rank).open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - this interpreter, with our own code
            [sys.executable, "-P", "-c", _START, str(rank), str(processes), str(folder)],
            env={"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": search},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches only the caller, which then ends the workers.
            process_group=0,
        )


def _watch(workers: Sequence[subprocess.Popen[bytes]], folder: Path, timeout: float) -> None:
    """Wait until all workers are done. Raise if one fails, or if none makes progress."""
    before, moved = _places(folder), time.monotonic()
    while running := [rank for rank, worker in enumerate(workers) if worker.poll() is None]:
        if any(worker.returncode for worker in workers):
            break
        places = _places(folder)
        if not np.array_equal(places, before):
            before, moved = places, time.monotonic()
        elif time.monotonic() - moved > timeout:
            least = places[running].min()
            late = [rank for rank in running if places[rank] == least]
            _raise(workers, late, _late(least, timeout))
        time.sleep(_INTERVAL)
    _raise_for_failed(workers, folder)


def _late(place: int, timeout: float) -> str:
    if place < 0:
        return f"did not start within {timeout:g} s"
    return f"did not get past step {place} within {timeout:g} s"


def _raise_for_failed(workers: Sequence[subprocess.Popen[bytes]], folder: Path) -> None:
    """Raise for the worker that failed first, if any. Others may fail only because it is gone."""
    failed = [rank for rank, worker in enumerate(workers) if worker.poll()]
    if not failed:
        return
    # A worker that raises an error records it, with the time. A worker that is killed can't.
    rank = min(failed, key=lambda rank: _when_raised(folder, rank))
    code = workers[rank].returncode
    if _error(folder, rank).exists():
        what, _, notes = _error(folder, rank).read_text("utf-8").partition("\n")
        _raise(workers, [rank], f"raised {what}", notes)
    what = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    _raise(workers, [rank], what, _output(folder, rank).read_text("utf-8", errors="replace"))


def _raise(
    workers: Sequence[subprocess.Popen[bytes]], ranks: Sequence[int], what: str, notes: str = ""
) -> NoReturn:
    pids = [workers[rank].pid for rank in ranks]
    s = "s" if len(ranks) > 1 else ""
    who = f"rank{s} {_listed(ranks)} of {len(workers)} (pid{s} {_listed(pids)})"
    error = WorkerError(ranks[0], pids[0], f"{who} {what}")
    if notes.strip():
        error.add_note(notes.strip())
    raise error


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _places(folder: Path) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.fromfile(folder / "places", dtype=np.int64)


def _output(folder: Path, rank: int) -> Path:
    return folder / f"output{rank}"


def _error(folder: Path, rank: int) -> Path:
    return folder / f"error{rank}"


def _when_raised(folder: Path, rank: int) -> int:
    path = _error(folder, rank)
    return path.stat().st_mtime_ns if path.exists() else 0


def _main() -> None:
    """Run as a worker."""
    rank, processes, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    threading.Thread(target=_end_with_caller, args=(folder,), daemon=True).start()
    try:
        function, arguments = pickle.loads((folder / "job").read_bytes())  # noqa: S301 - ours
        worker = Worker(rank, processes, folder)
        result = function(worker, *arguments)
        if rank == 0:
            (folder / "result").write_bytes(pickle.dumps(result))
    except BaseException as error:  # noqa: BLE001 - the caller raises it again
        what = " ".join(traceback.format_exception_only(error)[-1].split())
        _error(folder, rank).write_text(f"{what}\n{traceback.format_exc()}", "utf-8")
        # Skip the libraries' exit handlers, which may wait for the other workers.
        os._exit(1)
    worker.leave()


def _end_with_caller(folder: Path) -> None:
    """End this worker when the caller is gone, which closes its end of the pipe."""
    os.read(sys.stdin.fileno(), 1)
    shutil.rmtree(folder, ignore_errors=True)  # the caller can no longer do it
    os._exit(1)
