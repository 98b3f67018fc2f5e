"""The tensor pages: what they print, and what they say of the installed torch and NumPy."""

from __future__ import annotations

import ast
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.pages.expectations import SCRIPTS, after, run
from twolayer_docs.course import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.pages.expectations import Run

FOLDER = Path(__file__).parents[2] / "gallery" / "tensors"
NAMES = SECTIONS["tensors"]

Pages = dict[str, list[str]]


@pytest.fixture(scope="module")
def pages(runs: Callable[[Path], Run]) -> Pages:
    """What each page prints, line by line."""
    printed = {}
    for name in NAMES:
        done, _ = runs(FOLDER / f"{name}.py")
        assert (done.returncode, done.stderr) == (0, "")
        printed[name] = done.stdout.splitlines()
    return printed


def first_sentence(error: BaseException) -> str:
    """An error's message up to its first full stop."""
    return str(error).partition(". ")[0].rstrip(".")


def source(name: str) -> str:
    """A page's script."""
    return (FOLDER / f"{name}.py").read_text(encoding="utf-8")


def test_the_folder_has_the_four_pages() -> None:
    """The folder holds the pages that have a place in the order, and nothing else."""
    assert {path.stem for path in FOLDER.glob("*.py")} == set(NAMES)


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


def test_empty_has_a_shape_and_a_dtype_and_shows_no_contents(pages: Pages) -> None:
    """The page prints what ``empty`` promises; its values are never printed."""
    lines = pages["creating"]
    assert lines[0] == "shape (64, 1000)  dtype torch.float32  elements 64000"
    assert after(lines, "nonzero elements after zero_:") == "0"
    assert not re.search(r"print\((?:.*, )?(?:x|marked|whole|mask|model)\)", source("creating"))


def test_empty_promises_no_values(pages: Pages) -> None:
    """In deterministic mode, ``empty`` is filled with NaN, with the largest number, or with True."""
    torch.use_deterministic_algorithms(mode=True)
    try:
        floats, counts, mask = (
            torch.empty(64, 1000, dtype=dtype) for dtype in (torch.float32, torch.int64, torch.bool)
        )
    finally:
        torch.use_deterministic_algorithms(mode=False)
    assert floats.isnan().all()
    assert counts.unique().tolist() == [torch.iinfo(torch.int64).max]
    assert mask.all()
    assert after(pages["creating"], "float32: finite elements") == "0"
    assert after(pages["creating"], "int64:   distinct values") == "[9223372036854775807]"
    assert after(pages["creating"], "bool:    True elements") == "64000 of 64000"


def test_zeros_of_long_are_int64(pages: Pages) -> None:
    """``torch.zeros(dtype=torch.long)`` holds whole numbers, and long is int64."""
    assert torch.zeros(2, 3, dtype=torch.long).dtype is torch.int64
    assert after(pages["creating"], "torch.long is") == "torch.int64"
    assert "tensor([[0, 0, 0],\n        [0, 0, 0]])" in "\n".join(pages["creating"])


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        ([1, 2], torch.int64),
        ([1, 2.5], torch.float32),
        ([True, False], torch.bool),
        ([1, 2j], torch.complex64),
        (np.array([1.0, 2.0]), torch.float64),
    ],
)
def test_tensor_reads_the_dtype_off_the_data(data: Any, dtype: torch.dtype, pages: Pages) -> None:
    """``torch.tensor`` infers the dtype, and the page's row says which."""
    assert torch.tensor(data).dtype is dtype
    row = next(line for line in pages["creating"] if re.match(rf"{re.escape(str(data))} +->", line))
    assert row.split("-> ")[1] == str(dtype)


def test_a_size_is_a_tuple(pages: Pages) -> None:
    """``size()`` is a ``torch.Size``, which is a tuple and equals one."""
    size = torch.empty(64, 1000).size()
    assert type(size) is torch.Size
    assert isinstance(size, tuple)
    assert size == (64, 1000)
    expected = "torch.Size([64, 1000])  rows 64  columns 1000  x.size(0) 64"
    assert expected in pages["creating"]


def test_shapes_of_one_number(pages: Pages) -> None:
    """One number has shape ``()``, a vector with one entry ``(1,)``."""
    assert torch.tensor(7.0).shape == ()
    assert torch.tensor([7.0]).shape == (1,)
    assert after(pages["creating"], "7.0 ").split() == ["shape", "()", "dimensions", "0"]
    assert after(pages["creating"], "[7.0] ").split() == ["shape", "(1,)", "dimensions", "1"]


