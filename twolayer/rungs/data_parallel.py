"""The network in several processes, each with a share of the batch."""

from __future__ import annotations

import datetime as dt
import math
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from twolayer import checks, workers
from twolayer.fit import Fit, LossHistory
from twolayer.layers import arrays, linear_layers
from twolayer.problem import Problem
from twolayer.tensors import tensors, training

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

#: The libraries that can carry data between the processes, gloo on CPUs and nccl on GPUs.
BACKENDS = ("gloo", "nccl")
_LOCK = threading.Lock()


def fit(
    problem: Problem,
    *,
    steps: int = 500,
    learning_rate: float = 1e-6,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | str = torch.float64,
    processes: int = 1,
    backend: str | None = None,
    timeout: float = 120.0,
) -> Fit:
    """Fit the network with ``DistributedDataParallel``, each process on its share of the rows.

    With one process, the fit runs in the calling process, in a process group that exists only for the
    fit. With more, it starts new processes, each with a fresh interpreter. They end with the fit,
    however it ends. The shares differ by at most one row.

    If ``torch.distributed`` is initialised already, as in a program that ``torchrun`` started, the
    caller's group doesn't change. With one process, the fit runs in this process, outside that group.
    With as many processes as the group has, it runs in the processes of the group: each of them calls
    this function with the same arguments, no process is started, and each gets the result.

    Args:
        problem: The data and the starting weights.
        steps: How many updates to make, 1 or more.
        learning_rate: The step size of the updates, above 0.
        device: Where to compute, ``"cpu"`` or ``"cuda"``. With several GPUs, ``"cuda"`` gives each
            process its own.
        dtype: The precision, ``torch.float32`` or ``torch.float64``.
        processes: How many processes share the batch, from 1 to the number of its rows.
        backend: What carries data between them, ``"gloo"`` or ``"nccl"``. By default, nccl on GPUs
            and gloo elsewhere.
        timeout: How many seconds may pass without progress by any process. Starting counts too.

    Returns:
        The losses of the whole batch and the final weights, which are the same in all processes.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If an argument is out of range, the machine lacks the device or the backend,
            or ``processes`` is neither 1 nor the size of the caller's group.
        DivergedError: If the loss stops being finite.
        twolayer.workers.WorkerError: If a process that was started raises an error, is killed, or
            makes no progress in time.

    Examples:
        >>> from twolayer import random_problem
        >>> losses = fit(random_problem(), steps=101).losses
        >>> print(f"{losses[0]:.3e} {losses[100]:.3e}")
        3.152e+07 3.087e+02
    """
    steps, learning_rate = checks.schedule(steps, learning_rate)
    checks.instance("problem", problem, Problem)
    device, dtype = checks.torch_device(device), checks.torch_dtype(dtype)
    processes = _processes(processes, problem)
    backend = _backend(backend, device)
    timeout = checks.finite_number("timeout", timeout, above=0)
    job = _Job(problem, steps, learning_rate, device, dtype, backend)
    # A process has one default group, so threads take turns.
    with _LOCK, training():
        if dist.is_initialized():
            fitted = _in_callers_group(job, processes, timeout)
        elif processes == 1:
            fitted = _in_this_process(job)
        else:
            _one_gpu_each(backend, device, processes)
            fitted = workers.run(_work, job, timeout, processes=processes, timeout=timeout)
    history = LossHistory(learning_rate)
    for loss in fitted.losses:
        history.add(loss)
    return history.fit(fitted.w1, fitted.w2)


class _Job(NamedTuple):
    """What each process gets."""

    problem: Problem
    steps: int
    learning_rate: float
    device: torch.device
    dtype: torch.dtype
    backend: str


class _Fitted(NamedTuple):
    """The losses, up to the first that is not finite, and the final weights."""

    losses: list[float]
    w1: NDArray[np.floating[Any]]
    w2: NDArray[np.floating[Any]]


def _descend(
    job: _Job,
    group: dist.ProcessGroup | None = None,
    reached: Callable[[int], None] = lambda _: None,
) -> _Fitted:
    """Fit this process's share, together with the other processes of a group, by default all."""
    rank, processes = dist.get_rank(group), dist.get_world_size(group)
    device = _device(job.device, rank, processes)
    x, y, *_ = start = tensors(_share(job.problem, rank, processes), device, job.dtype)
    linear1, linear2 = linear_layers(start)
    model = DistributedDataParallel(
        torch.nn.Sequential(linear1, torch.nn.ReLU(), linear2), process_group=group
    )
    loss_fn = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=job.learning_rate)
    losses: list[float] = []
    for step in range(job.steps):
        loss = loss_fn(model(x), y)
        reached(step)  # before the first call that waits for the other processes
        losses.append(_sum(loss, group))
        if not math.isfinite(losses[-1]):
            break
        optimizer.zero_grad()
        # The gradient of a sum is the sum of the shares' gradients, but the model averages them.
        (processes * loss).backward()
        optimizer.step()
    _check_equal(model.parameters(), group)
    return _Fitted(losses, **arrays({"1": linear1, "2": linear2}))


