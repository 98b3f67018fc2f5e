"""The tensor pages: what they say of the installed torch and NumPy beyond what they print."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.pages.expectations import SCRIPTS, after, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.pages.expectations import Run

FOLDER = Path(__file__).parents[2] / "gallery" / "tensors"

Pages = dict[str, list[str]]


@pytest.fixture(scope="module")
def pages(runs: Callable[[Path], Run]) -> Pages:
    """What the tested pages print, line by line."""
    printed = {}
    for name in ("operations", "numpy_interop", "cuda_device"):
        done, _ = runs(FOLDER / f"{name}.py")
        assert (done.returncode, done.stderr) == (0, "")
        printed[name] = done.stdout.splitlines()
    return printed


def source(name: str) -> str:
    """A page's script."""
    return (FOLDER / f"{name}.py").read_text(encoding="utf-8")


def test_no_script_takes_the_name_of_a_module_that_libraries_import() -> None:
    """Beside a script called ``cuda.py``, say, ``import torch`` finds it in place of its own."""
    program = """
import importlib.abc, json, sys
asked = set()
class Recorder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        asked.add(name.partition(".")[0])
sys.meta_path.insert(0, Recorder())
import numpy, torch, torch.func, torch.fx, torch.export, matplotlib.pyplot
print(json.dumps(sorted(asked | set(sys.stdlib_module_names))))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    asked = set(json.loads(done.stdout))
    assert {"torch", "numpy", "random"} <= asked
    assert asked.isdisjoint(script.stem for script in SCRIPTS)


# Creating


def draw_of(size: int, **options: Any) -> torch.Tensor:
    """The first eight of some draws from a seed."""
    generator = torch.Generator(options.get("device", "cpu")).manual_seed(0)
    return torch.randn(size, generator=generator, **options)[:8].cpu()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_gpu_draws_others_from_the_same_seed() -> None:
    """What a seed gives on the CPU isn't what it gives on a GPU."""
    assert (draw_of(8) - draw_of(8, device="cuda")).abs().max() > 0.1


# Operations


@pytest.mark.parametrize(
    "index", ["[1]", "[:, 1]", "[-1, ::2]", "[..., None]", "[[0, 2]]", "[x > 5]"]
)
def test_which_index_gives_a_view(index: str, pages: Pages) -> None:
    """Numbers and slices give views, lists and masks copies: writing into the part tells."""
    x = torch.arange(12.0).view(3, 4)
    part = eval(f"x{index}", {"x": x})  # noqa: S307 - the page's own index
    part.fill_(-1)
    kind = "view" if (x == -1).any() else "copy"
    assert kind == ("copy" if index in {"[[0, 2]]", "[x > 5]"} else "view")
    row = f"shape {tuple(part.shape)} {kind}"
    assert after(pages["operations"], f"x{index} ").split() == row.split()


# NumPy


def test_where_arrays_lie_in_a_tensors_storage(pages: Pages) -> None:
    """The figure's dots are the values, since each number of the tensor is its own place."""
    t = torch.arange(6.0).view(2, 3)
    for call in ("t.numpy()", "t.t().numpy()", "t[1].numpy()", "t[:, 0].numpy()"):
        places = eval(call, {"t": t}).ravel().astype(int).tolist()  # noqa: S307 - the page's own
        assert after(pages["numpy_interop"], f"{call:18s} shape").endswith(f"positions {places}")


def addresses(thing: Any) -> Iterator[int]:
    """The address of each number of an array or a tensor."""
    if isinstance(thing, torch.Tensor):
        start, shape = thing.data_ptr(), tuple(thing.shape)
        strides = tuple(step * thing.itemsize for step in thing.stride())
    else:
        array = np.asarray(thing)
        start, shape, strides = array.ctypes.data, array.shape, array.strides
    for place in np.ndindex(*shape):
        yield start + sum(step * at for step, at in zip(strides, place, strict=True))


def rows(lines: list[str]) -> dict[str, str]:
    """The table of calls, each with the page's word."""
    found = (re.fullmatch(r"(\S.*?) +(shares|copies)", line) for line in lines)
    return {match[1]: match[2] for match in found if match and match[1] != "force=True"}