def test_what_a_tensor_made_like_another_keeps(pages: Pages) -> None:
    """``new_ones`` keeps dtype and device; ``randn_like`` the shape too, save what it is told."""
    model = torch.empty(64, 1000, dtype=torch.double, device="meta")
    made = {
        "torch.ones(2, 3) ": torch.ones(2, 3),
        "model.new_ones(2, 3)": model.new_ones(2, 3),
        "torch.randn_like(model) ": torch.randn_like(model),
        "torch.randn_like(model, dtype=torch.float)": torch.randn_like(model, dtype=torch.float),
    }
    kinds = [(tensor.dtype, tensor.device.type) for tensor in made.values()]
    assert kinds == [
        (torch.float32, "cpu"),
        (torch.float64, "meta"),
        (torch.float64, "meta"),
        (torch.float32, "meta"),
    ]
    for start, tensor in made.items():
        row = f"{tuple(tensor.shape)} {tensor.dtype} {tensor.device}"
        assert after(pages["creating"], start).split() == row.split()


def test_the_default_dtype_decides_for_floats_only(pages: Pages) -> None:
    """Zeros, Python floats and layers follow the default; whole numbers and arrays don't."""
    lines = pages["creating"]
    both = ["torch.float32", "torch.float64"]
    assert after(lines, "default dtype ").split() == both
    for start in ("torch.zeros(1) ", "torch.tensor([0.5]) ", "a layer's weight "):
        assert after(lines, start).split() == both
    assert after(lines, "torch.tensor([5]) ").split() == ["torch.int64"] * 2
    assert after(lines, "torch.tensor(array) ").split() == ["torch.float64"] * 2
    assert torch.get_default_dtype() is torch.float32


def test_a_seed_reaches_torch_and_nothing_else(pages: Pages) -> None:
    """``torch.manual_seed`` leaves the generators of NumPy and of Python where they are."""
    rng = np.random.default_rng(0)
    states = rng.bit_generator.state, random.getstate()
    torch.manual_seed(0)
    first = torch.rand(3)
    torch.manual_seed(0)
    assert torch.equal(first, torch.rand(3))
    assert (rng.bit_generator.state, random.getstate()) == states

    text = "two draws, torch.manual_seed before each:"
    apart = [after(pages["creating"], f"{name:6s} {text}") for name in ("torch", "NumPy", "random")]
    assert [distance == "0.00 apart" for distance in apart] == [True, False, False]
    again = "drawn again with the same seed: largest difference"
    assert after(pages["creating"], again) == "0.0"


def draw_of(size: int, **options: Any) -> torch.Tensor:
    """The first eight of some draws from a seed."""
    generator = torch.Generator(options.get("device", "cpu")).manual_seed(0)
    return torch.randn(size, generator=generator, **options)[:8].cpu()


def test_a_seed_means_the_same_draws_for_the_same_call_only(pages: Pages) -> None:
    """One seed gives other first numbers where more are asked for, and the page shows how far apart."""
    apart = (draw_of(8) - draw_of(16)).abs().max().item()
    assert torch.equal(draw_of(8), draw_of(8))
    assert apart > 0.1
    line = after(pages["creating"], "randn(8) and the first 8 of randn(16), with the same seed:")
    assert line == f"up to {apart:.1f} apart"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_gpu_draws_others_from_the_same_seed() -> None:
    """What a seed gives on the CPU isn't what it gives on a GPU."""
    assert (draw_of(8) - draw_of(8, device="cuda")).abs().max() > 0.1


# Operations


def test_four_ways_to_add_agree(pages: Pages) -> None:
    """The function, ``out=`` and ``add_`` give what the operator gives."""
    starts = ("x + y  ", "torch.add(x, y) ", "out=result ", "in_place.add_(x)")
    totals = {after(pages["operations"], start) for start in starts}
    assert totals == {"tensor([11., 22., 33.])"}
    result = torch.empty(2)
    assert torch.add(torch.ones(2), 1, out=result) is result
    assert torch.ones(2).add_(1).tolist() == result.tolist()


