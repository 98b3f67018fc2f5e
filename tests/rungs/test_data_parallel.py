"""The fit in several processes: the same numbers, and nothing left behind."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import torch.distributed as dist

from tests.package import jobs
from tests.rungs.agreement import assert_same_fit
from twolayer import DivergedError, Fit, random_problem, workers
from twolayer.rungs import RUNGS
from twolayer.rungs.data_parallel import _share, fit
from twolayer.workers import WorkerError

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="asks what happens without it")
with_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The workers that a test starts."""
    kept: list[subprocess.Popen[bytes]] = []
    start = workers._start

    def keep(rank: int, processes: int, folder: Path) -> subprocess.Popen[bytes]:
        kept.append(start(rank, processes, folder))
        return kept[-1]

    monkeypatch.setattr(workers, "_start", keep)
    return kept


def ended(started: list[subprocess.Popen[bytes]]) -> bool:
    """Whether no worker is there any more."""
    return all(worker.returncode is not None for worker in started)


def numpys(rows: int) -> Fit:
    """The NumPy rung's fit of a problem of some rows."""
    return RUNGS["numpy_by_hand"].fit(random_problem(N=rows), learning_rate=jobs.rate(rows))


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"processes": 0}, ValueError, "processes: 0 given; want a whole number, 1 or more"),
    ({"processes": -2}, ValueError, "processes: -2 given; want a whole number, 1 or more"),
    ({"processes": True}, TypeError, "processes: True (bool) given; want a whole number, 1 or"),
    ({"processes": 2.0}, TypeError, "processes: 2.0 (float) given; want a whole number, 1 or"),
    ({"processes": 65}, ValueError, "processes: 65 given; want at most 64, one for each row of x"),
    ({"backend": "mpi"}, ValueError, "backend: 'mpi' given; want one of 'gloo', 'nccl'"),
    ({"backend": 1}, TypeError, "backend: 1 (int) given; want one of 'gloo', 'nccl'"),
    (
        {"backend": "nccl"},
        ValueError,
        "backend: 'nccl' given for device 'cpu'; want 'gloo', or device 'cuda'",
    ),
    ({"timeout": 0}, ValueError, "timeout: 0 given; want a finite number above 0"),
    ({"timeout": -1.0}, ValueError, "timeout: -1.0 given; want a finite number above 0"),
    ({"timeout": float("nan")}, ValueError, "timeout: nan given; want a finite number above 0"),
    ({"timeout": "1"}, TypeError, "timeout: '1' (str) given; want a finite number above 0"),
    ({"steps": 0}, ValueError, "steps: 0 given; want a whole number, 1 or more"),
]


@pytest.mark.parametrize(("options", "error", "message"), BAD)
def test_rejects_bad_arguments_before_it_starts_anything(
    options: dict[str, Any],
    error: type[Exception],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    started: list[subprocess.Popen[bytes]],
) -> None:
    """A bad argument is named and quoted at once: no group is made and no process started."""
    monkeypatch.setattr(dist, "init_process_group", lambda *_, **__: pytest.fail("made a group"))
    with pytest.raises(error) as caught:
        fit(random_problem(), **{"processes": 2, **options})
    assert str(caught.value).startswith(message)
    assert started == []


@pytest.mark.parametrize(
    ("device", "count", "message"),
    [
        (
            "cuda",
            1,
            "processes: 2 given; want at most 1, because backend 'nccl' needs a GPU for each",
        ),
        (
            "cuda:1",
            4,
            "processes: 2 given; want at most 1, because backend 'nccl' needs a GPU for each",
        ),
    ],
)
def test_nccl_needs_a_gpu_for_each_process(
    device: str, count: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes on one GPU are refused before they start, with what to do instead."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(dist, "is_backend_available", lambda _: True)
    with pytest.raises(ValueError, match=re.escape(message)):
        fit(random_problem(), device=device, processes=2)


def test_nccl_must_be_in_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyTorch was built without nccl, asking for it says so."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(dist, "is_backend_available", lambda _: False)
    with pytest.raises(ValueError, match="'nccl' given, which this build of PyTorch lacks; want"):
        fit(random_problem(), device="cuda", backend="nccl")


@pytest.mark.parametrize(("processes", "rows"), [(1, 5), (2, 64), (2, 65), (4, 63), (4, 4)])
def test_shares_are_the_rows_in_order_and_differ_by_one(processes: int, rows: int) -> None:
    """The shares one after the other are the batch, and the first of them may have a row more."""
    problem = random_problem(N=rows, D_in=3, H=2, D_out=1)
    shares = [_share(problem, rank, processes) for rank in range(processes)]
    assert np.array_equal(np.concatenate([share.x for share in shares]), problem.x)
    assert np.array_equal(np.concatenate([share.y for share in shares]), problem.y)
    counts = [share.sizes["N"] for share in shares]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] - counts[-1] == (rows % processes > 0)
    assert all(np.array_equal(share.w1, problem.w1) for share in shares)


@pytest.mark.parametrize("rows", [1, 63])
def test_one_process_leaves_no_trace(rows: int, started: list[subprocess.Popen[bytes]]) -> None:
    """One process is this one: no other is started, and its state is as before, error or not."""
    torch.optim.SGD([torch.zeros(1)])  # the first optimizer sets a variable for torch.compile
    before = dict(os.environ), sys.excepthook, torch.get_num_threads(), threading.active_count()
    assert_same_fit(fit(random_problem(N=rows), learning_rate=jobs.rate(rows)), numpys(rows))
    with pytest.raises(DivergedError):
        fit(random_problem(), learning_rate=1e-5)
    after = dict(os.environ), sys.excepthook, torch.get_num_threads(), threading.active_count()
    assert before == after
    assert not dist.is_initialized()
    assert started == []


