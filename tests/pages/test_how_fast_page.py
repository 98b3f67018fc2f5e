"""The page on speed: its counts are torch's, its output never changes, its report has a shape."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from torch.utils.flop_counter import FlopCounterMode

from tests.pages.expectations import ROOT, as_text, expected_file, run
from tests.pages.tolerance import Tolerance
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
TIMED = [name for name in RUNGS if name != "autograd_by_hand"]
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


def test_the_pages_operations_are_torchs(page: Run) -> None:
    """The page derives the count of each product from the ladder's sizes, and torch agrees."""
    problem = random_problem()
    operations = page.values["operations"]
    assert [*operations.values()] == products(**problem.sizes)
    inputs = tensors(problem, "cpu", "float32")
    assert sum(operations.values()) == counted(lambda: loss_and_gradients(*inputs))
    assert page.after("by hand, as counted from shapes:") == "True"
    assert page.after("by autograd, the same:") == "True"
    assert page.after("with x tracked:") == f"{operations['h = x @ w1']:,d} more, 49%"


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
    update = "w1 -= learning_rate * grad_w1"
    assert page.values["numbers"][update] * 4 == 3 * w1.nbytes
    assert page.values["intensity"][update] == pytest.approx(2 / 12)


def test_every_rung_stands_beside_the_bound(page: Run) -> None:
    """The page has the loop of each rung and one more, all with the same losses, timed twice."""
    loops = re.findall(r"(?m)^(.{16}) the same 100 losses: (\w+)$", page.output)
    assert [name.strip() for name, _ in loops] == [*TIMED, "fused, in place"]
    assert {same for _, same in loops} == {"True"}
    assert page.after("loops measured:") == str(2 * len(loops))


def test_what_the_page_prints_never_changes(page: Run) -> None:
    """Without a report the page prints no time: each character is the expected one."""
    tolerance, expected = Tolerance.read(expected_file(PAGE).read_text(encoding="utf-8"))
    assert as_text(page.shown, tolerance) == expected
    assert "False" not in page.output.replace("torch.cuda.is_available() is False", "")


def test_the_old_factor_is_a_claim_to_examine(page: Run) -> None:
    """The classic 50 is quoted, explained, and printed nowhere."""
    source = PAGE.read_text(encoding="utf-8")
    assert 'Old texts promise "50x or greater on a GPU".' in source
    assert "what\n# it gains is no one factor" in source
    assert not re.search(r"\b50x?\b", page.output)


def test_without_cuda_the_page_says_what_it_skipped(page: Run) -> None:
    """Each branch that needs CUDA has its line with the reason."""
    reason = "Skipped, as torch.cuda.is_available() is False: "
    skipped = [line for line in page.output.splitlines() if line.startswith(reason)]
    assert len(skipped) == 2
    assert all(len(line) > len(reason) for line in skipped)


def quick(folder: Path, *, cuda: bool = False) -> Path:
    """The page with hardly any time to measure in, and small sizes in its sweep."""
    code = PAGE.read_text(encoding="utf-8")
    code = code.replace("seconds=0.05", "seconds=1e-4").replace("threads, 0.2)", "threads, 1e-3)")
    code = code.replace("for h in (4, 100, 1000)", "for h in (4, 100)")
    code = code.replace("2**23", "2**12").replace("768", "64")
    if cuda:
        available = "has_cuda = torch.cuda.is_available()\n"
        assert available in code
        code = code.replace(available, STAND_IN).replace('"cuda"', '"cpu"')
    script = folder / "how_fast.py"
    script.write_text(code, encoding="utf-8")
    return script