@pytest.mark.parametrize(
    ("line", "adds", "place", "writes"),
    [
        ("y.add(x)", 0, "same memory", 0),
        ("y.add_(x)", 1, "same memory", 1),
        ("y += x", 1, "same memory", 1),
        ("torch.add(x, y, out=y)", 1, "same memory", 1),
        ("y = y + x", 1, "new memory", 0),
    ],
)
def test_the_underscore_writes_in_place(
    line: str, adds: int, place: str, writes: int, pages: Pages
) -> None:
    """Each way of adding changes the new y, or the old one too, as the page's row says."""
    names: dict[str, Any] = {"torch": torch, "x": torch.ones(2), "y": torch.zeros(2)}
    before = names["y"]
    exec(line, names)  # noqa: S102 - the page's own line
    assert names["y"].tolist() == [adds, adds]
    assert before.tolist() == [writes, writes]

    row = after(pages["operations"], f"{line} ")
    assert row.split("]")[1].split("  the")[0].strip() == place
    new, old = (json.loads(numbers) for numbers in re.findall(r"\[.*?\]", row))
    assert (new == old) is (adds == writes)


@pytest.mark.parametrize(
    ("target", "other"),
    [(torch.zeros(3, dtype=torch.long), 0.5), (torch.zeros(3), torch.ones(2, 3))],
)
def test_in_place_keeps_dtype_and_shape(target: torch.Tensor, other: Any, pages: Pages) -> None:
    """An operation in place that would need another dtype or shape raises what the page shows."""
    with pytest.raises(RuntimeError) as caught:
        target.add_(other)
    assert f"in place: {str(caught.value).splitlines()[0]}" in pages["operations"]


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


def test_an_index_on_the_left_writes_into_the_tensor(pages: Pages) -> None:
    """Masks write in place, as in the ladder's backward pass; a step back is refused."""
    x = torch.arange(3.0)
    x[x > 1] = 0
    assert x.tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(ValueError, match="step") as caught:
        x[::-1]
    assert after(pages["operations"], "x[::-1]:") == str(caught.value)
    text = "tensor([[  0., 101.,   2.,   3.],"
    assert text in pages["operations"]


def test_a_view_shares_and_fails_where_strides_cannot(pages: Pages) -> None:
    """After ``t()`` a ``view`` as one line raises the message that the page shows."""
    lines = pages["operations"]
    assert after(lines, "table (2, 3)") == "[[100, 1, 2], [3, 4, 5]]"
    assert after(lines, "x     (6,)") == "[100, 1, 2, 3, 4, 5]"
    assert after(lines, "table  shape") == "(2, 3)  strides (3, 1)"
    assert after(lines, "turned shape") == "(3, 2)  strides (1, 3)"
    with pytest.raises(RuntimeError) as caught:
        torch.arange(6).view(2, 3).t().view(6)
    assert str(caught.value).splitlines()[0] in lines


def test_reshape_copies_where_view_fails(pages: Pages) -> None:
    """``reshape`` shares where it can; ``contiguous`` copies unless the order is right already."""
    lines = pages["operations"]
    x = torch.arange(6)
    table = x.view(2, 3)
    assert table.reshape(6).data_ptr() == x.data_ptr()
    assert table.t().reshape(6).data_ptr() != x.data_ptr()
    assert table.contiguous() is table
    assert after(lines, "table.reshape(6) ") == "shares memory: [0, 1, 2, 3, 4, 5]"
    assert after(lines, "turned.reshape(6) ") == "is a copy: [0, 3, 1, 4, 2, 5]"
    assert after(lines, "turned.contiguous().view(6) ") == "is a copy: [0, 3, 1, 4, 2, 5]"
    assert after(lines, "table.contiguous() ").startswith("shares memory: ")


def test_item_takes_one_element(pages: Pages) -> None:
    """``item`` takes one number out of any shape, and raises for more."""
    lines = pages["operations"]
    assert after(lines, "shape () ") == "item 15  a Python int"
    assert after(lines, "from shape (1, 1):") == str(torch.tensor([[2.5]]).item())
    with pytest.raises(RuntimeError) as caught:
        torch.arange(6).view(2, 3).item()
    assert str(caught.value) in lines
    assert after(lines, "tolist:") == "[[0, 1, 2], [3, 4, 5]]"


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


def test_int8_converts_like_the_others(pages: Pages) -> None:
    """What old texts say of CharTensor is wrong: int8 becomes an array, of NumPy's int8."""
    assert torch.ones(2, dtype=torch.int8).numpy().dtype == np.int8
    names = "float64 float32 float16 complex64 complex128 int64 int32 int16 int8 uint8 bool"
    assert names in pages["numpy_interop"]


