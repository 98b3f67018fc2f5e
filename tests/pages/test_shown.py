"""What is taken down of a page's run, and how faults in figures, values and digits show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.pages.expectations import GUIDES, as_text, run
from tests.pages.figure_lines import blank, summary, tied
from tests.pages.tolerance import Tolerance, ToleranceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.pages.expectations import Run

SCRIPT = '''\
"""
A page
======
"""

# %%
# A loop, and its figure.

import matplotlib.pyplot as plt
import numpy as np

losses = [4.0, 2.5, 1.25, 0.5]
shares = {"a": np.array([0.1, 0.4]), "b": np.array([0.3, 0.2])}
print("last loss", losses[-1])

fig, (left, right) = plt.subplots(1, 2)
left.semilogy(losses, label="loss")
left.axhline(0.75, label="bound")
left.set(title="A fit", xlabel="step t", ylabel="loss")
right.bar([0, 1], shares["b"])
right.imshow([[0.5, 1.5], [2.5, 3.5]])
plt.show()
print("done")

# %%
# A value.

np.arange(3.0)
'''
SHOWN = """\
last loss 0.5
figure 1, axes 1: "A fit" | x "step t" | y "loss" (log)
    line "loss" = losses: 4 points, x 0 to 3, y 4.000e+00 2.500e+00 1.250e+00 5.000e-01
    level "bound": y 7.500e-01
figure 1, axes 2:
    bars = shares['b']: 2 points, x 0 1, y 3.000e-01 2.000e-01
    image: 2 by 2, from 5.000e-01 to 3.500e+00, mean 2
done
array([0., 1., 2.])
"""


def shown_by(source: str, folder: Path, name: str = "page.py") -> str:
    """Run a script and write what it shows as text."""
    script = folder / name
    script.write_text(source, encoding="utf-8")
    ran = run(script, folder)
    assert (ran.done.returncode, ran.done.stderr) == (0, "")
    return as_text(ran.shown, Tolerance())


def test_a_page_is_taken_down_in_order(tmp_path: Path) -> None:
    """Printed text, figures and a cell's last value stand in the order in which they are shown."""
    assert shown_by(SCRIPT, tmp_path).splitlines() == SHOWN.splitlines()


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        ("semilogy(losses,", "semilogy(losses[::2],", "losses[::2]: 2 points"),
        ("semilogy(losses,", "semilogy([l + 1e-9 for l in losses],", "[l + 1e-09 for l in losses]"),
        ('(losses, label="loss")', '(range(1, 5), losses, label="loss")', "x 1 to 4"),
        ('shares["b"])', 'shares["a"])', "shares['a']"),
        ('semilogy(losses, label="loss")', 'plot(losses, label="loss")', 'y "loss"\n'),
        ('ylabel="loss"', 'ylabel="error"', 'y "error"'),
    ],
    ids=["every other", "changed", "shifted", "another variable", "another scale", "another label"],
)
def test_a_figure_of_something_else_shows(
    tmp_path: Path, before: str, after: str, seen: str
) -> None:
    """A figure that plots other data, or under other words, differs from its expectation."""
    assert SCRIPT.count(before) == 1
    shown = shown_by(SCRIPT.replace(before, after), tmp_path)
    assert Tolerance().differences(shown, SHOWN) != []
    assert seen in shown


def test_data_changed_after_plotting_has_no_name(tmp_path: Path) -> None:
    """A line whose data is replaced later isn't tied to the variable that it was plotted from."""
    change = "left.lines[0].set_ydata([1, 2, 3, 4])\nplt.show()"
    shown = shown_by(SCRIPT.replace("plt.show()", change), tmp_path)
    assert 'line "loss": 4 points' in shown


def test_a_figure_that_is_not_shown_fails(tmp_path: Path) -> None:
    """A page must show what it draws."""
    script = tmp_path / "page.py"
    script.write_text(SCRIPT.replace("plt.show()\n", ""), encoding="utf-8")
    done, _ = run(script, tmp_path)
    assert done.returncode != 0
    assert "drawn and never shown" in done.stderr