def test_the_table_says_what_addresses_say(pages: Pages) -> None:
    """Each row's word is what the addresses of source and result say, number by number."""
    table = rows(pages["numpy_interop"])
    for call, word in table.items():
        names: dict[str, Any] = {
            "np": np,
            "torch": torch,
            "a": np.arange(6.0).reshape(2, 3),
            "t": torch.arange(6.0).view(2, 3),
        }
        result = eval(call, names)  # noqa: S307 - the page's own call
        origin = names["a" if re.search(r"\(a\b", call) else "t"]
        shared = not set(addresses(origin)).isdisjoint(addresses(result))
        assert (call, word) == (call, "shares" if shared else "copies")


def test_a_tracked_tensor_converts_under_no_grad() -> None:
    """Where nothing is recorded, a tracked tensor becomes an array that shares its memory."""
    tracked = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        array = tracked.numpy()
    assert array.ctypes.data == tracked.data_ptr()
    assert tracked.requires_grad


def test_the_warning_comes_once_in_a_program() -> None:
    """Without ``set_warn_always`` only the first read-only array is warned of."""
    program = """
import warnings
import numpy as np
import torch
array = np.zeros(1)
array.flags.writeable = False
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    torch.from_numpy(array)
    torch.from_numpy(array)
print(len(caught))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"


# CUDA


def test_without_cuda_each_cell_says_what_it_skipped(pages: Pages) -> None:
    """There is a line for each branch that needs CUDA, with the reason; none shows a GPU tensor."""
    lines = pages["cuda_device"]
    branches = [
        node
        for node in ast.walk(ast.parse(source("cuda_device")))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "has_cuda"
    ]
    assert all("skipped(" in ast.unparse(node.orelse[-1]) for node in branches)
    reason = "No CUDA device, skipped: "
    skipped = [line for line in lines if line.startswith(reason)]
    assert len(skipped) == len(branches) == 5
    assert all(len(line) > len(reason) for line in skipped)
    assert after(lines, "torch.cuda.is_available():") == "False"
    assert after(lines, "cuda: ") == "raises an error"
    assert "cuda:0" not in "\n".join(lines)
    assert "on the GPU, this build" not in "\n".join(lines)


def test_the_branches_for_cuda_run(tmp_path: Path) -> None:
    """With another device in CUDA's place, the lines that a GPU would run do run."""
    script = tmp_path / "page.py"
    code = source("cuda_device").replace("torch.cuda.is_available()\n", "True\n")
    code = code.replace("torch.cuda.synchronize()", "None").replace("2048", "32")
    script.write_text(code.replace('"cuda"', '"cpu"'), encoding="utf-8")
    done, _ = run(script, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Skipped" not in done.stdout
    assert "x.to('cuda') on cpu  back on cpu, 0.0 apart at most" in done.stdout.splitlines()
    assert done.stdout.count("on the GPU, this build: ") == 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_with_cuda_nothing_is_skipped(tmp_path: Path) -> None:
    """On a machine with CUDA the same script shows the transfer there and back."""
    done, _ = run(FOLDER / "cuda_device.py", tmp_path, cuda=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Skipped" not in done.stdout
    lines = done.stdout.splitlines()
    assert after(lines, "x.to('cuda') on") == "cuda:0  back on cpu, 0.0 apart at most"
    assert after(lines, "before: cuda:0") == "torch.float32   after: cpu torch.float64"


def test_a_device_as_a_block_is_the_default_in_it() -> None:
    """Inside ``with torch.device(...)`` tensors are made there, and afterwards they aren't."""
    with torch.device("meta"):
        assert torch.ones(2).device.type == "meta"
    assert torch.ones(2).device.type == "cpu"


@pytest.mark.parametrize("name", ["int8", "bfloat16", "float16", "float32", "int64", "float64"])
def test_bytes_follow_the_dtype(name: str, pages: Pages) -> None:
    """The page's bytes are those of tensors of the ladder's shapes."""
    dtype = getattr(torch, name)
    size = sum(torch.empty(shape, dtype=dtype).nbytes for shape in ((64, 1000), (1000, 100)))
    row = after(pages["cuda_device"], f"x and w1 in {name} ")
    assert row == f"{size:,d} bytes"


def test_no_factor_is_claimed(pages: Pages) -> None:
    """The old claim of 50 stands as a claim to measure, and no output repeats it."""
    assert "a speed-up of 50 times or more" in source("cuda_device")
    assert "something to measure" in source("cuda_device")
    assert not any(re.search(r"\b50\b|\dx\b", line) for line in pages["cuda_device"])
    work = 2 * 64 * 1000 * 100 // (64 * 1000 + 1000 * 100)
    assert after(pages["cuda_device"], "first layer: operations per element moved:") == str(work)
