"""The recording of a machine: what is asked for, what is measured, and what becomes a file."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from twolayer import __main__ as command_line
from twolayer import checks, random_problem, record, recording, timing
from twolayer.cells import Cell, split
from twolayer.fit import Fit
from twolayer.recording import Gpu, Machine, Recording, Spread, Versions, read
from twolayer.rungs import RUNGS, Rung

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twolayer.problem import Problem

main = command_line.main
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "gallery" / "tensors" / "cuda_device.py"
ON_GPU = torch.device("cuda", 0)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of a trial run on the CPU, made by the command line."""
    path = tmp_path_factory.mktemp("recorded") / "trial.json"
    assert main(["record", "--device", "cpu", "--quick", "--output", str(path)]) == 0
    yield path
    assert [*path.parent.iterdir()] == [path]


def test_the_command_writes_a_whole_recording(recorded: Path) -> None:
    """A trial on the CPU gives a valid file, which says that it is a trial and on the CPU."""
    made = read(recorded)
    assert (made.device, made.quick, made.gpu) == ("cpu", True, None)
    rows = [(row.loop, row.dtype, row.device, row.steps) for row in made.loops]
    assert rows == [
        (name, dtype, "cpu", record.QUICK.steps)
        for name in (*RUNGS, "fastest")
        for dtype in ("float32", "float64")
    ]
    sizes = [(row.N, row.H, row.D_in, row.D_out, row.device) for row in made.sweep.sizes]
    assert sizes == [(N, H, 1000, 10, "cpu") for N in record.QUICK.N for H in record.QUICK.H]
    assert [row.size_bytes for row in made.transfers] == [*record.QUICK.copies]
    assert {row.steps_per_second.repeats for row in made.loops} == {record.QUICK.repeats}


def test_the_recording_has_the_pages_cells(recorded: Path) -> None:
    """The cells are those of the page on CUDA, in order, with what they printed without a GPU."""
    found = read(recorded).cells
    assert [cell.code for cell in found] == [code for _, _, code in split(PAGE.read_text("utf-8"))]
    assert "torch.cuda.is_available(): False" in (found[0].printed or "")


def test_the_recording_says_what_it_was_made_with(recorded: Path) -> None:
    """Python, torch, NumPy, the package, the processor and the threads are this machine's."""
    made = read(recorded)
    assert made.versions == Versions(
        platform.python_version(),
        torch.__version__,
        np.__version__,
        metadata.version("twolayer"),
    )
    assert made.machine.threads == torch.get_num_threads()
    assert made.machine.system.startswith(platform.system())


class Asked(list[tuple[Any, ...]]):
    """What fits were asked for."""


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Puts a machine with a GPU in this one's place; nothing is computed, and all is noted."""
    asked = Asked()

    def for_loop(loop: Rung | record.Loop) -> Callable[..., Fit]:
        def in_numpy(problem: Problem, *, steps: int, learning_rate: float = 1e-6) -> Fit:
            asked.append((loop.name, problem.sizes, str(problem.dtype), steps, learning_rate))
            return Fit(np.ones(1), np.ones((1, 1)), np.ones((1, 1)))

        def in_torch(
            problem: Problem,
            *,
            steps: int,
            device: torch.device,
            dtype: str,
            learning_rate: float = 1e-6,
        ) -> Fit:
            assert dtype == str(problem.dtype)
            fit = in_numpy(problem, steps=steps, learning_rate=learning_rate)
            asked[-1] += (device,)
            return fit

        return in_numpy if loop.name == "numpy_by_hand" else in_torch

    ones = torch.ones
    monkeypatch.setattr(Rung, "fit", property(for_loop))
    beside = tuple(loop._replace(fit=for_loop(loop)) for loop in record.LOOPS_BESIDE)
    monkeypatch.setattr(record, "LOOPS_BESIDE", beside)
    monkeypatch.setattr(checks, "torch_device", torch.device)
    monkeypatch.setattr(torch, "ones", lambda size, **options: ones(size, dtype=options["dtype"]))
    monkeypatch.setattr(torch.Tensor, "pin_memory", torch.Tensor.clone)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA Made-Up (80 GB)")
    facts = SimpleNamespace(name="NVIDIA Made-Up", major=12, minor=3, total_memory=2**36)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: facts)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(record, "_driver", lambda: "580.1")

    def alone(page: Path, *, cuda_device: int | None) -> list[Cell]:
        asked.append((page, cuda_device))
        return [Cell(None, "x", None)]

    monkeypatch.setattr(record, "run_alone", alone)
    return asked