def test_one_process_fits_beside_a_group_of_the_callers() -> None:
    """Where the caller has a process group of one, it is there afterwards, and the same."""
    store = dist.HashStore()  # type: ignore[attr-defined]
    excepthook = sys.excepthook
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        group = dist.group.WORLD
        assert_same_fit(fit(random_problem(N=7), learning_rate=jobs.rate(7)), numpys(7))
        assert dist.group.WORLD is group
        message = "processes: 2 given, but torch.distributed is initialised with 1; want 1"
        with pytest.raises(ValueError, match=message):
            fit(random_problem(), processes=2)
    finally:
        dist.destroy_process_group()
        sys.excepthook = excepthook


def test_two_processes_give_numpys_losses_and_leave_no_trace(
    started: list[subprocess.Popen[bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    """Two new processes with shares of 33 and 32 rows fit as one does; then they are gone."""
    before = dict(os.environ), sys.excepthook, threading.active_count()
    problem = random_problem(N=65)
    kept = problem.x.tobytes()
    fitted = fit(problem, processes=2)
    assert_same_fit(fitted, numpys(65))
    assert problem.x.tobytes() == kept
    assert not any(array.flags.writeable for array in (fitted.losses, fitted.w1, fitted.w2))
    assert (dict(os.environ), sys.excepthook, threading.active_count()) == before
    assert not dist.is_initialized()
    assert len(started) == 2
    assert ended(started)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("processes", "rows"),
    [(2, [64, 63, 2]), pytest.param(4, [64, 63, 4], marks=pytest.mark.weekly)],
)
def test_all_processes_of_a_group_fit_together(processes: int, rows: list[int]) -> None:
    """In a group that was there before, as under torchrun, its processes share the batch."""
    result = workers.run(jobs.joined, rows, processes=processes, timeout=600.0)
    for N in rows:
        assert_same_fit(Fit(*result.fits[N]), numpys(N))
    assert result.ranks_differ == []
    alone = RUNGS["numpy_by_hand"].fit(random_problem(N=5), steps=20)
    assert_same_fit(Fit(*result.alone), alone)
    step, last_loss, rate = result.diverged
    assert (step, rate) == (6, 1e-5)
    assert last_loss == pytest.approx(1.96517e165, rel=1e-5)
    assert result.refusal == (
        f"processes: {processes + 1} given, but torch.distributed is initialised with {processes}; "
        f"want 1 or {processes}"
    )
    assert result.group_is_left


@pytest.mark.parametrize("timeout", [1.0, 1e-9])
def test_a_group_that_is_incomplete_is_not_waited_for(timeout: float) -> None:
    """Where a process of the caller's group never comes, the fit fails in time, however short."""
    assert "imeout" in workers.run(jobs.waits_in_vain, timeout, processes=2, timeout=600.0)


def test_threads_can_fit_at_once() -> None:
    """Several fits at once, in one process or several, are the same as one after another."""
    with ThreadPoolExecutor(4) as pool:
        fits = [
            pool.submit(fit, random_problem(N=5), steps=20, processes=1 + (i == 0))
            for i in range(6)
        ]
    reference = RUNGS["numpy_by_hand"].fit(random_problem(N=5), steps=20)
    for fitted in fits:
        assert_same_fit(fitted.result(), reference)
    assert not dist.is_initialized()


def test_diverging_in_two_processes_is_the_ladders_error(
    started: list[subprocess.Popen[bytes]],
) -> None:
    """A learning rate that is too high raises what it does on the other rungs."""
    with pytest.raises(DivergedError) as caught:
        fit(random_problem(), processes=2, learning_rate=1e-5)
    assert (caught.value.step, caught.value.learning_rate) == (6, 1e-5)
    assert caught.value.last_finite_loss == pytest.approx(1.96517e165, rel=1e-5)
    assert ended(started)


@pytest.fixture
def steps_of_workers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """How far the workers of a test have come, as the caller last saw it."""
    seen: list[Any] = [np.array([-1])]
    places = workers._places

    def look(folder: Path) -> Any:
        seen[0] = places(folder)
        return seen[0]

    monkeypatch.setattr(workers, "_places", look)
    return seen


@pytest.mark.parametrize("rank", [0, 1])
def test_a_worker_that_is_killed_is_named(
    rank: int, started: list[subprocess.Popen[bytes]], steps_of_workers: list[Any]
) -> None:
    """Killed in the middle of a fit, a worker is named, though the other fails for lack of it."""

    def kill() -> None:
        while steps_of_workers[0].min() < 5:
            time.sleep(0.01)
        started[rank].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(WorkerError) as caught:
        fit(random_problem(), processes=2, steps=10**7)
    killer.join()
    assert str(caught.value) == f"rank {rank} of 2 (pid {started[rank].pid}) ended by SIGKILL"
    assert ended(started)


def test_weights_that_differ_are_an_error() -> None:
    """If not all processes ended with the same weights, the fit says so; a NaN is like another."""
    with pytest.raises(WorkerError, match="RuntimeError: the weights are not the same in all"):
        workers.run(jobs.disagrees, processes=2)


@with_cuda
def test_one_gpu_takes_nccl_or_gloo() -> None:
    """On a GPU one process works with nccl, and two share it with gloo."""
    reference = numpys(64)
    assert_same_fit(fit(random_problem(), device="cuda", backend="nccl"), reference)
    fitted = fit(random_problem(), device="cuda:0", backend="gloo", processes=2)
    assert_same_fit(fitted, reference)


@with_cuda
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_two_gpus_have_a_process_each() -> None:
    """On two GPUs nccl fits with one process on each."""
    assert_same_fit(fit(random_problem(N=65), device="cuda", processes=2), numpys(65))
