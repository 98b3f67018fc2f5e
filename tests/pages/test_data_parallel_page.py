"""The page on several processes: how it runs under torchrun, and what its factor is for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

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
    only_alone = [line for line in alone if line.startswith("rank ")]
    assert lines[0] == "processes: 2"
    assert len(only_alone) == 3
    # Alone, the page also shows the losses of two processes that it starts.
    assert [line for line in alone if line not in lines] == ["processes: 1", *only_alone]
    assert lines.count("as alone, to 1e-8 at each step: True") == 2
    assert not any("False" in line for line in lines)
    assert list(tmp_path.iterdir()) == [script]


def test_the_loop_without_the_factor_is_another_fit(tmp_path: Path) -> None:
    """Where the loss is not multiplied by the number of processes, the losses part from one's."""
    code = PAGE.read_text("utf-8")
    assert "    (processes * loss).backward()" in training_loop(PAGE)
    start = code.partition("# On one curve lies the other")[0]
    assert start.count("(processes * loss).backward()") == 2
    script = tmp_path / "page.py"
    script.write_text(start.replace("(processes * loss).backward()", "loss.backward()"), "utf-8")

    done = torchrun(script, 2)

    assert done.returncode == 0, done.stderr
    assert "as alone, to 1e-8 at each step: False" in done.stdout
    assert "the same weights in all processes: True" in done.stdout


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