def test_a_gpu_is_recorded_beside_the_cpu(pretend: Asked) -> None:
    """On a GPU each loop of torch computes there, NumPy's on the CPU, and each size of the sweep on both."""
    told: list[str] = []
    made = record.record("cuda", quick=True, progress=told.append)

    assert isinstance(made, Recording)
    assert pretend[0] == (PAGE, 0)
    assert (made.device, made.gpu) == (
        "cuda",
        Gpu("NVIDIA Made-Up", "12.3", 2**36, "13.0", "580.1"),
    )
    fits = [one for one in pretend[1:] if one[1]["N"] == 64]
    names = [*RUNGS, "fastest"]
    assert {one[0]: one[5:] for one in fits} == {
        name: () if name == "numpy_by_hand" else (ON_GPU,) for name in names
    }
    # A warm-up, and the repeats.
    assert len(fits) == 2 * len(names) * (1 + record.QUICK.repeats)
    assert {one[3:5] for one in fits} == {(record.QUICK.steps, 1e-6)}
    assert {one[2] for one in fits} == {"float32", "float64"}
    swept = [one for one in pretend[1:] if one[1]["N"] != 64]
    assert {one[0] for one in swept} == {made.sweep.loop} == {"tensors_by_hand"}
    assert {(one[2], one[4]) for one in swept} == {("float32", record._HARMLESS)}
    assert {one[5] for one in swept} == {torch.device("cpu"), ON_GPU}
    assert [row.device for row in made.sweep.sizes] == ["cpu", "cuda"] * 4
    copies = [(row.way, row.memory) for row in made.transfers]
    assert copies == 2 * [
        ("device to device", "device"),
        ("host to device", "pageable"),
        ("device to host", "pageable"),
        ("host to device", "pinned"),
        ("device to host", "pinned"),
    ]
    assert told[0] == "the cells of cuda_device.py"
    assert "autograd, float32, on cuda:0" in told
    assert "numpy_by_hand, float64, on cpu" in told
    assert "N = 2, H = 3, on cuda:0" in told
    assert told[-1] == "copies of 4096 bytes"


def test_what_is_pretended_fits_the_schema(pretend: Asked, tmp_path: Path) -> None:
    """The recording of a GPU can be written and comes back as it was."""
    made = record.record("cuda:1", quick=True)
    recording.write(made, tmp_path / "gpu.json")
    assert read(tmp_path / "gpu.json") == made
    assert pretend[0] == (PAGE, 1)


