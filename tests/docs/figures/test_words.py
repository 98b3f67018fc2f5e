"""A figure in words."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from twolayer_docs.figures.words import alt_text


def test_a_curve() -> None:
    """The words have title, label, first and last value, a level, axes and scale."""
    fig, ax = plt.subplots()
    ax.semilogy([0, 250, 499], [3.7e7, 1e3, 2e-5], label="autograd")
    ax.axhline(0.5, label="bound")
    ax.set(title="Loss at each step", xlabel="step", ylabel="loss")

    expected = (
        "Loss at each step. autograd: line from 3.7e+07 at x = 0 to 2e-05 at x = 499; "
        "bound: level at y = 0.5. x axis: step. y axis: loss (log scale)."
    )
    assert expected == alt_text(fig)


def test_bars() -> None:
    """Each bar of a bar chart is named with its value."""
    fig, ax = plt.subplots()
    ax.bar(["NumPy", "torch"], [1.5, 2.25])

    assert alt_text(fig) == "bars: NumPy 1.5, torch 2.25."


def test_bars_in_groups() -> None:
    """Bars that share a tick have the tick's name, and each the name that the legend gives its colour."""
    fig, ax = plt.subplots()
    for place, heights in enumerate(([1, 2], [3, 4])):
        bars = ax.bar([place - 0.2, place + 0.2], heights, 0.36, color=["C0", "C1"])
    ax.set_xticks([0, 1], ["two layers", "LeNet"])
    ax.legend(bars, ["random", "last"])

    assert alt_text(fig) == "two layers: bars: random 1, last 2; LeNet: bars: random 3, last 4."


def test_a_histogram() -> None:
    """A histogram has the number of bins, their range and the highest, and a name if it was given one."""
    fig, (left, right) = plt.subplots(1, 2)
    left.stairs([1, 3], [0, 1, 2])
    right.stairs([1, 3], [0, 1, 2], label="normal")

    assert alt_text(fig) == (
        "Panel 1: histogram of 2 bins from 0 to 2, highest 3. "
        "Panel 2: normal: histogram of 2 bins from 0 to 2, highest 3."
    )


def test_a_line_across_the_axes() -> None:
    """A line across all of the axes has the one height at which it stands."""
    fig, ax = plt.subplots()
    ax.axhline(97, label="97 %")

    assert alt_text(fig) == "97 %: level at y = 97."


def test_points() -> None:
    """Points in the order of x have a first and a last; others lie between bounds, or have names."""
    fig, axes = plt.subplots(1, 3)
    axes[0].plot([1, 2, 3], [4, 5, 9], "o")
    axes[1].plot([2, 1, 3], [4, 9, 5], "o", label="training data")
    axes[2].plot([0.5, 2], ["weight", "bias"], "o")

    assert alt_text(fig) == (
        "Panel 1: points from 4 at x = 1 to 9 at x = 3. "
        "Panel 2: training data: 3 points, x from 1 to 3, y from 4 to 9. "
        "Panel 3: points: weight 0.5, bias 2."
    )


def test_names_at_ticks() -> None:
    """Names that a script puts at an axis's ticks are read out, unless bars have them already."""
    fig, (left, right) = plt.subplots(1, 2)
    left.plot([3, 4], [0, 1], "o")
    left.set_yticks([0, 1], ["weight", "bias"])
    right.bar([0, 1], [3, 4])
    right.set_xticks([0, 1], ["weight", "bias"])

    assert alt_text(fig) == (
        "Panel 1: points from 0 at x = 3 to 1 at x = 4. y axis: no label at weight, bias. "
        "Panel 2: bars: weight 3, bias 4."
    )


def test_a_heat_map_and_its_scale() -> None:
    """A heat map has its size and range, the marks on it, and the name of its colour scale."""
    fig, ax = plt.subplots()
    image = ax.imshow(np.arange(6.0).reshape(2, 3))
    for x in (0, 2):
        ax.text(x, 1, "o")
        ax.text(x, 0, "7")
    fig.colorbar(image, label="loss")

    assert alt_text(fig) == (
        'heat map, 2 by 3, values from 0 to 5; 2 times "o", from x = 0 to 2. Colour scale: loss.'
    )


def test_a_table_of_words() -> None:
    """A heat map that has a word in each cell is read row by row."""
    fig, ax = plt.subplots()
    ax.imshow([[1, 0], [0, 0]])
    for x, y, word in ((0, 0, "yes"), (1, 0, "no"), (0, 1, "no"), (1, 1, "no")):
        ax.text(x, y, word)
    ax.set_xticks([0, 1], ["is_leaf", "grad"])
    ax.set_yticks([0, 1], ["w", "w.grad"])

    assert alt_text(fig) == (
        "table of words, 2 by 2; w: yes, no; w.grad: no, no. x axis: no label at is_leaf, grad."
    )


def test_a_confusion_matrix() -> None:
    """Of a square table of counts the words say how much stands on the diagonal."""
    fig, ax = plt.subplots()
    ax.imshow([[8, 1], [0, 1]])

    assert alt_text(fig) == (
        "heat map, 2 by 2, values from 0 to 8, 90 % of their sum on the diagonal."
    )


def test_pictures_in_panels() -> None:
    """Panels are numbered, those alike together; what has no ticks is a picture with its title."""
    fig, axes = plt.subplots(1, 4)
    for ax, title in zip(axes, ("", "", "a 3\nread as 8", ""), strict=True):
        ax.imshow(np.eye(8))
        ax.set(title=title, xticks=[], yticks=[])
    axes[3].scatter([1, 2, 3], [1, 2, 3])

    assert alt_text(fig) == (
        "Panels 1 to 2: picture, 8 by 8. Panel 3: a 3, read as 8. picture, 8 by 8. "
        "Panel 4: picture, 8 by 8; 3 points."
    )


def test_maths_in_labels_becomes_plain() -> None:
    """TeX in a label is written as plain text."""
    fig, ax = plt.subplots()
    ax.set_title(r"Rate $10^{-6}$")

    assert alt_text(fig) == "Rate 10^-6."
