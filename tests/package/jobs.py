"""What workers do in the tests: they import this module by its name."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from twolayer.workers import Worker


def whoami(worker: Worker, suffix: str) -> str:
    """Say who a worker is."""
    return f"{worker.rank} of {worker.processes}{suffix}"


def sums(worker: Worker, array: NDArray[Any]) -> list[float]:
    """Change the worker's own array, and sum each worker's, which they leave in the folder."""
    array += worker.rank
    (worker.folder / f"sum{worker.rank}").write_text(str(array.sum()))
    others = [worker.folder / f"sum{rank}" for rank in range(worker.processes)]
    while not all(path.exists() and path.read_text() for path in others):
        time.sleep(0.01)
    return [float(path.read_text()) for path in others]


def threads(_: Worker) -> str:
    """How many threads a worker may use."""
    return os.environ["OMP_NUM_THREADS"]


def chatter(worker: Worker) -> None:
    """Print something."""
    sys.stdout.write(f"worker {worker.rank} printed this\n")


def fails(worker: Worker, rank: int, how: str) -> None:
    """Fail in one rank, and a little later, as those do that it leaves alone, in the others."""
    fails = worker.folder / "fails"
    if worker.rank != rank:
        while not fails.exists():
            time.sleep(0.01)
        time.sleep(0.3)
        message = "a connection was lost"
        raise ConnectionError(message)
    fails.touch()
    if how == "raise":
        message = "no such\nluck"
        raise ValueError(message)
    if how == "exit":
        sys.stdout.write("the last words\n")
        sys.stdout.flush()
        os._exit(3)
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def aborts_at_exit(_: Worker) -> str:
    """Do what is asked, and leave something behind that would abort an orderly exit."""
    atexit.register(os.abort)
    return "done"


def calls_the_first(worker: Worker) -> None:
    """Call rank 0, who can be reached until its process ends, long after it had nothing to do."""
    place = worker.folder / "port"
    if worker.rank == 0:
        listener = socket.create_server(("127.0.0.1", 0))
        atexit.register(listener.close)  # which keeps it open until then
        place.with_suffix(".new").write_text(str(listener.getsockname()[1]))
        place.with_suffix(".new").rename(place)
        return
    while not place.exists():
        time.sleep(0.01)
    time.sleep(0.5)
    socket.create_connection(("127.0.0.1", int(place.read_text()))).close()


def hangs(worker: Worker, places: list[int | None]) -> None:
    """Get as far as told, and no further."""
    place = places[worker.rank]
    if place is not None:
        for reached in range(place + 1):
            worker.reached(reached)
    time.sleep(600)


def moves(worker: Worker, pause: float, steps: int) -> None:
    """Take longer than a time-out, but never in one place."""
    for step in range(steps):
        worker.reached(step)
        time.sleep(pause)


@contextlib.contextmanager
def group(worker: Worker) -> Iterator[None]:
    """A process group of the workers, as `torchrun` has one of the processes that it starts."""
    import torch.distributed as dist  # noqa: PLC0415 - takes long, and most jobs need none

    worker.reached(0)
    store = dist.FileStore(str(worker.folder / "store"), worker.processes)  # type: ignore[attr-defined]
    dist.init_process_group("gloo", store=store, rank=worker.rank, world_size=worker.processes)
    yield
    dist.destroy_process_group()


Arrays = tuple["NDArray[Any]", "NDArray[Any]", "NDArray[Any]"]
"""A fit's losses and its two weights."""


class Joined(NamedTuple):
    """What fits in a group of the caller's did."""

    fits: dict[int, Arrays]
    """By the number of rows, the fit of all processes."""
    ranks_differ: list[int]
    """The numbers of rows for which not all processes got the same fit, bit for bit."""
    alone: Arrays
    """The fit by one process beside the group."""
    diverged: tuple[int, float | None, float]
    """At which step a fit diverged, its last loss and its learning rate."""
    refusal: str
    """What was said to a number of processes that is neither 1 nor the group's."""
    group_is_left: bool
    """Whether the group is there after the fits."""


def rate(rows: int) -> float:
    """A learning rate at which a fit of so many rows doesn't end in rounding.

    At that of the ladder some few rows are fitted so well that all digits of the last losses are
    rounding, in which no two rungs agree.
    """
    return 1e-6 if rows > 10 else 1e-7


def joined(worker: Worker, rows: Sequence[int]) -> Joined:
    """Fit problems of some numbers of rows with all processes of a group that was there before."""
    import torch.distributed as dist  # noqa: PLC0415 - as above

    from twolayer import DivergedError, random_problem  # noqa: PLC0415 - as above
    from twolayer.rungs import data_parallel  # noqa: PLC0415 - as above

    fit = data_parallel.fit
    processes = worker.processes
    with group(worker):
        fits, differ = {}, []
        for place, N in enumerate(rows, start=1):
            fits[N] = fit(random_problem(N=N), learning_rate=rate(N), processes=processes)
            mine = fits[N].losses.tobytes() + fits[N].w1.tobytes() + fits[N].w2.tobytes()
            all_of_them: list[bytes] = [b""] * processes
            dist.all_gather_object(all_of_them, mine)
            if len(set(all_of_them)) > 1:
                differ.append(N)
            worker.reached(place)
        # Only one process makes this fit: the others have no part in it.
        alone = fit(random_problem(N=5), steps=20) if worker.rank == 0 else fits[rows[0]]
        try:
            fit(random_problem(), processes=processes, learning_rate=1e-5)
        except DivergedError as error:
            diverged = (error.step, error.last_finite_loss, error.learning_rate)
        try:
            fit(random_problem(), processes=processes + 1)
        except ValueError as error:
            refusal = str(error)
        is_left = dist.is_initialized() and dist.get_world_size() == processes
    kept = {N: (done.losses, done.w1, done.w2) for N, done in fits.items()}
    return Joined(kept, differ, (alone.losses, alone.w1, alone.w2), diverged, refusal, is_left)


def waits_in_vain(worker: Worker, timeout: float) -> str:
    """Fit with a process of the group that never comes, and say what happened."""
    from twolayer import random_problem  # noqa: PLC0415 - as above
    from twolayer.rungs import data_parallel  # noqa: PLC0415 - as above

    over = worker.folder / "over"
    with group(worker):
        while worker.rank and not over.exists():
            time.sleep(0.01)
        try:
            if worker.rank == 0:
                data_parallel.fit(random_problem(), processes=2, timeout=timeout)
        except RuntimeError as error:
            return str(error)
        finally:
            over.touch()
    return "nothing"


def leads(_: Worker) -> bool:
    """Whether a worker is in a process group of its own, which a terminal's Ctrl-C doesn't reach."""
    return os.getpgrp() == os.getpid()


def disagrees(worker: Worker) -> None:
    """Check weights of which one entry differs from rank to rank."""
    import torch  # noqa: PLC0415 - as above

    from twolayer.rungs.data_parallel import _check_equal  # noqa: PLC0415 - as above

    with group(worker):
        same, other = torch.ones(2, 3), torch.ones(3)
        _check_equal([same, same * float("nan")], None)
        other[1] += worker.rank * 1e-6
        _check_equal([same, other], None)