def report(script: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a reader does who wants a report."""
    quiet = {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    strict = ("-W", "error", "-W", "ignore:.*is non-interactive")
    return subprocess.run(
        [sys.executable, *strict, script.name, "report"],
        cwd=script.parent,
        env={**os.environ, **quiet, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def blocks(printed: str) -> list[list[str]]:
    """The tables of a report, each a list of lines."""
    return [block.splitlines() for block in printed.split("\n\n")[1:]]


def test_a_report_has_every_loop_with_its_share(tmp_path: Path) -> None:
    """Asked for a report, the script prints rates, then each loop's time, spread and share of the
    bound in both precisions, then the sweep; without a compiler it says so and goes on.
    """
    done = report(quick(tmp_path), CXX="no_such_compiler", PATH="")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Skipped torch.compile: ") == 2
    *tables, sweep = blocks(done.stdout)
    assert len(tables) == 2
    for dtype, (head, _, *rows) in zip(("float32", "float64"), tables, strict=True):
        assert re.fullmatch(
            rf"{dtype}, threads: 1 +[\d.]+ G operations a second, [\d.]+ GB a second", head
        )
        rows = [row for row in rows if not row.startswith("Skipped")]
        assert [row[:18].strip() for row in rows] == ["two products", *TIMED, "fused, in place"]
        for row in rows:
            microseconds, spread, share = row[18:].split()
            assert float(microseconds) > 0
            assert float(spread.removesuffix("%")) >= 0
            assert float(share) > 0
        assert rows[0].endswith(" 1.00")
    assert sweep[0] == "CPU, microseconds a step"
    sizes = [re.fullmatch(r"N = +(\d+), H = +(\d+) +([\d.]+)", row) for row in sweep[1:]]
    assert len(sizes) == 6
    assert all(size is not None and float(size[3]) > 0 for size in sizes)
    assert [path.name for path in tmp_path.iterdir()] == ["how_fast.py"]


@pytest.mark.weekly
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_a_report_compiles_where_there_is_a_compiler(tmp_path: Path) -> None:
    """With a C++ compiler a report has a row for torch.compile in both precisions."""
    cache = tmp_path / "cache"
    done = report(quick(tmp_path), TORCHINDUCTOR_CACHE_DIR=str(cache))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Skipped torch.compile" not in done.stdout
    assert len(re.findall(r"(?m)^torch\.compile +[\d.]+ +[\d.]+% +[\d.]+$", done.stdout)) == 2


def test_the_branches_for_cuda_run(tmp_path: Path) -> None:
    """With the CPU in CUDA's place, the lines that a GPU would run do run, the report's too."""
    done = report(quick(tmp_path, cuda=True), CXX="no_such_compiler", PATH="")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Skipped, as" not in done.stdout
    assert "after three steps, the replayed loss: True" in done.stdout
    assert done.stdout.count("\nGPU, by hand") == done.stdout.count("\nGPU, CUDA graph") == 2
    assert "\nGPU, microseconds a step\n" in done.stdout
    assert re.search(r"(?m)^a GPU pays from this many operations on: (None|\d+)$", done.stdout)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_with_cuda_nothing_is_skipped(tmp_path: Path) -> None:
    """On a machine with CUDA the page captures a step, replays it and makes the sweep."""
    done, _ = run(PAGE, tmp_path, cuda=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Skipped" not in done.stdout
    assert "after three steps, the replayed loss: True" in done.stdout


@pytest.mark.parametrize(
    ("gpu", "least"),
    [([1, 1, 1], 10), ([3, 1, 1], 20), ([1, 3, 1], 30), ([1, 1, 3], None), ([2, 2, 2], None)],
)
def test_a_gpu_pays_where_it_is_always_faster(gpu: list[int], least: int | None) -> None:
    """The size named is the least from which on no larger one is slower on the GPU."""
    source = PAGE.read_text(encoding="utf-8")
    (function,) = re.findall(r"(?ms)^def pays_from\(.*?^    return least\n", source)
    scope: dict[str, object] = {"sweep_counts": [10, 20, 30]}
    exec(function, scope)  # noqa: S102 - the page's own function
    pays_from: Callable[..., object] = scope["pays_from"]  # type: ignore[assignment]
    assert pays_from([2, 2, 2], gpu) == least
