"""``check``, ``hint`` and ``solution``, as a reader calls them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from twolayer.exercises import Verdict, check, hint, solution
from twolayer.exercises.registry import UnknownExerciseError, find


def test_a_right_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a right answer check says that it is right, prints that, and returns it."""
    verdict = check("numpy_by_hand.4", lambda h, grad, slope: grad * np.where(h > 0, 1, slope))
    assert verdict == Verdict("numpy_by_hand.4", right=True, diagnosis=None, text=verdict.text)
    assert bool(verdict)
    assert capsys.readouterr().out == f"{verdict.text}\n"
    assert verdict.text == "numpy_by_hand.4: right, on 4 inputs of different shapes."


def test_a_wrong_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """A first try is told what can be seen, a second one the mistake; then a right answer is right."""
    hint("numpy_by_hand.4")
    capsys.readouterr()
    texts = [check("numpy_by_hand.4", lambda h, grad, slope: grad).text for _ in range(2)]
    assert "grad_h differs, first at (" in texts[0]
    assert "run check again" in texts[0]
    assert "it passes unchanged where h <= 0" in texts[1]
    assert texts[1].endswith('For a hint, run hint("numpy_by_hand.4").')
    assert capsys.readouterr().out == "".join(f"{text}\n" for text in texts)
    assert check("numpy_by_hand.4", lambda h, grad, slope: grad * np.where(h > 0, 1, slope))


def test_a_hint_begins_with_the_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """After a wrong answer, a hint tells its mistake first; after a right one it doesn't."""
    check("numpy_by_hand.4", lambda h, grad, slope: grad)
    capsys.readouterr()
    hint("numpy_by_hand.4")
    assert capsys.readouterr().out.startswith("Your last answer: grad_h: it passes unchanged")
    check("numpy_by_hand.4", find("numpy_by_hand.4").answer)
    capsys.readouterr()
    hint("numpy_by_hand.4")
    assert capsys.readouterr().out.startswith(find("numpy_by_hand.4").hints[0][:20])


def test_a_verdict_shows_itself_once() -> None:
    """In a notebook the verdict that check returns shows nothing beside what check printed."""
    pytest.importorskip("IPython")
    from IPython.core.formatters import DisplayFormatter  # noqa: PLC0415 - if there is one

    verdict = Verdict("a.1", right=True, diagnosis=None, text="a.1: right.")
    assert DisplayFormatter().format(verdict) == ({}, {})  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("id_", "close"),
    [
        ("numpy_by_hnad.1", "'numpy_by_hand.1'"),
        ("numpy_by_hand.9", "'numpy_by_hand.4'"),
        ("numpy_by_hand", "'numpy_by_hand.1'"),
        ("", "want one like '"),
    ],
)
def test_an_unknown_id_names_close_ones(id_: str, close: str) -> None:
    """An id that no exercise has is quoted, and ids like it are named."""
    with pytest.raises(UnknownExerciseError, match=f"id: {id_!r} given; want one like") as caught:
        check(id_, ...)
    assert close in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((1, ...), {}, TypeError, "id: 1 given; want a string"),
        (("numpy_by_hand.1", ...), {"seconds": 0}, ValueError, "seconds: 0 given"),
        (("numpy_by_hand.1", ...), {"seconds": "long"}, TypeError, "seconds: 'long'"),
    ],
)
def test_bad_arguments_are_refused(
    arguments: Any, options: Any, error: type[Exception], message: str
) -> None:
    """A bad argument of check is named and quoted."""
    with pytest.raises(error, match=re.escape(message)):
        check(*arguments, **options)


def test_hints_come_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    """The first hint leads to the second, that one to the solution, which has the source."""
    check("numpy_by_hand.2", find("numpy_by_hand.2").answer)
    capsys.readouterr()
    first, second = (text.replace("``", "`") for text in find("numpy_by_hand.2").hints)
    hint("numpy_by_hand.2")
    assert capsys.readouterr().out == f'{first}\nFor more, run hint("numpy_by_hand.2", 2).\n'
    hint("numpy_by_hand.2", 2)
    assert capsys.readouterr().out == f'{second}\nFor more, run solution("numpy_by_hand.2").\n'
    solution("numpy_by_hand.2")
    assert capsys.readouterr().out.startswith("def backward(")


@pytest.mark.parametrize("number", [0, 3, "1"])
def test_there_are_two_hints(number: Any) -> None:
    """Any other hint than the first and the second is refused."""
    with pytest.raises((TypeError, ValueError), match="number: "):
        hint("numpy_by_hand.2", number)
