"""The page on speed: its counts are torch's, its loops are the rungs', and its lines for a GPU run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from torch.utils.flop_counter import FlopCounterMode

from tests.pages.expectations import ROOT, run
from tests.rungs.strategies import problems
from twolayer import Problem, random_problem
from twolayer.rungs import RUNGS
from twolayer.rungs.tensors_by_hand import loss_and_gradients
from twolayer.tensors import tensors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.pages.expectations import Run

PAGE = ROOT / "gallery" / "scaling" / "how_fast.py"
# What a GPU does, done on the CPU, where a capture runs what it captures and a replay nothing.
STAND_IN = """
import contextlib
class CUDAGraph:
    def replay(self): pass
torch.cuda.CUDAGraph, torch.cuda.graph = CUDAGraph, contextlib.nullcontext
has_cuda = True
"""


@pytest.fixture(scope="module")
def page(runs: Callable[[Path], Run]) -> Run:
    """The page's run."""
    ran = runs(PAGE)
    assert (ran.done.returncode, ran.done.stderr) == (0, "")
    return ran


def products(N: int, D_in: int, H: int, D_out: int) -> list[int]:
    """The operations of a step's five products, the two large ones first and last."""
    small = 2 * N * H * D_out
    return [2 * N * D_in * H, small, small, small, 2 * D_in * N * H]


def counted(work: Callable[[], object]) -> int:
    """The operations that torch counts while something runs."""
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


@given(problem=problems())
@settings(max_examples=20)
def test_shapes_give_torchs_count_on_any_sizes(problem: Problem) -> None:
    """Twice the product of a product's three sizes, added up, is what torch counts for a step: by
    hand and by autograd; a tracked x costs one large product more.
    """
    inputs = tensors(problem, "cpu", "float64")
    each = products(**problem.sizes)

    def by_autograd() -> None:
        x, y, w1, w2 = inputs
        (x.mm(w1).relu().mm(w2) - y).square().sum().backward()

    assert counted(lambda: loss_and_gradients(*inputs)) == sum(each)
    inputs.w1.requires_grad_()
    inputs.w2.requires_grad_()
    assert counted(by_autograd) == sum(each)
    inputs.x.requires_grad_()
    assert counted(by_autograd) == sum(each) + each[0]


def test_the_pages_operations_are_the_products_of_the_ladder(page: Run) -> None:
    """The page derives the count of each product from the ladder's sizes."""
    operations, total = page.values["operations"], page.values["total"]
    assert [*operations.values()] == products(**random_problem().sizes)
    for name in ("by hand", "by autograd"):
        assert page.after(name) == f"{total:,d} operations"


def test_the_pages_bytes_are_those_of_the_tensors(page: Run) -> None:
    """What the page counts for a product are the bytes of its two factors and its result."""
    x, y, w1, w2 = tensors(random_problem(), "cpu", "float32")
    h = x @ w1
    factors = {
        "h = x @ w1": (x, w1),
        "y_pred = h_relu @ w2": (h, w2),
        "grad_w2 = h_relu.T @ grad_y_pred": (h.t(), y),
        "grad_h_relu = grad_y_pred @ w2.T": (y, w2.t()),
        "grad_w1 = x.T @ grad_h": (x.t(), h),
    }
    for name, (a, b) in factors.items():
        size = a.nbytes + b.nbytes + (a @ b).nbytes
        assert page.values["numbers"][name] * 4 == size
        intensity = page.values["operations"][name] / size
        line = f"{name:33s} {size:9,d} bytes in float32, intensity {intensity:5.2f}"
        assert line in page.output.splitlines()
        assert page.values["intensity"][name] == pytest.approx(intensity)


def test_an_update_as_written_moves_five_numbers_and_with_alpha_three(page: Run) -> None:
    """PyTorch's profiler names the operations that the page names, and their tensors have the bytes that it counts."""
    w, grad = torch.zeros(1000, 100), torch.ones(1000, 100)
    updates: tuple[tuple[str, Callable[[], object], list[str], int], ...] = (
        ("w1 -= learning_rate * grad_w1", lambda: w.sub_(1e-6 * grad), ["mul", "sub_"], 5),
        ("w1.sub_(grad_w1, alpha=...)", lambda: w.sub_(grad, alpha=1e-6), ["sub_"], 3),
    )
    for name, update, operations, tensors_moved in updates:
        with torch.autograd.profiler.profile() as profile:
            update()
        assert [
            e.name.removeprefix("aten::") for e in profile.function_events if e.cpu_parent is None
        ] == operations
        assert page.values["numbers"][name] * 4 == tensors_moved * w.nbytes
        assert page.values["intensity"][name] == pytest.approx(2 / (4 * tensors_moved))