MIXTURES = {
    "t + a": ("Tensor", "torch.float64"),
    "a + t": "Concatenation operation is not implemented for NumPy arrays",
    "a * t": "unsupported operand type",
    "np.add(a, t)": ("Tensor", "torch.float64"),
    "torch.add(t, a)": "must be Tensor, not numpy.ndarray",
    "torch.from_numpy(a) + t": ("Tensor", "torch.float64"),
    "a + t.numpy()": ("ndarray", "float64"),
    "a[0] + t": ("Tensor", "torch.float32"),
}


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning")
@pytest.mark.parametrize("line", MIXTURES)
def test_what_an_array_and_a_tensor_give(line: str, pages: Pages) -> None:
    """A float64 array and a float32 tensor give what the page's row says, or the error that it shows."""
    wanted = MIXTURES[line]
    names = {"np": np, "torch": torch, "a": np.array([1.0, 2.0]), "t": torch.tensor([10.0, 20.0])}
    row = after(pages["numpy_interop"], f"{line} ")
    if isinstance(wanted, str):
        with pytest.raises(TypeError) as caught:
            eval(line, names)  # noqa: S307 - the page's own line
        assert wanted in str(caught.value)
        assert row == f"TypeError: {str(caught.value).partition('. ')[0]}"
    else:
        result = eval(line, names)  # noqa: S307 - the page's own line
        assert (type(result).__name__, str(result.dtype)) == wanted
        assert row.removesuffix(" DeprecationWarning") == " ".join(wanted)


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning")
def test_a_mixture_in_place_is_not_what_it_says(pages: Pages) -> None:
    """``t += a`` leaves the old tensor alone, and a NumPy function's ``out`` takes no tensor."""
    a, t = np.array([1.0, 2.0]), torch.tensor([10.0, 20.0])
    old: Any = t
    t += a  # type: ignore[arg-type]
    assert (t.tolist(), t.dtype, old.tolist()) == ([11.0, 22.0], torch.float64, [10.0, 20.0])
    with pytest.raises(TypeError) as caught:
        np.add(a, 1, out=old)
    np.add(a, 1, out=old.numpy())
    assert old.tolist() == [2.0, 3.0]

    lines = pages["numpy_interop"]
    assert after(lines, "t += a:").endswith("the old t: tensor([10., 20.])")
    assert after(lines, "np.add(a, 1, out=old): TypeError:") == str(caught.value)
    assert after(lines, "np.add(a, 1, out=old.numpy()):") == str(old)


Z = torch.tensor([1 + 1j, 2 + 2j]).conj()
REFUSING: dict[str, tuple[torch.Tensor, str, Callable[[torch.Tensor], Any]]] = {
    "bfloat16": (torch.ones(2, dtype=torch.bfloat16), "", lambda t: t.float()),
    "float8": (torch.ones(2).to(torch.float8_e4m3fn), "", lambda t: t.float()),
    "complex32": (
        torch.view_as_complex(torch.ones(2, 2, dtype=torch.float16)),
        "",
        lambda t: t.to(torch.complex64),
    ),
    "tracked": (torch.ones(2, requires_grad=True), "shares", lambda t: t.detach()),
    "conjugate": (Z, "copies", lambda t: t.resolve_conj()),
    "negative": (Z.imag, "copies", lambda t: t.resolve_neg()),
    "sparse": (torch.eye(2).to_sparse(), "", lambda t: t.to_dense()),
    "meta": (torch.ones(2, device="meta"), "", lambda t: torch.empty(t.shape)),
}


@pytest.mark.parametrize("name", REFUSING)
def test_a_tensor_that_refuses_says_why(name: str, pages: Pages) -> None:
    """The page shows the real message, whether ``force=True`` helps, and what helps in any case."""
    tensor, forced, remedy = REFUSING[name]
    lines = pages["numpy_interop"]
    with pytest.raises((RuntimeError, TypeError)) as caught:
        tensor.numpy()
    refusal = next(n for n, line in enumerate(lines) if re.match(rf"{name} {{2,}}", line))
    assert lines[refusal].removeprefix(name).strip() == first_sentence(caught.value)

    if forced:
        shared = tensor.numpy(force=True).ctypes.data == tensor.data_ptr()
        assert forced == ("shares" if shared else "copies")
    else:
        with pytest.raises((RuntimeError, TypeError)) as caught:
            tensor.numpy(force=True)
        forced = first_sentence(caught.value)
    assert lines[refusal + 1] == f"      force=True {forced}"

    array = remedy(tensor).numpy()
    (helped,) = (line for line in lines if re.search(rf"\b{name}\b.*\) +\w+ +shape", line))
    assert helped.endswith(f" shape {array.shape}")