def test_a_guides_tables_and_figures_are_taken_down(tmp_path: Path) -> None:
    """A guide's cells show tables, values and figures; a changed loss in a table is seen."""
    cells = (
        """\
from IPython.display import Markdown
import matplotlib.pyplot as plt
import twolayer
loss = 0.25
Markdown(f"| loss | {loss:.3f} |\\n|---|---|")""",
        "fig, ax = plt.subplots()\nax.plot([loss, 2 * loss])\nfig",
        "loss",
    )
    guide = "# A guide\n\n" + "\n".join(f"```{{code-cell}}\n{cell}\n```\n" for cell in cells)
    expected = [
        "| loss | 0.250 |",
        "|---|---|",
        "figure 1:",
        "    line = [loss, 2 * loss]: 2 points, x 0 1, y 2.500e-01 5.000e-01",
        "0.25",
    ]
    assert shown_by(guide, tmp_path, "guide.md").splitlines() == expected
    (tmp_path / "other").mkdir()
    other = shown_by(guide.replace("0.25", "0.27"), tmp_path / "other", "guide.md")
    assert len(Tolerance(relative=0.01).differences(other, "\n".join(expected))) == 3


def axes(*things: dict[str, Any]) -> dict[str, Any]:
    """Make axes with things on them."""
    axis = {"label": "", "scale": "linear", "ticks": []}
    return {"title": "", "x": axis, "y": axis, "legend": [], "things": [*things], "texts": []}


def thing(kind: str, **data: list[float]) -> dict[str, Any]:
    """Make a plotted thing."""
    return {"kind": kind, "label": "a", "data": data, "shape": [2, 2], "is": {}}


NAN = float("nan")


@pytest.mark.parametrize(
    ("panels", "fault"),
    [
        ([], "no axes"),
        ([axes(thing("line", x=[0], y=[1])), axes()], "axes 2 are empty"),
        ([axes(thing("line", x=[0, 1], y=[NAN, NAN]))], "axes 1, line 'a': no finite point"),
        ([axes(thing("line", x=[], y=[]))], "axes 1, line 'a': no finite point"),
        ([axes(thing("line", x=[NAN, 1], y=[1, NAN]))], "axes 1, line 'a': no finite point"),
        ([axes(thing("image", values=[3, 3, 3, 3]))], "axes 1, image 'a': one value"),
        ([axes(thing("bars", x=[0, 1], y=[0, 0]))], "axes 1, bars 'a': no height"),
    ],
)
def test_a_blank_figure_is_found(panels: list[dict[str, Any]], fault: str) -> None:
    """Empty axes, lines without a point, pictures of one value and bars without height are."""
    assert list(blank({"title": "", "axes": panels})) == [fault]


def test_a_figure_with_something_on_it_is_not_blank() -> None:
    """One finite point, two values, one bar of some height are enough, and so are words."""
    panel = axes(
        thing("line", x=[0, 1], y=[NAN, 2]),
        thing("image", values=[3, 3, 3, 4]),
        thing("bars", x=[0, 1], y=[0, 1]),
        thing("level", y=[0]),
    )
    words = {**axes(), "texts": ["yes"]}
    assert list(blank({"title": "", "axes": [panel, words]})) == []


def test_a_figure_without_values_still_says_what_it_plots() -> None:
    """Where numbers differ between machines, names, counts and labels are compared."""
    line = {**thing("line", x=[0, 1], y=[0.5, 0.7]), "is": {"y": "losses"}}
    figure = {"title": "", "axes": [{**axes(line), "title": "97 right", "texts": ["9"]}]}
    assert summary(figure, 2, values=False) == ['figure 2: "…"', '    line "a" = losses: 2 points']


