"""The fastest loop on the CPU against its two large matrix products alone, in turn."""

from __future__ import annotations

import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

import pytest
import torch

from tests.meta.bench.speeds import SHARES, Share
from twolayer import random_problem
from twolayer.fastest import BLOCK, _Loop
from twolayer.tensors import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 60
LEAST_SHARE = 0.85
MOST_GROWTH = 1.5
CORES = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """Afterwards there are as many threads as before."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_comes_near_the_bound_of_the_two_large_products() -> None:
    """In float32 with one thread, a step takes at most 1 / 0.85 of the time of its two large products,
    which no order of operations can leave out.
    """
    assert measured(threads=1).share >= LEAST_SHARE


@pytest.mark.skipif(CORES == 1, reason="one core, so no second thread")
def test_more_threads_wait_for_the_small_operations_alone() -> None:
    """What a step takes beyond its two large products is much the same with a thread for each core as with one.

    The five small operations have too few numbers to be divided, so other threads wait for them. Measured on two
    cores, one by one: 23 of 204 microseconds with one thread, 23 of 136 with two, while each product takes as
    long in a step as alone. So the share falls from 0.89 to 0.83 though nothing else is waited for.
    """
    one, all_cores = measured(threads=1), measured(threads=CORES)

    assert beyond(all_cores) <= MOST_GROWTH * beyond(one)


def beyond(found: Share) -> float:
    """The seconds that a step takes beyond its two large products."""
    return (1 - found.share) / found.own


def measured(threads: int) -> Share:
    """Measure the loop and its two large products with some threads."""
    torch.set_num_threads(threads)
    loop = _Loop(tensors(random_problem(), "cpu", torch.float32), 1e-6)
    grad_w1 = torch.empty_like(loop.w1)

    def products() -> None:
        for _ in range(BLOCK):
            torch.mm(loop.x, loop.w1, out=loop.h)
            torch.mm(loop.x_t, loop.grad_h, out=grad_w1)

    def steps() -> None:
        loop.run(BLOCK)
        assert all(loss < float("inf") for loss in loop.losses.tolist())

    loop.run(BLOCK)  # so that the products' numbers are those of a step
    # Each round of steps follows one of the products, so that both see the same machine.
    seconds = [(_timed(products), _timed(steps)) for _ in range(ROUNDS + 2)]
    bound, own = zip(*seconds[2:], strict=True)
    share = Share(
        threads=threads,
        bound=BLOCK / statistics.median(bound),
        own=BLOCK / statistics.median(own),
        share=statistics.median(b / o for b, o in zip(bound, own, strict=True)),
    )
    SHARES.append(share)
    return share


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