def test_the_rooflines_meet_at_their_ridges(page: Run) -> None:
    """Each roof rises with the bandwidth up to its ridge, where it reaches the peak, and each operation lies on both."""
    (figure,) = page.figures
    core, t4, *marks = (thing["data"] for thing in figure["axes"][0]["things"])
    roofs = page.values["roofs"].values()
    for drawn, (peak, bandwidth) in zip((core, t4), roofs, strict=True):
        assert drawn["x"][1] * bandwidth == pytest.approx(peak)
        assert drawn["y"] == pytest.approx([min(peak, bandwidth * x) for x in drawn["x"]])
    for drawn, each in zip(marks, page.values["marks"].values(), strict=True):
        assert drawn["x"] == [each, each]
        assert drawn["y"] == pytest.approx([min(p, b * each) for p, b in roofs])
    one, many = (2 * n * 1000 * 100 / (4 * (n * 1000 + 1000 * 100 + n * 100)) for n in (1, 1024))
    assert page.values["marks"]["x @ w1, one row"] == pytest.approx(one)
    assert page.values["marks"]["x @ w1, 1024 rows"] == pytest.approx(many)


def test_every_rung_with_operations_of_its_own_stands_beside_the_bound(page: Run) -> None:
    """The page has the loops of the rungs but three, and one more, each with its time in both precisions."""
    alike = {"autograd_by_hand", "custom_module", "dynamic_graph"}
    rungs = [name for name in RUNGS if name not in alike]
    timed = re.findall(
        r"(?m)^(.{16}) this build: +[\d.]+ us in float32, +[\d.]+ us in float64$", page.output
    )
    bounds = ["roofline", "two products"]
    assert [name.strip() for name in timed] == [*bounds, *rungs, "fused, in place"]
    assert f"\n{len(timed) - len(bounds)} loops: first loss " in page.output
    assert [*page.values["losses"]] == [name.strip() for name in timed[len(bounds) :]]


def test_the_old_factor_is_a_claim_to_examine(page: Run) -> None:
    """The classic 50 is quoted, explained, and printed nowhere but by chance, as a time."""
    source = PAGE.read_text(encoding="utf-8")
    words = " ".join(source.replace("\n# ", "\n").split())
    assert 'Older tutorials promise "50x or greater" on a GPU.' in words
    assert "there is no single speed-up" in words
    counts = [line for line in page.output.splitlines() if "this build:" not in line]
    assert not re.search(r"\b50x?\b", "\n".join(counts))


def test_the_branches_for_cuda_run(tmp_path: Path) -> None:
    """With the CPU in CUDA's place, the lines that a GPU would run do run."""
    code = PAGE.read_text(encoding="utf-8")
    available = "has_cuda = torch.cuda.is_available()\n"
    for old, new in (
        (available, STAND_IN),
        ('"cuda"', '"cpu"'),
        ("seconds=0.1", "seconds=0"),
        ("for h in (4, 100, 1000)", "for h in (4, 100)"),
    ):
        assert old in code
        code = code.replace(old, new)
    script = tmp_path / "how_fast.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore:.*is non-interactive", script.name],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "skipped" not in done.stdout
    assert re.search(r"after three steps, the replayed loss (\S+), by hand \1\n", done.stdout)
    assert done.stdout.count("\nGPU, ") == 2
    assert len(re.findall(r"(?m)^N .* this build:  [\d.]+ us [\d.]+ us$", done.stdout)) == 6


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_with_cuda_nothing_is_skipped(tmp_path: Path) -> None:
    """On a machine with CUDA the page captures a step, replays it and makes the sweep."""
    done, _ = run(PAGE, tmp_path, cuda=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "skipped" not in done.stdout