def test_most_plotted_things_have_a_name(runs: Callable[[Path], Run]) -> None:
    """In the guides, over three quarters of what is plotted equals something of the page."""
    counts = [tied(figure) for guide in GUIDES for figure in runs(guide).figures]
    named, plotted = (sum(column) for column in zip(*counts, strict=True))
    assert named > 0.75 * plotted > 0


@pytest.mark.parametrize(
    "tolerance",
    [
        Tolerance(),
        Tolerance(relative=0.01),
        Tolerance(relative=0.001, below=1e-9, factor=10),
        Tolerance(without_values=(2,)),
        Tolerance(below=1e-6, factor=100, without_values=(1, 3, 4)),
    ],
)
def test_a_tolerance_is_read_as_it_is_written(tolerance: Tolerance) -> None:
    """The head of an expectation says the tolerance in words that are read back."""
    assert Tolerance.read(f"{tolerance}loss 1.0\n") == (tolerance, "loss 1.0\n")


def test_an_expectation_without_tolerance_is_refused() -> None:
    """The error quotes the line and says what is wanted."""
    with pytest.raises(ToleranceError, match=r"first line 'loss 1\.0'; want '# Decimals may"):
        Tolerance.read("loss 1.0\n")


@pytest.mark.parametrize(
    ("shown", "stated", "same"),
    [
        ("loss 3.087e+02", Tolerance(), True),
        ("loss 3.088e+02", Tolerance(), True),
        ("loss 3.089e+02", Tolerance(), False),
        ("loss 3.089e+02", Tolerance(relative=0.001), True),
        ("loss 3.117e+02", Tolerance(relative=0.001), False),
        ("cost 3.087e+02", Tolerance(relative=0.01), False),
        ("loss 3.087e+02\nmore", Tolerance(relative=0.01), False),
        ("", Tolerance(relative=0.01), False),
    ],
)
def test_a_printed_digit_is_compared(shown: str, stated: Tolerance, *, same: bool) -> None:
    """A digit that differs by more than the stated tolerance is a difference, as is a word."""
    assert (stated.differences(shown, "loss 3.087e+02") == []) == same


@pytest.mark.parametrize(
    ("shown", "same"),
    [("9e-12", True), ("1.1e-13", False), ("-2e-12", False), ("2e-9", False), ("2.1e-11", False)],
)
def test_remainders_agree_within_their_factor(shown: str, *, same: bool) -> None:
    """Below the stated size, numbers of one sign agree within the stated factor."""
    remainders = Tolerance(below=1e-10, factor=10)
    assert remainders.same_number(shown, "2.0e-12") == same


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ("64 rows, this build: 9 us, 40 steps", True),
        ("64 rows, this build: 49,000.5 us, 2 steps", True),
        ("64 rows, this build: 51,000 us, 40 steps", False),
        ("64 rows, this build: 500 ms, 40 steps", False),
        ("64 rows, this build: 500 us", False),
        ("65 rows, this build: 500 us, 40 steps", False),
        ("64 rows, this build: not measured. No compiler", True),
        ("65 rows, this build: not measured. No compiler", False),
        ("64 rows, this build: was not measured", False),
    ],
)
def test_a_time_is_compared_by_form_and_order_of_magnitude(shown: str, *, same: bool) -> None:
    """Behind "this build: " a number may be a hundred times as large, or not measured; other words may not differ."""
    wanted = "64 rows, this build: 500 us, 40 steps"
    assert (Tolerance().differences(shown, wanted) == []) == same


def test_whole_numbers_are_compared_exactly() -> None:
    """A count that differs by one is a difference, whatever the tolerance."""
    assert Tolerance(relative=0.01).differences("640 numbers", "641 numbers") != []


def test_what_json_can_not_hold_is_left_out(tmp_path: Path) -> None:
    """Values are those variables that JSON can hold."""
    shown_by(SCRIPT, tmp_path)
    values = json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))
    assert values == {"losses": [4.0, 2.5, 1.25, 0.5]}
