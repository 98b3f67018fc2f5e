"""The page on training on a GPU: what it says of this torch, without a GPU."""

from __future__ import annotations

import importlib
import mmap
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pages.expectations import Run

PAGE = Path(__file__).parents[2] / "gallery" / "networks" / "train_on_gpu.py"
SOURCE = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(runs: Callable[[Path], Run]) -> Run:
    """The page's run, which sees no GPU."""
    ran = runs(PAGE)
    assert (ran.done.returncode, ran.done.stderr) == (0, "")
    return ran


def test_the_page_says_where_it_runs(page: Run) -> None:
    """The first line of output names the device, and no line of the loop does."""
    assert page.output.splitlines()[0] == "this run is on: cpu"
    loop = SOURCE[SOURCE.index("losses = []\n") : SOURCE.index("net.eval()")]
    assert loop.count("(device, non_blocking=True)") == 2
    assert "cuda" not in loop
    assert "cpu" not in loop


def test_a_module_moves_in_place(page: Run) -> None:
    """A module's ``to`` returns the module; an optimizer made before the move can hold what is gone."""
    layer = torch.nn.Linear(3, 2)
    before = {id(param) for param in layer.parameters()}
    assert layer.to("meta") is layer
    assert before.isdisjoint(id(param) for param in layer.parameters())
    assert page.after("layer:") == "meta  result of to: meta"
    assert page.after("x:") == "cpu   result of to: meta"
    assert page.after("optimizer created before the move:") == "has 0 of 2 parameters"
    assert page.after("optimizer created after  the move:") == "has 2 of 2 parameters"


def test_what_an_optimizer_gathered_stays_behind() -> None:
    """A sum for momentum stays where it was made when its parameter moves."""
    layer = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    layer.to("meta")
    assert {state["momentum_buffer"].device.type for state in optimizer.state.values()} == {"cpu"}


def test_the_training_learns(page: Run) -> None:
    """Each epoch's mean loss is that of a loop by hand, and images held out are read."""
    data = importlib.import_module("sklearn.datasets").load_digits()
    images, classes = torch.from_numpy(data.images)[:, None] / 16, torch.from_numpy(data.target)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = torch.nn.Conv2d(1, 16, 3), torch.nn.Linear(144, 64), torch.nn.Linear(64, 10)
    params = [p.detach().double().requires_grad_() for layer in layers for p in layer.parameters()]
    running = [torch.zeros_like(param) for param in params]
    generator = torch.Generator().manual_seed(0)
    places: Any = range(1440)
    loader = torch.utils.data.DataLoader(places, 32, shuffle=True, generator=generator)
    losses = []
    for _ in range(6):
        losses.append(0.0)
        for batch in loader:
            maps = torch.nn.functional.conv2d(images[batch], params[0], params[1]).relu()
            pooled = torch.nn.functional.max_pool2d(maps, 2).flatten(1)
            scores = (pooled @ params[2].T + params[3]).relu() @ params[4].T + params[5]
            right = scores.log_softmax(1)[range(len(batch)), classes[batch]]
            losses[-1] -= right.sum().item() / 1440
            gradients = torch.autograd.grad(-right.mean(), params)
            with torch.no_grad():
                for param, sum_, gradient in zip(params, running, gradients, strict=True):
                    param -= 0.05 * sum_.mul_(0.9).add_(gradient)
    assert page.values["losses"] == pytest.approx(losses, rel=0.02)
    assert losses[-1] < losses[0] / 10
    assert float(page.after("accuracy on 357 held-out images:").rstrip("%")) > 85


def test_the_words_for_two_devices_are_the_librarys() -> None:
    """What the page quotes for a GPU stands in the installed library, which raises it there."""
    (quoted,) = re.findall(r'"(Expected all tensors .*?),', SOURCE)
    libraries = (Path(torch.__file__).parent / "lib").glob("*torch_cpu*")
    for library in libraries:
        with (
            library.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_,
        ):
            if (
                all_.find(quoted.encode()) >= 0
                and all_.find(b"but found at least two devices, ") >= 0
            ):
                return
    pytest.fail(f"no library says {quoted!r}")


def test_two_devices_raise_here_too(page: Run) -> None:
    """Where there is no GPU, meta in its place raises, in other words, and in both places."""
    for place in ("the last layer:", "the loss:"):
        assert "is not on the expected device" in page.after(place)
    with pytest.raises(RuntimeError, match="is not on the expected device"):
        torch.nn.Linear(3, 2)(torch.ones(1, 3, device="meta"))


def test_out_of_memory_is_a_runtime_error(page: Run) -> None:
    """What a GPU raises derives from what the CPU raises, and the CPU's names no class of its own."""
    assert issubclass(torch.OutOfMemoryError, RuntimeError)
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**58)
    assert type(caught.value) is RuntimeError
    assert page.after("RuntimeError:") == f"{2**60:,d} bytes requested on cpu"


def test_what_is_kept_grows_with_the_mini_batch(page: Run) -> None:
    """Twice the images keep twice the bytes, mixed precision keeps fewer, ``no_grad`` none."""
    rows = re.findall(r"(\d+) images: +([\d.]+) kB in float32, +([\d.]+) kB in mixed", page.output)
    sizes, plain, mixed = (
        [float(number) for number in column] for column in zip(*rows, strict=True)
    )
    assert sizes == [16, 32, 64, 128, 256]
    assert [plain[k + 1] / plain[k] for k in range(4)] == pytest.approx([2] * 4, rel=0.01)
    assert all(less < more for less, more in zip(mixed, plain, strict=True))
    assert page.after("256 images under no_grad:") == "0.0 kB"


def test_mixed_precision(page: Run) -> None:
    """Scores are in 16 bits, parameters and the loss in 32; what is scaled survives in float16."""
    dtypes = "torch.float32  scores torch.bfloat16  loss torch.float32"
    assert page.after("parameters torch") == dtypes.removeprefix("torch")
    assert torch.tensor(1e-8).half() == 0
    assert (65536 * torch.tensor(1e-8)).half() > 0
    assert page.after("1e-08 in float16:").startswith("0.0e+00   scaled by 65536 first: 6.6e-04")


def test_no_visible_device(page: Run) -> None:
    """With an empty list, a program sees no GPU, on any machine."""
    assert page.after('CUDA_VISIBLE_DEVICES="": device_count() is') == "0"
