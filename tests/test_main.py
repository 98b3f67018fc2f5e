"""The command line, as a person at a terminal and as a program see it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

import pytest

from twolayer import __main__ as command_line
from twolayer import random_problem
from twolayer.rungs import RUNGS

if TYPE_CHECKING:
    from collections.abc import Sequence

main = command_line.main


def test_list_names_all_rungs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    """`list` prints a line for each rung under a heading."""
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["rung", *RUNGS]


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`list --json` gives each rung's name, title, gain and page."""
    assert main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["rung"] for row in rows] == list(RUNGS)
    assert rows[2] == {
        "rung": "autograd",
        "title": "Autograd",
        "removes": "the backward pass",
        "page": "gallery/two_layer/autograd",
    }


def test_fit_prints_the_loss_on_its_way(capsys: pytest.CaptureFixture[str]) -> None:
    """`fit` prints the first and the last step's loss, and how long it took."""
    assert main(["fit", "autograd", "--steps", "101"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["step", "loss"]
    assert lines[1].split() == ["0", "3.152e+07"]
    assert lines[-2].split() == ["100", "3.087e+02"]
    assert lines[-1].startswith("101 steps in ")


def test_fit_as_json_has_every_loss(capsys: pytest.CaptureFixture[str]) -> None:
    """`fit --json` gives all losses at full precision, with the settings."""
    arguments = ["--steps", "3", "--learning-rate", "1e-7", "--seed", "5"]
    assert main(["fit", "optimizers", *arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    fit = RUNGS["optimizers"].fit(random_problem(5), steps=3, learning_rate=1e-7)
    assert answer.pop("losses") == fit.losses.tolist()
    assert answer.pop("seconds") > 0
    assert answer == {
        "rung": "optimizers",
        "steps": 3,
        "learning_rate": 1e-7,
        "device": "cpu",
        "dtype": "float64",
        "seed": 5,
    }


@pytest.mark.parametrize("rung", ["numpy_by_hand", "autograd"])
def test_fit_computes_in_the_dtype_asked_for(rung: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--dtype float32` reaches the NumPy rung and the torch rungs."""
    assert main(["fit", rung, "--dtype", "float32", "--steps", "2", "--json"]) == 0
    losses = json.loads(capsys.readouterr().out)["losses"]
    assert (
        losses
        == RUNGS[rung]
        .fit(
            random_problem(dtype="float32"),
            steps=2,
            **({} if rung == "numpy_by_hand" else {"dtype": "float32"}),
        )
        .losses.tolist()
    )


def test_compare_prints_a_line_for_each_rung(capsys: pytest.CaptureFixture[str]) -> None:
    """`compare` prints agreement, seconds and steps per second; nothing on standard error."""
    assert main(["compare", "--steps", "5"]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == list(RUNGS)
    assert lines[1].split() == ["rung", "loss", "losses", "weights", "seconds", "second"]
    assert {len(line.split()) for line in lines[2:]} == {6}
    assert printed.err == ""


def test_compare_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`compare --json` gives the settings and a row for each rung."""
    assert main(["compare", "--steps", "5", "--dtype", "float32", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["steps"], answer["dtype"]) == (5, "float32")
    assert [row["rung"] for row in answer["rungs"]] == list(RUNGS)
    assert all(row["loss_difference"] < 1e-4 for row in answer["rungs"])
    assert all(
        row["steps_per_second"] == pytest.approx(5 / row["seconds"]) for row in answer["rungs"]
    )


BAD = [
    ([], "the following arguments are required: COMMAND"),
    (["frobnicate"], "argument COMMAND: invalid choice: 'frobnicate'"),
    (["fit"], "the following arguments are required: RUNG"),
    (["fit", "nope"], "rung: 'nope' given; want one of 'numpy_by_hand'"),
    (["fit", "autograd", "--steps", "0"], "steps: 0 given; want a whole number, 1 or more"),
    (["fit", "autograd", "--steps", "1e3"], "steps: '1e3' (str) given; want a whole number"),
    (["fit", "autograd", "--learning-rate", "nan"], "learning_rate: nan given; want a finite"),
    (["fit", "autograd", "--learning-rate", "inf"], "learning_rate: inf given"),
    (["fit", "autograd", "--learning-rate=-1"], "learning_rate: -1.0 given"),
    (["fit", "autograd", "--learning-rate", "0"], "learning_rate: 0.0 given"),
    (["fit", "autograd", "--learning-rate", "fast"], "learning_rate: 'fast' (str) given"),
    (["fit", "autograd", "--device", "gpu"], "device: 'gpu' given; want 'cpu' or 'cuda'"),
    (["fit", "autograd", "--device", "cuda:99"], "device: 'cuda:99' given, but this machine has"),
    (["fit", "numpy_by_hand", "--device", "cuda"], "device: 'cuda' given; want 'cpu', where numpy"),
    (["fit", "autograd", "--dtype", "int8"], "dtype: 'int8' given; want one of 'float32'"),
    (["fit", "autograd", "--seed", "-1"], "seed: -1 given; want a whole number, 0 or more"),
    (["fit", "autograd", "--step", "3"], "unrecognized arguments: --step 3"),
    (["compare", "--steps", "0"], "steps: 0 given"),
    (["compare", "--dtype", "int8"], "dtype: 'int8' given"),
    (["compare", "--device", "nope"], "device: 'nope' given"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=lambda value: " ".join(value)[:40])
def test_bad_arguments_get_one_line_and_status_2(
    arguments: Sequence[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad argument gets one line on standard error, nothing on standard output, and status 2."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"twolayer: {message}")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("command", [["fit", "autograd"], ["compare"]], ids=["fit", "compare"])
def test_diverging_gets_one_line_and_status_1(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A learning rate that is too high gets one line with the step, the loss and the advice."""
    assert main([*command, "--learning-rate", "1e-5"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        "twolayer: at step 6 the loss is no longer finite; the last finite loss, at step 5, is "
        "1.96517e+165; learning_rate: 1e-05 given, lower it\n"
    )


def test_interrupting_gets_one_line_and_status_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends with a line and the usual status, without a traceback."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "compare", interrupt)
    assert main(["compare"]) == 130
    assert capsys.readouterr().err == "twolayer: interrupted\n"


@pytest.mark.parametrize("command", [[], ["list"], ["fit"], ["compare"]], ids=" ".join)
def test_help_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of the program and of each command names every option with its default."""
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    if command in (["fit"], ["compare"]):
        for option in ("--steps", "--learning-rate", "--device", "--dtype", "--seed"):
            assert option in text
        assert text.count("(default: ") == 5
    if not command:
        assert all(name in text for name in ("list", "fit", "compare", "exit status"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with pipes for a screen."""
    command = [sys.executable, "-W", "error", "-m", "twolayer", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_runs_as_a_module() -> None:
    """`python -m twolayer` prints on standard output and passes the exit status on."""
    good, bad = run("list"), run("fit", "nope")
    assert (good.returncode, good.stderr) == (0, "")
    assert "numpy_by_hand" in good.stdout
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("twolayer: rung: 'nope' given")


def test_list_does_not_load_torch() -> None:
    """Naming the rungs is quick: it loads neither torch nor a rung."""
    code = (
        "import sys; from twolayer.__main__ import main; main(['list']); "
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0


def test_a_closed_pipe_is_no_traceback() -> None:
    """`python -m twolayer list | head -1` ends quietly."""
    with subprocess.Popen(
        [sys.executable, "-c", "import twolayer.__main__ as m, sys; sys.exit(m.main(['list']))"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def on_a_terminal(code: str) -> str:
    """What a person sees of a program whose output is a terminal."""
    parent, child = pty.openpty()
    termios.tcsetwinsize(child, (24, 80))
    with subprocess.Popen([sys.executable, "-c", code], stdout=child, stderr=child) as process:
        os.close(child)
        seen = b""
        while True:
            try:
                chunk = os.read(parent, 4096)
            except OSError:  # how Linux says that the other end is closed
                break
            if not chunk:
                break
            seen += chunk
    os.close(parent)
    assert process.returncode == 0
    return seen.decode()


SLOW = """
import sys, time
import twolayer.__main__ as command_line
def slow(problem, *, progress, **_):
    for name in ("numpy_by_hand", "autograd"):
        time.sleep({delay})
        progress(name)
    return []
command_line.compare = slow
sys.exit(command_line.main(["compare"]))
"""


def test_a_long_comparison_shows_a_bar_on_a_terminal() -> None:
    """Where it takes long and a person watches, a bar counts the rungs and names the last."""
    seen = on_a_terminal(SLOW.format(delay=0.7))
    assert "2/9" in seen
    assert "autograd done" in seen


def test_a_short_comparison_shows_no_bar() -> None:
    """A comparison of a moment prints its table only, on a terminal too."""
    assert "2/9" not in on_a_terminal(SLOW.format(delay=0))


def test_a_long_comparison_shows_no_bar_in_a_pipe() -> None:
    """A program that reads the output gets no bar."""
    done = subprocess.run(
        [sys.executable, "-c", SLOW.format(delay=0.7)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