def test_a_tracked_tensor_converts_under_no_grad(pages: Pages) -> None:
    """Where nothing is recorded, a tracked tensor becomes an array that shares its memory."""
    tracked = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        array = tracked.numpy()
    assert array.ctypes.data == tracked.data_ptr()
    assert tracked.requires_grad
    assert after(pages["numpy_interop"], "tracked.numpy() under no_grad ").startswith("float32")


def test_arrays_that_refuse_say_why(pages: Pages) -> None:
    """Negative strides, a foreign byte order and text raise what the page shows."""
    a = np.arange(3.0)
    foreign = {"reversed": a[::-1], "big-endian": a.astype(">f8"), "text": np.array(["a"])}
    for name, array in foreign.items():
        with pytest.raises((TypeError, ValueError)) as caught:
            torch.from_numpy(array)
        assert after(pages["numpy_interop"], f"{name}:") == first_sentence(caught.value)


def test_a_read_only_array_is_shared_with_a_warning(pages: Pages) -> None:
    """``from_numpy`` and ``as_tensor`` warn and share, ``from_dlpack`` shares, ``tensor`` copies."""
    rows = [line for line in pages["numpy_interop"] if " warnings " in line]
    assert [line.split()[0::2][:2] for line in rows] == [
        ["from_numpy", "1,"],
        ["as_tensor", "1,"],
        ["from_dlpack", "0,"],
        ["tensor", "0,"],
    ]
    ends = [line.partition("now ")[2] for line in rows]
    assert ends == ["[1. 1. 1.]", "[2. 2. 2.]", "[3. 3. 3.]", "[3. 3. 3.]"]
    assert pages["numpy_interop"].count("    The given NumPy array is not writable") == 2


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


def test_what_the_default_device_reaches(pages: Pages) -> None:
    """The default device is for functions that take ``device``; ``from_numpy`` takes none."""
    array, model = np.ones(2), torch.ones(2)
    torch.set_default_device("meta")
    try:
        places = {
            "torch.ones(2)": torch.ones(2).device.type,
            "torch.tensor([1, 2])": torch.tensor([1, 2]).device.type,
            "torch.from_numpy(array)": torch.from_numpy(array).device.type,
            "torch.ones_like(model)": torch.ones_like(model).device.type,
        }
    finally:
        torch.set_default_device(None)
    assert [*places.values()] == ["meta", "meta", "cpu", "cpu"]
    for start, place in places.items():
        assert after(pages["cuda_device"], f"{start} ") == place
    with torch.device("meta"):
        assert torch.ones(2).device.type == "meta"
    assert torch.ones(2).device.type == "cpu"
    with pytest.raises(TypeError, match="takes no keyword arguments"):
        torch.from_numpy(array, device="cpu")  # type: ignore[call-arg]
    assert after(pages["cuda_device"], "with device='cpu':").endswith("takes no keyword arguments")


def test_device_is_not_dtype(pages: Pages) -> None:
    """A cast leaves the device, a move leaves the dtype, ``to`` with both changes both."""
    x = torch.rand(2, 3)
    made = {
        "x.to(torch.double) ": x.to(torch.double),
        "x.to('meta') ": x.to("meta"),
        "x.to('meta', torch.double) ": x.to("meta", torch.double),
    }
    kinds = [(tensor.dtype, tensor.device.type) for tensor in made.values()]
    assert kinds == [(torch.float64, "cpu"), (torch.float32, "meta"), (torch.float64, "meta")]
    lines = [line for line in pages["cuda_device"] if " on " not in line]
    for start, (dtype, device) in zip(made, kinds, strict=True):
        assert after(lines, start).split() == [str(dtype), device]
    both = "before: cpu torch.float32   after: cpu torch.float64"
    assert both in pages["cuda_device"]
    assert x.to("cpu") is x


def test_meta_has_no_numbers_to_bring_back(pages: Pages) -> None:
    """A tensor on ``meta`` can't be moved off it, with the message that the page shows."""
    with pytest.raises(NotImplementedError) as caught:
        torch.ones(2, device="meta").to("cpu")
    assert after(pages["cuda_device"], "and back:") == str(caught.value)


def test_two_devices_in_one_operation_raise(pages: Pages) -> None:
    """A sum over two devices raises what the page shows; a number without axes may join in."""
    other = torch.ones(2, 3, device="meta")
    with pytest.raises(RuntimeError) as caught:
        torch.rand(2, 3) + other
    assert str(caught.value) in pages["cuda_device"]
    assert (torch.tensor(2.0) * other).device.type == "meta"
    assert after(pages["cuda_device"], "x moved first:") == "meta"
    assert after(pages["cuda_device"], "a single number:") == "meta"


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
