"""The recording of a machine: what is asked for, what is measured, and what becomes a file."""

from __future__ import annotations

import json
import platform
import resource
from functools import partial
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.package import pretend_gpu
from tests.rungs.agreement import NUMPY_RUNGS
from twolayer import __version__, record
from twolayer.__main__ import _parser, main
from twolayer.rungs import RUNGS

CPU = torch.device("cpu")
LOOPS = [*RUNGS, "fastest"]


def test_the_command_writes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trial on the CPU is one JSON file, which says so; each row is printed when it is there."""
    path = tmp_path / "trial.json"
    assert main(["record", "--device", "cpu", "--quick", "--output", str(path)]) == 0
    printed = capsys.readouterr()
    made = json.loads(path.read_text("utf-8"))
    assert (made["device"]["type"], made["quick"]) == ("cpu", True)
    assert made["versions"]["python"] == platform.python_version()
    assert made["versions"]["torch"] == torch.__version__
    assert made["versions"]["twolayer"] == __version__
    assert made["printed"].startswith("torch.cuda.is_available(): ")
    rows = [(row["loop"], row["dtype"], row["device"]) for row in made["loops"]]
    assert rows == [(*row, "cpu") for row in product(LOOPS, ("float32", "float64"))]
    assert [(row["N"], row["H"]) for row in made["sweep"]] == [(2, 3), (2, 5), (4, 3), (4, 5)]
    assert [(row["from"], row["to"]) for row in made["transfers"]] == [("device", "device")] * 2
    assert printed.out == f"{path}\n"
    told = [json.loads(line) for line in printed.err.splitlines()]
    assert told == [*made["loops"], *made["sweep"], *made["transfers"]]


def test_a_gpu_is_recorded_beside_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a GPU each loop of torch computes there, NumPy's on the CPU, each size of the sweep on both."""
    asked = pretend_gpu.install(monkeypatch)
    made = record.record("cuda", quick=True)
    assert made["device"] == {
        "type": "cuda",
        "name": "Made-up GPU",
        "compute_capability": "9.0",
        "memory_bytes": 2**37,
    }
    wanted = {name: "cpu" if name in NUMPY_RUNGS else "cuda" for name in LOOPS}
    assert {row["loop"]: row["device"] for row in made["loops"]} == wanted
    assert [row["device"] for row in made["sweep"]] == ["cpu", "cuda"] * 4
    assert {(row["loop"], row["dtype"]) for row in made["sweep"]} == {
        ("tensors_by_hand", "float32")
    }
    hosts = ("pageable host", "pinned host")
    ways = {("device", "device")} | {*product(hosts, ["device"])} | {*product(["device"], hosts)}
    assert {(row["from"], row["to"]) for row in made["transfers"]} == ways
    classic = {"N": 64, "D_in": 1000, "H": 100, "D_out": 10}
    loops = [fit for fit in asked if fit[1] == classic]
    # Two calls to warm up, and the repeats, in two precisions.
    assert len(loops) == 2 * len(LOOPS) * (2 + record._QUICK.repeats)
    assert {fit[2:] for fit in loops} == {(record._QUICK.steps, 1e-6)}
    assert {fit[3] for fit in asked if fit[1] != classic} == {record._HARMLESS_RATE}


def test_a_whole_recording_has_the_classic_size() -> None:
    """Without ``quick`` each loop makes 2,000 steps or more, and the sweep starts at the classic size."""
    full = record._FULL
    assert (full.steps, full.repeats, full.N[0], full.H[0]) == (2000, 5, 64, 100)


def test_the_device_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the device did before isn't counted, and all that it was asked for is; units are doubled."""
    now, waiting = 50.0, 100.0
    done: list[int] = []

    def work(units: int) -> None:
        nonlocal now, waiting
        done.append(units)
        now, waiting = now + 0.25 * units, waiting + 0.75 * units

    def wait(device: torch.device) -> None:
        nonlocal now, waiting
        assert device == pretend_gpu.GPU
        now, waiting = now + waiting, 0.0

    monkeypatch.setattr(record, "time", SimpleNamespace(perf_counter=lambda: now))
    monkeypatch.setattr(torch.cuda, "synchronize", wait)
    extent = record._QUICK._replace(repeat_seconds=5.0, repeats=3)
    units, rate = record._rate(work, 2, pretend_gpu.GPU, extent)
    assert (units, done) == (8, [2, 2, 4, 8, 8, 8, 8])
    assert rate == {"median": 1.0, "lowest": 1.0, "highest": 1.0}


