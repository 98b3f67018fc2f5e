"""Workers: started, watched, named where they fail, and never left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import twolayer
from tests.package import jobs
from twolayer import workers
from twolayer.workers import WorkerError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEARCH = os.pathsep.join([str(Path(twolayer.__file__).parents[1]), str(Path(jobs.__file__).parent)])
HANGS = """\
from tests.package import jobs
from twolayer.workers import _start, run
import twolayer.workers
def start(*given):
    worker = _start(*given)
    print(worker.pid, flush=True)
    return worker
twolayer.workers._start = start
run(jobs.hangs, [0, 0], processes=2)
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The workers that a test starts; afterwards none of them may be there."""
    kept = []
    start = workers._start

    def keep(rank: int, processes: int, folder: Path) -> subprocess.Popen[bytes]:
        kept.append(start(rank, processes, folder))
        return kept[-1]

    monkeypatch.setattr(workers, "_start", keep)
    yield kept
    assert not any(alive(worker.pid) for worker in kept)


def alive(pid: int) -> bool:
    """Whether there is a process of that number, one that its parent has not yet waited for included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def runs(pid: int) -> bool:
    """Whether a process of that number is there and not only waited for."""
    status = Path(f"/proc/{pid}/stat")
    return alive(pid) and not (status.exists() and ") Z " in status.read_text())


def end_in_time(pids: list[int], seconds: float = 600) -> bool:
    """Whether processes that are no children of this one end, as slow as the machine may be."""
    end = time.monotonic() + seconds
    while any(runs(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(runs(pid) for pid in pids)


def test_returns_what_rank_0_returns(started: list[subprocess.Popen[bytes]]) -> None:
    """Each worker has a rank, and the first one's result comes back."""
    assert run(jobs.whoami, "!", processes=3) == "0 of 3!"
    assert len(started) == 3


@pytest.mark.usefixtures("started")
def test_gives_each_worker_its_own_arguments() -> None:
    """The workers run at the same time on copies, and the caller's array stays as it is."""
    array = np.arange(4.0)
    assert run(jobs.sums, array, processes=2) == [6.0, 10.0]
    assert array.tolist() == [0, 1, 2, 3]


def test_a_worker_uses_one_thread_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment doesn't say how many threads to use, a worker uses one."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = dict(os.environ)
    assert run(jobs.threads, processes=1) == "1"
    assert dict(os.environ) == before
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert run(jobs.threads, processes=1) == "2"


def test_a_worker_that_is_done_exits_without_ado() -> None:
    """What would abort an orderly exit of a worker, when its work is done, does no harm."""
    assert run(jobs.aborts_at_exit, processes=2) == "done"


def test_no_worker_leaves_before_all_are_done() -> None:
    """A worker that is done long before another is still there for it."""
    run(jobs.calls_the_first, processes=2)


def test_passes_on_what_workers_print(capsys: pytest.CaptureFixture[str]) -> None:
    """What the workers print is not lost: it comes on the error stream, in their order."""
    run(jobs.chatter, processes=2)
    assert capsys.readouterr() == ("", "worker 0 printed this\nworker 1 printed this\n")


def test_needs_no_error_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a program without an error stream, a job runs all the same."""
    monkeypatch.setattr(sys, "stderr", None)
    assert run(jobs.whoami, "!", processes=2) == "0 of 2!"


def test_a_worker_is_in_a_process_group_of_its_own() -> None:
    """Ctrl-C in a terminal reaches the caller alone."""
    assert run(jobs.leads, processes=1)


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize(
    ("how", "what", "note"),
    [
        ("raise", "raised ValueError: no such luck", "in fails"),
        ("exit", "ended with exit code 3", "the last words"),
        ("kill", "ended by SIGKILL", None),
    ],
)
def test_names_the_worker_that_failed_first(
    rank: int, how: str, what: str, note: str | None, started: list[subprocess.Popen[bytes]]
) -> None:
    """The error says which worker it was, its process and what became of it, not who came after."""
    with pytest.raises(WorkerError) as caught:
        run(jobs.fails, rank, how, processes=2)
    pid = started[rank].pid
    assert str(caught.value) == f"rank {rank} of 2 (pid {pid}) {what}"
    assert (caught.value.rank, caught.value.pid) == (rank, pid)
    notes = getattr(caught.value, "__notes__", [])
    assert len(notes) == (note is not None)
    assert note is None or note in notes[0]


def test_names_the_first_also_where_all_have_failed(
    started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller that looks late, when the others have failed too, still names the first."""
    monkeypatch.setattr(workers, "_INTERVAL", 1.5)
    for how, what in (("kill", "ended by SIGKILL"), ("raise", "raised ValueError: no such luck")):
        with pytest.raises(WorkerError, match=f"rank 1 of 2 \\(pid \\d+\\) {what}"):
            run(jobs.fails, 1, how, processes=2)
    assert all(worker.returncode for worker in started[:2])


LATE: dict[tuple[int | None, ...], str] = {  # how far each worker gets, and how the error goes on
    (0, None): r"rank 1 of 2 \(pid \d+\) did not start",
    (4, 3): r"rank 1 of 2 \(pid \d+\) did not get past step 3",
    (3, 4): r"rank 0 of 2 \(pid \d+\) did not get past step 3",
    (2, 2): r"ranks 0, 1 of 2 \(pids \d+, \d+\) did not get past step 2",
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[list[int]], float]], None]:
    """Sets a clock for the caller of workers, whose seconds pass as a test wants when it sees how far they are."""

    def set_clock(passing: Callable[[list[int]], float]) -> None:
        now, look = [0.0], workers._places

        def places(folder: Path) -> Any:
            found = look(folder)
            now[0] += passing(found.tolist())
            return found

        stub = SimpleNamespace(monotonic=lambda: now[0], sleep=time.sleep)
        monkeypatch.setattr(workers, "_places", places)
        monkeypatch.setattr(workers, "time", stub)

    return set_clock


