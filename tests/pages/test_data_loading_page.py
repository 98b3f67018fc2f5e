"""The page on loading data: what PyTorch's classes do, and files in MNIST's format read by its class."""

from __future__ import annotations

import ast
import gzip
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch.utils.data import DataLoader, DistributedSampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pages.expectations import Run

PAGE = Path(__file__).parents[2] / "gallery" / "networks" / "data_loading.py"
SOURCE = PAGE.read_text(encoding="utf-8")
# Two images of 2 rows and 3 columns, and their classes, byte by byte.
IMAGES = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, *range(0, 240, 20)])
LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 3])


@pytest.fixture(scope="module")
def page(runs: Callable[[Path], Run]) -> Run:
    """The page's run."""
    ran = runs(PAGE)
    assert (ran.done.returncode, ran.done.stderr) == (0, "")
    return ran


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """The page's imports, functions and classes."""
    kinds = ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef
    body: list[ast.stmt] = [part for part in ast.parse(SOURCE).body if isinstance(part, kinds)]
    found: dict[str, Any] = {"__name__": "page"}
    exec(compile(ast.Module(body, []), PAGE, "exec"), found)  # noqa: S102 - the page's own
    return found


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_files_in_mnists_format_are_read(suffix: str, tmp_path: Path, names: Any) -> None:
    """Files of known bytes, packed or not, give their images, divided by 255, and their classes."""
    pack = gzip.compress if suffix else bytes
    images, labels = tmp_path / f"images{suffix}", tmp_path / f"labels{suffix}"
    images.write_bytes(pack(IMAGES))
    labels.write_bytes(pack(LABELS))
    small = names["MNIST"](images, labels)
    assert len(small) == 2
    assert [(small[k][0] * 255).round().tolist() for k in (0, 1)] == [
        [[[0, 20, 40], [60, 80, 100]]],
        [[[120, 140, 160], [180, 200, 220]]],
    ]
    assert [small[k][1] for k in (0, 1)] == [7, 3]
    assert small[0][0].dtype == torch.float32


def test_what_is_no_such_file_is_refused(tmp_path: Path, names: Any) -> None:
    """Another kind of numbers, and labels for more images than there are, stop the reader."""
    other, images, labels = (tmp_path / name for name in ("other", "images", "labels"))
    other.write_bytes(bytes([0, 0, 13, *IMAGES[3:]]))
    images.write_bytes(IMAGES)
    labels.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    with pytest.raises(AssertionError, match="no uint8"):
        names["read_idx"](other)
    with pytest.raises(AssertionError):
        names["MNIST"](images, labels)


def test_the_page_writes_what_the_format_says(page: Run) -> None:
    """The small set's files begin with the bytes that MNIST's do, sizes apart."""
    begins = [
        line.split(" begins: ")[1].split() for line in page.output.splitlines() if "begins" in line
    ]
    assert begins[0] == [*map(str, [*IMAGES[:7], 100, 0, 0, 0, 28, 0, 0, 0, 28])]
    assert begins[1][:8] == [*map(str, [*LABELS[:7], 100])]
    assert page.after("images (32, 1, 28, 28)") == "values 0.0 to 1.0"


def test_every_item_comes_once_in_an_order_of_the_seed(page: Run) -> None:
    """What the page shows of two epochs is the order of the generator's seed, and differs."""
    lines = [page.after(f"epoch {epoch}:") for epoch in (0, 1)]
    assert lines[0] != lines[1]
    assert lines[0] == page.after("epoch 0, from the seed again:")
    places: Any = range(1797)
    loader: Any = DataLoader(
        places,
        batch_size=32,
        shuffle=True,
        generator=torch.Generator().manual_seed(0),
    )
    epochs = [torch.cat(list(loader)).tolist() for _ in range(2)]
    assert [" ".join(map(str, order[:6])) for order in epochs] == lines
    assert [sorted(order) for order in epochs] == [list(range(1797))] * 2


def test_shares_of_a_sampler(page: Run) -> None:
    """Shares take turns; 11 places for 2 processes repeat one, or leave one out."""
    shares = [list(range(rank, 12, 2)) for rank in range(2)]
    shares[1][-1] = 0
    assert page.after("drop_last=False [") == " ".join(map(str, shares))[1:]
    assert page.after("drop_last=True  [") == f"{shares[0][:5]} {shares[1][:5]}"[1:]
    places: Any = range(11)
    sampler: Any = DistributedSampler(places, num_replicas=2, rank=0)
    orders = []
    for epoch in (0, 0, 1):
        sampler.set_epoch(epoch)
        orders.append(list(sampler))
    assert page.after("rank 0, set_epoch forgotten:") == f"{orders[0]} {orders[1]}"
    assert page.after("rank 0, set_epoch called:") == f"{orders[0]} {orders[2]}"
    assert orders[0] == orders[1] != orders[2]


def test_workers_take_turns_and_run_the_file(page: Run) -> None:
    """Two spawned workers import the file, at each epoch or once; mini-batches come in order, by turns."""
    ran_as = "in two epochs the file ran as"
    assert page.after(f"persistent_workers=False: {ran_as}") == "{'__mp_main__': 4}"
    assert page.after(f"persistent_workers=True: {ran_as}") == "{'__mp_main__': 2}"
    squares = [line for line in page.output.splitlines() if line.startswith("squares")]
    assert squares == [
        f"squares {(2 * k) ** 2} {(2 * k + 1) ** 2} from worker {k % 2}" for k in range(4)
    ]


def test_workers_of_a_file_without_the_guard_end_with_an_error(tmp_path: Path) -> None:
    """Without the line on ``__main__``, a spawned worker would start workers, and PyTorch says so."""
    program = SOURCE.split('PROGRAM = """\\\n')[1].split('"""')[0]
    guard = 'if __name__ == "__main__":'
    assert program.count(guard) == 1
    script = tmp_path / "squares.py"
    script.write_text(program.replace(guard, "if True:"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode != 0
    assert "if __name__ == '__main__':" in done.stderr