def test_a_whole_recording_has_many_sizes(pretend: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ``quick`` the full extent is measured."""
    monkeypatch.setattr(
        record, "FULL", record.FULL._replace(steps=5, N=(1, 64), H=(100,), copies=(8,), seconds=0.0)
    )
    made = record.record("cuda")
    assert made.quick is False
    assert {row.steps for row in made.loops} == {5}
    assert {row.steps_per_second.repeats for row in made.loops} == {record.FULL.repeats}
    assert len(made.sweep.sizes) == 4
    assert pretend != []


def test_the_full_extent_is_worth_its_name() -> None:
    """A recording has 2,000 steps of each loop, the classic size among others, and many repeats."""
    assert record.FULL.steps == 2000
    assert record.FULL.repeats >= 5
    assert record.FULL.N[0] == 64
    assert record.FULL.H[0] == 100
    assert max(record.FULL.copies) >= 2**28


def test_loops_beside_the_rungs_are_recorded(
    pretend: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that is no rung stands after them; one that needs a GPU is left out on the CPU."""
    fit = RUNGS["autograd"].fit
    beside = (record.Loop("slow", "Slow", fit), record.Loop("fast", "Fast", fit, cuda_only=True))
    monkeypatch.setattr(record, "LOOPS_BESIDE", beside)
    for device, names in (("cuda", ["slow", "fast"]), ("cpu", ["slow"])):
        rows = record.record(device, quick=True).loops
        assert [row.loop for row in rows[2 * len(RUNGS) :: 2]] == names
        assert rows[-1].title == names[-1].title()
    assert pretend[0] == (PAGE, 0)


def test_on_the_cpu_gpus_are_hidden_from_the_page(pretend: Asked) -> None:
    """A recording on the CPU can't show what a GPU printed, and has no GPU."""
    made = record.record("cpu", quick=True)
    assert pretend[0] == (PAGE, None)
    assert made.gpu is None
    assert {row.device for row in made.loops} == {"cpu"}
    assert {row.device for row in made.sweep.sizes} == {"cpu"}
    assert {row.way for row in made.transfers} == {"device to device"}


def test_copies_are_counted_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many copies a second of so many bytes are that many bytes a second; the copy is made."""
    monkeypatch.setattr(timing, "rates", lambda *_, repeats: [2.0, 4.0, 3.0][:repeats])
    source, target = torch.arange(10.0), torch.zeros(10)
    extent = record.QUICK._replace(repeats=3)
    speed = record._copying(source, target, torch.device("cpu"), extent)
    assert speed == Spread(120.0, 80.0, 160.0, 3)
    assert torch.equal(target, source)


@pytest.mark.parametrize(
    ("pinned", "target_pinned"), [(False, False), (True, False), (False, True)]
)
def test_only_pinned_memory_is_copied_in_the_background(
    *, pinned: bool, target_pinned: bool
) -> None:
    """A copy asks not to be waited for where one end is pinned, and only there."""
    asked: list[bool] = []
    source = SimpleNamespace(is_pinned=lambda: pinned, nbytes=8)
    target = SimpleNamespace(
        is_pinned=lambda: target_pinned,
        copy_=lambda _, *, non_blocking: asked.append(non_blocking),
    )
    record._copying(source, target, torch.device("cpu"), record.QUICK)  # type: ignore[arg-type]
    assert set(asked) == {pinned or target_pinned}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--device", "gpu"], "device: 'gpu' given; want 'cpu' or 'cuda'"),
        (["--device", "cuda:99"], "device: 'cuda:99' given, but this machine has"),
        (["--device", "cpu", "--page", "gone.py"], "page: 'gone.py' given, which is no file; want the script"),
        (["--device", "cpu", "--output", "gone/a.json"], "output: 'gone/a.json' given; want a file in a folder"),
        (["--device", "cpu", "--output", "here.json"], "output: 'here.json' given, which is there already"),
        (["--device", "cpu", "--output", "."], "output: '.' given, which is there already"),
        (["--device", "cpu", "--steps", "3"], "unrecognized arguments: --steps 3"),
    ],
)  # fmt: skip
def test_bad_arguments_end_the_command_before_anything_is_run(
    options: list[str],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A bad argument gets one line and status 2; nothing is measured and nothing written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.json").write_text("mine", "utf-8")
    monkeypatch.setattr(record, "run_alone", lambda *_, **__: pytest.fail("something was run"))
    assert main(["record", *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"twolayer: {words}")
    assert printed.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["here.json"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_the_command_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no GPU, the command without options ends at once, in one line."""
    monkeypatch.chdir(tmp_path)
    assert main(["record"]) == 2
    assert capsys.readouterr().err == (
        "twolayer: device: 'cuda' given, but this machine has no CUDA device; want one it has: "
        "'cpu'\n"
    )
    assert [*tmp_path.iterdir()] == []


def test_an_installed_package_has_no_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the gallery is not beside the package, an error says what to hand over."""
    monkeypatch.setattr(record, "_ROOT", Path("/nowhere"))
    with pytest.raises(
        ValueError, match=r"^page: none given, and no gallery/tensors/cuda_device\.py"
    ):
        record.record("cpu")
    assert record.find_page(PAGE) == PAGE


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("page: no"), OSError("full")])
def test_an_interrupted_command_leaves_no_file(
    error: BaseException,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    pretend: Asked,
) -> None:
    """Ended while it measures or writes, the command leaves nothing behind, and says why."""

    def fail(*_: object, **__: object) -> None:
        raise error

    where: tuple[Any, str] = (record, "_transfers")
    if isinstance(error, OSError):
        where = (os, "fsync")
        error.strerror = "full"
    monkeypatch.setattr(*where, fail)
    path = tmp_path / "mine.json"
    status = main(["record", "--quick", "--output", str(path)])
    told = capsys.readouterr().err.splitlines()
    assert (status, told[-1]) == {
        KeyboardInterrupt: (130, "twolayer: interrupted"),
        ValueError: (2, "twolayer: page: no"),
        OSError: (2, f"twolayer: output: {str(path)!r} given, which can't be written: full"),
    }[type(error)]
    assert [*tmp_path.iterdir()] == []
    assert pretend != []


def test_the_command_tells_how_far_it_is(
    pretend: Asked,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each part is announced on standard error; standard output has the file's name alone."""
    monkeypatch.chdir(tmp_path)
    assert main(["record", "--quick", "--page", str(PAGE)]) == 0
    printed = capsys.readouterr()
    (path,) = tmp_path.iterdir()
    assert printed.out == f"{path.name}\n"
    assert printed.err.splitlines()[0] == "twolayer: recording the cells of cuda_device.py"
    assert path.name == f"nvidia-made-up-80-gb-{read(path).date}.json"
    assert pretend[0] == (PAGE, 0)


def test_each_setting_reaches_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick recording is asked for with a bool, not with what looks like one."""
    monkeypatch.setattr(record, "run_alone", lambda *_, **__: pytest.fail("something was run"))
    with pytest.raises(TypeError, match=r"^quick: 1 \(int\) given"):
        record.record("cpu", quick=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "printed", "version"),
    [(0, "580.65.06\n580.65.06\n", "580.65.06"), (0, "", None), (9, "failed", None)],
)
def test_the_driver_is_asked_for_its_version(
    status: int, printed: str, version: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver's own program tells its version, or nothing is said."""
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, status, printed, "")

    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(subprocess, "run", run)
    assert record._driver() == version
    assert asked == [["/bin/nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]]
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert record._driver() is None


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ("processor\t: 0\nmodel name\t: A processor @ 2 GHz \nmodel name\t: B\n", "A processor @ 2 GHz"),
        ("processor\t: 0\nmodel name\t:\n", "arm"),
        (None, "arm"),
    ],
)  # fmt: skip
def test_the_processor_is_named(
    facts: str | None, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Linux tells the processor's name; elsewhere Python says what it knows."""
    file = tmp_path / "cpuinfo"
    if facts is not None:
        file.write_text(facts, "utf-8")
    monkeypatch.setattr(record, "Path", lambda path: file if path == "/proc/cpuinfo" else path)
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert record._cpu_name() == name


def test_nothing_known_of_the_processor_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody names the processor, its architecture does, or it is unknown."""
    monkeypatch.setattr(record, "Path", lambda _: Path("/nowhere"))
    monkeypatch.setattr(platform, "processor", str)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert record._cpu_name() == "riscv64"
    monkeypatch.setattr(platform, "machine", str)
    assert record._cpu_name() == "unknown"


def test_the_machine_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that doesn't tell its number of processors has at least one."""
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    monkeypatch.setattr(record, "_cpu_name", lambda: "A processor")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 5)
    system = f"{platform.system()} {platform.machine()}"
    assert record._machine() == Machine(system, "A processor", 1, 5)


def test_a_clone_knows_its_version_without_being_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version is that of the clone that runs, or else that of the installed package."""
    monkeypatch.setattr(record, "_ROOT", tmp_path)
    monkeypatch.setattr(metadata, "version", lambda name: f"{name} 9")
    assert record._own_version() == "twolayer 9"
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "7.1"\n', "utf-8")
    assert record._own_version() == "7.1"


def test_the_harmless_learning_rate_lets_the_largest_problem_converge() -> None:
    """At the sweep's learning rate no loss diverges, at the largest batch or hidden size neither."""
    for sizes in ({"N": max(record.FULL.N)}, {"H": max(record.FULL.H)}):
        problem = random_problem(**sizes, dtype="float32")
        fit = RUNGS[record._SWEPT].fit(
            problem, steps=3, learning_rate=record._HARMLESS, dtype="float32"
        )
        assert np.isfinite(fit.losses).all()