def _share(problem: Problem, rank: int, processes: int) -> Problem:
    """The rows of one process. If they can't be shared evenly, the first processes get one more."""
    x, y = (np.array_split(array, processes)[rank] for array in (problem.x, problem.y))
    return Problem(x, y, problem.w1, problem.w2)


def _sum(loss: torch.Tensor, group: dist.ProcessGroup | None) -> float:
    """Add up the losses of the shares, to the loss of the whole batch."""
    total = loss.detach().clone()
    dist.all_reduce(total, group=group)
    return total.item()


def _check_equal(parameters: Iterable[torch.Tensor], group: dist.ProcessGroup | None) -> None:
    """Raise an error if the processes don't all have the same parameters."""
    for parameter in parameters:
        largest = parameter.detach().clone()
        dist.all_reduce(largest, dist.ReduceOp.MAX, group=group)
        if not torch.allclose(parameter, largest, rtol=0, atol=0, equal_nan=True):
            message = "the weights are not the same in all processes after the fit"
            raise RuntimeError(message)


def _in_this_process(job: _Job) -> _Fitted:
    """Fit in a group of one process, and leave no trace of the group."""
    excepthook = sys.excepthook
    store = dist.HashStore()  # type: ignore[attr-defined]
    dist.init_process_group(job.backend, store=store, rank=0, world_size=1)
    try:
        return _descend(job)
    finally:
        dist.destroy_process_group()
        sys.excepthook = excepthook  # init_process_group sets it, and nothing restores it


def _in_callers_group(job: _Job, processes: int, timeout: float) -> _Fitted:
    """Fit in a new group beside the caller's, with only this process or with all of them."""
    size = dist.get_world_size()
    if processes not in {1, size}:
        message = (
            f"processes: {processes} given, but torch.distributed is initialised with {size}; "
            f"want 1 or {size}"
        )
        raise ValueError(message)
    alone = processes == 1
    group = dist.new_group(
        [dist.get_rank()] if alone else None,
        timeout=_longest(timeout),
        backend=job.backend,
        use_local_synchronization=alone,
    )
    try:
        return _descend(job, group)
    finally:
        dist.destroy_process_group(group)


def _work(worker: workers.Worker, job: _Job, timeout: float) -> _Fitted:
    """Fit in a worker's process."""
    worker.reached(0)
    # The workers are on one machine, and nothing else needs to reach them.
    loopback = [name for _, name in socket.if_nameindex() if name.startswith("lo")]
    if loopback:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback[0])
    # They meet in a file, because a port that is free now may be taken a moment later.
    path = str(worker.folder / "store")
    store = dist.FileStore(path, worker.processes)  # type: ignore[attr-defined]
    dist.init_process_group(
        job.backend,
        store=store,
        rank=worker.rank,
        world_size=worker.processes,
        # The caller ends a fit that hangs, and knows which worker is late.
        timeout=_longest(timeout + 60),
    )
    fitted = _descend(job, reached=worker.reached)
    dist.destroy_process_group()
    return fitted


def _device(device: torch.device, rank: int, processes: int) -> torch.device:
    """The device of one process. Several processes take the GPUs in turn."""
    if processes > 1 and device == torch.device("cuda"):
        return torch.device("cuda", rank % torch.cuda.device_count())
    return device


def _longest(seconds: float) -> dt.timedelta:
    """Limit a time to what backends can represent: whole milliseconds, and 0 means for ever."""
    return dt.timedelta(seconds=min(max(seconds, 1e-3), 1e6))


def _processes(value: object, problem: Problem) -> int:
    processes = checks.whole_number("processes", value, minimum=1)
    rows = problem.sizes["N"]
    if processes > rows:
        message = f"processes: {processes} given; want at most {rows}, one for each row of x"
        raise ValueError(message)
    return processes


def _backend(value: str | None, device: torch.device) -> str:
    if value is None:
        return "nccl" if device.type == "cuda" and dist.is_backend_available("nccl") else "gloo"
    backend = checks.one_of("backend", value, BACKENDS)
    if backend == "nccl" and device.type != "cuda":
        message = f"backend: 'nccl' given for device {str(device)!r}; want 'gloo', or device 'cuda'"
        raise ValueError(message)
    if backend == "nccl" and not dist.is_backend_available("nccl"):
        message = "backend: 'nccl' given, which this build of PyTorch lacks; want 'gloo'"
        raise ValueError(message)
    return backend


def _one_gpu_each(backend: str, device: torch.device, processes: int) -> None:
    """Check that there is a GPU for each process, which nccl needs."""
    count = torch.cuda.device_count() if device == torch.device("cuda") else 1
    if backend == "nccl" and processes > count:
        message = (
            f"processes: {processes} given; want at most {count}, because backend 'nccl' needs a GPU "
            "for each, or backend 'gloo'"
        )
        raise ValueError(message)
