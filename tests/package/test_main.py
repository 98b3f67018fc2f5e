"""The command line, as a person at a terminal and as a program see it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock, call

import numpy as np
import pytest

from twolayer import Fit, Problem, __version__, random_problem
from twolayer import __main__ as command_line
from twolayer.compare import Row
from twolayer.rungs import RUNGS, Rung

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

main = command_line.main


def test_list_names_all_rungs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    """`list` prints a line for each rung under a heading."""
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["rung", *RUNGS]
    assert lines[0] == "rung              what changes from the rung before it"
    assert lines[4] == "autograd          PyTorch's engine replaces yours"


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`list --json` gives each rung's name, title, gain and page."""
    assert main(["list", "--json"]) == 0
    text = capsys.readouterr().out
    rows = json.loads(text)
    assert text == json.dumps(rows, indent=2) + "\n"
    assert [row["rung"] for row in rows] == list(RUNGS)
    assert rows[3] == {
        "rung": "autograd",
        "title": "Autograd",
        "change": "PyTorch's engine replaces yours",
        "page": "gallery/two_layer/autograd",
    }


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


class Asked(dict[str, Any]):
    """What a rung or a comparison was asked for."""


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Asked]:
    """Puts a fit of known losses, which takes two seconds by its clock, in a rung's place."""

    def replace(losses: list[float], *, tensors: bool = True) -> Asked:
        asked = Asked()
        result = Fit(np.array(losses), np.ones((1, 1)), np.ones((1, 1)))

        def fit(problem: Problem, *, device: str, dtype: str, **options: Any) -> Fit:
            asked.update(problem=problem, device=device, dtype=dtype, **options)
            return result

        def numpy_fit(problem: Problem, *, steps: int, learning_rate: float) -> Fit:
            asked.update(problem=problem, steps=steps, learning_rate=learning_rate)
            return result

        monkeypatch.setattr(Rung, "fit", property(lambda _: fit if tensors else numpy_fit))
        clock = SimpleNamespace(perf_counter=iter([7.0, 9.0]).__next__)
        monkeypatch.setattr(command_line, "time", clock)
        return asked

    return replace


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        (1, [0]),
        (5, [0, 1, 2, 3, 4]),
        (24, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 23]),
        (25, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]),
    ],
)
def test_fit_shows_a_tenth_of_the_steps_and_the_last(
    steps: int,
    shown: list[int],
    pretend: Callable[..., Asked],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Some ten losses are printed, evenly spaced, and always the first and the last."""
    pretend([10.0 * step for step in range(steps)])
    assert main(["fit", "autograd", "--steps", str(steps)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "step  loss",
        *(f"{step:4}  {10 * step:.3e}" for step in shown),
        f"{steps} steps in 2.00 s, {steps / 2:.0f} a second",
    ]


def test_fit_makes_room_for_long_numbers(
    pretend: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    """Steps with five digits stand in a column of five, and thousands have a comma."""
    pretend([1.0] * 20_000)
    assert main(["fit", "autograd", "--steps", "20000"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == ["    0  1.000e+00", " 2000  1.000e+00"]
    assert lines[-2:] == ["19999  1.000e+00", "20000 steps in 2.00 s, 10,000 a second"]


@pytest.mark.parametrize("tensors", [True, False], ids=["tensors", "numpy"])
def test_fit_hands_its_options_on(
    *, tensors: bool, pretend: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without options a fit has the classic ones; a rung in NumPy gets no device and no dtype."""
    asked = pretend([1.0] * 500, tensors=tensors)
    assert main(["fit", "autograd", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    settings = {"steps": 500, "learning_rate": 1e-6}
    everywhere = {"device": "cpu", "dtype": "float64"}
    assert np.array_equal(asked.pop("problem").x, random_problem(0).x)
    assert asked == settings | (everywhere if tensors else {})
    assert answer == {
        **settings,
        **everywhere,
        "seed": 0,
        "rung": "autograd",
        "losses": [1.0] * 500,
        "seconds": 2.0,
    }


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Puts two known rows in place of a comparison."""
    asked = Asked()
    weights = np.ones((1, 1))

    def compare(problem: Problem, *, progress: Callable[[str], None], **options: Any) -> list[Row]:
        asked.update(problem=problem, **options)
        progress("autograd")
        return [
            Row("autograd", Fit(np.array([8.0, 4.0, 2.0]), weights, weights), 1.5e-9, 2.5e-10, 0.5),
            Row("optimizers", Fit(np.array([8.0, 4.0, 3.0]), weights, weights), 0.0, 0.25, 0.001),
        ]

    asked["tqdm"] = MagicMock()
    monkeypatch.setattr(command_line, "tqdm", asked["tqdm"])
    monkeypatch.setattr(command_line, "compare", compare)
    return asked


def test_compare_prints_its_table_in_columns(
    compared: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table has a heading of two lines, and its numbers stand under their names."""
    assert main(["compare"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "                       last  difference from NumPy           steps per",
        "rung                   loss     losses     weights  seconds     second",
        "autograd           2.00e+00    1.5e-09     2.5e-10     0.50          6",
        "optimizers         3.00e+00    0.0e+00     2.5e-01     0.00      3,000",
    ]
    assert np.array_equal(compared.pop("problem").x, random_problem(0).x)
    bar = compared.pop("tqdm")
    # It shows after a second, and on a terminal only.
    bar.assert_called_once_with(total=len(RUNGS), unit="rung", delay=1, disable=None, leave=False)
    assert bar.return_value.__enter__.return_value.method_calls == [
        call.set_postfix_str("autograd done", refresh=False),
        call.update(),
    ]
    assert compared == {
        "steps": 500,
        "learning_rate": 1e-6,
        "device": "cpu",
        "dtype": "float64",
    }


def test_compare_as_json_is_the_same_rows(
    compared: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    """`compare --json` has each figure of the rows in full, and the settings it was called with."""
    options = ["--steps", "2", "--learning-rate", "0.5", "--seed", "3", "--dtype", "float32"]
    assert main(["compare", *options, "--device", "cuda:1", "--json"]) == 0
    text = capsys.readouterr().out
    answer = json.loads(text)
    assert text == json.dumps(answer, indent=2) + "\n"
    assert np.array_equal(compared["problem"].x, random_problem(3, dtype="float32").x)
    settings = {"steps": 2, "learning_rate": 0.5, "device": "cuda:1", "dtype": "float32"}
    assert {name: compared[name] for name in settings} == settings
    assert answer.pop("rungs") == [
        {
            "rung": "autograd",
            "first_loss": 8.0,
            "last_loss": 2.0,
            "loss_difference": 1.5e-9,
            "weight_difference": 2.5e-10,
            "seconds": 0.5,
            "steps_per_second": 6.0,
        },
        {
            "rung": "optimizers",
            "first_loss": 8.0,
            "last_loss": 3.0,
            "loss_difference": 0.0,
            "weight_difference": 0.25,
            "seconds": 0.001,
            "steps_per_second": 3000.0,
        },
    ]
    assert answer == settings | {"seed": 3}


BAD = [
    (["frobnicate"], "command: 'frobnicate' given; want one of 'list', 'fit', 'compare'"),
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
    (["fit", "numpy_by_hand", "--device", "cuda"], "device: 'cuda' given; want 'cpu', the only"),
    (["fit", "autograd", "--dtype", "int8"], "dtype: 'int8' given; want one of 'float32'"),
    (["fit", "autograd", "--seed", "-1"], "seed: -1 given; want a whole number, 0 or more"),
    (["fit", "autograd", "--step", "3"], "unrecognized arguments: --step 3"),
    (["compare", "--step", "3"], "unrecognized arguments: --step 3"),
    (["list", "--js"], "unrecognized arguments: --js"),
    (["--hel"], "unrecognized arguments: --hel"),
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


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["lst"], "; did you mean 'list'?"),
        (["fit", "autogard"], "; did you mean 'autograd'?"),
        (["fit", "autograd", "--dtype", "flaot32"], "; did you mean 'float32'?"),
        (["hint", "autogard.1"], "want one like 'autograd.1' or "),
        (["solution", "how_fats"], "want one like 'how_fast.1'"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else value,
)
def test_a_slip_gets_the_name_that_was_meant(
    arguments: list[str], suggestion: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command, rung, lesson or exercise that is misspelt gets the nearest name there is."""
    assert main(arguments) == 2
    assert suggestion in capsys.readouterr().err


def test_a_bare_call_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m twolayer` prints what `--help` prints, and nothing went wrong."""
    assert main([]) == 0
    bare = capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--help"])
    assert bare == capsys.readouterr().out != ""


def test_version_names_the_program_and_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints one line."""
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"twolayer {__version__}\n"


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
        "1.96517e+165; learning_rate: 1e-05 given; want a lower one\n"
    )


def test_diverging_as_json_has_the_losses_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    """`fit --json` of a fit that diverges prints its settings, its finite losses and the error."""
    assert main(["fit", "numpy_by_hand", "--learning-rate", "1e-5", "--json"]) == 1
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert (answer["rung"], answer["learning_rate"]) == ("numpy_by_hand", 1e-5)
    assert answer["losses"][::5] == pytest.approx([3.1519525e07, 1.96517e165])
    assert len(answer["losses"]) == 6
    assert printed.err == f"twolayer: {answer['error']}\n"


def test_interrupting_gets_one_line_and_status_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends with a line and the usual status, without a traceback."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "compare", interrupt)
    assert main(["compare"]) == 130
    assert capsys.readouterr().err == "twolayer: interrupted\n"


USAGE = "usage: python -m twolayer"
OPTIONS = """
options:
  -h, --help         show this help message and exit
  --steps N          how many updates (default: 500)
  --learning-rate R  the step size (default: 1e-6)
  --device D         cpu, cuda or cuda:N (default: cpu)
  --dtype T          float32 or float64 (default: float64)
  --seed S           the seed of the data (default: 0)
  --json             print JSON, for programs
"""
FIT_USAGE = """[-h] [--steps N] [--learning-rate R] [--device D] [--dtype T] [--seed S] [--json]"""
HELP = {
    "": f"""{USAGE} [-h] [--version] COMMAND ...

Fit one two-layer network, x @ w1 -> ReLU -> @ w2, in several ways: in NumPy by hand,
in tensors by hand, with autograd, and so on. Each way is a rung of the ladder.

options:
  -h, --help  show this help message and exit
  --version   show program's version number and exit

commands:
  COMMAND
    list      list the rungs in order
    fit       fit the network on one rung
    compare   fit the network on every rung and compare them
    record    measure this machine and its GPU
    check     check the answers in a script or a notebook
    hint      print a hint on an exercise
    solution  print the solution of an exercise

examples:
  python -m twolayer list
  python -m twolayer fit autograd --steps 100
  python -m twolayer compare --dtype float32 --json
  python -m twolayer record --output my_gpu.json
  python -m twolayer check numpy_by_hand.ipynb --watch
  python -m twolayer hint numpy_by_hand.2

exit status:
  0    all went well
  1    a fit diverged, or an answer is not right
  2    an argument is wrong
  74   reading or writing failed; the disk may be full
  130  you pressed Ctrl-C
  141  the program that read the output stopped reading
""",
    "list": f"""{USAGE} list [-h] [--json]

List the rungs in order, with what changes on each.

options:
  -h, --help  show this help message and exit
  --json      print JSON, for programs
""",
    "fit": f"""{USAGE} fit {FIT_USAGE} RUNG

Fit the network on one rung and print how the loss falls.

positional arguments:
  RUNG               one of {", ".join(RUNGS)}
{OPTIONS}""",
    "compare": f"""{USAGE} compare {FIT_USAGE}

Fit the network on every rung, each from the same weights. For each rung, print the
largest relative difference of its losses and weights from the NumPy rung's, and its
speed once it has warmed up.
{OPTIONS}""",
    "record": f"""{USAGE} record [-h] [--device D] [--output FILE] [--quick]

Measure how fast each rung is, how large a problem must be for a GPU to pay off, and
what copies cost. Run the page on CUDA too, and write everything into one file. This
takes a few minutes.

options:
  -h, --help     show this help message and exit
  --device D     cuda or cpu (default: cuda)
  --output FILE  a new file (default: recording.json)
  --quick        a trial run of a few seconds; its figures mean nothing
""",
    "check": f"""{USAGE} check [-h] [--watch] [--seconds S] [--why] [--language L] FILE

Run a script or a notebook of exercises. For each answer, print whether it is right, or
what is wrong and where. The file runs with your rights: check only files you trust.

positional arguments:
  FILE         a script (.py) or a notebook (.ipynb)

options:
  -h, --help   show this help message and exit
  --watch      check again each time you save; stop with Ctrl-C
  --seconds S  how many seconds the file may run (default: 60)
  --why        name each mistake, not only its symptom
  --language L  en or zh (default: what TWOLAYER_LANGUAGE says, or else the locale)
""",
    "hint": f"""{USAGE} hint [-h] [--language L] ID [N]

Print a hint on an exercise. The second hint says more than the first.

positional arguments:
  ID          an exercise, such as numpy_by_hand.2
  N           1 (default) or 2

options:
  -h, --help  show this help message and exit
  --language L  en or zh (default: what TWOLAYER_LANGUAGE says, or else the locale)
""",
    "solution": f"""{USAGE} solution [-h] ID

Print the solution of an exercise.

positional arguments:
  ID          an exercise, such as numpy_by_hand.2

options:
  -h, --help  show this help message and exit
""",
}


@pytest.mark.parametrize("command", HELP)
def test_help_is_word_for_word(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--help` says this, whatever the width of the screen."""
    monkeypatch.setenv("COLUMNS", "90")
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    printed = capsys.readouterr().out
    assert printed.split() == HELP[command].split()
    if not command:
        assert printed.splitlines() == HELP[command].splitlines()


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


def test_what_a_closed_pipe_did_not_take_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a closed pipe standard output leads nowhere, so that Python can flush it at its end."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["list"]) == 141
        stdout.flush()
        assert os.fstat(writer).st_rdev == Path(os.devnull).stat().st_rdev


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has a disk that is always full"
)
def test_what_a_full_disk_did_not_take_is_dropped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a failed write one line says so, and standard output leads nowhere, as after a closed pipe."""
    with Path("/dev/full").open("w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["list"]) == 74
        assert os.fstat(stdout.fileno()).st_rdev == Path(os.devnull).stat().st_rdev
    said = "twolayer: reading or writing failed: [Errno 28] No space left on device\n"
    assert capsys.readouterr().err == said


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
    assert f"2/{len(RUNGS)}" in seen
    assert "autograd done" in seen


def test_a_short_comparison_shows_no_bar() -> None:
    """A comparison of a moment prints its table only, on a terminal too."""
    no_time = "import tqdm.std; tqdm.std.time = lambda: 0.0\n"
    assert f"/{len(RUNGS)}" not in on_a_terminal(no_time + SLOW.format(delay=0))


def test_a_long_comparison_shows_no_bar_in_a_pipe() -> None:
    """A program that reads the output gets no bar."""
    done = subprocess.run(
        [sys.executable, "-c", SLOW.format(delay=0.7)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
