"""The command line: ``python -m twolayer``."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tqdm import tqdm

from twolayer import __version__, checks
from twolayer.compare import compare
from twolayer.fit import DivergedError
from twolayer.problem import random_problem
from twolayer.rungs import RUNGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_DIVERGED = _NOT_RIGHT = 1
_BAD_ARGUMENT, _NOT_WRITTEN, _INTERRUPTED, _CLOSED_PIPE = 2, 74, 130, 141
_DTYPES = ("float32", "float64")
_DESCRIPTION = """\
Fit one two-layer network, x @ w1 -> ReLU -> @ w2, in several ways: in NumPy by hand,
in tensors by hand, with autograd, and so on. Each way is a rung of the ladder.
"""
_EPILOG = """\
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
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The words after ``python -m twolayer``. By default, those of this process.

    Returns:
        The exit status. ``python -m twolayer --help`` lists what each one means.

    Raises:
        SystemExit: After ``--help`` and ``--version``, with exit status 0.

    Examples:
        >>> main(["fit", "no_such_rung"])  # prints one line on standard error
        2
    """
    try:
        try:
            options = _parser().parse_args(arguments)
            status = options.command(options)
        finally:
            print(end="", flush=True)
    except DivergedError as error:
        _complain(str(error))
        return _DIVERGED
    except OSError as error:
        # Python would try once more to write what is still buffered, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # The reader, `head` say, has seen enough.
            return _CLOSED_PIPE
        _complain(f"reading or writing failed: {error}")
        return _NOT_WRITTEN
    except (TypeError, ValueError) as error:
        _complain(str(error))
        return _BAD_ARGUMENT
    except KeyboardInterrupt:
        _complain("interrupted")
        return _INTERRUPTED
    return int(status or 0)


class _Parser(argparse.ArgumentParser):
    """A parser that raises its errors, so that one place prints them all.

    It accepts no abbreviated options, because a new option could make them ambiguous.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)

    def _check_value(self, action: argparse.Action, value: str) -> None:
        if action.choices is not None:
            checks.one_of("command", value, action.choices)

    def _print_message(self, message: str, file: Any = None) -> None:
        print(message, end="", file=file)  # argparse's own would ignore a full disk


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m twolayer",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"twolayer {__version__}")
    parser.set_defaults(command=lambda _: parser.print_help())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    listing = commands.add_parser(
        "list",
        help="list the rungs in order",
        description="List the rungs in order, with what changes on each.",
    )
    listing.set_defaults(command=_list)

    fitting = commands.add_parser(
        "fit",
        help="fit the network on one rung",
        description="Fit the network on one rung and print how the loss falls.",
    )
    fitting.add_argument("rung", metavar="RUNG", help=f"one of {', '.join(RUNGS)}")
    fitting.set_defaults(command=_fit)

    comparing = commands.add_parser(
        "compare",
        help="fit the network on every rung and compare them",
        description=(
            "Fit the network on every rung, each from the same weights. For each rung, print the "
            "largest relative difference of its losses and weights from the NumPy rung's, and its "
            "speed once it has warmed up."
        ),
    )
    comparing.set_defaults(command=_compare)

    recording = commands.add_parser(
        "record",
        help="measure this machine and its GPU",
        description=(
            "Measure how fast each rung is, how large a problem must be for a GPU to pay off, and "
            "what copies cost. Run the page on CUDA too, and write everything into one file. This "
            "takes a few minutes."
        ),
    )
    recording.add_argument(
        "--device", metavar="D", default="cuda", help="cuda or cpu (default: cuda)"
    )
    recording.add_argument(
        "--output",
        metavar="FILE",
        default="recording.json",
        help="a new file (default: recording.json)",
    )
    recording.add_argument(
        "--quick",
        action="store_true",
        help="a trial run of a few seconds; its figures mean nothing",
    )
    recording.set_defaults(command=_record)

    checking = commands.add_parser(
        "check",
        help="check the answers in a script or a notebook",
        description=(
            "Run a script or a notebook of exercises. For each answer, print whether it is right, "
            "or what is wrong and where. The file runs with your rights: check only files you trust."
        ),
    )
    checking.add_argument("file", metavar="FILE", help="a script (.py) or a notebook (.ipynb)")
    checking.add_argument(
        "--watch", action="store_true", help="check again each time you save; stop with Ctrl-C"
    )
    checking.add_argument(
        "--seconds",
        metavar="S",
        type=_number,
        default=60.0,
        help="how many seconds the file may run (default: 60)",
    )
    checking.add_argument(
        "--why", action="store_true", help="name each mistake, not only its symptom"
    )
    checking.set_defaults(command=_check)

    hinting = commands.add_parser(
        "hint",
        help="print a hint on an exercise",
        description="Print a hint on an exercise. The second hint says more than the first.",
    )
    hinting.add_argument("id", metavar="ID", help="an exercise, such as numpy_by_hand.2")
    hinting.add_argument(
        "number", metavar="N", nargs="?", type=_whole_number, default=1, help="1 (default) or 2"
    )
    hinting.set_defaults(command=_hint)

    solving = commands.add_parser(
        "solution",
        help="print the solution of an exercise",
        description="Print the solution of an exercise.",
    )
    solving.add_argument("id", metavar="ID", help="an exercise, such as numpy_by_hand.2")
    solving.set_defaults(command=_solution)

    for command in (checking, hinting):
        command.add_argument(
            "--language",
            metavar="L",
            help="en or zh (default: what TWOLAYER_LANGUAGE says, or else the locale)",
        )

    for command in (fitting, comparing):
        command.add_argument(
            "--steps",
            metavar="N",
            type=_whole_number,
            default=500,
            help="how many updates (default: 500)",
        )
        command.add_argument(
            "--learning-rate",
            metavar="R",
            type=_number,
            default=1e-6,
            help="the step size (default: 1e-6)",
        )
        command.add_argument(
            "--device", metavar="D", default="cpu", help="cpu, cuda or cuda:N (default: cpu)"
        )
        command.add_argument(
            "--dtype", metavar="T", default="float64", help="float32 or float64 (default: float64)"
        )
        command.add_argument(
            "--seed",
            metavar="S",
            type=_whole_number,
            default=0,
            help="the seed of the data (default: 0)",
        )
    for command in (listing, fitting, comparing):
        command.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser


def _list(options: argparse.Namespace) -> None:
    if options.json:
        rows = [
            {"rung": rung.name, "title": rung.title, "change": rung.change, "page": rung.page}
            for rung in RUNGS.values()
        ]
        print(json.dumps(rows, indent=2))
        return
    width = max(map(len, RUNGS))
    print(f"{'rung':{width}}  what changes from the rung before it")
    for rung in RUNGS.values():
        print(f"{rung.name:{width}}  {rung.change}")


def _fit(options: argparse.Namespace) -> None:
    checks.one_of("rung", options.rung, RUNGS)
    dtype = checks.one_of("dtype", options.dtype, _DTYPES)
    problem = random_problem(options.seed, dtype=dtype)
    arguments = {"steps": options.steps, "learning_rate": options.learning_rate}
    fit = RUNGS[options.rung].fit
    if "device" in inspect.signature(fit).parameters:
        arguments |= {"device": options.device, "dtype": dtype}
    elif options.device != "cpu":
        message = f"device: {options.device!r} given; want 'cpu', the only one for {options.rung}"
        raise ValueError(message)
    answer = _settings(options) | {"rung": options.rung}
    start = time.perf_counter()
    try:
        result = fit(problem, **arguments)
    except DivergedError as error:
        if options.json:
            print(json.dumps(answer | {"losses": error.losses, "error": str(error)}))
        raise
    seconds = time.perf_counter() - start
    if options.json:
        print(json.dumps(answer | {"losses": result.losses.tolist(), "seconds": seconds}))
        return
    print("step  loss")
    shown = {*range(0, options.steps, max(1, options.steps // 10)), options.steps - 1}
    width = max(len(str(options.steps - 1)), len("step"))
    for step in sorted(shown):
        print(f"{step:{width}}  {result.losses[step]:.3e}")
    print(f"{options.steps} steps in {seconds:.2f} s, {options.steps / seconds:,.0f} a second")


def _compare(options: argparse.Namespace) -> None:
    dtype = checks.one_of("dtype", options.dtype, _DTYPES)
    # Show a bar only if it takes long (delay) and a person is watching (disable=None).
    with tqdm(total=len(RUNGS), unit="rung", delay=1, disable=None, leave=False) as bar:

        def progress(rung: str) -> None:
            bar.set_postfix_str(f"{rung} done", refresh=False)
            bar.update()

        rows = compare(
            random_problem(options.seed, dtype=dtype),
            steps=options.steps,
            learning_rate=options.learning_rate,
            device=options.device,
            dtype=dtype,
            progress=progress,
        )
    if options.json:
        answer = _settings(options) | {
            "rungs": [
                {
                    "rung": row.rung,
                    "first_loss": float(row.fit.losses[0]),
                    "last_loss": float(row.fit.losses[-1]),
                    "loss_difference": row.loss_difference,
                    "weight_difference": row.weight_difference,
                    "seconds": row.seconds,
                    "steps_per_second": row.steps_per_second,
                }
                for row in rows
            ]
        }
        print(json.dumps(answer, indent=2))
        return
    width = max(map(len, RUNGS))
    print(f"{'':{width}}  {'last':>9}  {'difference from NumPy':>21}  {'':>7}  {'steps per':>9}")
    print(f"{'rung':{width}}  {'loss':>9}  {'losses':>9}  {'weights':>10}  seconds  {'second':>9}")
    for row in rows:
        print(
            f"{row.rung:{width}}  {row.fit.losses[-1]:9.2e}  {row.loss_difference:9.1e}  "
            f"{row.weight_difference:10.1e}  {row.seconds:7.2f}  {row.steps_per_second:9,.0f}"
        )


def _record(options: argparse.Namespace) -> None:
    # This loads torch, which other commands may not need.
    from twolayer.record import record  # noqa: PLC0415

    output = _new_file(Path(options.output))

    def progress(row: dict[str, object]) -> None:
        print(json.dumps(row), file=sys.stderr, flush=True)

    recording = record(options.device, quick=options.quick, progress=progress)
    text = json.dumps(recording, indent=1) + "\n"
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print(text, end="")  # what took minutes to measure isn't lost
        if not isinstance(error, FileExistsError):
            output.unlink(missing_ok=True)
        raise
    print(output)


def _check(options: argparse.Namespace) -> int:
    from twolayer.exercises import program  # noqa: PLC0415 - as in _record

    seconds = checks.finite_number("seconds", options.seconds, above=0)
    path = Path(options.file)

    def once(stop: Callable[[], bool] = lambda: False) -> int:
        report = program.run(path, seconds=seconds, why=options.why, stop=stop)
        if report is not None:
            print(report.summary, flush=True)
        return 0 if report is not None and report.right else _NOT_RIGHT

    def again(stop: Callable[[], bool]) -> None:
        print(f"\n--- {path.name}, {time.strftime('%H:%M:%S')} ---", flush=True)
        try:
            once(stop)
        except program.FileError as error:  # The next save may fix half-written code.
            _complain(str(error))

    with _speaking(options):
        if not options.watch or not path.is_file():
            return once()
        program.watch(path, again)
    return 0


@contextlib.contextmanager
def _speaking(options: argparse.Namespace) -> Iterator[None]:
    """Choose the language of what exercises say, also for the process that runs a file."""
    from twolayer.exercises import words  # noqa: PLC0415 - as in _record

    before = os.environ.get(words.VARIABLE)
    if options.language is not None:
        os.environ[words.VARIABLE] = checks.one_of("language", options.language, words.LANGUAGES)
    try:
        yield
    finally:
        os.environ.pop(words.VARIABLE, None)
        if before is not None:
            os.environ[words.VARIABLE] = before


def _hint(options: argparse.Namespace) -> None:
    from twolayer.exercises import hint, verdict  # noqa: PLC0415 - as in _record

    verdict.AT_TERMINAL.append(False)
    try:
        with _speaking(options):
            hint(options.id, options.number)
    finally:
        verdict.AT_TERMINAL.pop()


def _solution(options: argparse.Namespace) -> None:
    from twolayer.exercises import solution  # noqa: PLC0415 - as in _record

    solution(options.id)


def _new_file(path: Path) -> Path:
    if path.exists():
        message = f"output: {str(path)!r} given, which exists already; want the name of a new file"
        raise ValueError(message)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        message = f"output: {str(path)!r} given; want a file in a folder that you can write to"
        raise ValueError(message)
    return path


def _settings(options: argparse.Namespace) -> dict[str, object]:
    names = ("steps", "learning_rate", "device", "dtype", "seed")
    return {name: getattr(options, name) for name in names}


def _whole_number(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text  # The fit's own check reports what is wrong with it.


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _complain(message: str) -> None:
    print(f"twolayer: {' '.join(message.split())}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