@pytest.mark.parametrize("places", LATE)
def test_names_the_worker_that_the_others_wait_for(
    places: tuple[int | None, ...], clock: Callable[[Callable[[list[int]], float]], None]
) -> None:
    """Where nothing moves for the time given, the error names who is furthest behind."""
    there = [-1 if place is None else place for place in places]
    clock(lambda seen: 9 * (seen == there))
    with pytest.raises(WorkerError) as caught:
        run(jobs.hangs, list(places), processes=2, timeout=8.0)
    assert re.fullmatch(f"{LATE[places]} within 8 s", str(caught.value))


def test_a_worker_that_moves_may_take_its_time(
    clock: Callable[[Callable[[list[int]], float]], None],
) -> None:
    """The time given is for standing still, not for the whole job."""
    before = [[-1]]

    def passing(seen: list[int]) -> float:
        before.append(seen)
        return 5 * (before[-2] != before[-1])

    clock(passing)
    run(jobs.moves, 0.02, 100, processes=1, timeout=8.0)


def test_a_worker_that_is_stopped_is_ended_too(
    started: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    clock: Callable[[Callable[[list[int]], float]], None],
) -> None:
    """A worker that was stopped, and so can't react, is named, and gone afterwards."""
    start = workers._start

    def stop(rank: int, processes: int, folder: Path) -> subprocess.Popen[bytes]:
        worker = start(rank, processes, folder)
        if rank == 0:
            worker.send_signal(signal.SIGSTOP)
        return worker

    monkeypatch.setattr(workers, "_start", stop)
    clock(lambda seen: 9 * (seen == [-1, 0]))
    with pytest.raises(WorkerError, match=r"rank 0 of 2 \(pid \d+\) did not start within 5 s"):
        run(jobs.hangs, [0, 0], processes=2, timeout=5.0)
    assert len(started) == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -2), (signal.SIGKILL, -9)])
def test_no_worker_outlives_the_caller(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """Whether the caller is interrupted or killed, its workers end, and their folder is gone."""
    with subprocess.Popen(
        [sys.executable, "-"],
        env={**os.environ, "PYTHONPATH": SEARCH, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as caller:
        assert caller.stdin is not None
        assert caller.stdout is not None
        caller.stdin.write(HANGS)
        caller.stdin.close()
        pids = [int(caller.stdout.readline()) for _ in range(2)]
        assert all(alive(pid) for pid in pids)
        (folder,) = tmp_path.iterdir()
        while (folder / "places").read_bytes() != bytes(16):
            time.sleep(0.05)  # both have arrived
        caller.send_signal(number)
        assert caller.wait(600) == code
    assert end_in_time(pids)
    assert list(tmp_path.iterdir()) == []
