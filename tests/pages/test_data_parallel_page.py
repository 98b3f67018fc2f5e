"""The page on several processes: how it runs under torchrun, and what its factor is for."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
import torch.distributed as dist

from twolayer_docs.course import training_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pages.expectations import Run

PAGE = Path(__file__).parents[2] / "gallery" / "scaling" / "data_parallel.py"
SETTINGS = {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "CUDA_VISIBLE_DEVICES": ""}


def torchrun(script: Path, processes: int) -> subprocess.CompletedProcess[str]:
    """Run a script under torchrun, in the folder that it is in."""
    options = ["--standalone", "--local-addr=localhost", f"--nproc-per-node={processes}"]
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "torch.distributed.run", *options, script.name],
        cwd=script.parent,
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_page_runs_under_torchrun(tmp_path: Path, runs: Callable[[Path], Run]) -> None:
    """Two processes make the page's fit together; one of them prints, and starts no more."""
    script = tmp_path / PAGE.name
    script.write_text(PAGE.read_text("utf-8"), "utf-8")

    done = torchrun(script, 2)

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    alone = runs(PAGE).output.splitlines()
    only_alone = [line for line in alone if line.startswith(("rank ", "[Rank "))]
    assert lines[0] == "processes: 2"
    assert len(only_alone) == 5
    # Alone, the page also shows the losses of two processes that it starts.
    own = [line for line in alone if line not in lines and not line.startswith("step ")]
    assert own == ["processes: 1", *only_alone]
    assert list(tmp_path.iterdir()) == [script]


def test_the_loop_without_the_factor_is_another_fit(tmp_path: Path) -> None:
    """Where the loss is not multiplied by the number of processes, the losses part from one's."""
    code = PAGE.read_text("utf-8")
    assert "    (processes * loss).backward()" in training_loop(PAGE)
    start = code.partition("# Each process updates its own copy")[0]
    assert start.count("(processes * loss).backward()") == 1
    script = tmp_path / "page.py"
    script.write_text(start.replace("(processes * loss).backward()", "loss.backward()"), "utf-8")

    done = torchrun(script, 2)

    assert done.returncode == 1
    assert "AssertionError" in done.stderr
    assert "assert np.allclose(losses, alone, rtol=1e-8, atol=0)" in done.stderr


def test_a_process_on_a_gpu_makes_its_own_the_current_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a GPU for each process, nccl gets the one of the local rank, and so does what torch calls current."""
    current: list[object] = []
    given: dict[str, object] = {}
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    monkeypatch.setattr(dist, "is_torchelastic_launched", lambda: True)
    monkeypatch.setattr(dist, "init_process_group", lambda **options: given.update(options))

    exec(PAGE.read_text("utf-8").partition("\nrank, processes =")[0], {})  # noqa: S102 - the page's own

    own = torch.device("cuda", 1)
    assert current == [own]
    assert (given["backend"], given["device_id"]) == ("nccl", own)


THREADS = """
import glob
print(*(pathlib.Path(task, "comm").read_text().strip() for task in glob.glob("/proc/self/task/*")))
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux")
@pytest.mark.parametrize("left_out", [None, "del net", "import torch.distributed.nn"])
def test_the_short_program_ends_after_its_threads(tmp_path: Path, left_out: str | None) -> None:
    """Once the group is destroyed, no thread is left that carries numbers; without either line one is."""
    (program,) = re.findall(r'(?s)PROGRAM = """\\\n(.*?)"""', PAGE.read_text("utf-8"))
    assert program.endswith("\ndel net\ndist.destroy_process_group()\n")
    kept = [line for line in program.splitlines() if left_out is None or left_out not in line]
    assert len(kept) == len(program.splitlines()) - (left_out is not None)
    script = tmp_path / "program.py"
    script.write_text("\n".join(kept) + THREADS, "utf-8")
    meeting = {"MASTER_ADDR": "localhost", "MASTER_PORT": "0", "RANK": "0", "WORLD_SIZE": "1"}
    done = subprocess.run(
        [sys.executable, script.name, "noted"],
        cwd=tmp_path,
        env={**os.environ, **SETTINGS, **meeting},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert ("gloo" in done.stdout) == (left_out is not None)


def test_a_meeting_place_that_does_not_answer_is_named(tmp_path: Path) -> None:
    """A process whose group's address doesn't answer ends after the time-out, and says which."""
    code = PAGE.read_text("utf-8").partition("# Shares\n")[0]
    assert "timedelta(seconds=60)" in code
    script = tmp_path / "page.py"
    script.write_text(code.replace("seconds=60", "seconds=2"), "utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "RANK": "1", "WORLD_SIZE": "2"}
        done = subprocess.run(
            [sys.executable, script.name],
            cwd=tmp_path,
            env={**os.environ, **SETTINGS, **place, "TORCHELASTIC_RUN_ID": "test"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert "DistNetworkError" in done.stderr
    assert f"127.0.0.1, {port}" in done.stderr