def test_a_rate_is_the_median_with_the_extremes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several repeats the middle, the slowest and the fastest are kept."""
    seconds = iter([9.0, 9.0, 1.0, 4.0, 2.0])
    monkeypatch.setattr(record, "_seconds", lambda *_: next(seconds))
    _, rate = record._rate(lambda _: None, 8, CPU, record._QUICK._replace(repeats=3))
    assert rate == {"median": 4.0, "lowest": 2.0, "highest": 8.0}


def test_copies_are_counted_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many copies a second of so many bytes are that many bytes a second."""
    monkeypatch.setattr(record, "_rate", lambda *_: (7, {"median": 2.0}))
    rows = [*record._transfers(CPU, record._QUICK._replace(copy_bytes=(8,)))]
    assert [(row["copies"], row["bytes_per_second"]) for row in rows] == [(7, {"median": 16.0})]


def test_copies_go_where_their_row_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row's copies have its source and its target, in the memory that it names."""

    class Memory(str):
        __slots__ = ()

        def pin_memory(self) -> Memory:
            return Memory("pinned host")

    ends: list[tuple[str, str]] = []

    def rate(work: partial[None], *_: object) -> tuple[int, dict[str, float]]:
        ends.append(work.args)
        return 1, {}

    def ones(_: int, **options: object) -> Memory:
        return Memory("device" if "device" in options else "pageable host")

    monkeypatch.setattr(torch, "ones", ones)
    monkeypatch.setattr(record, "_rate", rate)
    rows = [*record._transfers(pretend_gpu.GPU, record._QUICK)]
    assert ends == [(row["from"], row["to"]) for row in rows]
    assert len(ends) == 5 * len(record._QUICK.copy_bytes)


@pytest.mark.parametrize("pinned", [(False, False), (True, False), (False, True)])
def test_only_pinned_memory_is_copied_in_the_background(pinned: tuple[bool, bool]) -> None:
    """A copy is made as often as asked, and asks not to be waited for where one end is pinned."""
    asked: list[bool] = []
    source, target = (SimpleNamespace(is_pinned=partial(bool, one)) for one in pinned)
    target.copy_ = lambda _, *, non_blocking: asked.append(non_blocking)
    record._copy(source, target, 3)  # type: ignore[arg-type]
    assert asked == [any(pinned)] * 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--device", "gpu"], "device: 'gpu' given; want one of 'cuda', 'cpu'"),
        (["--device", "cuda"], "device: 'cuda' given, but this machine has no CUDA device; want 'cpu'"),
        (["--device", "cpu", "--output", "gone/a.json"], "output: 'gone/a.json' given; want a file in a folder"),
        (["--device", "cpu", "--output", "here.json"], "output: 'here.json' given, which exists already"),
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
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(record, "_printed", lambda: pytest.fail("something was run"))
    (tmp_path / "here.json").write_text("mine", "utf-8")
    assert main(["record", *options]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"twolayer: {words}")
    assert printed.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["here.json"]


def test_an_installed_package_has_no_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the gallery is not beside the package, an error says what is wanted."""
    monkeypatch.setattr(record, "_ROOT", Path("nowhere"))
    with pytest.raises(
        ValueError, match=r"found in 'nowhere', without gallery/tensors/cuda_device\.py; want"
    ):
        record.record("cpu")


def test_a_page_that_fails_is_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that doesn't run to its end ends the recording."""
    monkeypatch.setattr(record, "_ROOT", tmp_path)
    monkeypatch.setattr(record, "_PAGE", "page.py")
    (tmp_path / "page.py").write_text("raise SystemExit(3)", "utf-8")
    with pytest.raises(RuntimeError, match=r"page\.py ended with exit status 3"):
        record._printed()


def test_an_interrupted_command_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended while it measures, the command leaves nothing behind."""
    pretend_gpu.install(monkeypatch)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(record, "_transfers", interrupt)
    assert main(["record", "--quick", "--output", str(tmp_path / "mine.json")]) == 130
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("meanwhile", [True, False])
def test_what_cannot_be_written_is_printed(
    meanwhile: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file that came meanwhile is kept, and a full disk gets no half file; the rest is printed."""
    path = tmp_path / "mine.json"

    def measure(*_: object, **__: object) -> dict[str, object]:
        if meanwhile:
            path.write_text("theirs", "utf-8")
        return {"loops": [1.5] * 1000}

    monkeypatch.setattr(record, "record", measure)
    options = _parser().parse_args(["record", "--output", str(path)])
    size, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most))  # as a full disk
    try:
        with pytest.raises(OSError, match=r"mine\.json|too large"):
            options.command(options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    assert json.loads(capsys.readouterr().out) == {"loops": [1.5] * 1000}
    assert [each.read_text("utf-8") for each in tmp_path.iterdir()] == ["theirs"] * meanwhile
